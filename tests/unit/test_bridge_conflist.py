"""What is a container runtime told?"""

import json
from dataclasses import replace
from typing import Any

import pytest

from podroute.bridge.cni_conflist import FILE, NEEDED
from podroute.bridge.desired import AgentSettings
from podroute.bridge.seen import Host
from podroute.bridge.steps import Blocked, WriteConflist
from tests.workers import DUAL, PLUGINS, V4, VERSIONS, fresh, lines, planned, with_cni, worker

OTHERS = json.dumps({"name": "cilium", "plugins": [{"type": "cilium-cni"}]})
LOOPBACK = json.dumps({"cniVersion": "0.3.1", "name": "lo", "type": "loopback"})

INSTALL = "install containernetworking-plugins, or give their folder by --cni-bin-dir"
NOTHING_IN_COMMON = "the CNI plugins have no version in common"
EVERY = "/".join(VERSIONS)
ALONE = """{"type": "bridge", "bridge": "cbr0",
"ipam": {"type": "host-local", "subnet": "10.200.0.0/24"}}"""


def written(host: Host, cidrs: tuple[str, ...] = V4) -> dict[str, Any]:
    steps = planned(host, cidrs).steps
    (text,) = (one.text for one in steps if isinstance(one, WriteConflist))
    document: dict[str, Any] = json.loads(text)
    return document


WHOLE = {
    "cniVersion": "1.0.0",
    "cniVersions": ["0.4.0", "1.0.0", "1.1.0"],
    "disableCheck": True,
    "name": "podroute",
    "plugins": [
        {
            "type": "bridge",
            "bridge": "cbr0",
            "isGateway": False,
            "ipMasq": False,
            "hairpinMode": False,
            "promiscMode": True,
            "mtu": 1500,
            "ipam": {
                "type": "host-local",
                "dataDir": "/run/podroute/networks",
                "ranges": [
                    [{"subnet": "10.200.0.0/24", "gateway": "10.200.0.1"}],
                    [{"subnet": "fd00:10:200::/64", "gateway": "fd00:10:200::1"}],
                ],
                "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}],
            },
        },
        {"type": "loopback"},
        {"type": "portmap", "capabilities": {"portMappings": True}, "snat": True},
        {"type": "bandwidth", "capabilities": {"bandwidth": True}},
    ],
}


def same_network(cidrs: tuple[str, ...], bridge: str = "cbr0") -> str:
    ranges = [[{"subnet": cidr}] for cidr in cidrs]
    ipam = {"type": "host-local", "ranges": ranges}
    return json.dumps({"plugins": [{"type": "bridge", "bridge": bridge, "ipam": ipam}]})


def test_pods_get_an_address_of_each_pod_cidr_and_a_way_out() -> None:
    assert written(fresh(), DUAL) == WHOLE


@pytest.mark.parametrize(
    ("plugins", "usual", "every"),
    [
        (VERSIONS, "1.0.0", ["0.4.0", "1.0.0", "1.1.0"]),
        (("0.3.1", "0.4.0", "1.0.0"), "1.0.0", ["0.4.0", "1.0.0"]),
        (("0.4.0",), "0.4.0", ["0.4.0"]),
        (("1.1.0", "1.2.0"), "1.1.0", ["1.1.0"]),
    ],
)
def test_the_version_is_one_that_all_know(
    plugins: tuple[str, ...], usual: str, every: list[str]
) -> None:
    document = written(with_cni(fresh(), plugins={**PLUGINS, "loopback": plugins}))

    assert (document["cniVersion"], document["cniVersions"]) == (usual, every)


def test_what_is_not_installed_is_left_out() -> None:
    few: dict[str, tuple[str, ...]] = {name: PLUGINS[name] for name in NEEDED}

    document = written(with_cni(fresh(), plugins=few))

    assert [one["type"] for one in document["plugins"]] == ["bridge", "loopback"]


@pytest.mark.parametrize(
    ("plugins", "reason"),
    [
        (
            {},
            f"no CNI plugin bridge, host-local, loopback: {INSTALL}",
        ),
        (
            {**PLUGINS, "bridge": ("0.1.0", "0.2.0")},
            f"{NOTHING_IN_COMMON}: bridge 0.1.0/0.2.0, host-local {EVERY}, loopback {EVERY}",
        ),
    ],
)
def test_without_plugins_the_runtime_is_told_nothing(
    plugins: dict[str, tuple[str, ...]], reason: str
) -> None:
    plan = planned(with_cni(fresh(), plugins=plugins))

    assert plan.blocked == (Blocked("CNI configuration 10-podroute.conflist", reason),)
    assert not any(isinstance(one, WriteConflist) for one in plan.steps)
    assert len(plan.steps) > 5


