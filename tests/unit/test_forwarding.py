"""Whether a router forwards, as its kernel tells."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from podroute.model.cidr import parse_cidr
from podroute.providers.forwarding import FORWARDING, forwards_in
from podroute.providers.interface import ProviderUnreachable, Question
from podroute.providers.ssh.kernel_checks import forwarding
from podroute.providers.ssh.shell import Ran

QUESTION = Question((), (parse_cidr("10.200.0.0/16"), parse_cidr("fd00:10:200::/48")))
V4, V6 = "/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding"


@dataclass
class Shell:
    """It runs one program."""

    answer: Ran | None
    where: str = "played"

    async def run(self, command: Sequence[str], text: str) -> Ran:
        assert (command, text) == (FORWARDING, "")
        if self.answer is None:
            message = "grep: No such file"
            raise ProviderUnreachable(message)
        return self.answer


def test_what_the_kernel_says_is_read() -> None:
    assert forwards_in(f"{V4}:1\n{V6}:0\n") == {4: True, 6: False}
    assert forwards_in(f"{V4}:0\n{V6}:2\n") == {4: False, 6: True}
    assert forwards_in(f"{V4}:1\n") == {4: True}


@pytest.mark.parametrize("text", ["", "1\n", f"{V6}:1\n", f"{V4}:on\n"])
def test_what_is_no_answer_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{V4} cannot be read: "):
        forwards_in(text)


@pytest.mark.parametrize(
    ("answer", "verdict", "told"),
    [
        (Ran(0, f"{V4}:1\n{V6}:1\n", ""), "passed", []),
        (
            Ran(0, f"{V4}:0\n{V6}:1\n", ""),
            "failed",
            ["net.ipv4.ip_forward: IPv4 packets are not forwarded"],
        ),
        (
            Ran(2, f"{V4}:1\n", ""),
            "failed",
            ["net.ipv6.conf.all.forwarding: its kernel has no IPv6"],
        ),
        (Ran(127, "", "sh: grep: not found"), "skipped", ["sh: grep: not found"]),
        (Ran(0, "no", ""), "skipped", [f"{V4} cannot be read: 'no'"]),
        (None, "skipped", ["grep: No such file"]),
    ],
)
async def test_who_may_not_be_asked_is_no_problem(
    answer: Ran | None, verdict: str, told: list[str]
) -> None:
    found = await forwarding(QUESTION, Shell(answer))

    assert (found.id, found.verdict) == ("router-forwarding", verdict)
    problems = [f"{one.subject}: {one.cause}" for one in found.problems]
    assert (problems or list(filter(None, [found.skipped]))) == told
