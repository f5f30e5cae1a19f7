"""Writing a Node's podCIDRs: one patch, and what is known of its outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeAlias

import httpx2
import msgspec

from podroute.kube.answer import Answer
from podroute.kube.connection import Connection
from podroute.model.cidr import Cidr
from podroute.model.node import NodeName, NodeUid

_FOR_GOOD: Final = frozenset(
    (HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.UNPROCESSABLE_ENTITY)
)
_LONGEST_WAIT: Final = 60.0  # seconds, whatever the server asks for
_WORDS: Final = 300  # characters of the server's own words


@dataclass(frozen=True, slots=True)
class Applied:
    """The Node has these podCIDRs now, by this patch or by an earlier one."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It never will by this patch: gone, another Node of that name, or other podCIDRs."""

    reason: str


@dataclass(frozen=True, slots=True)
class Denied:
    """The API server did nothing, and would do the same again until somebody changes a rule."""

    reason: str


@dataclass(frozen=True, slots=True)
class Throttled:
    """The API server did nothing and asks to wait for so many seconds."""

    retry_after: float
    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer, or none that says whether: it may have been done, or may still be."""

    reason: str


PatchAnswer: TypeAlias = Applied | Refused | Denied | Throttled | Unknown


class _Status(msgspec.Struct):
    message: str = ""


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
    except (TimeoutError, httpx2.TimeoutException):
        return Unknown(f"no answer within {within:.1f} s")
    except httpx2.RequestError as error:
        return Unknown(f"{connection.where}: {str(error) or type(error).__name__}")
    return _judged(response)


def _judged(response: Answer) -> PatchAnswer:
    status = response.status
    if status == HTTPStatus.OK:
        return Applied()
    reason = f"HTTP {status}: {_words(response)}"
    if status in _FOR_GOOD:
        return Refused(reason)
    if status in {HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}:
        return Throttled(_retry_after(response), reason)
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Denied(reason)
    return Unknown(reason)


def _words(response: Answer) -> str:
    try:
        words = msgspec.json.decode(response.body, type=_Status).message
    except (ValueError, RecursionError):
        words = response.body[:_WORDS].decode(errors="replace")
    return " ".join(words.split())[:_WORDS]


def _retry_after(response: Answer) -> float:
    try:
        return min(_LONGEST_WAIT, max(0.0, float(response.headers.get("Retry-After", "1"))))
    except ValueError:
        return 1.0
