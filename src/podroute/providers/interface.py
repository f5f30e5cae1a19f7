"""What a route provider promises, and how one is found and opened."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

import msgspec

from podroute.model.bgp_peer import BgpPeer
from podroute.model.check import Check
from podroute.model.cidr import Cidr
from podroute.model.route import Route, RouteTable
from podroute.providers.choices import choices
from podroute.routing.outcome import Outcome
from podroute.routing.steps import Change


class ProviderUnreachable(Exception):  # noqa: N818 -- named for the state, as in the field
    """The router could not be read or may not be changed; the text says why and what to do.

    ``after``: it asks for no request before so many seconds.
    """

    def __init__(self, reason: str, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = after


class InvalidOption(Exception):  # noqa: N818 -- as above
    """A provider option that does not exist or has a bad value."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the router can take; who calls ``apply`` stays below.

    ``gather`` is for a router where a call costs more than its changes: it gets fewer, larger ones.
    """

    at_once: int = 1  # calls under way
    batch: int = 500  # changes in one call
    rate: float = 0.0  # changes each second, on average; 0: as many as it answers
    burst: int = 1  # changes after a pause
    gather: float = 0.0  # seconds for which changes are gathered once the burst is used up
    lag: float = 0.0  # seconds for which a read may still show what was before a change


class RouteProvider(Protocol):
    """A router that can be read and programmed."""

    limits: Limits

    async def read(self) -> RouteTable:
        """Every route in the managed scope, foreign ones included; nothing is changed.

        It may be cancelled at any time, and leaves no answer behind for the next.

        Raises:
            ProviderUnreachable: the router did not answer in full.
        """
        ...

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Carry out changes, no two of one destination; answer each with exactly one outcome.

        ``carrying.send`` parts a plan's changes so.

        Raises:
            ProviderUnreachable: nothing was changed.
        """
        ...

    async def changed(self) -> None:
        """Returns when somebody may have changed routes since the last ``read`` began.

        A provider that is never told waits for ever; it may be cancelled at any time.

        Raises:
            ProviderUnreachable: nothing is heard any more.
        """
        ...

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        """The shell command that a person would type for each change, ready to run.

        One that stands for several ends with a failure as soon as one of them fails.
        """
        ...


@runtime_checkable
class FinishingRouter(Protocol):
    """A provider whose changes are not always over with ``apply``: they are to be saved, or so."""

    async def finish(self) -> None:
        """What changes of its own have left to be done, once they were read; mostly nothing.

        Who only looks does not ask for it.

        Raises:
            ProviderUnreachable: it is not done; the next call tries again.
        """
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """What a router is to be checked for."""

    wishes: tuple[Route, ...]  # that are believed
    pools: tuple[Cidr, ...]  # the Pods' addresses


@runtime_checkable
class CheckedRouter(Protocol):
    """A provider that knows more of its router than routes, such as firewalls."""

    async def checks(self, question: Question) -> Sequence[Check]:
        """Answers to named questions; one that may not be asked is skipped and says why.

        Raises:
            ProviderUnreachable: nothing could be asked.
        """
        ...


@runtime_checkable
class BgpSpeaker(Protocol):
    """A provider that announces by BGP."""

    async def peers(self) -> Sequence[BgpPeer]:
        """Its neighbours, by address.

        Raises:
            ProviderUnreachable: it did not answer in full.
        """
        ...


@dataclass(frozen=True, slots=True)
class ProviderKind:
    """One entry of the group ``podroute.route_providers``.

    ``connect`` takes the option texts as given, e.g. ``{"table": "100"}``, raises ``InvalidOption``
    for a bad one, and gives a provider that is open inside the ``async with``.
    ``marks_cluster``: it has the option ``cluster``, the name by which our routes are known.
    """

    name: str
    connect: Callable[[Mapping[str, str]], AbstractAsyncContextManager[RouteProvider]]
    marks_cluster: bool = False


OptionsT = TypeVar("OptionsT", bound=msgspec.Struct)


def parse_options(kind: type[OptionsT], texts: Mapping[str, str]) -> OptionsT:
    """The provider's settings from texts; every key must be one of its fields.

    Raises:
        InvalidOption: naming the option, what is wrong with it, and the known ones.
    """
    known = ", ".join(field.encode_name for field in msgspec.structs.fields(kind)) or "none"
    unknown = sorted(texts.keys() - {field.encode_name for field in msgspec.structs.fields(kind)})
    if unknown:
        message = f"unknown provider option {unknown[0]!r} (known: {known})"
        raise InvalidOption(message)
    try:
        return msgspec.convert(dict(texts), kind, strict=False)
    except msgspec.ValidationError as error:
        message = f"provider options: {error}{choices(kind, str(error))} (known: {known})"
        raise InvalidOption(message) from error
