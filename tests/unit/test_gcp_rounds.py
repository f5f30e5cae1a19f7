import msgspec
import pytest

from podroute.model.route import InstalledRoute, Quota, RouteTable
from podroute.providers.gcp.inventory import Inventory, inventory_of
from podroute.providers.gcp.names import spare_name
from podroute.providers.gcp.rounds import (
    Found,
    Insert,
    Remove,
    Rounds,
    Seen,
    by_destination,
    commands,
    in_turn,
    prepared,
)
from podroute.providers.gcp.settings import GcpOptions
from podroute.providers.gcp.translate import installed_route, wished_resource
from podroute.providers.gcp.wire import Instance, NetworkInterface, RouteResource
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Adopt, Create, Delete, Replace
from tests.builders import route

OPTIONS = GcpOptions("kubernetes", "p")
NETWORK = f"{OPTIONS.root}/projects/p/global/networks/kubernetes"
MARK = "podroute cluster=kubernetes"
NAME = "kubernetes-route-10-200-0-0-24"
A = route("10.200.0.0/24", "10.240.0.20")
MOVED = route("10.200.0.0/24", "10.240.0.22")
SPARE = spare_name(wished_resource(MOVED, OPTIONS, Inventory()))


def there(
    name: str = NAME, hop: str = "10.240.0.20", mark: str = MARK, priority: int = 1000
) -> RouteResource:
    return RouteResource(name, NETWORK, "10.200.0.0/24", mark, priority, next_hop_ip=hop)


def seen(*resources: RouteResource, options: GcpOptions = OPTIONS) -> Seen:
    found = [
        Found(one, resource)
        for resource in resources
        if (one := installed_route(resource, options, Inventory())) is not None
    ]
    return Seen(found=by_destination(found))


def route_of(resource: RouteResource) -> InstalledRoute:
    one = installed_route(resource, OPTIONS, Inventory())
    assert one is not None
    return one


def spelled(rounds: Rounds | Outcome) -> list[tuple[str, str, int]]:
    assert not isinstance(rounds, Done | Failed)
    words: list[tuple[str, str, int]] = []
    for one in rounds:
        verb = "+" if isinstance(one, Insert) else "-"
        words.append(
            (f"{verb}{one.resource.name}", one.resource.next_hop_ip, one.resource.priority)
        )
    return words


def test_what_is_missing_comes() -> None:
    assert spelled(prepared(Create(A), seen(), OPTIONS)) == [(f"+{NAME}", "10.240.0.20", 1000)]


@pytest.mark.parametrize(
    ("present", "outcome"),
    [
        (there(), "done"),
        (there(hop="10.240.0.9"), "in the way"),
        (there("x", mark=""), "in the way"),
        (there("x", mark="", priority=999), "comes"),
        (there("x", mark="", priority=1001), "comes"),
    ],
)
def test_nothing_comes_beside_one_of_the_same_priority(
    present: RouteResource, outcome: str
) -> None:
    match prepared(Create(A), seen(present), OPTIONS):
        case Done(step=step):
            assert (outcome, step) == ("done", Create(A))
        case Failed(step=step, reason=reason, retry=retry):
            assert (outcome, step, retry) == ("in the way", Create(A), "pointless")
            assert reason.endswith(" is in the way")
        case _:
            assert outcome == "comes"


def test_one_of_that_name_is_replaced_by_a_spare_one() -> None:
    change = Replace(route_of(there()), MOVED)
    assert spelled(prepared(change, seen(there()), OPTIONS)) == [
        (f"+{SPARE}", "10.240.0.22", 999),
        (f"-{NAME}", "10.240.0.20", 1000),
        (f"+{NAME}", "10.240.0.22", 1000),
        (f"-{SPARE}", "10.240.0.22", 999),
    ]


def test_one_of_another_name_is_replaced_directly() -> None:
    other = there("other")
    assert spelled(prepared(Replace(route_of(other), MOVED), seen(other), OPTIONS)) == [
        (f"+{NAME}", "10.240.0.22", 1000),
        ("-other", "10.240.0.20", 1000),
    ]


