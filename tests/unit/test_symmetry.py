"""Packets to a Node's Pods leave by the link that theirs come in by, or it is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from podroute.model.cidr import parse_address
from podroute.providers.interface import ProviderUnreachable, Question
from podroute.providers.ssh.kernel_checks import symmetric
from podroute.providers.ssh.shell import Ran
from podroute.providers.symmetry import LOOKING_UP, Lookup, answers_in, first_lookups
from tests.builders import route

V4 = route("10.200.0.0/24", "10.240.0.30", "worker-0")
V6 = route("fd00:10:200::/64", "fd00:10:240::30", "worker-0")
LOOKS = "there: ip rule; ip route get 10.200.0.254 from 10.200.0.1 iif eth0; then lead both by one"
NO_WAY = "RTNETLINK answers: Network is unreachable"
OTHERWAYS = "what its Pods send comes in by eth0, what they get leaves by"
SPLIT = "firewalls that keep connections drop it, and so does strict rp_filter"
DROPPED = "the kernel drops what they send (strict rp_filter)"
REFUSED = "RTNETLINK answers: Invalid cross-device link"
IN_NEWER_KERNELS = "RTNETLINK answers: Invalid argument"


@dataclass
class Shell:
    """Each word is what ``ip`` says of one question: a link, or why there is none."""

    answers: Sequence[str]
    asked: list[str] = field(default_factory=list[str])
    where: str = "played"

    async def run(self, command: Sequence[str], text: str) -> Ran:
        assert tuple(command) == LOOKING_UP
        lines = text.splitlines()
        words = self.answers[len(self.asked) :][: len(lines)]
        self.asked += lines
        out = "".join(f'[{{"dst":"…","dev":"{one}"}}]\n' for one in words if " " not in one)
        err = "".join(
            f"{one}\nCommand failed -:{number}\n"
            for number, one in enumerate(words, 1)
            if " " in one
        )
        return Ran(1 if err else 0, out, err)


@pytest.mark.parametrize(
    ("answers", "cause"),
    [
        (["eth0", "eth0", "eth0"], ""),
        (["eth0", NO_WAY, NO_WAY], ""),
        ([NO_WAY, "eth0"], ""),
        (["lo", "eth0"], ""),
        (["eth0", "eth0", NO_WAY], ""),
        (["eth0", "eth0", "eth1"], f"{OTHERWAYS} eth1: {SPLIT}"),
        (["eth0", "eth1", REFUSED], f"{OTHERWAYS} eth1: {DROPPED}"),
        (["eth0", "eth0", IN_NEWER_KERNELS], f"{OTHERWAYS} another link: {DROPPED}"),
    ],
)
async def test_both_ways_are_compared(answers: list[str], cause: str) -> None:
    shell = Shell(answers)
    found = await symmetric(Question((V4,), ()), shell)

    assert [one.cause for one in found.problems] == ([cause] if cause else [])
    for one in found.problems:
        assert one.subject == "10.200.0.0/24 worker-0"
        assert one.fix == f"{LOOKS} link, or sysctl -w net.ipv4.conf.eth0.rp_filter=2 (loose)"
    assert len(shell.asked) == len(answers)
    assert (
        shell.asked
        == [
            "route get 10.240.0.30",
            "route get 10.200.0.254",
            "route get 10.200.0.254 from 10.200.0.1 iif eth0",
        ][: len(answers)]
    )


async def test_ipv6_has_no_such_filter() -> None:
    found = await symmetric(Question((V6,), ()), Shell(["eth0", "eth0", "eth1"]))

    (problem,) = found.problems
    assert problem.fix.endswith("iif eth0; then lead both by one link")


async def test_each_node_is_judged_by_its_own_answers() -> None:
    other = route("10.200.1.0/24", "10.240.0.31", "worker-1")
    answers = [NO_WAY, NO_WAY, "eth0", "eth0", "eth1"]
    found = await symmetric(Question((V4, other), ()), Shell(answers))

    assert [one.subject for one in found.problems] == ["10.200.1.0/24 worker-1"]


@pytest.mark.parametrize(
    ("block", "asked"),
    [("10.200.0.0/31", "10.200.0.1"), ("10.200.0.8/32", "10.200.0.8"), ("fd00::8/126", "fd00::a")],
)
def test_the_smallest_blocks_have_pods_too(block: str, asked: str) -> None:
    lookups = first_lookups(Question((route(block, "10.240.0.30"),), ()))

    assert [str(one.target) for one in lookups] == ["10.240.0.30", asked]


async def test_nobody_is_asked_about_nothing() -> None:
    shell = Shell([])

    assert (await symmetric(Question((), ()), shell)).verdict == "passed"
    assert shell.asked == []


@pytest.mark.parametrize(
    ("out", "complaints", "words"),
    [
        ("", "sh: ip: not found", "ip answers 0 of 1 questions: sh: ip: not found"),
        ("no", "", "the answer of ip cannot be read"),
        ("[]", "", "the answer of ip cannot be read"),
        pytest.param("[" * 100_000, "", "the answer of ip cannot be read", id="nested"),
    ],
)
def test_what_is_no_answer_is_not_taken_for_one(out: str, complaints: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        answers_in([Lookup(parse_address("10.240.0.30"))], out, complaints)


@pytest.mark.parametrize("ended", [Ran(127, "", "sh: ip: not found"), None])
async def test_who_may_not_be_asked_is_no_problem(ended: Ran | None) -> None:
    class Mute:
        where = "played"

        async def run(self, command: Sequence[str], text: str) -> Ran:
            del command, text
            if ended is None:
                message = "sh: ip: not found"
                raise ProviderUnreachable(message)
            return ended

    found = await symmetric(Question((V4,), ()), Mute())

    assert (found.id, found.verdict) == ("router-symmetric", "skipped")
    assert "sh: ip: not found" in found.skipped
