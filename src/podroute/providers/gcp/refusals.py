"""What do the API's refusals mean, and what does a person do about them? Pure."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from podroute.providers.gcp.wire import ApiErrorBody, OperationError
from podroute.routing.outcome import Failed
from podroute.routing.steps import Change, Replace

Cause: TypeAlias = Literal[
    "exists",  # the name is taken
    "absent",  # there is no such thing
    "throttled",  # too many requests
    "quota",  # no room for one more
    "forbidden",  # a permission is missing
    "credentials",  # not accepted
    "invalid",  # never right as it is
    "unreached",  # nothing was sent
    "unknown",  # it may have been carried out
]

_BY_REASON: Final[Mapping[str, Cause]] = {
    "rateLimitExceeded": "throttled",
    "userRateLimitExceeded": "throttled",
    "concurrentLimitExceeded": "throttled",
    "RATE_LIMIT_EXCEEDED": "throttled",
    "RESOURCE_OPERATION_RATE_EXCEEDED": "throttled",
    "CONCURRENT_OPERATIONS_QUOTA_EXCEEDED": "throttled",
    "quotaExceeded": "quota",
    "QUOTA_EXCEEDED": "quota",
    "limitExceeded": "quota",
    "LIMIT_EXCEEDED": "quota",
    "alreadyExists": "exists",
    "RESOURCE_ALREADY_EXISTS": "exists",
    "notFound": "absent",
    "RESOURCE_NOT_FOUND": "absent",
    "resourceNotReady": "unknown",
    "RESOURCE_NOT_READY": "unknown",
    "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE": "unknown",
}
_BY_STATUS: Final[Mapping[int, Cause]] = {
    HTTPStatus.CONFLICT: "exists",
    HTTPStatus.NOT_FOUND: "absent",
    HTTPStatus.REQUEST_TIMEOUT: "unknown",
    HTTPStatus.TOO_MANY_REQUESTS: "throttled",
    HTTPStatus.SERVICE_UNAVAILABLE: "throttled",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.UNAUTHORIZED: "credentials",
}
_NO_PERMISSION: Final = frozenset(  # the API is switched off, or the token is for other APIs
    ("accessNotConfigured", "insufficientPermissions")
)
_BUSY: Final = "operation in progress on the local or peer network"  # its reason: badRequest
_SERVER_ERROR: Final = 500
_LONGEST: Final = 500  # characters of an answer that is no API error


class Call(NamedTuple):
    """A method of the API, and what one must be allowed for it."""

    method: str
    permissions: str


LIST_ROUTES: Final = Call("routes.list", "compute.routes.list")
GET_ROUTE: Final = Call("routes.get", "compute.routes.get")
INSERT: Final = Call("routes.insert", "compute.routes.create and compute.networks.updatePolicy")
DELETE: Final = Call("routes.delete", "compute.routes.delete and compute.networks.updatePolicy")
WAIT: Final = Call("globalOperations.wait", "compute.globalOperations.get")
LIST_OPERATIONS: Final = Call("globalOperations.list", "compute.globalOperations.list")
LIST_FIREWALLS: Final = Call("firewalls.list", "compute.firewalls.list")
LIST_INSTANCES: Final = Call("instances.aggregatedList", "compute.instances.list")
GET_NETWORK: Final = Call("networks.get", "compute.networks.get")
GET_PROJECT: Final = Call("projects.get", "compute.projects.get, or the option route_limit")


class Refusal(NamedTuple):
    """``after``: seconds for which the server asks for silence."""

    cause: Cause
    words: str
    after: float = 0.0


class Refused(Exception):  # noqa: N818 -- named for the state, as in the field
    """A call that was not answered as wished."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.words)
        self.refusal = refusal


def refusal(call: Call, status: int, body: bytes, retry_after: str = "") -> Refusal:
    """What an answer with a status from 400 on says."""
    reasons, message = _read(body)
    cause = _cause(reasons, status, message)
    words = f"{call.method}: {message or 'no reason given'} (HTTP {status})"
    after = float(retry_after) if retry_after.isdecimal() else 0.0
    advice = _advice(cause, call) if _NO_PERMISSION.isdisjoint(reasons) else ""
    return Refusal(cause, f"{words}{advice}", after)


def operation_refusal(call: Call, error: OperationError, status: int) -> Refusal:
    """What an operation that failed says."""
    codes = [fault.code for fault in error.errors]
    message = "; ".join(fault.message or fault.code for fault in error.errors)
    cause = _cause(codes, status, message)
    return Refusal(cause, f"{call.method}: {message}{_advice(cause, call)}")


def _read(body: bytes) -> tuple[list[str], str]:
    try:
        error = msgspec.json.decode(body, type=ApiErrorBody).error
    except msgspec.DecodeError:
        return [], body.decode(errors="replace")[:_LONGEST].strip()
    return [fault.reason for fault in error.errors], error.message


def _cause(reasons: list[str], status: int, message: str) -> Cause:
    """While networks are peered neither takes routes: that passes."""
    for reason in reasons:
        if reason in _BY_REASON:
            return _BY_REASON[reason]
    if _BUSY in message:
        return "throttled"
    return _BY_STATUS.get(status) or ("unknown" if status >= _SERVER_ERROR else "invalid")


def _advice(cause: Cause, call: Call) -> str:
    match cause:
        case "forbidden":
            return f"; it needs {call.permissions}"
        case "credentials":
            return "; the credentials are not accepted: gcloud auth application-default login"
        case "quota":
            return "; ask for more, or remove routes that nobody needs"
        case _:
            return ""


def failed(change: Change, why: Refusal) -> Failed:
    """The outcome of a change that was refused."""
    match why.cause:
        case "throttled":
            return Failed(change, why.words, "slower", why.after)
        case "quota" if isinstance(change, Replace):
            return Failed(change, why.words, "worth it")  # it needs none once there is no room
        case "quota" | "forbidden" | "invalid" | "exists":
            return Failed(change, why.words, "pointless")
        case _:
            return Failed(change, why.words, "worth it")
