"""What does the agent cost a worker, and how soon is a Pod there?"""

import json
import os
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from subprocess import Popen
from threading import Event
from time import perf_counter
from typing import Final

from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubeconfig import with_token, write_kubeconfig
from tests.netns.agents import WorkerPlace, ping, plugged_pods, state, woken, worker_place
from tests.netns.lab_command import until
from tests.netns.many_pods import crowd
from tests.netns.repairs import FAULTS, repaired
from tests.unit.command import Body, node, node_list

QUIET: Final = float(os.environ.get("QUIET", "60"))  # seconds
ROUNDS: Final = int(os.environ.get("ROUNDS", "5"))
PEERS: Final = int(os.environ.get("PEERS", "15000"))
PODS: Final = int(os.environ.get("PODS", "1000"))
PARTS: Final = os.environ.get("PARTS", "idle,arrival,repairs,peers,pods").split(",")
DEPLOY: Final = Path(__file__).parents[2] / "deploy"
PLUGGED: Final = 2  # Pods
CALM: Final = 0.5  # seconds: faults in a row look as if somebody fights the agent, which slows down
SOLICITING: Final = 20  # seconds: a new link is told of again when it has asked for IPv6 routers
CONFLIST: Final = "10-podroute.conflist"
DUAL: Final = ("10.200.0.0/24", "fd00:10:200::/64")
ALONE: Final = ("--pod-cidr", ",".join(DUAL))
PLAN: Final = ("--cluster-cidr=10.200.0.0/16,fd00:10:200::/48", "--node-cidrs=10.240.0.0/24")


def used(process: Popen[str]) -> tuple[float, int]:
    """Seconds of processor time, its programs' too, and how often it has woken up."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK"), woken(process)


def memory(process: Popen[str], field: str = "VmRSS") -> float:
    """MB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition(f"{field}:")[2].split()[0]) / 1024


def idle_row(place: WorkerPlace, name: str, *flags: str) -> str:
    with place.running(*flags) as process:
        until((place.conf / CONFLIST).exists)
        Event().wait(3)
        cpu, before = used(process)
        Event().wait(QUIET)
        more, again = used(process)
        per_minute = 60 / QUIET
        figures = (
            f"{memory(process):.0f} MB",
            f"{memory(process, 'VmHWM'):.0f} MB",
            f"{(more - cpu) * per_minute * 1000:.0f} ms",
            f"{(again - before) * per_minute:.0f}",
        )
    assert place.agent("--cleanup").status == 0
    return f"| {name} | {' | '.join(figures)} |"


@contextmanager
def cluster(place: WorkerPlace, folder: Path) -> Generator[tuple[ControlPlane, list[str]]]:
    """A control plane in the worker's network, and the agent's flags."""
    with place.worker.entered():
        plane = ControlPlane.start(folder)
        try:
            until(lambda: "kube-system" in plane.kubectl("get", "namespaces"))
            plane.kubectl("apply", f"--filename={DEPLOY / 'agent-rbac.yaml'}")
            token = plane.kubectl("create", "token", "podroute-agent", "--namespace=kube-system")
            path = place.folder / "agent.conf"
            write_kubeconfig(path, plane.api, with_token(token.strip()))
            yield plane, ["--kubeconfig", str(path), "--node-name", "worker-0", *PLAN]
        finally:
            plane.stop()


def register(plane: ControlPlane, number: int, *cidrs: str) -> None:
    body = node(f"worker-{number}", f"10.240.0.{30 + number}", *cidrs)
    plane.kubectl("create", "--filename=-", stdin=json.dumps(body))


def idle(place: WorkerPlace, plane: ControlPlane, flags: Sequence[str]) -> None:
    register(plane, 0, *DUAL)
    register(plane, 1, "10.200.1.0/24")
    print(
        "| idle agent | RSS | peak RSS | CPU a minute | threads fall asleep, a minute |"
        "\n|---|---|---|---|---|"
    )
    print(idle_row(place, "`--pod-cidr`, no API server", *ALONE))
    print(idle_row(place, "follows its own Node", *flags))
    print(idle_row(place, "`--peer-routes`, two Nodes", *flags, "--peer-routes"))
    plane.kubectl("delete", "nodes", "--all")


def arrival(place: WorkerPlace, plane: ControlPlane, flags: Sequence[str]) -> tuple[float, float]:
    """From the podCIDR's patch: seconds until the runtime is told, until a Pod has an answer."""
    (place.folder / "state/last-known.json").unlink(missing_ok=True)
    told = len(place.log()) if (place.folder / "log").exists() else 0
    with place.running(*flags):
        register(plane, 0)
        until(lambda: "has no podCIDR yet" in place.log()[told:])
        assert not (place.conf / CONFLIST).exists()
        spec = json.dumps({"spec": {"podCIDR": DUAL[0], "podCIDRs": DUAL}})
        begin = perf_counter()
        with plane.api.connect() as connection:
            connection.patch("/api/v1/nodes/worker-0", spec.encode())
        while not (place.conf / CONFLIST).exists():
            os.sched_yield()
        written = perf_counter() - begin
        with plugged_pods(place) as plugged:
            ping(plugged.a, "10.240.0.1")
            answered = perf_counter() - begin
            for name, pod in (("a", plugged.a), ("b", plugged.b)):
                plugged.runtime.remove(name, pod)
    plane.kubectl("delete", "node", "worker-0")
    assert place.agent("--cleanup").status == 0
    return written, answered


