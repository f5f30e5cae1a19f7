"""What the simulated API answers when it does not do what it is asked. Pure."""

from dataclasses import dataclass, field
from typing import Final, TypeAlias

Document: TypeAlias = dict[str, object]

RATE: Final = "rateLimitExceeded"
QUOTA: Final = "quotaExceeded"


@dataclass
class Refusal(Exception):  # noqa: N818 -- named for the state
    """An HTTP status and the words beside it."""

    status: int
    reason: str
    message: str
    domain: str = "global"
    headers: dict[str, str] = field(default_factory=dict[str, str])

    def document(self) -> Document:
        """The answer."""
        fault = {"message": self.message, "domain": self.domain, "reason": self.reason}
        return {"error": {"code": self.status, "message": self.message, "errors": [fault]}}


def invalid(value: object, field_name: str, why: str) -> Refusal:
    """A field that is never right."""
    message = f"Invalid value for field 'resource.{field_name}': '{value}'. {why}"
    return Refusal(400, "invalid", message)


def not_found(project: str, path: str) -> Refusal:
    """There is no such resource."""
    return Refusal(404, "notFound", f"The resource 'projects/{project}/{path}' was not found")


def already_exists(project: str, path: str) -> Refusal:
    """The name is taken."""
    message = f"The resource 'projects/{project}/{path}' already exists"
    return Refusal(409, "alreadyExists", message)


def not_permitted(permission: str, path: str) -> Refusal:
    """The caller's role is too small."""
    message = f"Required '{permission}' permission for '{path}'"
    return Refusal(403, "forbidden", message)


def not_authenticated() -> Refusal:
    """The token is unknown or too old."""
    message = "Request had invalid authentication credentials."
    return Refusal(401, "authError", message, headers={"WWW-Authenticate": "Bearer"})


def too_many(status: int = 403, retry_after: str = "") -> Refusal:
    """More requests than allowed."""
    headers = {"Retry-After": retry_after} if retry_after else {}
    if status == 503:  # noqa: PLR2004 -- as in the API
        return Refusal(503, "backendError", "Service unavailable. Try again.", headers=headers)
    return Refusal(status, RATE, "Rate Limit Exceeded", "usageLimits", headers)


def no_room(metric: str, limit: int) -> Refusal:
    """The quota is used up."""
    message = f"Quota '{metric}' exceeded.  Limit: {limit:.1f} globally."
    return Refusal(403, QUOTA, message, "usageLimits")