@pytest.mark.parametrize(
    "files",
    [
        {"99-podman.conflist": OTHERS},
        {"05-notes.txt": OTHERS},
        {"99-loopback.conf": LOOPBACK},
    ],
)
def test_files_that_no_pod_gets_are_no_matter(files: dict[str, str]) -> None:
    assert written(with_cni(fresh(), files=files))["name"] == "podroute"


@pytest.mark.parametrize(
    "text",
    [
        OTHERS,
        LOOPBACK,
        "{ half",
        "[" * 200_000,
        "[]",
        '{"plugins": 7}',
        same_network(DUAL),
        same_network(V4, "docker0"),
        '{"plugins": [{"type": "bridge", "bridge": "cbr0", "ipam": {"type": "dhcp"}}]}',
        ALONE.replace("bridge", "macvlan", 1),
        ALONE.replace("host-local", "whereabouts"),
        '{"type": "bridge", "bridge": "cbr0", "ipam": {"type": "host-local", "ranges": [7]}}',
        '{"type": "bridge", "bridge": "cbr0", "ipam": {"type": "host-local", "ranges": 7}}',
    ],
)
def test_somebody_elses_network_is_not_doubled(text: str) -> None:
    plan = planned(with_cni(fresh(), files={"05-other.conflist": text}))

    reason = "is there, is read before ours, and describes another network"
    hint = "remove it, or run podroute agent with --no-configure-cbr0"
    what = "CNI configuration 10-podroute.conflist"
    assert plan.blocked == (Blocked(what, f"05-other.conflist {reason}: {hint}"),)
    assert not any(isinstance(one, WriteConflist) for one in plan.steps)


@pytest.mark.parametrize(
    ("no_files", "words"),
    [
        (
            {"05-other.conf": "FIFO"},
            "05-other.conf is a FIFO, and a runtime reads it before ours: remove it",
        ),
        (
            {"05-a.txt": "FIFO", "05-b.json": "socket", FILE: "FIFO"},
            "05-b.json is a socket, and a runtime reads it before ours: remove it",
        ),
        ({FILE: "directory"}, f"{FILE} is a directory: remove it"),
    ],
)
def test_what_is_no_file_is_named(no_files: dict[str, str], words: str) -> None:
    host = fresh()
    plan = planned(replace(host, cni=replace(host.cni, no_files=no_files)))

    assert plan.blocked == (Blocked("CNI configuration 10-podroute.conflist", words),)
    assert not any(isinstance(one, WriteConflist) for one in plan.steps)


@pytest.mark.parametrize("kind", ["directory", "FIFO"])
def test_what_no_runtime_comes_to_is_no_matter(kind: str) -> None:
    odd = {"05-old.conf": "directory", "05-notes.txt": kind, "20-later.conf": kind}
    host = fresh()

    assert written(replace(host, cni=replace(host.cni, no_files=odd)))["name"] == "podroute"


def test_what_has_our_name_and_is_no_file_is_replaced() -> None:
    host = fresh()
    fifo = replace(host, cni=replace(host.cni, no_files={FILE: "FIFO"}))

    assert written(fifo)["name"] == "podroute"


@pytest.mark.parametrize(
    "text",
    [
        same_network(V4),
        ALONE,
    ],
)
def test_somebody_elses_file_for_the_same_is_used_as_it_is(text: str) -> None:
    plan = planned(with_cni(fresh(), files={"05-own.conf": text}))

    assert plan.blocked == ()
    assert not any(isinstance(one, WriteConflist) for one in plan.steps)


def test_an_edited_file_is_written_again() -> None:
    host = worker()
    edited = with_cni(host, files={FILE: host.cni.files[FILE].replace("cbr0", "br0")})

    assert lines(planned(edited)) == [
        "~ CNI configuration 10-podroute.conflist: not as it should be"
    ]


def test_hairpin_and_mtu_are_the_plugins_business_too() -> None:
    settings = AgentSettings(hairpin="hairpin-veth", mtu=1400)
    steps = planned(fresh(), V4, settings).steps
    (text,) = (one.text for one in steps if isinstance(one, WriteConflist))

    bridge = json.loads(text)["plugins"][0]
    assert (bridge["hairpinMode"], bridge["mtu"]) == (True, 1400)