@pytest.mark.parametrize(
    ("priority", "taken", "spare"),
    [
        (1000, (), 999),
        (1000, (999, 998), 997),
        (0, (), 1),
        (1, (), 0),
        (2, (1,), 0),
        (1, (0, 2), 3),
        (65535, (), 65534),
    ],
)
def test_the_spare_one_stands_before_it_if_there_is_room(
    priority: int, taken: tuple[int, ...], spare: int
) -> None:
    options = GcpOptions("kubernetes", "p", priority=priority)
    mine = there(priority=priority)
    others = [there(f"o{one}", mark="", priority=one) for one in taken]
    change = Replace(
        next(one.route for one in seen(mine, options=options).to(A.destination)), MOVED
    )
    rounds = spelled(prepared(change, seen(mine, *others, options=options), options))
    assert rounds[0][2] == rounds[3][2] == spare


def test_a_spare_one_that_was_left_will_do() -> None:
    left = there(SPARE, "10.240.0.22", priority=777)
    rounds = prepared(Replace(route_of(there()), MOVED), seen(there(), left), OPTIONS)
    assert spelled(rounds)[0] == (f"+{SPARE}", "10.240.0.22", 777)
    theirs = there(SPARE, "10.240.0.22", mark="", priority=999)
    rounds = prepared(Replace(route_of(there()), MOVED), seen(there(), theirs), OPTIONS)
    assert spelled(rounds)[0] == (f"+{SPARE}", "10.240.0.22", 998)


def test_a_foreign_one_goes_only_when_adopted() -> None:
    theirs = there(mark="")
    stale = route_of(theirs)
    for change in (Delete(stale), Replace(stale, A)):
        refused = prepared(change, seen(theirs), OPTIONS)
        assert refused == Failed(change, f"{stale.handle} is not ours", retry="pointless")
    assert len(spelled(prepared(Adopt(stale, A), seen(theirs), OPTIONS))) == 4
    assert spelled(prepared(Adopt(stale, A, written=True), seen(theirs), OPTIONS)) == [
        (f"-{NAME}", "10.240.0.20", 1000)
    ]


@pytest.mark.parametrize(
    ("change", "now", "outcome"),
    [
        (Delete(route_of(there())), [], "done"),
        (Delete(route_of(there())), [there(hop="10.240.0.9")], "no longer there, but route"),
        (Delete(route_of(there())), [there("x", mark="")], "done"),
        (Delete(route_of(there())), [there("x", priority=9)], "done"),
        (Replace(route_of(there()), MOVED), [there(hop="10.240.0.22")], "done"),
        (Replace(route_of(there()), MOVED), [there(hop="10.240.0.22", mark="")], "no longer there"),
        (Replace(route_of(there()), MOVED), [there(hop="10.240.0.9")], "no longer there"),
        (Adopt(route_of(there(mark="")), A), [there()], "done"),
        (Adopt(route_of(there(mark="")), A), [], "no longer there"),
    ],
)
def test_what_has_changed_since_is_judged_by_what_is_there(
    change: Delete | Replace | Adopt, now: list[RouteResource], outcome: str
) -> None:
    match prepared(change, seen(*now), OPTIONS):
        case Done(step=step):
            assert (outcome, step) == ("done", change)
        case Failed(step=step, reason=reason, retry=retry):
            assert outcome in reason
            assert (step, retry) == (change, "pointless")
        case _:
            pytest.fail("nothing may be asked")


def test_the_lines_are_the_rounds() -> None:
    stale = route_of(there())
    foreign = route_of(there("x", mark=""))
    lines = commands(
        [Create(A), Replace(stale, MOVED), Delete(foreign), Delete(stale), Delete(stale, None)],
        seen(there(), there("x", mark="")),
        OPTIONS,
    )
    where = "--destination-range 10.200.0.0/24"
    hop = f"--network kubernetes --next-hop-address 10.240.0.22 {where}"
    end = "--description 'podroute cluster=kubernetes' --project p"
    assert lines[0] == "true"
    assert lines[1].split(" && ") == [
        f"gcloud compute routes create {SPARE} {hop} --priority 999 {end}",
        f"gcloud compute routes delete {NAME} --project p --quiet",
        f"gcloud compute routes create {NAME} {hop} {end}",
        f"gcloud compute routes delete {SPARE} --project p --quiet",
    ]
    assert lines[2] == "false 'route x via 10.240.0.20 priority 1000 is not ours'"
    assert lines[3] == f"gcloud compute routes delete {NAME} --project p --quiet"


