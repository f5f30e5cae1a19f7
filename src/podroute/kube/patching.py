"""One patch of a Node, and what is known of its outcome."""

from http import HTTPStatus
from typing import Final

import httpx2
import msgspec

from podroute.kube.answer import Answer, status_in
from podroute.kube.api_errors import cause
from podroute.kube.connection import Connection
from podroute.kube.patch_answers import Denied, PatchAnswer, Refused, Throttled, Unknown

_FOR_GOOD: Final = frozenset((HTTPStatus.NOT_FOUND, HTTPStatus.GONE))
_UNCHANGEABLE: Final = ("spec.podCIDR", "metadata.uid")  # and what is below the first
_LONGEST_WAIT: Final = 60.0  # seconds, whatever the server asks for
_WORDS: Final = 300  # characters of the server's own words


async def send_patch(
    connection: Connection, path: str, patch: object, within: float
) -> Answer | PatchAnswer:
    """The answer where the server has taken it; nothing is sent after ``within`` seconds.

    The caller has waited for its turn, then looked whether it may still send.
    """
    body = msgspec.json.encode(patch)
    try:
        response = await connection.request("PATCH", path, body=body, within=within, in_turn=False)
    except httpx2.TimeoutException:
        return Unknown(f"no answer within {within:.1f} s")
    except httpx2.RequestError as error:
        return Unknown(f"{connection.where} is not reached: {cause(error, connection.login)}")
    return response if response.status == HTTPStatus.OK else _judged(response)


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
