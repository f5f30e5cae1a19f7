"""Attaching Pods to a worker's cbr0: by the real CNI plugins, else by plain ip commands."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from podroute.lab.failure import LabFailed
from podroute.lab.machine import cni_plugins, environment
from podroute.lab.places import NETNS, Places, for_each
from podroute.lab.topology import BRIDGE, Topology, Worker, address_line, gateway, route_line

# inside the lab, where it goes away with everything else
CNI_STATE: Final = "/run/cni"


class Attachment(Protocol):
    """A way to connect the Pods of one worker."""

    def describe(self) -> str:
        """By what, for people."""
        ...

    def attach(self, places: Places, worker: Worker) -> None:
        """Builds cbr0 and connects every Pod."""
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
    """bridge and host-local, run as a container runtime runs them."""

    folder: Path

    def describe(self) -> str:
        return f"the CNI plugins bridge and host-local of {self.folder}"

    def attach(self, places: Places, worker: Worker) -> None:
        for pod in worker.pods():
            answer = self._call(places, worker, pod, "ADD")
            given = {one["address"].partition("/")[0] for one in json.loads(answer)["ips"]}
            expected = set(map(str, worker.pod_addresses(pod)))
            if given != expected:
                message = f"CNI gave {pod} {sorted(given)}, not {sorted(expected)}"
                raise LabFailed(message)

    def detach(self, places: Places, worker: Worker) -> None:
        for pod in worker.pods():
            self._call(places, worker, pod, "DEL")

    def _call(self, places: Places, worker: Worker, pod: str, command: str) -> str:
        variables = {
            "CNI_COMMAND": command,
            "CNI_CONTAINERID": pod,
            "CNI_NETNS": f"{NETNS}/{pod}",
            "CNI_IFNAME": "eth0",
            "CNI_PATH": str(self.folder),
        }
        ended = places.attempt(
            worker.name,
            [str(self.folder / "bridge")],
            given=json.dumps(cni_configuration(worker)),
            env={**environment(), **variables},
        )
        if ended.status:
            message = f"CNI {command} of {pod}: {ended.output.strip() or ended.errors.strip()}"
            raise LabFailed(message)
        return ended.output


def cni_configuration(worker: Worker) -> dict[str, object]:
    """What a kubelet with ``--configure-cbr0`` asks of the plugins: no masquerade, no overlay."""
    anywhere = [{"dst": "0.0.0.0/0" if one.version == 4 else "::/0"} for one in worker.pod_cidrs]  # noqa: PLR2004
    return {
        "cniVersion": "0.4.0",
        "name": "podroute",
        "type": "bridge",
        "bridge": BRIDGE,
        "isGateway": True,
        "ipMasq": False,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": str(cidr)}] for cidr in worker.pod_cidrs],
            "routes": anywhere,
            "dataDir": f"{CNI_STATE}/{worker.name}",
        },
    }


class PlainLinks:
    """The same links, addresses and routes without CNI."""

    def describe(self) -> str:
        return (
            "plain ip commands (no CNI plugins here: apt-get install containernetworking-plugins)"
        )

    def attach(self, places: Places, worker: Worker) -> None:
        places.ip(worker.name, _bridge_lines(worker))
        for pod in worker.pods():
            places.ip(pod, _pod_lines(worker, pod))

    def detach(self, places: Places, worker: Worker) -> None:
        places.ip(worker.name, (f"link delete {pod}" for pod in worker.pods()))


def _bridge_lines(worker: Worker) -> Iterator[str]:
    yield f"link add {BRIDGE} type bridge"
    yield f"link set {BRIDGE} up"
    for cidr in worker.pod_cidrs:
        yield address_line(gateway(cidr), cidr, BRIDGE)
    for pod in worker.pods():
        yield f"link add {pod} type veth peer name eth0 netns {NETNS}/{pod}"
        yield f"link set {pod} master {BRIDGE} up"


def _pod_lines(worker: Worker, pod: str) -> Iterator[str]:
    yield "link set eth0 up"
    for address, cidr in zip(worker.pod_addresses(pod), worker.pod_cidrs, strict=True):
        yield address_line(address, cidr, "eth0")
        yield route_line("add", "default", gateway(cidr))