def test_a_line_names_tags_and_the_instance() -> None:
    options = GcpOptions("kubernetes", "p", next_hop="instance", tags="b,a", names="cluster")
    link = f"{options.root}/projects/p/zones/eu-a/instances/worker-0"
    inventory = inventory_of(
        [Instance("worker-0", link, (NetworkInterface(NETWORK, "10.240.0.20"),))], options
    )
    here = Seen(inventory=inventory)
    (line,) = commands([Create(A)], here, options)
    assert "--next-hop-instance worker-0 --next-hop-instance-zone eu-a" in line
    assert "--tags a,b" in line
    refused = prepared(Create(MOVED), here, options)
    reason = "no instance in network kubernetes has 10.240.0.22: "
    reason += "see gcloud compute instances list --filter=worker-0"
    assert refused == Failed(Create(MOVED), reason, retry="worth it")
    assert commands([Create(MOVED)], here, options) == (f"false '{reason}'",)


FULL, ROOM_FOR_ONE = Quota(7, 7, spare=1), Quota(6, 7, spare=1)


@pytest.mark.parametrize("name", [NAME, "other"])
def test_without_room_for_one_more_the_gap_is_as_short_as_can_be(name: str) -> None:
    old = there(name)
    full = seen(old)._replace(table=RouteTable(quota=FULL))
    enough = seen(old)._replace(table=RouteTable(quota=ROOM_FOR_ONE))
    change = Replace(route_of(old), MOVED)

    assert spelled(prepared(change, full, OPTIONS)) == [
        (f"-{name}", "10.240.0.20", 1000),
        (f"+{NAME}", "10.240.0.22", 1000),
    ]
    assert gaps_end(prepared(change, full, OPTIONS)) == [False, True]
    assert gaps_end(prepared(change, enough, OPTIONS)) in ([False] * 2, [False] * 4)
    assert prepared(change, enough, OPTIONS) == prepared(change, seen(old), OPTIONS)
    (line,) = commands([change], full, OPTIONS)
    assert line.index("routes delete") < line.index("routes create")


def gaps_end(rounds: Rounds | Outcome) -> list[bool]:
    """Which of them come where there is no route."""
    assert isinstance(rounds, tuple)
    return [isinstance(one, Insert) and one.ends_gap for one in rounds]


MOVES = Insert(there()), Remove(there("x"))
COMES, GOES = (Insert(there()),), (Remove(there()),)
GAP = Remove(there("x")), Insert(there())


NO_PLANS: list[Rounds] = []
ONE_EMPTY_PART: list[list[int]] = [[]]


@pytest.mark.parametrize(
    ("plans", "quota", "parts"),
    [
        (NO_PLANS, None, ONE_EMPTY_PART),
        ([COMES, GOES, GAP], FULL, [[0, 1, 2]]),
        ([MOVES, MOVES, MOVES], None, [[0, 1, 2]]),
        ([MOVES, COMES, MOVES, MOVES], Quota(4, 7), [[0, 1, 2], [3]]),
        ([MOVES, COMES, MOVES, MOVES], Quota(3, 7), [[0, 1, 2, 3]]),
        ([MOVES, MOVES], FULL, [[0], [1]]),
        ([MOVES, COMES, MOVES], ROOM_FOR_ONE, [[0, 1], [2]]),
    ],
)
def test_no_more_replacements_at_once_than_there_is_room_for(
    plans: list[Rounds], quota: Quota | None, parts: list[list[int]]
) -> None:
    numbered = dict(enumerate(plans))

    found = list(in_turn(numbered, quota))

    assert [sorted(part) for part in found] == parts
    assert {place: plan for part in found for place, plan in part.items()} == numbered


def test_a_spare_name_says_where_it_leads() -> None:
    by_instance = msgspec.structs.replace(
        there(hop=""), next_hop_instance=f"{OPTIONS.root}/projects/p/zones/z/instances/a"
    )
    elsewhere = msgspec.structs.replace(
        by_instance, next_hop_instance=f"{OPTIONS.root}/projects/p/zones/z/instances/b"
    )
    other_root = msgspec.structs.replace(
        by_instance, next_hop_instance="https://www/projects/p/zones/z/instances/a"
    )
    names = [spare_name(one) for one in (there(), there(hop="10.240.0.9"), by_instance, elsewhere)]
    assert len(set(names)) == 4
    assert spare_name(other_root) == spare_name(by_instance)
