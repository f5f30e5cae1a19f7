"""The agent follows its Node in a real cluster, with the rights of deploy/agent-rbac.yaml."""

import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubeconfig import with_token, write_kubeconfig
from tests.cluster.rights import Right, account
from tests.netns.agents import WorkerPlace, ping, plugged_pods, woken, worker_place
from tests.netns.lab_command import until

pytestmark = pytest.mark.cluster

DEPLOY = Path(__file__).parents[2] / "deploy"
CONFLIST = "10-podroute.conflist"


@dataclass(frozen=True)
class Site:
    """A worker, the control plane in its network, and the agent's flags."""

    place: WorkerPlace
    plane: ControlPlane
    flags: tuple[str, ...]

    def pod_cidrs(self, *cidrs: str) -> None:
        """As node IPAM writes them."""
        spec = {"spec": {"podCIDR": cidrs[0], "podCIDRs": cidrs}}
        self.plane.kubectl("patch", "node", "worker-0", "--patch", json.dumps(spec))

    def register(self, *cidrs: str) -> None:
        """A kubelet does this."""
        spec = {"podCIDR": cidrs[0], "podCIDRs": cidrs} if cidrs else {}
        body = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "worker-0"}, "spec": spec}
        self.plane.kubectl("create", "--filename=-", stdin=json.dumps(body))

    def addresses(self) -> list[str]:
        told = self.place.worker.ip("-o", "address", "show", "scope", "global")
        lines = [line.split() for line in told.splitlines()]
        return sorted(words[3] for words in lines if words[1] == "cbr0")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with worker_place(folder) as place, place.worker.entered():
        plane = ControlPlane.start(tmp_path_factory.mktemp("plane"))
        try:
            until(lambda: "kube-system" in plane.kubectl("get", "namespaces"))
            plane.kubectl("apply", f"--filename={DEPLOY / 'agent-rbac.yaml'}")
            agent = account("podroute-agent", "kube-system")
            plane.until_in_force(agent, Right("watch", "nodes"))
            token = plane.kubectl("create", "token", "podroute-agent", "--namespace=kube-system")
            path = folder / "agent.conf"
            write_kubeconfig(path, plane.api, with_token(token.strip()))
            yield Site(place, plane, ("--kubeconfig", str(path), "--node-name", "worker-0"))
        finally:
            plane.stop()


def test_the_manifest_is_accepted_by_the_api_server(site: Site) -> None:
    file = f"--filename={DEPLOY / 'agent.yaml'}"
    told = site.plane.kubectl("apply", "--dry-run=server", "--validate=strict", file)

    assert "daemonset.apps/podroute-agent" in told


def test_the_agent_may_read_nodes_and_nothing_else(site: Site) -> None:
    who = "--as=system:serviceaccount:kube-system:podroute-agent"
    listed = site.plane.kubectl("auth", "can-i", "--list", who)
    (nodes,) = (line for line in listed.splitlines() if line.startswith("nodes"))

    assert nodes.endswith("[get list watch]")
    assert "secrets" not in listed


def test_a_node_gets_its_bridge_with_its_pod_cidr_and_keeps_it(site: Site) -> None:
    place = site.place
    with place.running(*site.flags, "--sync-period", "1h"):
        until(lambda: "there is no Node worker-0" in place.log())
        site.register()
        until(lambda: "has no podCIDR yet" in place.log())
        assert not place.conf.exists()
        site.pod_cidrs("10.200.0.0/24", "fd00:10:200::/64")
        until((place.conf / CONFLIST).exists)
        with plugged_pods(place) as plugged:
            ping(plugged.a, plugged.address("b"))
            ping(plugged.a, "192.0.2.1")
            site.plane.kubectl("delete", "node", "worker-0")
            until(lambda: place.log().count("there is no Node worker-0") > 1)
            assert site.addresses() == ["10.200.0.1/24", "fd00:10:200::1/64"]
            place.worker.run("nft", "delete", "table", "inet", "podroute")
            until(lambda: "table inet podroute" in place.worker.run("nft", "list", "tables"))
            ping(plugged.a, "192.0.2.1")
            site.register("10.200.7.0/24")
            until(lambda: "10.200.7.1/24" in site.addresses())
            ping(plugged.a, "192.0.2.1")
    assert place.agent("--cleanup").status == 0


def test_between_two_words_of_the_api_server_it_sleeps(site: Site) -> None:
    place = site.place
    site.plane.kubectl("delete", "node", "worker-0", "--ignore-not-found")
    site.register("10.200.0.0/24")
    with place.running(*site.flags, "--sync-period", "1h") as process:
        until((place.conf / CONFLIST).exists)
        counts = [woken(process)]

        def still() -> bool:
            """The API server says each minute that it is there."""
            ping(place.outside, "10.240.0.30", "-q", "-i", "0.1", "-c", "40")
            counts.append(woken(process))
            return counts[-1] == counts[-2]

        until(still)
    assert place.agent("--cleanup").status == 0


def test_an_api_server_that_is_away_at_the_start_changes_nothing(site: Site) -> None:
    place = site.place
    site.plane.kubectl("delete", "node", "worker-0", "--ignore-not-found")
    site.register("10.200.0.0/24")
    with place.running(*site.flags):
        until(lambda: "10.200.0.1/24" in site.addresses())
        until((place.folder / "state/last-known.json").exists)
    place.worker.ip("link", "delete", "cbr0")

    with place.running("--kubeconfig", str(nowhere(site)), *site.flags[2:]):
        until(lambda: "10.200.0.1/24" in site.addresses())
        until(lambda: "for the API server; meanwhile 10.200.0.0/24 is kept" in place.log())
    assert place.agent("--cleanup").status == 0


def test_once_needs_a_pod_cidr(site: Site) -> None:
    told = site.place.agent(*site.flags[:3], "nobody", "--once")

    assert told.status == 1
    assert "there is no Node nobody" in told.err


def nowhere(site: Site) -> Path:
    """A kubeconfig of an API server that does not answer."""
    config = site.place.folder / "nowhere.conf"
    config.write_text(Path(site.flags[1]).read_text().replace("127.0.0.1:", "127.0.0.2:"))
    return config


def test_a_silent_api_server_is_named(site: Site) -> None:
    told = site.place.agent("--kubeconfig", str(nowhere(site)), *site.flags[2:], "--once")

    assert told.status == 3
    assert "Traceback" not in told.err
