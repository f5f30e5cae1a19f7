"""Do firewall rules let in what Pods send? A row for each manner of rules."""

from collections.abc import Sequence

import msgspec
import pytest

from podroute.model.cidr import parse_cidr
from podroute.providers.gcp.firewall import kept_out
from podroute.providers.gcp.settings import GcpOptions
from podroute.providers.gcp.wire import Firewall, FirewallProtocol

OPTIONS = GcpOptions("kubernetes", "p")
POOL = parse_cidr("10.200.0.0/16")
NO_RULE = ["10.200.0.0/16: no rule of network kubernetes lets it in"]
EVERYTHING = (FirewallProtocol("all"),)


def rule(*protocols: str, source: str = "10.200.0.0/16", ports: Sequence[str] = ()) -> Firewall:
    allowed = tuple(FirewallProtocol(one, tuple(ports)) for one in protocols)
    return Firewall("r", source_ranges=("192.0.2.0/24", source), allowed=allowed)


def deny(priority: int, *protocols: str, source: str = "10.200.0.0/16") -> Firewall:
    denied = tuple(FirewallProtocol(one) for one in protocols)
    return Firewall("no", priority=priority, source_ranges=(source,), denied=denied)


def causes(*firewalls: Firewall) -> list[str]:
    return [f"{one.subject}: {one.cause}" for one in kept_out([POOL], firewalls, OPTIONS)]


@pytest.mark.parametrize(
    ("firewalls", "is_open"),
    [
        ([rule("all")], True),
        ([rule("tcp", "udp", "icmp")], True),
        ([rule("6", "17")], True),
        ([rule("tcp"), rule("udp", source="10.0.0.0/8")], True),
        ([rule("all", source="10.200.0.0/17"), rule("all", source="10.200.128.0/17")], True),
        ([rule("tcp", "udp", ports=["22", "0-65535"])], True),
        ([rule("tcp", "udp", ports=["1-65535"])], True),
        ([rule("all"), rule("all", source="10.200.0.5")], True),
        ([rule("tcp")], False),
        ([rule("udp")], False),
        ([rule("tcp", "udp", ports=["80"])], False),
        ([rule("all", source="10.200.0.0/17")], False),
        ([rule("all", source="10.200.0.0/17"), rule("tcp", source="10.200.128.0/17")], False),
        ([rule("all", source="10.200.0.5")], False),
        ([rule("all", source="::/0")], False),
        ([], False),
    ],
)
def test_a_firewall_lets_pods_in_or_not(firewalls: list[Firewall], *, is_open: bool) -> None:
    assert causes(*firewalls) == ([] if is_open else NO_RULE)


@pytest.mark.parametrize(
    "fields",
    [
        {"direction": "EGRESS"},
        {"disabled": True},
        {"target_tags": ("db",)},
        {"target_service_accounts": ("db@p.iam.gserviceaccount.com",)},
        {"destination_ranges": ("10.240.0.30/32",)},
    ],
)
def test_a_rule_that_is_not_for_all_that_comes_in_counts_for_nothing(
    fields: dict[str, object],
) -> None:
    assert causes(msgspec.structs.replace(rule("all"), **fields)) == NO_RULE
    assert causes(rule("all"), msgspec.structs.replace(deny(1, "all"), **fields)) == []


@pytest.mark.parametrize(
    ("firewalls", "cause"),
    [
        ([deny(100, "all")], "rule no of priority 100 denies tcp before one lets it in"),
        ([deny(1000, "udp")], "rule no of priority 1000 denies udp before one lets it in"),
        ([deny(9, "all", source="10.200.7.0/24"), deny(5, "tcp")], "rule no of priority 5 denies"),
        ([deny(100, "all", source="0.0.0.0/0")], "rule no of priority 100 denies tcp"),
        ([deny(1001, "all", source="0.0.0.0/0")], ""),
        ([deny(100, "all", source="10.201.0.0/16")], ""),
        ([deny(100, "icmp")], ""),
        ([msgspec.structs.replace(rule("all"), priority=99), deny(100, "all")], ""),
    ],
)
def test_the_lower_number_wins_and_of_equal_ones_the_denial(
    firewalls: list[Firewall], cause: str
) -> None:
    said = causes(rule("all"), *firewalls)

    assert len(said) == bool(cause)
    assert cause in "".join(said)


def test_a_denial_of_single_ports_is_somebodys_wish() -> None:
    ports = Firewall(
        "no", priority=1, source_ranges=("0.0.0.0/0",), denied=(FirewallProtocol("tcp", ("22",)),)
    )
    assert causes(rule("all"), ports) == []


def test_what_mends_it_has_a_name_for_each_pool() -> None:
    pools = [parse_cidr(one) for one in ("10.200.0.0/16", "10.201.0.0/16", "fd00:10:200::/48")]
    fixes = [one.fix for one in kept_out(pools, [], OPTIONS)]
    (denied,) = kept_out([POOL], [rule("all"), deny(5, "all")], OPTIONS)
    long = GcpOptions("k" * 63, "p")

    assert [fix.split()[4] for fix in fixes] == [
        "kubernetes-pods-10-200-0-0-16",
        "kubernetes-pods-10-201-0-0-16",
        "kubernetes-pods-fd00-10-200---48",
    ]
    assert fixes[0] == (
        "gcloud compute firewall-rules create kubernetes-pods-10-200-0-0-16 --network kubernetes "
        "--allow all --source-ranges 10.200.0.0/16 --project p"
    )
    assert denied.fix == (
        "gcloud compute firewall-rules describe no --project p, "
        "and give the rule that lets it in a lower number"
    )
    assert [one.fix.split()[4] for one in kept_out([POOL], [], long)] == ["k" * 63]
