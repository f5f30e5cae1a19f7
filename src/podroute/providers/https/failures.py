"""What does a request that was not answered mean, and what does a person do about it? Pure."""

from typing import Final, Literal, TypeAlias, assert_never

from podroute.observe.escape import escaped
from podroute.providers.https.settings import HttpsOptions

Fault: TypeAlias = Literal["not reached", "not trusted", "silent", "cut"]

_LONGEST: Final = 300  # characters of others' words


class Unanswered(Exception):  # noqa: N818 -- named for the state, as in the field
    """There is no answer; the router may have done what it was asked all the same."""

    def __init__(self, fault: Fault, words: str, options: HttpsOptions) -> None:
        super().__init__(unanswered(fault, words, options))


def unanswered(fault: Fault, words: str, options: HttpsOptions) -> str:
    """For people; ``words`` are those of the libraries."""
    told = escaped(words, _LONGEST)
    match fault:
        case "not reached":
            return (
                f"{options.url} is not reached: {told}; is its HTTPS service on, and let through?"
            )
        case "not trusted":
            hint = "give ca=FILE with the authority that vouches for it, and in url a name it has"
            return f"{options.url} is not trusted: {told}; {hint}"
        case "silent":
            return (
                f"{options.url} has not answered within {options.timeout:g} s; where it is only "
                "slow, give a longer timeout"
            )
        case "cut":
            return f"{options.url} has ended the connection without an answer: {told}"
        case _:
            assert_never(fault)
