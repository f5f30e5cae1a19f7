"""A real kubelet and a real containerd on a machine, as Kubernetes The Hard Way sets them up.

What differs from there is here, with its reason: the machines share one kernel, which may have
cgroups of version 1 and no CAP_SYS_RESOURCE, and there is no image registry.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final

from tests.cluster.certificates import KeyPair
from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubeconfig import with_certificate, write_kubeconfig_to
from tests.cluster.machine import PATH, Machine
from tests.cluster.pod_image import NAME, PLATFORM, write_program
from tests.cluster.process import Process
from tests.cluster.programs import MissingProgramsError, programs
from tests.netns.agents import plugins

CONFLIST: Final = "/etc/cni/net.d/10-podroute.conflist"
_BUILD: Final = Path(__file__).resolve().parents[1] / "goprograms/build"
_KUBELET: Final = "/var/lib/kubelet"
_SOCKET: Final = "/run/containerd/containerd.sock"
_WITHIN: Final = timedelta(seconds=30)
# The score: a sandbox is to be spared when memory is short, for which CAP_SYS_RESOURCE is needed.
_CONTAINERD: Final = f"""\
version = 3
[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "{NAME}"
[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = true
"""


@cache
def containerd_programs() -> Path:
    """containerd, its shim and ctr, built at the first call.

    Raises:
        MissingProgramsError: they cannot be built, or what they need is not installed.
    """
    if shutil.which("runc", path=PATH) is None:
        message = "no runc: apt-get install runc"
        raise MissingProgramsError(message)
    done = subprocess.run([str(_BUILD), "containerd"], check=False, capture_output=True, text=True)
    if done.returncode:
        raise MissingProgramsError(done.stderr)
    return Path(done.stdout.strip())


def start_containerd(machine: Machine) -> Process:
    """It serves, and has the image of the Pods."""
    built = containerd_programs()
    image = machine.directory / "image.tar"
    write_program(programs() / "http-pod", image)
    machine.path("/opt/cni/bin").symlink_to(plugins())
    machine.write("/etc/containerd/config.toml", _CONTAINERD)
    process = machine.start(built / "containerd", environment={"PATH": f"{built}:{PATH}"})
    process.wait_for(lambda: machine.path(_SOCKET).exists() or None, within=_WITHIN)
    load_image(machine, image)
    return process


def load_image(machine: Machine, image: Path) -> None:
    """In the place of a registry."""
    importing = ("images", "import", "--local", f"--platform=linux/{PLATFORM}")
    ctr = str(containerd_programs() / "ctr")
    machine.run(ctr, "--namespace=k8s.io", *importing, str(image))


def start_kubelet(
    machine: Machine, plane: ControlPlane, server: str, internal_ips: Sequence[str]
) -> Process:
    """It registers its Node at the API server ``server``, with its own certificate."""
    mine = plane.client_certificate(f"system:node:{machine.name}", ("system:nodes",))
    user = with_certificate(KeyPair(*mine))
    cluster = {"server": server, "certificate-authority": str(plane.api.authority)}
    kubeconfig = machine.path(f"{_KUBELET}/kubeconfig")
    write_kubeconfig_to(kubeconfig, cluster, user)
    settings = json.dumps(_settings(machine, plane.api.authority))
    machine.write(f"{_KUBELET}/config.json", settings)
    return machine.start(
        programs() / "kubelet",
        f"--config={_KUBELET}/config.json",
        f"--kubeconfig={_KUBELET}/kubeconfig",
        f"--node-ip={','.join(internal_ips)}",
    )


def _settings(machine: Machine, authority: Path) -> Mapping[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": False},
            "x509": {"clientCAFile": str(authority)},
        },
        "authorization": {"mode": "AlwaysAllow"},
        "containerRuntimeEndpoint": f"unix://{_SOCKET}",
        "resolvConf": "",
        "volumePluginDir": f"{_KUBELET}/volume-plugins",
        "makeIPTablesUtilChains": False,  # there is no kube-proxy here
        # sooner than every ten seconds; it is also the time-out of these requests
        "nodeStatusUpdateFrequency": "3s",
        # cgroups of version 1, and a hierarchy that others use too
        "failCgroupV1": False,
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": machine.cgroup,
        "cgroupsPerQOS": False,
        "enforceNodeAllocatable": [],
        "localStorageCapacityIsolation": False,
        # what memory and disk of this machine are like is nothing to a test
        "failSwapOn": False,
        "evictionHard": {},
        "imageGCHighThresholdPercent": 100,
    }
