"""What BIRD does to us, and we to it, on a router that others use too."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from podroute.routing.outcome import Done
from podroute.routing.steps import Create, Delete, Replace
from podroute.testing.netns import Namespace
from tests.builders import route
from tests.machine_root import needs_machine_root
from tests.onprem.bird_static import StaticBird, connected, done, ours, static_bird
from tests.onprem.lan import Lan
from tests.onprem.sshd import ssh_router
from tests.waiting import until

pytestmark = pytest.mark.netns

OTHERS = """\
protocol direct { ipv4; ipv6; }
filter pods { if net ~ 10.200.0.0/16 then accept; reject; }
protocol static theirs {
  ipv4;
  route 10.99.0.0/16 via 10.240.0.99;
  route 10.98.0.0/16 via 10.240.0.99 via 10.240.0.98;
  route 10.97.0.0/16 via "node0";
  route 10.96.0.0/16 prohibit;
  route 10.200.50.0/24 via 10.240.0.99;
}
protocol static lower { ipv4 { preference 20; }; route 10.200.0.0/24 via 10.240.0.77; }
protocol static their6 { ipv6; route fd00:10:200:50::/64 via fd00:10:240::99; }
"""
A = route("10.200.0.0/24", "10.240.0.30")
A_6 = route("fd00:10:200::/64", "fd00:10:240::30")
B = route("10.200.1.0/24", "10.240.0.31")


@pytest.fixture
async def bird(netns: Namespace, tmp_path: Path) -> AsyncGenerator[StaticBird]:
    with netns.entered():
        async with static_bird(netns, tmp_path, more=OTHERS) as made:
            await until(lambda: made.routes() >= 9)
            yield made


def table(bird: StaticBird) -> list[str]:
    """All of BIRD's own tables without times."""
    said = bird.router.birdc("show", "route", "table", "all").splitlines()
    return sorted(line.partition(" [")[0] + line.partition("]")[2] for line in said)


async def test_what_others_have_configured_is_as_before(bird: StaticBird) -> None:
    """While our routes come, move and go; bird.conf is not touched, nor what it makes."""
    configuration, before = (bird.place / "bird.conf").read_text(), table(bird)
    async with connected(bird) as provider:
        assert done(await provider.apply([Create(A), Create(A_6), Create(B)]))
        ours = [one for one in (await provider.read()).routes if one.ownership == "ours"]
        assert [one.deviation for one in ours] == ["", "", ""]
        moved = [Replace(one, route(str(one.destination), hop(one.next_hop))) for one in ours]
        assert done(await provider.apply(moved))
        everything = [Delete(one) for one in (await provider.read()).routes]
        outcomes = await provider.apply(everything)

    assert sum(isinstance(one, Done) for one in outcomes) == 3
    assert table(bird) == before
    assert (bird.place / "bird.conf").read_text() == configuration


def hop(was: object) -> str:
    return "fd00:10:240::40" if ":" in str(was) else "10.240.0.40"


async def test_traffic_goes_there(bird: StaticBird) -> None:
    """A route of others that is less preferred is behind ours."""
    async with connected(bird) as provider:
        assert done(await provider.apply([Create(A), Create(A_6)]))

    node = bird.router.node
    await until(lambda: "via 10.240.0.30 dev node0" in node.ip("route", "get", "10.200.0.7"))
    await until(lambda: "fd00:10:240::30 dev node0" in node.ip("route", "get", "fd00:10:200::7"))


async def test_routes_of_others_are_seen(bird: StaticBird) -> None:
    async with connected(bird) as provider:
        found = await provider.read()

    kinds = {str(one.destination): one.kind for one in found.routes}
    assert kinds == {
        "10.99.0.0/16": "unicast",
        "10.98.0.0/16": "multipath",
        "10.97.0.0/16": "link",
        "10.96.0.0/16": "blackhole",
        "10.200.50.0/24": "unicast",
        "10.200.0.0/24": "unicast",
        "10.240.0.0/24": "link",
        "fd00:10:200:50::/64": "unicast",
        "fd00:10:240::/64": "link",
    }
    assert [str(one) for one in found.on_link or ()] == ["10.240.0.0/24", "fd00:10:240::/64"]
    assert {"10.240.0.1", "fd00:10:240::1"} <= set(map(str, found.own_addresses))


async def test_a_node_name_reaches_nobody(bird: StaticBird) -> None:
    trace = bird.place / "trace"
    name = f"a\n}}; protocol static evil {{ }}\n$(touch {trace}); `touch {trace}`"
    async with connected(bird) as provider:
        assert done(await provider.apply([Create(route("10.200.0.0/24", "10.240.0.30", name))]))
        (line,) = provider.commands([Create(route("10.200.1.0/24", "10.240.0.30", name))])
        bird.router.node.run("sh", "-c", line)

    assert not trace.exists()
    assert "evil" not in bird.file.read_text()
    assert "10.200.1.0/24" in "".join(table(bird))


async def test_what_a_person_types_does_the_same(bird: StaticBird) -> None:
    """A route is added, moved and removed; a second time nothing is changed, and it fails."""
    async with connected(bird) as provider:
        assert done(await provider.apply([Create(B)]))
        (adding,) = provider.commands([Create(A)])
        bird.router.node.run("sh", "-c", adding)
        (mine,) = [one for one in await ours(provider) if one.destination == A.destination]
        assert (mine.next_hop, mine.deviation) == (A.next_hop, "")
        moved = route("10.200.0.0/24", "10.240.0.40")
        (moving,) = provider.commands([Replace(mine, moved)])
        bird.router.node.run("sh", "-c", moving)
        (mine,) = [one for one in await ours(provider) if one.destination == A.destination]
        assert (mine.next_hop, mine.deviation) == (moved.next_hop, "")
        (removing,) = provider.commands([Delete(mine)])
        bird.router.node.run("sh", "-c", removing)
        assert [one.destination for one in await ours(provider)] == [B.destination]


@needs_machine_root
async def test_on_a_router_by_ssh(bird: StaticBird) -> None:
    async with ssh_router(bird.router.node, bird.place) as sshd:
        sshd.allow("")
        async with connected(bird, **sshd.options()) as provider:
            assert done(await provider.apply([Create(A), Create(A_6)]))
            assert [one.deviation for one in (await provider.read()).routes] == [""] * 11
            (line,) = provider.commands([Create(B)])

    assert line.startswith("ssh -p 2222 router@10.240.0.1 ")


async def test_pods_meet_through_it(network: Lan, tmp_path: Path) -> None:
    wishes = [A, A_6, B, route("fd00:10:200:1::/64", "fd00:10:240::31")]
    with network.router.entered():
        async with static_bird(network.router, tmp_path) as bird, connected(bird) as provider:
            assert not network.pods_meet()
            assert done(await provider.apply([Create(one) for one in wishes]))
            await until(network.pods_meet)
