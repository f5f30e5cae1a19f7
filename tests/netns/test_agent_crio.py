"""CRI-O's CNI library waits for the agent's configuration and plugs Pods in by it."""

import json
import os
import subprocess
from typing import Any

import pytest

from podroute.testing.netns import Namespace
from tests.netns.agents import WorkerPlace, built, ping, plugins, pods

pytestmark = pytest.mark.netns

DUAL = ("--pod-cidr", "10.200.0.0/24,fd00:10:200::/64")


def started(place: WorkerPlace, *arguments: str) -> subprocess.Popen[str]:
    """CRI-O's CNI library on the worker."""
    folders = ("--conf-dir", place.conf, "--bin-dir", plugins(), "--cache-dir", place.folder / "c")
    command = [str(built("ocicni") / "ocicni"), *map(str, folders), *arguments]
    with place.worker.entered():
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def told(place: WorkerPlace, verb: str, pod: Namespace) -> dict[str, Any]:
    netns = f"/proc/{os.getpid()}/fd/{pod.handle}"
    names = ("--name", "web-0", "--namespace", "default", "--id", "0123abcd")
    with started(place, "--netns", netns, *names, verb) as process:
        answer, _ = process.communicate(timeout=60)
    result: dict[str, Any] = json.loads(answer)
    assert process.returncode == (1 if "error" in result else 0)
    return result


def addresses(answer: dict[str, Any]) -> list[str]:
    (network,) = answer["networks"]
    assert (network["Name"], network["Ifname"]) == ("podroute", "eth0")
    return [one["address"] for one in network["Result"]["ips"]]


def test_the_life_of_a_pod_by_crios_cni_library(place: WorkerPlace) -> None:
    missing = f"no CNI configuration file in {place.conf}. Has your network provider started?"
    reserved = place.folder / "state/networks/podroute"
    with pods(1) as (pod,):
        assert told(place, "setup", pod) == {"error": missing}
        with started(place, "status") as waiting:
            assert waiting.stdout is not None
            assert json.loads(waiting.stdout.readline()) == {"error": missing}
            assert place.agent(*DUAL, "--once").status == 0
            *_, last = waiting.communicate(timeout=60)[0].splitlines()
        assert json.loads(last) == {}

        assert addresses(told(place, "setup", pod)) == ["10.200.0.2/24", "fd00:10:200::2/64"]
        assert (reserved / "10.200.0.2").exists()
        for address in ("10.200.0.1", "fd00:10:200::1", "10.240.0.1", "fd00:10:240::1"):
            ping(pod, address)

        for _ in range(2):  # a kubelet may ask for it again
            assert told(place, "teardown", pod) == {}
        assert "eth0" not in pod.ip("link")
        assert [one.name for one in reserved.iterdir() if "_" not in one.name] == ["lock"]


def test_a_pod_with_notes_of_the_agents_keeps_its_addresses(place: WorkerPlace) -> None:
    """CRI-O asks for them when it is started anew."""
    reserved = place.folder / "state/networks/podroute"
    assert place.agent(*DUAL, "--once").status == 0
    with pods(1) as (pod,):
        before = addresses(told(place, "setup", pod))
        for note in ("10.200.0.2", "fd00:10:200::2"):
            (reserved / note).unlink()
        assert place.agent(*DUAL, "--once").status == 0
        assert (reserved / "10.200.0.2").exists()
        assert addresses(told(place, "addresses", pod)) == before
