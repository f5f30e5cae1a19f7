import json

import pytest

from podroute.providers.gcp.refusals import (
    DELETE,
    GET_PROJECT,
    INSERT,
    LIST_ROUTES,
    Refusal,
    Refused,
    failed,
    operation_refusal,
    refusal,
)
from podroute.providers.gcp.wire import OperationError, OperationFault
from podroute.routing.outcome import Failed
from podroute.routing.steps import Create, Replace
from tests.builders import installed, route

CHANGE = Create(route("10.200.0.0/24", "10.240.0.20"))


def body(reason: str, message: str = "No.") -> bytes:
    return json.dumps({"error": {"message": message, "errors": [{"reason": reason}]}}).encode()


@pytest.mark.parametrize(
    ("status", "reason", "cause", "retry"),
    [
        (403, "rateLimitExceeded", "throttled", "slower"),
        (403, "userRateLimitExceeded", "throttled", "slower"),
        (429, "", "throttled", "slower"),
        (503, "backendError", "throttled", "slower"),
        (403, "quotaExceeded", "quota", "pointless"),
        (403, "forbidden", "forbidden", "pointless"),
        (401, "authError", "credentials", "worth it"),
        (404, "notFound", "absent", "worth it"),
        (409, "alreadyExists", "exists", "pointless"),
        (400, "resourceNotReady", "unknown", "worth it"),
        (400, "invalid", "invalid", "pointless"),
        (412, "conditionNotMet", "invalid", "pointless"),
        (500, "internalError", "unknown", "worth it"),
        (502, "", "unknown", "worth it"),
        (408, "", "unknown", "worth it"),
        (403, "RESOURCE_OPERATION_RATE_EXCEEDED", "throttled", "slower"),
        (403, "CONCURRENT_OPERATIONS_QUOTA_EXCEEDED", "throttled", "slower"),
    ],
)
def test_a_status_and_a_reason_have_a_meaning(
    status: int, reason: str, cause: str, retry: str
) -> None:
    why = refusal(INSERT, status, body(reason))

    assert why.cause == cause
    assert why.words.startswith(f"routes.insert: No. (HTTP {status})")
    assert why.after == 0.0
    outcome = failed(CHANGE, why)
    assert (outcome.step, outcome.retry, outcome.reason) == (CHANGE, retry, why.words)


def test_a_replacement_without_room_is_tried_again_for_then_it_needs_none() -> None:
    change = Replace(installed("10.200.0.0/24", "10.240.0.9"), CHANGE.route)
    why = Refusal("quota", "no room", 7.0)

    assert failed(change, why) == Failed(change, "no room", "worth it")
    assert failed(CHANGE, why) == Failed(CHANGE, "no room", "pointless")


def test_a_refusal_says_what_to_do() -> None:
    told = refusal(LIST_ROUTES, 403, body("forbidden")).words
    assert told.endswith("; it needs compute.routes.list")
    told = refusal(GET_PROJECT, 403, body("forbidden")).words
    assert told.endswith("; it needs compute.projects.get, or the option route_limit")
    for reason in ("accessNotConfigured", "insufficientPermissions"):
        why = refusal(LIST_ROUTES, 403, body(reason))
        assert why == Refusal("forbidden", "routes.list: No. (HTTP 403)")
    told = refusal(DELETE, 403, body("forbidden")).words
    assert told.endswith("; it needs compute.routes.delete and compute.networks.updatePolicy")
    told = refusal(DELETE, 401, body("authError")).words
    how = "gcloud auth application-default login"
    assert told == f"routes.delete: No. (HTTP 401); the credentials are not accepted: {how}"
    told = refusal(INSERT, 403, body("quotaExceeded")).words
    more = "ask for more, or remove routes that nobody needs"
    assert told == f"routes.insert: No. (HTTP 403); {more}"


@pytest.mark.parametrize(
    ("text", "after"), [("", 0.0), ("30", 30.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0)]
)
def test_the_wait_that_was_asked_for_is_kept(text: str, after: float) -> None:
    why = refusal(INSERT, 429, b"", text)
    assert why.after == after
    assert failed(CHANGE, why) == Failed(CHANGE, why.words, "slower", after)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"<html>Bad gateway</html>", "<html>Bad gateway</html>"),
        (b"x" * 900, "x" * 500),
        (b"", "no reason given"),
        (b"\xff!", "\ufffd!"),
        (b"[]", "[]"),
        (b'{"error": {}}', "no reason given"),
    ],
)
def test_an_answer_of_somebody_else_is_told_as_it_is(answer: bytes, words: str) -> None:
    assert refusal(INSERT, 502, answer).words == f"routes.insert: {words} (HTTP 502)"


@pytest.mark.parametrize(
    ("code", "status", "cause"),
    [
        ("QUOTA_EXCEEDED", 403, "quota"),
        ("RESOURCE_NOT_FOUND", 404, "absent"),
        ("RESOURCE_ALREADY_EXISTS", 409, "exists"),
        ("RESOURCE_NOT_READY", 400, "unknown"),
        ("SOMETHING", 404, "absent"),
        ("SOMETHING", 0, "invalid"),
        ("RESOURCE_OPERATION_RATE_EXCEEDED", 403, "throttled"),
        ("CONCURRENT_OPERATIONS_QUOTA_EXCEEDED", 403, "throttled"),
        ("INTERNAL_ERROR", 500, "unknown"),
    ],
)
def test_an_operation_that_failed_has_a_meaning(code: str, status: int, cause: str) -> None:
    error = OperationError((OperationFault(code, "No."), OperationFault("OTHER")))
    why = operation_refusal(INSERT, error, status)
    assert why.cause == cause
    advice = "; ask for more, or remove routes that nobody needs" if cause == "quota" else ""
    assert why.words == f"routes.insert: No.; OTHER{advice}"


@pytest.mark.parametrize("who", ["peering", "route"])
def test_while_networks_are_peered_routes_wait(who: str) -> None:
    told = f"There is a {who} operation in progress on the local or peer network. Try again later."
    assert refusal(INSERT, 400, body("badRequest", told)).cause == "throttled"
    error = OperationError((OperationFault("OTHER", told),))
    assert operation_refusal(INSERT, error, 400).cause == "throttled"
    assert refusal(INSERT, 403, body("forbidden", told)).cause == "throttled"


def test_an_operation_that_was_not_permitted_names_the_permission() -> None:
    error = OperationError((OperationFault("FORBIDDEN", "No."),))
    why = operation_refusal(DELETE, error, 403)
    needed = "compute.routes.delete and compute.networks.updatePolicy"
    assert why == Refusal("forbidden", f"routes.delete: No.; it needs {needed}")


def test_a_refusal_can_be_raised() -> None:
    why = Refusal("invalid", "no")
    assert (str(Refused(why)), Refused(why).refusal) == ("no", why)
