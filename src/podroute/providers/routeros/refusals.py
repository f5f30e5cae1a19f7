"""What do the REST API's refusals mean, and what does a person do about them? Pure."""

from http import HTTPStatus
from typing import Final, Literal, NamedTuple

from podroute.observe.escape import escaped
from podroute.providers.routeros.settings import RouterosOptions
from podroute.providers.routeros.wire import ErrorBody, document_in

_LONGEST: Final = 300  # characters of the router's words
_OK: Final = 200
_REDIRECTED: Final = 300
_SERVER_ERROR: Final = 500
_NO_RIGHT: Final = ("permission", "not allowed", "not permitted")
_POLICIES: Final = "the policies read, write and rest-api"


class Refusal(NamedTuple):
    """Why something is not done, and whether to ask again."""

    words: str
    retry: Literal["worth it", "slower", "pointless"] = "worth it"


class Refused(Exception):  # noqa: N818 -- named for the state, as in the field
    """A request that was not answered as wished."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.words)
        self.refusal = refusal


def is_accepted(status: int) -> bool:
    """Whether it says that what was asked is done."""
    return _OK <= status < _REDIRECTED


def refusal(call: str, status: int, content: bytes, options: RouterosOptions) -> Refusal:
    """What an answer of another status says; ``call`` is the request for people."""
    told = _told(content)
    words = f"{options.url}: {call}: {told or 'no reason given'} (HTTP {status})"
    if status == HTTPStatus.UNAUTHORIZED:
        hint = f"are user {options.user} and the password in {options.password.place} right?"
        return Refusal(f"{words}; {hint}", "pointless")
    if status == HTTPStatus.FORBIDDEN or any(one in told.lower() for one in _NO_RIGHT):
        return Refusal(f"{words}; the group of user {options.user} needs {_POLICIES}", "pointless")
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return Refusal(words, "slower")
    if call.startswith("GET ") and status < _SERVER_ERROR:
        hint = "is it RouterOS 7.1 or later, and is that its service www-ssl?"
        return Refusal(f"{words}; {hint}", "pointless")
    return Refusal(words, "pointless" if status == HTTPStatus.BAD_REQUEST else "worth it")


def _told(content: bytes) -> str:
    try:
        body = document_in(content, ErrorBody)
    except ValueError:
        return escaped(content.decode(errors="replace").strip(), _LONGEST)
    both = [text for text in (body.message, body.detail) if text]
    return escaped(": ".join(both), _LONGEST)
