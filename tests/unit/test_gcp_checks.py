"""What keeps a VPC network from carrying Pods' packets: a row for each."""

from collections.abc import Mapping, Sequence

import pytest

from podroute.model.cidr import parse_address, parse_cidr
from podroute.providers.gcp.checks import checks
from podroute.providers.gcp.inventory import Inventory, Machine
from podroute.providers.gcp.settings import GcpOptions
from podroute.providers.gcp.wire import Firewall, FirewallProtocol, Peering
from podroute.providers.interface import Question
from tests.builders import route

OPTIONS = GcpOptions("kubernetes", "p")
WISHES = (route("10.200.0.0/24", "10.240.0.30", "a"), route("fd00::/64", "fd00:10:240::30", "a"))
POOL = parse_cidr("10.200.0.0/16")
HOPS = tuple(parse_address(text) for text in ("10.240.0.30", "fd00:10:240::30"))


def inventory(*, forwards: bool = True) -> Inventory:
    machine = Machine("projects/p/zones/z/instances/a", HOPS, forwards)
    return Inventory({machine.path: machine}, dict.fromkeys(HOPS, machine))


def rule(*protocols: str, source: str = "10.200.0.0/16", ports: Sequence[str] = ()) -> Firewall:
    allowed = tuple(FirewallProtocol(one, tuple(ports)) for one in protocols)
    return Firewall("r", source_ranges=("192.0.2.0/24", source), allowed=allowed)


def answers(
    machines: Inventory | str,
    firewalls: Sequence[Firewall] | str = (rule("all"),),
    peerings: Sequence[Peering] | str = (),
) -> Mapping[str, list[str]]:
    found = checks(Question(WISHES, (POOL,)), OPTIONS, machines, firewalls, peerings)
    return {
        one.id: [one.skipped]
        if one.skipped
        else [f"{problem.subject}: {problem.cause}" for problem in one.problems]
        for one in found
    }


def test_where_all_is_well_nothing_is_said() -> None:
    assert answers(inventory()) == {
        "gcp-instance": [],
        "gcp-can-ip-forward": [],
        "gcp-firewall": [],
        "gcp-peering": [],
    }


def test_a_next_hop_of_no_instance_and_one_that_does_not_forward() -> None:
    assert answers(Inventory())["gcp-instance"] == [
        f"a: no instance in network kubernetes has {hop}" for hop in HOPS
    ]
    assert answers(inventory(forwards=False))["gcp-can-ip-forward"] == ["a: canIpForward is false"]


def test_every_problem_has_a_command() -> None:
    found = checks(Question(WISHES, (POOL,)), OPTIONS, inventory(forwards=False), (), ())
    fixes = [problem.fix for one in found for problem in one.problems]

    assert fixes == [
        (
            "gcloud compute instances export a --zone z --project p, write canIpForward: true, "
            "then gcloud compute instances update-from-file a --zone z --project p; new ones: "
            "create with --can-ip-forward"
        ),
        (
            "gcloud compute firewall-rules create kubernetes-pods-10-200-0-0-16 --network "
            "kubernetes --allow all --source-ranges 10.200.0.0/16 --project p"
        ),
    ]
    (nowhere, _) = checks(Question(WISHES, ()), OPTIONS, Inventory(), (), ())[0].problems
    assert nowhere.fix == "gcloud compute instances list --project p"


def test_what_may_not_be_asked_is_skipped() -> None:
    assert answers("no", "neither", "nor that") == {
        "gcp-instance": ["no"],
        "gcp-can-ip-forward": ["no"],
        "gcp-firewall": ["neither"],
        "gcp-peering": ["nor that"],
    }


UPDATE = "gcloud compute networks peerings update sql --network kubernetes --project p"
EXPORT = (
    "it passes on none of our routes",
    f"{UPDATE} --export-custom-routes, and there the same with --import-custom-routes",
)
BOTH = (
    "it passes on no IPv6 routes",
    f"{UPDATE} --stack-type IPV4_IPV6, and there the same",
)
TAGGED = (
    "routes for instances with tags are passed on to no other network",
    "leave out --provider-option tags=, or masquerade Pods there",
)


def peering(*, export: bool = True, stack: str = "IPV4_ONLY", state: str = "ACTIVE") -> Peering:
    network = "https://www.googleapis.com/compute/v1/projects/other/global/networks/producer"
    return Peering("sql", network, state, export, stack)


@pytest.mark.parametrize(("status", "verb"), [("TERMINATED", "start"), ("SUSPENDED", "resume")])
def test_an_instance_that_does_not_run_is_no_next_hop(status: str, verb: str) -> None:
    machine = Machine("projects/p/zones/z/instances/a", HOPS, status=status)
    found = checks(
        Question(WISHES[:1], ()), OPTIONS, Inventory({}, dict.fromkeys(HOPS, machine)), (), ()
    )
    (problem,) = found[0].problems

    assert (problem.subject, problem.cause) == ("a", f"instance a is {status}")
    assert problem.fix == f"gcloud compute instances {verb} a --zone z --project p"


@pytest.mark.parametrize(
    ("one", "pools", "tags", "problems"),
    [
        (peering(), ["10.200.0.0/16"], "", []),
        (peering(export=False), ["10.200.0.0/16"], "", [EXPORT]),
        (peering(export=False, state="INACTIVE"), ["10.200.0.0/16"], "", []),
        (peering(), ["10.200.0.0/16", "fd00:10:200::/48"], "", [BOTH]),
        (peering(stack="IPV4_IPV6"), ["fd00:10:200::/48", "10.200.0.0/16"], "", []),
        (peering(export=False), ["fd00:10:200::/48"], "", [EXPORT, BOTH]),
        (peering(export=False), ["fd00:10:200::/48"], "node", [TAGGED]),
    ],
)
def test_a_peered_network_that_does_not_know_the_way(
    one: Peering, pools: list[str], tags: str, problems: list[tuple[str, str]]
) -> None:
    options = GcpOptions("kubernetes", "p", tags=tags)
    question = Question((), tuple(map(parse_cidr, pools)))

    check = checks(question, options, inventory(), (rule("all"),), [one])[-1]

    assert (check.id, check.what) == ("gcp-peering", "peered networks know the way to Pods")
    assert [(found.cause, found.fix) for found in check.problems] == problems
    assert {found.subject for found in check.problems} <= {"sql to network producer"}
