"""What AWS says, what it means, and what a person is told."""

import pytest

from podroute.providers.aws.refusals import Refusal, failed
from podroute.routing.steps import Create
from podroute.testing.builders import route

WISH = Create(route("10.200.0.0/24", "10.240.0.30"))


@pytest.mark.parametrize(
    ("code", "words", "meaning", "retry", "reason"),
    [
        ("RequestLimitExceeded", "", "throttled", "slower", "fewer requests"),
        ("UnauthorizedOperation", "Sorry", "denied", "worth it", "ec2:CreateRoute is not allowed"),
        ("RequestExpired", "Old", "credentials", "worth it", "aws sso login"),
        ("RouteLimitExceeded", "The maximum", "full", "pointless", "ask for a higher quota"),
        ("RouteAlreadyExists", "there", "present", "worth it", "there (RouteAlreadyExists)"),
        ("InvalidRoute.NotFound", "gone", "gone", "worth it", "gone"),
        ("InvalidParameterValue", "no route defined for", "gone", "worth it", "no route"),
        ("InvalidParameterValue", "bad", "other", "worth it", "bad"),
        ("InvalidInstanceID.NotFound", "i-1", "lagging", "worth it", "i-1"),
        ("", "Connection was closed", "cut", "worth it", "no answer from EC2"),
        ("InternalError", "", "cut", "worth it", "no answer from EC2 (InternalError)"),
    ],
)
def test_a_refusal_says_what_to_do(
    code: str, words: str, meaning: str, retry: str, reason: str
) -> None:
    refusal = Refusal("CreateRoute", code, words)
    outcome = failed(WISH, refusal)
    assert refusal.meaning == meaning
    assert outcome.retry == retry
    assert reason in outcome.reason


def test_the_permission_has_its_services_name() -> None:
    refusal = Refusal("GetServiceQuota", "AccessDeniedException", "no")
    assert refusal.reason.startswith("servicequotas:GetServiceQuota is not allowed")
