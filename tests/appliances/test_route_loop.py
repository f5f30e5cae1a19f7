"""The route loop over simulated routers with HTTPS APIs: what breaks is mended, Nodes are told."""

from podroute.model.node import Node
from podroute.testing.routeros.router import Router as RouterOS
from podroute.testing.vyos.lines import children, cut, found
from podroute.testing.vyos.router import Router as VyOS
from tests.appliances import routeros, vyos
from tests.builders import node
from tests.looped import available, kept
from tests.waiting import until

STATIC = ("protocols", "static", "route")


def worker(number: int) -> Node:
    return node(f"worker-{number}", f"10.240.0.{30 + number}", f"10.200.{number}.0/24")


NODES = tuple(map(worker, range(6)))


async def test_routeros_that_is_silent_for_a_while_gets_what_it_lacks() -> None:
    router = RouterOS()
    router.faults.at_call = lambda number, _: "cut before" if 5 < number < 20 else None
    async with routeros.before(router) as (provider, _), kept(provider, NODES) as world:
        await until(lambda: available(world, NODES))
        (lost,) = [one for one in router.items["ip"] if one["dst-address"] == "10.200.3.0/24"]
        router.items["ip"].remove(lost)
        await until(lambda: len(router.items["ip"]) == len(NODES) + 1)  # and a link
        await until(lambda: available(world, NODES))

    ours = [one for one in router.items["ip"] if one.get("comment") == routeros.MARK]
    assert len({one["dst-address"] for one in ours}) == len(ours) == len(NODES)


async def test_vyos_whose_configuration_others_lock_gets_what_it_lacks() -> None:
    router = VyOS(locks=2)
    async with vyos.before(router) as (provider, where), kept(provider, NODES) as world:
        await until(lambda: available(world, NODES))
        cut(router.running, [*STATIC, "10.200.3.0/24"])
        await until(lambda: found(router.running, [*STATIC, "10.200.3.0/24"]) is not None)
        await until(lambda: available(world, NODES))

    assert len(where.commits()) >= 4
    assert len(children(found(router.running, STATIC))) == len(NODES)
