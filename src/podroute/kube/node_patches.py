"""Writing a Node's podCIDRs: one patch, and what is known of its outcome."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import httpx2
import msgspec

from podroute.kube.answer import Answer, status_in
from podroute.kube.api_errors import cause
from podroute.kube.connection import Connection
from podroute.kube.patch_answers import (
    Applied,
    Denied,
    PatchAnswer,
    Refused,
    Throttled,
    Unknown,
)
from podroute.model.cidr import Cidr
from podroute.model.node import NodeName, NodeUid

_FOR_GOOD: Final = frozenset((HTTPStatus.NOT_FOUND, HTTPStatus.GONE))
_UNCHANGEABLE: Final = ("spec.podCIDR", "metadata.uid")  # and what is below the first
_LONGEST_WAIT: Final = 60.0  # seconds, whatever the server asks for
_WORDS: Final = 300  # characters of the server's own words


class _Spec(msgspec.Struct):
    pod_cidrs: list[str] = msgspec.field(name="podCIDRs", default_factory=list[str])


class _Node(msgspec.Struct):
    spec: _Spec


_NODE: Final = msgspec.json.Decoder(_Node)


async def assign_pod_cidrs(
    connection: Connection, name: NodeName, uid: NodeUid, pod_cidrs: Sequence[Cidr], within: float
) -> PatchAnswer:
    """Sets ``podCIDR`` and ``podCIDRs`` at once, on the Node with this UID and no other.

    The caller has waited for its turn, then looked whether it may still send.
    """
    cidrs = list(map(str, pod_cidrs))
    patch = {"metadata": {"uid": uid}, "spec": {"podCIDR": cidrs[0], "podCIDRs": cidrs}}
    try:
        response = await connection.request(
            "PATCH",
            f"/api/v1/nodes/{name}",
            body=msgspec.json.encode(patch),
            within=within,
            in_turn=False,
        )
    except httpx2.TimeoutException:
        return Unknown(f"no answer within {within:.1f} s")
    except httpx2.RequestError as error:
        return Unknown(f"{connection.where} is not reached: {cause(error, connection.login)}")
    if response.status == HTTPStatus.OK:
        return _confirmed(response, cidrs)
    return _judged(response)


def _confirmed(response: Answer, cidrs: Sequence[str]) -> PatchAnswer:
    """What was made of the patch: it adds to a list that has begun as ours does."""
    try:
        present = _NODE.decode(response.body).spec.pod_cidrs
    except (ValueError, RecursionError):
        return Unknown("HTTP 200 without the Node")
    if present == cidrs:
        return Applied()
    return Refused(f"the Node has {', '.join(present) or 'no podCIDR'} after HTTP 200")


def _judged(response: Answer) -> PatchAnswer:
    status = response.status
    reason = f"HTTP {status}: {' '.join(response.words().split())[:_WORDS]}"
    if _is_final(response):
        return Refused(reason)
    if status in {HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}:
        return Throttled(_retry_after(response), reason)
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Denied(reason)
    return Unknown(reason)


def _is_final(response: Answer) -> bool:
    """Kubernetes' own validation names the field; a policy, which may change its mind, does not."""
    if response.status != HTTPStatus.UNPROCESSABLE_ENTITY:
        return response.status in _FOR_GOOD
    refusal = status_in(response.body)
    causes = refusal.details.causes if refusal else ()
    return any(cause.field.startswith(_UNCHANGEABLE) for cause in causes)


def _retry_after(response: Answer) -> float:
    try:
        return min(_LONGEST_WAIT, max(0.0, float(response.headers.get("Retry-After", "1"))))
    except ValueError:
        return 1.0
