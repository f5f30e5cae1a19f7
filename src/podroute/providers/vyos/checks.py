"""What keeps VyOS from forwarding what its routes are for? Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from podroute.model.check import Check, Problem
from podroute.providers.interface import Question
from podroute.providers.vyos.settings import VyosOptions
from podroute.providers.vyos.wire import Path

_NAMES: Final[Mapping[int, str]] = {4: "ip", 6: "ipv6"}


def switches(options: VyosOptions) -> Mapping[int, Path]:
    """The line of each IP version that switches forwarding off."""
    above = options.above or ("system",)
    return {version: (*above, name, "disable-forwarding") for version, name in _NAMES.items()}


def checks(question: Question, off: Sequence[Path], options: VyosOptions) -> tuple[Check, ...]:
    """``off``: those lines that are there."""
    problems = tuple(_unforwarded(question, off, options))
    return (Check("router-forwarding", "the router forwards what is not for itself", problems),)


def _unforwarded(
    question: Question, off: Sequence[Path], options: VyosOptions
) -> Iterator[Problem]:
    versions = {pool.version for pool in question.pools}
    for version, line in switches(options).items():
        if version in versions and line in off:
            cause = f"IPv{version} packets are not forwarded"
            yield Problem(f"IPv{version} forwarding", cause, f"delete {' '.join(line)}")
