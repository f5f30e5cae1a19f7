"""Pods that somebody else has plugged in, or whose notes are lost, keep what they have."""

import json
import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import pytest

from podroute.testing.netns import Namespace
from tests.netns.agents import WorkerPlace, ping, plugged_pods, plugins, pods
from tests.netns.cni_runtime import Runtime
from tests.netns.lab_command import until

pytestmark = pytest.mark.netns

V4 = ("--pod-cidr", "10.200.0.0/24")
CONFLIST = "10-podroute.conflist"
OTHERS = "05-tutorial.conflist"
DRAIN = "drain these Pods first (kubectl get pods -A -o wide): "


@pytest.fixture
def place(place: WorkerPlace) -> WorkerPlace:
    place.conf.mkdir()
    return place


@contextmanager
def tutorial_pods(place: WorkerPlace, number: int) -> Generator[tuple[Runtime, list[Namespace]]]:
    """Pods of a configuration as tutorials have it; it lies in the runtime's folder."""
    ipam = {
        "type": "host-local",
        "dataDir": str(place.folder / "elsewhere"),
        "ranges": [[{"subnet": "10.200.0.0/24"}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {"type": "bridge", "bridge": "cbr0", "isGateway": True, "ipMasq": False, "ipam": ipam}
    text = {"name": "tutorial", "cniVersion": "1.0.0", "cniVersions": ["1.1.0"]}
    folder = place.folder / "tutorial"
    folder.mkdir()
    for each in (folder, place.conf):
        (each / OTHERS).write_text(json.dumps({**text, "plugins": [bridge]}))
    runtime = Runtime(place.worker, folder, plugins())
    with pods(number) as namespaces:
        for name, pod in zip("abc", namespaces, strict=False):
            runtime.add(name, pod)
        yield runtime, namespaces


def bridge_addresses(place: WorkerPlace) -> list[str]:
    told = place.worker.ip("-o", "address", "show", "dev", "cbr0", "scope", "global")
    return sorted(line.split()[3] for line in told.splitlines())


def test_no_pod_gets_the_address_of_one_that_was_there_before(place: WorkerPlace) -> None:
    with tutorial_pods(place, 2) as (runtime, (a, b)), pods(1) as (new,):
        assert place.agent(*V4, "--once").status == 0  # by the configuration that is there
        (place.conf / OTHERS).unlink()

        refused = place.agent(*V4, "--once")

        assert refused.status == 1
        assert f"{DRAIN}10.200.0.2, 10.200.0.3;" in refused.err
        assert not (place.conf / CONFLIST).exists()
        ping(a, "10.240.0.1")
        with place.running(*V4):
            runtime.remove("a", a)
            until(lambda: f"{DRAIN}10.200.0.3;" in place.log())
            runtime.remove("b", b)
            until((place.conf / CONFLIST).exists)
            assert place.runtime().add("new", new)["ips"][0]["address"] == "10.200.0.2/24"


def test_a_runtime_that_was_told_stays_so(place: WorkerPlace) -> None:
    assert place.agent(*V4, "--once").status == 0
    with tutorial_pods(place, 1):
        (place.conf / OTHERS).unlink()

        assert place.agent(*V4, "--once").status == 0
        assert (place.conf / CONFLIST).exists()


@pytest.mark.parametrize("now", ["10.200.7.0/24", "10.200.0.128/25"])
def test_pods_of_another_configuration_outlive_their_pod_cidr(place: WorkerPlace, now: str) -> None:
    with tutorial_pods(place, 1) as (runtime, (pod,)):
        assert place.agent(*V4, "--once").status == 0
        (place.conf / OTHERS).unlink()

        told = place.agent("--pod-cidr", now, "--once")
        again = place.agent("--pod-cidr", now, "--once")

        assert told.status == 0
        assert "problem: old-pods: 1 Pods have addresses outside the Node's podCIDRs" in told.err
        assert again.out.endswith("Nothing to do.\n")
        assert "10.200.0.1/24" in bridge_addresses(place)
        ping(pod, "10.200.0.1")
        ping(pod, "10.240.0.1")
        runtime.remove("a", pod)
        assert place.agent("--pod-cidr", now, "--once").status == 0
        assert "10.200.0.1/24" not in bridge_addresses(place)


@pytest.mark.parametrize(
    ("before", "now", "outside"),
    [
        ("10.200.0.0/24", ["10.200.9.0/24"], "10.240.0.1"),
        ("10.200.0.0/24", ["10.200.0.128/25"], "10.240.0.1"),
        ("10.200.0.128/25", ["10.200.0.0/24"], "10.240.0.1"),
        ("fd00:10:200::/64", ["fd00:10:200:7::/64"], "fd00:10:240::1"),
    ],
)
def test_pods_whose_notes_are_lost_outlive_their_pod_cidr(
    place: WorkerPlace, before: str, now: Sequence[str], outside: str
) -> None:
    assert place.agent("--pod-cidr", before, "--once").status == 0
    with plugged_pods(place) as plugged, pods(1) as (new,):
        shutil.rmtree(place.folder / "state/networks")

        told = place.agent("--pod-cidr", *now, "--once")

        assert told.status == 0
        assert len(bridge_addresses(place)) == 2
        ping(plugged.a, outside)
        plugged.runtime.add("new", new)
        ping(new, outside)
        for name, pod in (("a", plugged.a), ("b", plugged.b), ("new", new)):
            plugged.runtime.remove(name, pod)
        for _ in range(2):  # the agent's own notes go first
            assert place.agent("--pod-cidr", *now, "--once").status == 0
        assert len(bridge_addresses(place)) == 1
