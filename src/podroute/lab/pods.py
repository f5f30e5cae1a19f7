"""Plugging Pods into a worker's cbr0: by the real CNI plugins, else by plain ip commands."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from podroute.lab.agents import conflist_of
from podroute.lab.failure import LabFailed
from podroute.lab.machine import cni_plugins, environment
from podroute.lab.places import NETNS, Places, for_each
from podroute.lab.topology import BRIDGE, Topology, Worker, address_line, gateway, route_line


class Conflist(msgspec.Struct, rename="camel"):
    """As the agent has written it."""

    name: str
    cni_version: str
    plugins: list[dict[str, object]]


class Given(msgspec.Struct):
    """An address with its length."""

    address: str


class Added(msgspec.Struct):
    """What a plugin answers to ADD."""

    ips: list[Given]


class Attachment(Protocol):
    """A way to connect the Pods of one worker."""

    @property
    def plugins(self) -> Path | None:
        """Where the CNI plugins are; None: there are none."""
        ...

    def describe(self) -> str:
        """By what, for people."""
        ...

    def attach(self, places: Places, worker: Worker) -> None:
        """Connects every Pod."""
        ...

    def detach(self, places: Places, worker: Worker) -> None:
        """Disconnects every Pod and gives its addresses back."""
        ...


def attachment() -> Attachment:
    """The best way on this machine."""
    plugins = cni_plugins()
    return CniPlugins(plugins) if plugins else PlainLinks()


def attach_pods(places: Places, topology: Topology, way: Attachment) -> None:
    """The Pods of all workers, one after the other on each of them."""
    for_each(lambda worker: way.attach(places, worker), topology.workers)


@dataclass(frozen=True, slots=True)
class CniPlugins:
    """Those that the agent's configuration names, run as a container runtime runs them."""

    folder: Path

    @property
    def plugins(self) -> Path:
        return self.folder

    def describe(self) -> str:
        return f"the CNI plugins bridge and host-local of {self.folder}"

    def attach(self, places: Places, worker: Worker) -> None:
        conflist = _read(places, worker)
        for pod in worker.pods():
            result: object = None
            for plugin in conflist.plugins:
                config = {**plugin, **({"prevResult": result} if result else {})}
                answer = self._call(places, worker, pod, "ADD", _named(conflist, config))
                result = json.loads(answer)
            given = {one.address.partition("/")[0] for one in msgspec.convert(result, Added).ips}
            expected = set(map(str, worker.pod_addresses(pod)))
            if given != expected:
                message = f"CNI gave {pod} {sorted(given)}, not {sorted(expected)}"
                raise LabFailed(message)

    def detach(self, places: Places, worker: Worker) -> None:
        conflist = _read(places, worker)
        for pod in worker.pods():
            for plugin in reversed(conflist.plugins):
                self._call(places, worker, pod, "DEL", _named(conflist, plugin))

    def _call(
        self, places: Places, worker: Worker, pod: str, command: str, config: dict[str, object]
    ) -> str:
        variables = {
            "CNI_COMMAND": command,
            "CNI_CONTAINERID": pod,
            "CNI_NETNS": f"{NETNS}/{pod}",
            "CNI_IFNAME": "eth0",
            "CNI_PATH": str(self.folder),
        }
        ended = places.attempt(
            worker.name,
            [str(self.folder / str(config["type"]))],
            given=json.dumps(config),
            env={**environment(), **variables},
        )
        if ended.status:
            message = f"CNI {command} of {pod}: {ended.output.strip() or ended.errors.strip()}"
            raise LabFailed(message)
        return ended.output


def _read(places: Places, worker: Worker) -> Conflist:
    """Without the plugins for what a Pod must ask for: no Pod here asks."""
    conflist = msgspec.json.decode(conflist_of(places, worker), type=Conflist)
    asked = [plugin for plugin in conflist.plugins if "capabilities" not in plugin]
    return msgspec.structs.replace(conflist, plugins=asked)


def _named(conflist: Conflist, plugin: dict[str, object]) -> dict[str, object]:
    return {**plugin, "cniVersion": conflist.cni_version, "name": conflist.name}


class PlainLinks:
    """The same links, addresses and routes without CNI."""

    @property
    def plugins(self) -> None:
        return None

    def describe(self) -> str:
        return (
            "plain ip commands (no CNI plugins here: apt-get install containernetworking-plugins)"
        )

    def attach(self, places: Places, worker: Worker) -> None:
        places.ip(worker.name, _port_lines(worker))
        for pod in worker.pods():
            places.ip(pod, _pod_lines(worker, pod))

    def detach(self, places: Places, worker: Worker) -> None:
        places.ip(worker.name, (f"link delete {pod}" for pod in worker.pods()))


def _port_lines(worker: Worker) -> Iterator[str]:
    for pod in worker.pods():
        yield f"link add {pod} type veth peer name eth0 netns {NETNS}/{pod}"
        yield f"link set {pod} master {BRIDGE} up"


def _pod_lines(worker: Worker, pod: str) -> Iterator[str]:
    yield "link set eth0 up"
    for address, cidr in zip(worker.pod_addresses(pod), worker.pod_cidrs, strict=True):
        yield address_line(address, cidr, "eth0")
        yield route_line("add", "default", gateway(cidr))