def arrivals(place: WorkerPlace, plane: ControlPlane, flags: Sequence[str]) -> None:
    figures = [arrival(place, plane, flags) for _ in range(ROUNDS)]
    print(f"\n| from a podCIDR at the API server, {ROUNDS} rounds | median | min | max |")
    print("|---|---|---|---|")
    names = ("CNI configuration is there", "two Pods are plugged in, one has an answer")
    for name, seconds in zip(names, zip(*figures, strict=True), strict=True):
        row = (median(seconds), min(seconds), max(seconds))
        print(f"| {name} | {' | '.join(f'{one * 1000:.0f} ms' for one in row)} |")


def repairs(folder: Path) -> None:
    """From the end of the command that takes it away until all is as before, looked at by turns."""
    print(f"\n| what is there again, {ROUNDS} rounds | median | max |\n|---|---|---|")
    with worker_place(folder) as place, place.running(*ALONE, "--sync-period=1h"):
        until((place.conf / CONFLIST).exists)
        with plugged_pods(place):
            until(lambda: place.worker.ip("link").count("alias podroute port of cbr0") == PLUGGED)
            sound = state(place)
            for name, fault in FAULTS.items():
                seconds: list[float] = []
                for _ in range(ROUNDS):
                    Event().wait(CALM)
                    seconds.append(repaired(place, sound, fault))
                print(
                    f"| {name} | {median(seconds) * 1000:.0f} ms | {max(seconds) * 1000:.0f} ms |"
                )


def peer(number: int) -> Body:
    first, second = divmod(number + 256, 256)
    return node(
        f"worker-{number}",
        f"10.{first // 256}.{first % 256}.{second}",
        f"10.{128 + number // 256}.{number % 256}.0/24",
    )


def route_words(number: int) -> str:
    body = peer(number)
    spec, status = body["spec"], body["status"]
    assert isinstance(spec, dict)
    assert isinstance(status, dict)
    return f"{spec['podCIDR']} via {status['addresses'][0]['address']} proto 201"


def peers(folder: Path) -> None:
    """The agent's process from its start to its end; ip -batch from its own."""
    nodes = folder / "nodes.json"
    nodes.write_text(node_list(*map(peer, range(PEERS))))
    flags = ["-f", str(nodes), "--node-name", "worker-0", "--once", "--no-configure-cbr0"]
    flags += ["--peer-routes", "--cluster-cidr=10.128.0.0/9", "--node-cidrs=10.0.0.0/9"]
    times: dict[str, list[float]] = {"ip -batch": [], "podroute agent": [], "again": []}
    with worker_place(folder) as place:
        place.worker.ip("address", "replace", "10.0.1.0/9", "dev", "eth0")
        lines = [f"route add {route_words(number)}" for number in range(1, PEERS)]
        for _ in range(ROUNDS):
            begin = perf_counter()
            place.worker.ip("-batch", "-", lines=lines)
            times["ip -batch"].append(perf_counter() - begin)
            place.worker.ip("route", "flush", "proto", "201")
            for name in ("podroute agent", "again"):
                begin = perf_counter()
                done = place.agent(*flags)
                times[name].append(perf_counter() - begin)
                assert done.status == 0, done.err
            count = place.worker.ip("route", "show", "proto", "201").count("\n")
            assert count == PEERS - 1, count
            place.worker.ip("route", "flush", "proto", "201")
    print(f"\n| {PEERS:,} peers at the start | median | min | max |\n|---|---|---|---|")
    for name, seconds in times.items():
        row = (median(seconds), min(seconds), max(seconds))
        print(f"| {name} | {' | '.join(f'{one:.2f} s' for one in row)} |")


def many_pods(folder: Path) -> None:
    """One after the other, by real plugins."""
    with worker_place(folder) as place, place.running("--pod-cidr", "10.200.0.0/22") as process:
        until((place.conf / CONFLIST).exists)
        before = used(process)[0]
        with crowd(place, PODS) as many:
            until(lambda: place.worker.ip("link").count("alias podroute port of cbr0") == PODS)
            spent = used(process)[0] - before
            ping(many.pods[0], many.address(PODS - 1))
            Event().wait(SOLICITING)
            begin, rss = used(process)[0], memory(process)
            Event().wait(QUIET)
            quiet = (used(process)[0] - begin) * 60 / QUIET
    tenth = max(PODS // 10, 1)
    first, last = median(many.seconds[:tenth]), median(many.seconds[-tenth:])
    print(f"\n| {PODS:,} Pods on a worker | |\n|---|---|")
    print(f"| ADD of one of the first {tenth}, median | {first * 1000:.0f} ms |")
    print(f"| ADD of one of the last {tenth}, median | {last * 1000:.0f} ms |")
    print(f"| the agent's CPU meanwhile | {spent:.1f} s |")
    print(f"| its CPU a minute afterwards | {quiet * 1000:.0f} ms |")
    print(f"| its RSS | {rss:.0f} MB |")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name, part) for part in ("place", "plane", "peers", "pods", "repairs")]
        for folder in folders:
            folder.mkdir()
        if {"idle", "arrival"} & {*PARTS}:
            with worker_place(folders[0]) as place, cluster(place, folders[1]) as (plane, flags):
                if "idle" in PARTS:
                    idle(place, plane, flags)
                if "arrival" in PARTS:
                    arrivals(place, plane, flags)
        if "repairs" in PARTS:
            repairs(folders[4])
        if "peers" in PARTS:
            peers(folders[2])
        if "pods" in PARTS:
            many_pods(folders[3])


if __name__ == "__main__":
    main()
