"""What goes wrong at the simulated API, switched on and off by a test."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Literal, TypeAlias

from podroute.testing.gcp.refusal import Refusal, not_authenticated, not_permitted, too_many

What: TypeAlias = Literal["cut before", "cut after"]
Trouble: TypeAlias = What | Refusal

PERMISSIONS = {
    "routes.list": ("compute.routes.list",),
    "routes.get": ("compute.routes.get",),
    "routes.insert": ("compute.routes.create", "compute.networks.updatePolicy"),
    "routes.delete": ("compute.routes.delete", "compute.networks.updatePolicy"),
    "globalOperations.get": ("compute.globalOperations.get",),
    "globalOperations.wait": ("compute.globalOperations.get",),
    "globalOperations.list": ("compute.globalOperations.list",),
    "firewalls.list": ("compute.firewalls.list",),
    "instances.aggregatedList": ("compute.instances.list",),
    "networks.get": ("compute.networks.get",),
    "networks.list": ("compute.networks.list",),
    "projects.get": ("compute.projects.get",),
}


@dataclass
class Faults:
    """Everything is in order until a field is set.

    ``throttled`` is the share of calls that are refused with ``status``; ``tokens`` are those that
    are accepted, ``granted`` the permissions of the caller; None: all. ``latency`` and ``lag`` are
    in seconds: before each answer, and for which lists show what was before a change. With
    ``unsteady`` only every second list does. ``late_quota``: a quota is found to be used up when
    the operation runs. ``warning`` is the code that lists have. ``at_call`` gives the trouble of
    the n-th call from 1, if any.
    """

    latency: float = 0.0
    lag: float = 0.0
    unsteady: bool = False
    operation_time: float = 0.0
    late_quota: bool = False
    warning: str = ""
    throttled: float = 0.0
    status: int = 403
    retry_after: str = ""
    tokens: set[str] | None = None
    granted: set[str] | None = None
    at_call: Callable[[int, str], Trouble | None] = lambda _number, _method: None
    dice: Random = field(default_factory=lambda: Random(7))  # noqa: S311 -- a run can be repeated

    def check(self, method: str, token: str, path: str) -> None:
        """Before a call is carried out.

        Raises:
            Refusal: it is not.
        """
        if self.tokens is not None and token not in self.tokens:
            raise not_authenticated()
        if self.throttled and self.dice.random() < self.throttled:
            raise too_many(self.status, self.retry_after)
        for permission in PERMISSIONS[method]:
            if self.granted is not None and permission not in self.granted:
                raise not_permitted(permission, path)
