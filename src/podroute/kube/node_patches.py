"""Writing a Node's podCIDRs: one patch, and what is known of its outcome."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import httpx2
import msgspec

from podroute.kube.answer import Answer
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

_FOR_GOOD: Final = frozenset(
    (HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.UNPROCESSABLE_ENTITY)
)
_LONGEST_WAIT: Final = 60.0  # seconds, whatever the server asks for
_WORDS: Final = 300  # characters of the server's own words


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
    return _judged(response)


def _judged(response: Answer) -> PatchAnswer:
    status = response.status
    if status == HTTPStatus.OK:
        return Applied()
    reason = f"HTTP {status}: {' '.join(response.words().split())[:_WORDS]}"
    if status in _FOR_GOOD:
        return Refused(reason)
    if status in {HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}:
        return Throttled(_retry_after(response), reason)
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Denied(reason)
    return Unknown(reason)


def _retry_after(response: Answer) -> float:
    try:
        return min(_LONGEST_WAIT, max(0.0, float(response.headers.get("Retry-After", "1"))))
    except ValueError:
        return 1.0
