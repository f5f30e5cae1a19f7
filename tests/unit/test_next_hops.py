"""Which Nodes do not answer their router, as its kernel tells."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from podroute.model.cidr import parse_address, parse_cidr
from podroute.providers.interface import ProviderUnreachable, Question
from podroute.providers.next_hops import NEIGHBOURS, next_hop_check, silent_in
from podroute.providers.ssh.kernel_checks import next_hops
from podroute.providers.ssh.shell import Ran
from tests.builders import route

WISH = route("10.200.0.0/24", "10.240.0.30", "worker-0")
QUESTION = Question((WISH,), (parse_cidr("10.200.0.0/16"),))
SILENT = '[{"dst":"10.240.0.30","dev":"eth0","state":["FAILED"]}]'
CAUSE = "10.240.0.30 does not answer ARP on eth0"


@dataclass
class Shell:
    """It runs one program."""

    answer: Ran | None
    where: str = "played"

    async def run(self, command: Sequence[str], text: str) -> Ran:
        assert (command, text) == (NEIGHBOURS, "")
        if self.answer is None:
            message = "ip: No such file"
            raise ProviderUnreachable(message)
        return self.answer


def test_what_ip_prints_is_read() -> None:
    assert silent_in(SILENT) == {parse_address("10.240.0.30"): "eth0"}
    assert silent_in('[{"dst":"fe80::1"}]') == {parse_address("fe80::1"): ""}
    assert silent_in("") == silent_in("[]\n") == {}


NESTED = pytest.param("[" * 100_000, id="nested")


@pytest.mark.parametrize("text", ["no", "{}", '[{"dev":"eth0"}]', '[{"dst":"nobody"}]', NESTED])
def test_what_is_no_answer_is_no_silence(text: str) -> None:
    with pytest.raises(ValueError, match=r"cannot be read|is not an IP address"):
        silent_in(text)


def test_only_nodes_count() -> None:
    (problem,) = next_hop_check(QUESTION, silent_in(SILENT)).problems

    assert (problem.subject, problem.cause) == ("worker-0", CAUSE)
    assert not next_hop_check(QUESTION, {parse_address("10.240.0.99"): "eth0"}).problems


@pytest.mark.parametrize(
    ("answer", "verdict", "words"),
    [
        (Ran(0, SILENT, ""), "failed", CAUSE),
        (Ran(0, "[]", ""), "passed", ""),
        (Ran(127, "", "sh: ip: not found"), "skipped", "sh: ip: not found"),
        (Ran(0, "Permission denied", ""), "skipped", "the answer of ip cannot be read"),
        (None, "skipped", "ip: No such file"),
    ],
)
async def test_who_may_not_be_asked_is_no_problem(
    answer: Ran | None, verdict: str, words: str
) -> None:
    found = await next_hops(QUESTION, Shell(answer))

    assert (found.id, found.verdict) == ("router-next-hop", verdict)
    told = found.skipped or "".join(one.cause for one in found.problems)
    assert told.startswith(words)
