"""What do the API's refusals mean, and what does a person do about them? Pure."""

from http import HTTPStatus
from typing import Final, Literal, NamedTuple

from podroute.observe.escape import escaped
from podroute.providers.vyos.settings import BUSY, VyosOptions
from podroute.providers.vyos.wire import reply_in

_LONGEST: Final = 500  # characters of the router's words
_LOCKED: Final = "locked"
_ABSENT: Final = frozenset(
    (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE)
)


class Refusal(NamedTuple):
    """Why something is not done, and whether to ask again."""

    words: str
    retry: Literal["worth it", "slower", "pointless"] = "worth it"
    after: float = 0.0
    parts: bool = False  # whether a part of the lines may be accepted


class Refused(Exception):  # noqa: N818 -- named for the state, as in the field
    """A request that was not answered as wished."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.words)
        self.refusal = refusal


def refusal(call: str, status: int, content: bytes, options: VyosOptions) -> Refusal:
    """What an answer says that is no success; ``call`` is the request for people."""
    told = _told(content)
    words = f"{options.url}: {call}: {told or 'no reason given'} (HTTP {status})"
    if status == HTTPStatus.UNAUTHORIZED:
        hint = f"is the key in {options.key.place} one of service https api keys?"
        return Refusal(f"{words}; {hint}", "pointless")
    if status in _ABSENT:
        return Refusal(f"{words}; is its API on? set service https api, and in 1.5 api rest")
    if _LOCKED in told:
        return Refusal(f"{words}; somebody else commits; tried again", "slower", BUSY)
    return Refusal(words, "worth it", parts=status == HTTPStatus.BAD_REQUEST)


def _told(content: bytes) -> str:
    try:
        text = reply_in(content).told
    except ValueError:
        text = content.decode(errors="replace").strip()
    return escaped(" ".join(text.split()), _LONGEST)
