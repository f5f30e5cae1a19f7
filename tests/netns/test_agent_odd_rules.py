"""Rules and programs of a firewall that nobody expects stop no agent."""

from pathlib import Path

import pytest

from tests.netns.agents import WorkerPlace

pytestmark = pytest.mark.netns

V4 = ("--pod-cidr", "10.200.0.0/24")


def test_a_comment_that_is_no_text_is_anothers_rule_and_goes(
    place: WorkerPlace, tmp_path: Path
) -> None:
    before = place.fingerprint()
    assert place.agent(*V4, "--once").status == 0
    rules = tmp_path / "rules"
    rules.write_bytes(b'add rule inet podroute forward accept comment "\xff"\n')
    place.worker.run("nft", "-f", str(rules))

    again = place.agent(*V4, "--once")

    assert again.out == (
        "~ nftables table inet podroute: not as it should be\nApplied: 1 step.\n"
    ), again.err
    place.worker.run("nft", "-f", str(rules))
    assert place.agent("--cleanup").status == 0
    assert place.fingerprint() == before


@pytest.mark.parametrize(
    ("says", "words"),
    [
        ('echo "{rubbish"', "nft -j list chains: its answer cannot be read"),
        (r'printf "\377"', "nft -j list chains: its answer cannot be read"),
        ("""echo '{"nftables": 7}'""", "nft -j list chains: its answer cannot be read"),
        ("echo No right >&2; echo No  right >&2; exit 1", "nft: No right\n"),
        ("echo no JSON here >&2; exit 1", "nft: no JSON here"),
    ],
)
def test_what_nft_says_is_told_where_it_is_no_list(
    place: WorkerPlace, tmp_path: Path, says: str, words: str
) -> None:
    nft = tmp_path / "nft"
    nft.write_text(f"#!/bin/sh\n{says}\n")
    nft.chmod(0o755)

    done = place.agent(*V4, "--once", within=("env", f"PATH={tmp_path}:/usr/sbin:/usr/bin:/bin"))

    assert done.status == 3
    assert done.err.startswith(f"podroute: {words}")
