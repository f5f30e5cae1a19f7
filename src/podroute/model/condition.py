"""A Node's condition ``NetworkUnavailable``, as somebody has written it. Pure."""

from dataclasses import dataclass
from typing import Final

TYPE: Final = "NetworkUnavailable"
CREATED: Final = "RouteCreated"  # these two reasons are the route controller's, as in Kubernetes
NOT_CREATED: Final = "NoRouteCreated"


@dataclass(frozen=True, slots=True)
class NetworkCondition:
    """``status`` is ``True`` where Pods of the Node are not reached, ``False``, or ``Unknown``."""

    status: str
    reason: str
    message: str = ""
