"""What does it mean when AWS says no? Pure."""

from typing import Final, Literal, NamedTuple, TypeAlias

from podroute.routing.outcome import Failed
from podroute.routing.steps import Change

Meaning: TypeAlias = Literal[
    "throttled", "denied", "credentials", "full", "present", "gone", "lagging", "cut", "other"
]

PAUSE: Final = 5.0  # seconds in which EC2 gives a hundred more requests
_MEANINGS: Final[dict[str, Meaning]] = {
    **dict.fromkeys(
        (
            "EC2ThrottledException",
            "PriorRequestNotComplete",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
        ),
        "throttled",
    ),
    **dict.fromkeys(
        ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"),
        "denied",
    ),
    **dict.fromkeys(
        (
            "AuthFailure",
            "ExpiredToken",
            "ExpiredTokenException",
            "InvalidClientTokenId",
            "InvalidToken",
            "RequestExpired",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        ),
        "credentials",
    ),
    **dict.fromkeys(("RouteLimitExceeded", "TagLimitExceeded"), "full"),
    **dict.fromkeys(
        ("InternalError", "InternalFailure", "ServiceUnavailable", "Unavailable"), "cut"
    ),
    "RouteAlreadyExists": "present",
    "InvalidRoute.NotFound": "gone",
    **dict.fromkeys(
        (
            "InvalidInstanceID.NotFound",
            "InvalidNetworkInterfaceID.NotFound",
            "InvalidRouteTableID.NotFound",
        ),
        "lagging",
    ),
}
_PERMISSIONS: Final = {"GetServiceQuota": "servicequotas:GetServiceQuota"}
_FOR_ADMINISTRATORS: Final = "Encoded authorization failure message"
_POINTLESS: Final = frozenset({"full"})
_RENEW: Final = "renew them, e.g. by `aws sso login`, and look at `aws sts get-caller-identity`"
_POLICY: Final = "see the policy in docs/providers/aws.md"


class Refusal(NamedTuple):
    """An operation that was not carried out, or nobody knows: ``code`` "" means no answer."""

    operation: str
    code: str
    words: str

    @property
    def meaning(self) -> Meaning:
        """In one word."""
        if not self.code:
            return "cut"
        if self.code == "InvalidParameterValue" and "no route defined" in self.words:
            return "gone"
        return _MEANINGS.get(self.code, "other")

    @property
    def reason(self) -> str:
        """What, and what to do next."""
        permission = _PERMISSIONS.get(self.operation, f"ec2:{self.operation}")
        words = self.words.partition(_FOR_ADMINISTRATORS)[0].strip(" .")
        told: dict[Meaning, str] = {
            "throttled": f"{self.operation}: EC2 asks for fewer requests ({self.code})",
            "denied": f"{permission} is not allowed: {_POLICY} ({words})",
            "credentials": f"AWS does not take these credentials ({self.code}): {_RENEW} ({words})",
            "full": f"{words} ({self.code}): ask for a higher quota, or remove some",
            "cut": f"{self.operation}: no answer from EC2 ({words or self.code})",
        }
        return told.get(self.meaning, f"{self.operation}: {words} ({self.code})")


def failed(change: Change, refusal: Refusal) -> Failed:
    """What has become of a change."""
    if refusal.meaning == "throttled":
        return Failed(change, refusal.reason, "slower", PAUSE)
    pointless = refusal.meaning in _POINTLESS
    return Failed(change, refusal.reason, "pointless" if pointless else "worth it")
