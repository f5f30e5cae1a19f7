"""What is in our own nftables tables?"""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from podroute.bridge.desired import AgentSettings, desire
from podroute.bridge.firewall import removal, tables
from podroute.bridge.seen import Chain, Firewall, Host, Rule
from podroute.model.cidr import parse_cidr
from tests.workers import DUAL, V4, after, fresh, lines, planned, with_cni, worker


def rules(
    cidrs: Sequence[str], *non_masquerade: str, host: Host | None = None
) -> dict[str, list[Any]]:
    """The expressions by the words of their comments."""
    plain = tuple(map(parse_cidr, non_masquerade))
    settings = AgentSettings(hairpin="promiscuous-bridge", non_masquerade=plain)
    wish = desire(tuple(map(parse_cidr, cidrs)), host or fresh(), settings)
    return {
        rule.comment.rpartition(" [")[0]: json.loads(expressions)
        for table in tables(wish)
        for rule, expressions in table.rules
    }


def sets(expressions: Sequence[Any]) -> list[list[str]]:
    """The CIDRs of each match of an address."""
    every: list[Any] = [one["match"]["right"] for one in expressions if "match" in one]
    listed: list[list[Any]] = [one["set"] for one in every if "set" in one]
    return [
        [f"{one['prefix']['addr']}/{one['prefix']['len']}" for one in members]
        for members in listed
        if "prefix" in members[0]
    ]


MASQUERADE = "IPv4 of Pods that leaves as this worker's"


def test_what_leaves_the_non_masquerade_cidrs_leaves_as_the_worker() -> None:
    rule = rules(V4, "10.0.0.0/8", "192.168.0.0/16")[MASQUERADE]

    assert sets(rule) == [["10.200.0.0/24"], ["10.0.0.0/8", "192.168.0.0/16"]]
    assert rule[3]["match"]["right"] == "local"
    assert rule[-1] == {"masquerade": None}


def test_a_worker_outside_these_is_not_masqueraded_to_itself() -> None:
    assert sets(rules(V4, "192.168.0.0/16")[MASQUERADE])[1] == ["10.200.0.0/24", "192.168.0.0/16"]


@pytest.mark.parametrize("given", [[], ["0.0.0.0/0"], ["10.0.0.0/8", "0.0.0.0/0"], ["fd00::/8"]])
def test_a_family_with_no_bound_or_without_one_is_not_masqueraded(given: list[str]) -> None:
    assert MASQUERADE not in rules(DUAL, *given)


def test_families_are_masqueraded_each_by_its_own_bounds() -> None:
    assert "IPv6 of Pods that leaves as this worker's" in rules(DUAL, "fd00::/8")


def test_a_family_without_a_pod_cidr_does_not_pass() -> None:
    rule = rules(V4)["IPv6 that no Pod here has"]

    assert rule[-1] == {"drop": None}
    assert rule[1]["match"]["right"] == "ipv6"


def test_only_own_addresses_come_from_pods_and_go_to_them() -> None:
    found = rules(DUAL)

    alien, source, target = (
        found[words] for words in ("IPv6 with another's source", "IPv6 from Pods", "IPv6 to Pods")
    )
    assert (alien[1]["match"]["op"], sets(alien)) == ("!=", [["fd00:10:200::/64"]])
    assert (sets(source), source[-1]) == ([["fd00:10:200::/64"]], {"accept": None})
    assert target[0]["match"]["left"] == {"meta": {"key": "oifname"}}


def test_pods_on_former_addresses_still_pass() -> None:
    host = with_cni(worker(("10.200.7.0/24",)), in_use="10.200.7.9")

    assert sets(rules(V4, host=host)["IPv4 from Pods"]) == [["10.200.0.0/24", "10.200.7.0/24"]]
    assert sets(rules(V4, host=host)["IPv4 of this worker itself"]) == [
        ["10.200.0.1/32", "10.200.7.1/32"]
    ]


def test_neighbouring_blocks_are_one() -> None:
    host = with_cni(worker(("10.200.1.0/24",)), in_use="10.200.1.9")

    assert sets(rules(V4, host=host)["IPv4 from Pods"]) == [["10.200.0.0/23"]]


def without_rule(host: Host, place: int) -> Host:
    every = host.firewall.rules
    return replace(host, firewall=replace(host.firewall, rules=every[:place] + every[place + 1 :]))


def test_each_rule_that_is_missing_or_too_many_is_noticed() -> None:
    host = worker(DUAL)
    for place, rule in enumerate(host.firewall.rules):
        broken = without_rule(host, place)
        assert lines(planned(broken, DUAL)) == [
            f"~ nftables table {rule.family} podroute: not as it should be"
        ]
        assert planned(after(broken, planned(broken, DUAL).steps), DUAL).steps == ()
    more = (*host.firewall.rules, Rule("inet", "forward"))
    added = replace(host, firewall=replace(host.firewall, rules=more))
    assert len(planned(added, DUAL).steps) == 1
    turned = replace(host.firewall, rules=host.firewall.rules[::-1])
    assert len(planned(replace(host, firewall=turned), DUAL).steps) == 2


def test_each_chain_that_is_missing_or_other_is_noticed() -> None:
    host = worker(DUAL)
    for chain in host.firewall.chains:
        kept = tuple(one for one in host.firewall.chains if one != chain)
        for chains in (kept, (*kept, replace(chain, priority=7))):
            broken = replace(host, firewall=replace(host.firewall, chains=chains))
            assert lines(planned(broken, DUAL)) == [
                f"~ nftables table {chain.family} podroute: not as it should be"
            ]


@pytest.mark.parametrize("family", ["inet", "bridge"])
def test_a_table_that_somebody_has_switched_off_is_made_anew(family: str) -> None:
    host = worker(DUAL)
    off = replace(host, firewall=replace(host.firewall, dormant=frozenset({family})))

    assert lines(planned(off, DUAL)) == [
        f"~ nftables table {family} podroute: it is dormant, and none of it is applied"
    ]
    assert planned(after(off, planned(off, DUAL).steps), DUAL).steps == ()


def test_an_empty_table_that_is_not_wished_goes_too() -> None:
    host, veth = worker(V4), AgentSettings(hairpin="hairpin-veth")
    emptied = tuple(one for one in host.firewall.rules if one.family != "bridge")
    host = replace(host, firewall=replace(host.firewall, rules=emptied))

    assert lines(planned(host, V4, veth))[0] == (
        "- nftables table bridge podroute: --hairpin-mode=hairpin-veth needs none"
    )


def test_other_tables_are_nobodys_business() -> None:
    host = worker(V4)
    others = Chain("inet", "filter", "input", hook="input")
    more = replace(host.firewall, chains=(*host.firewall.chains, others))

    assert planned(replace(host, firewall=more)).steps == ()


def test_an_emptied_ruleset_is_filled_again() -> None:
    assert lines(planned(replace(worker(), firewall=Firewall()))) == [
        "~ nftables table inet podroute: it is missing",
        "~ nftables table bridge podroute: it is missing",
    ]


def test_a_removal_names_only_our_table() -> None:
    (command,) = json.loads(removal("bridge"))["nftables"]

    assert command == {"delete": {"table": {"family": "bridge", "name": "podroute"}}}
