"""podroute apply --confirm: the word reaches the leader that holds something back under it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typing_extensions import override

from podroute.controllers.leadership import CONFIRMED, HELD_BACK
from podroute.kube.micro_time import micro_time_now
from tests.unit.command import Ended, podroute
from tests.unit.kube_server import Answer, Request, Server, serving
from tests.unit.lease_api import LeaseApi

WORD = "1a2b3c4d-t0"


class Renewed(LeaseApi):
    """The leader renews it before each look, and says by then what it holds back."""

    def __init__(self, *words: str | None) -> None:
        super().__init__()
        self._words = list(words)
        self.looks = 0

    @override
    def answer(self, request: Request) -> Answer:
        if request.method == "GET":
            self.looks += 1
            self.renew(self._words.pop(0) if len(self._words) > 1 else self._words[0])
        return super().answer(request)

    def renew(self, word: str | None) -> None:
        self.put(holderIdentity="router-b_1", renewTime=micro_time_now())
        assert self.lease is not None
        if word is not None:
            self.lease["metadata"].setdefault("annotations", {})[HELD_BACK] = word

    def confirmed(self) -> str | None:
        assert self.lease is not None
        annotations: dict[str, str] = self.lease["metadata"].get("annotations", {})
        return annotations.get(CONFIRMED)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as one:
        yield one


def confirm(server: Server, api: LeaseApi, word: str = WORD) -> Ended:
    server.answer = api.answer
    lease = ("--leader-elect-resource-name=podroute", "--leader-elect-resource-namespace=net")
    return podroute("apply", f"--kubeconfig={server.kubeconfig()}", *lease, "--confirm", word)


def test_a_word_that_the_leader_takes_reaches_it_at_once(server: Server) -> None:
    api = Renewed(WORD)

    ended = confirm(server, api)

    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith(
        f"router-b_1 is told: it lets pass what it holds back under the name {WORD};"
    )
    assert (api.confirmed(), api.looks) == (WORD, 1)


@pytest.mark.parametrize("before", [None, "", "5e6f7a8b-t0"])
def test_who_types_it_before_the_renewal_waits_for_that(server: Server, before: str | None) -> None:
    """The log shows a word up to a retry period before the Lease does."""
    api = Renewed(before, WORD)

    assert confirm(server, api).status == 0
    assert api.confirmed() == WORD


def test_of_several_routers_each_has_a_word(server: Server) -> None:
    api = Renewed(f"5e6f7a8b-left-t0 {WORD}")

    assert confirm(server, api).status == 0
    assert api.confirmed() == WORD


def test_who_gives_two_words_at_once_takes_none_of_them_back(server: Server) -> None:
    """The leader has not read the first yet; a word for what it held before is of no use."""
    words = ("1a2b3c4d-left-t0", "1a2b3c4d-right-t0")
    api = Renewed(" ".join(words))

    assert [confirm(server, api, one).status for one in (*words, words[0])] == [0, 0, 0]
    assert api.confirmed() == f"{words[1]} {words[0]}"
    after = Renewed(words[1])
    after.lease = api.lease
    assert confirm(server, after, words[1]).status == 0
    assert after.confirmed() == words[1]


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (None, "it holds nothing back"),
        ("", "it holds nothing back"),
        ("5e6f7a8b-t0", "what it holds back has the name 5e6f7a8b-t0"),
    ],
)
def test_a_word_of_another_leader_is_refused(server: Server, held: str | None, words: str) -> None:
    """As that of a router with a Lease of its own."""
    api = Renewed(held)

    ended = confirm(server, api)

    assert (ended.status, ended.out) == (5, "")
    assert f"router-b_1 (Lease net/podroute) does not know {WORD}: {words}; " in ended.err
    assert "--leader-elect-resource-name" in ended.err
    assert api.confirmed() is None


def test_a_leader_that_does_not_renew_is_not_waited_for_for_long(server: Server) -> None:
    api = LeaseApi()
    api.put(holderIdentity="router-b_1", leaseDurationSeconds=1, renewTime=micro_time_now())

    ended = confirm(server, api)

    assert ended.status == 5
    assert "it holds nothing back" in ended.err


@pytest.mark.parametrize(
    ("renewed", "words"),
    [
        ({"renewTime": "2026-01-01T00:00:00Z"}, "since 2026-01-01"),
        ({"renewTime": "0000-06-01T00:00:00Z"}, "since 0000-06-01"),
        ({}, "ever"),
    ],
)
def test_a_leader_that_has_not_renewed_for_long_is_told_nothing(
    server: Server, renewed: dict[str, str], words: str
) -> None:
    api = LeaseApi()
    api.put(holderIdentity="router-b_1", **renewed)
    assert api.lease is not None
    api.lease["metadata"]["annotations"] = {HELD_BACK: WORD}

    ended = confirm(server, api)

    assert (ended.status, ended.out) == (5, "")
    assert f"router-b_1 has not renewed the Lease net/podroute {words}" in ended.err
    assert CONFIRMED not in api.lease["metadata"]["annotations"]
