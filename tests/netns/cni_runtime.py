"""A container runtime as CNI plugins see one: it runs the chain of a conflist as libcni does."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from podroute.testing.netns import Namespace

Result = dict[str, Any]

UNLIMITED = {
    "ingressRate": 10**9,
    "ingressBurst": 10**7,
    "egressRate": 10**9,
    "egressBurst": 10**7,
}


class CniError(Exception):
    """What a plugin has said."""


@dataclass
class Runtime:
    """Plugs namespaces into the network of the one ``.conflist`` in ``conf``."""

    worker: Namespace
    conf: Path
    plugins: Path
    version: str = "1.1.0"
    results: dict[str, Result] = field(default_factory=dict[str, Result])

    def conflist(self) -> Result:
        (path,) = self.conf.glob("*.conflist")
        document: Result = json.loads(path.read_text())
        assert self.version in document["cniVersions"]
        return document

    def add(self, container: str, pod: Namespace, **capabilities: object) -> Result:
        """ADD; what the last plugin has answered."""
        for plugin in self.conflist()["plugins"]:
            answer = self._call("ADD", plugin, container, pod, capabilities)
            self.results[container] = json.loads(answer)
        return self.results[container]

    def check(self, container: str, pod: Namespace, **capabilities: object) -> None:
        """CHECK of each plugin, which ``disableCheck`` would keep libcni from."""
        for plugin in self.conflist()["plugins"]:
            self._call("CHECK", plugin, container, pod, capabilities)

    def remove(self, container: str, pod: Namespace | None, **capabilities: object) -> None:
        """DEL, the last plugin first."""
        for plugin in reversed(self.conflist()["plugins"]):
            self._call("DEL", plugin, container, pod, capabilities)
        self.results.pop(container, None)

    def status(self) -> None:
        for plugin in self.conflist()["plugins"]:
            self._call("STATUS", plugin, "", None, {})

    def collect(self, *valid: str) -> None:
        """GC as libcni does it: DEL of what it knows beside ``valid``, then it asks the plugins."""
        for container in sorted(self.results.keys() - set(valid)):
            self.remove(container, None)
        attachments = [{"containerID": one, "ifname": "eth0"} for one in valid]
        for plugin in self.conflist()["plugins"]:
            more = {**plugin, "cni.dev/valid-attachments": attachments}
            self._call("GC", more, "", None, {})

    def addresses(self, container: str) -> list[str]:
        """Without their lengths."""
        return [one["address"].partition("/")[0] for one in self.results[container]["ips"]]

    def address(self, container: str, version: int = 4) -> str:
        """Its own, of one family."""
        (found,) = (one for one in self.addresses(container) if (":" in one) == (version == 6))
        return found

    def _call(
        self,
        command: str,
        plugin: Mapping[str, Any],
        container: str,
        pod: Namespace | None,
        capabilities: Mapping[str, object],
    ) -> str:
        name = self.conflist()["name"]
        wanted = plugin.get("capabilities", {})
        given = {key: value for key, value in capabilities.items() if wanted.get(key)}
        config = {**plugin, "cniVersion": self.version, "name": name, "runtimeConfig": given}
        config.pop("capabilities", None)
        if container in self.results:
            config["prevResult"] = self.results[container]
        path = f"/proc/{os.getpid()}/fd/{pod.handle}" if pod else ""
        variables = {
            "CNI_COMMAND": command,
            "CNI_CONTAINERID": container,
            "CNI_NETNS": path,
            "CNI_IFNAME": "eth0",
            "CNI_PATH": str(self.plugins),
        }
        return self._run(self.plugins / plugin["type"], config, variables)

    def _run(self, program: Path, config: Mapping[str, object], more: Mapping[str, str]) -> str:
        path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
        command: Sequence[str] = [str(program)]
        with self.worker.entered():
            done = subprocess.run(
                command,
                input=json.dumps(config),
                capture_output=True,
                text=True,
                env={**os.environ, "PATH": path, **{k: v for k, v in more.items() if v}},
                check=False,
            )
        if done.returncode:
            message = f"{more['CNI_COMMAND']} {program.name}: {done.stdout} {done.stderr}"
            raise CniError(message)
        return done.stdout
