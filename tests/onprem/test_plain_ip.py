"""A router's kernel by its own ``ip``, behind a real OpenSSH: the command line, and odd names."""

from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import pytest

from podroute.model.cidr import parse_cidr
from podroute.providers.interface import ProviderUnreachable
from podroute.providers.linux.ssh_provider import KIND
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Create, Delete
from tests.builders import route
from tests.machine_root import needs_machine_root
from tests.onprem.sshd import SshRouter, podroute_at
from tests.unit.command import node_list, worker

pytestmark = [pytest.mark.netns, needs_machine_root]

CIDR = parse_cidr("10.200.0.0/24")
NO_RIGHTS = "setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 --clear-groups"


def test_the_lines_of_a_plan_are_what_is_done(router: SshRouter, tmp_path: Path) -> None:
    """A route comes, one moves, one goes; whatever is somebody else's stays, letter by letter."""
    nodes = tmp_path / "nodes.json"
    nodes.write_text(node_list(worker(0), worker(1)))
    for words in (
        ("10.200.1.0/24", "via", "10.240.0.99", "proto", "200"),
        ("10.200.9.0/24", "via", "10.240.0.39", "proto", "200"),
        ("10.200.8.0/24", "via", "10.240.0.38", "proto", "static"),
    ):
        router.node.ip("route", "add", *words)
    source = ("-f", str(nodes))

    lines = podroute_at(
        router, router.open(), "plan", "--show-commands", *source
    ).stdout.splitlines()
    applied = podroute_at(router, router.open(), "apply", "--auto-approve", *source)
    table = podroute_at(router, router.open(), "table", *source)

    add = "ssh -p 2222 root@10.240.0.1 'ip route add 10.200.0.0/24 via 10.240.0.30 proto 200'"
    assert add in lines
    moves = [line for line in lines if "10.240.0.99 dev node0 proto 200 metric 0" in line]
    assert [line.count("&&") for line in moves] == [3], lines
    assert applied.returncode == 0, applied.stderr
    assert "Applied: 3 of 3 changes, read back." in applied.stdout
    assert table.stdout.count("InSync") == 2
    assert router.node.ip("route", "show", "root", "10.200.0.0/16").split(" \n")[:3] == [
        "10.200.0.0/24 via 10.240.0.30 dev node0 proto 200",
        "10.200.1.0/24 via 10.240.0.31 dev node0 proto 200",
        "10.200.8.0/24 via 10.240.0.38 dev node0 proto static",
    ]


async def test_a_login_without_rights_changes_nothing_and_says_so(router: SshRouter) -> None:
    options = router.open()
    router.allow(f'{NO_RIGHTS} sh -c "$SSH_ORIGINAL_COMMAND"')
    async with KIND.connect(options) as provider:
        await provider.read()
        with pytest.raises(ProviderUnreachable, match="changing routes there needs root"):
            await provider.apply([Create(route("10.200.0.0/24", "10.240.0.30"))])


async def test_a_router_that_prints_without_end_fills_no_memory(router: SshRouter) -> None:
    options = router.open(timeout="100")
    router.allow("cat /dev/zero")
    before = getrusage(RUSAGE_SELF).ru_maxrss
    async with KIND.connect(options) as provider:
        with pytest.raises(ProviderUnreachable, match="printed more than 256 MiB"):
            await provider.read()

    assert getrusage(RUSAGE_SELF).ru_maxrss - before < 1 << 20  # KiB


@pytest.mark.parametrize("name", ["a#b", "a'b", 'a"b', "-batch", "via", "$(reboot)", "a;b"])
async def test_whatever_an_interface_is_called_no_other_route_goes(
    router: SshRouter, name: str
) -> None:
    """Behind a ``#`` a batch would end: the rest would fit a route of somebody else."""
    for number, device in enumerate((name, "a")):
        router.node.ip("link", "add", "name", device, "type", "veth", "peer", "name", f"p{number}")
        router.node.ip("link", "set", "dev", device, "up")
    router.node.ip("route", "add", "10.200.0.0/24", "dev", "a", "metric", "5", "proto", "static")
    router.node.ip("route", "add", "10.200.0.0/24", "dev", name, "proto", "200")
    wish = Create(route("10.200.1.0/24", "10.240.0.30"))
    async with KIND.connect(router.open()) as provider:
        (ours,) = [one for one in (await provider.read()).routes if one.ownership == "ours"]
        gone, come = await provider.apply([Delete(ours), wish])
        there = [one for one in (await provider.read()).routes if one.destination == CIDR]

    assert come == Done(wish)
    if set(name) & set("#'\""):
        assert isinstance(gone, Failed)
        assert "cannot be told to `ip -batch`" in gone.reason
        assert sorted(one.ownership for one in there) == ["foreign", "ours"]
    else:
        assert isinstance(gone, Done), gone
        assert [one.ownership for one in there] == ["foreign"]
