"""Does a Linux router forward what is not for itself? Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from podroute.bridge.steps import sysctl_name
from podroute.bridge.sysctls import FORWARD
from podroute.model.check import Check, Problem
from podroute.providers.interface import Question

_FOLDER: Final = "/proc/sys/net"
FORWARDING: Final = ("grep", "-Hs", ".", *(f"{_FOLDER}/{one}" for one in FORWARD.values()))
_LINE: Final = re.compile(r"(?P<file>\S+):(?P<value>[0-9]+)")


def forwards_in(text: str) -> Mapping[int, bool]:
    """Whether packets of each IP version are, as far as the kernel has it: what it prints.

    Raises:
        ValueError: it does not say so of IPv4.
    """
    lines = filter(None, map(_LINE.fullmatch, text.split()))
    found = {line["file"]: line["value"] for line in lines}
    values = {version: found.get(f"{_FOLDER}/{name}") for version, name in FORWARD.items()}
    if values[4] is None:
        message = f"{_FOLDER}/{FORWARD[4]} cannot be read: {text.strip()!r}"
        raise ValueError(message)
    return {version: value != "0" for version, value in values.items() if value is not None}


def forwarding_check(question: Question, forwards: Mapping[int, bool]) -> Check:
    """``forwards``: of each IP version that the kernel has."""
    problems = tuple(_unforwarded(question, forwards))
    return Check("router-forwarding", "the router forwards what is not for itself", problems)


def _unforwarded(question: Question, forwards: Mapping[int, bool]) -> Iterator[Problem]:
    for version in sorted({pool.version for pool in question.pools}):
        key = sysctl_name(FORWARD[version])
        if version not in forwards:
            cause, fix = f"its kernel has no IPv{version}", "boot it without ipv6.disable=1"
            yield Problem(key, cause, fix)
        elif not forwards[version]:
            cause = f"IPv{version} packets are not forwarded"
            yield Problem(key, cause, f"sysctl -w {key}=1, and in /etc/sysctl.d for the next boot")
