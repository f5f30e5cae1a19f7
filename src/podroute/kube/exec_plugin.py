"""Credentials from a plugin: the exec protocol of client.authentication.k8s.io, v1 and v1beta1."""

import base64
import json
import os
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec

from podroute.kube.bounded import TooLarge
from podroute.kube.kubeconfig import KubeconfigError
from podroute.kube.login import Cluster, Exec
from podroute.kube.plugin_process import Child
from podroute.kube.tokens import UNFIT, fits_header

GROUP: Final = "client.authentication.k8s.io"
EXTENSION: Final = f"{GROUP}/exec"
LAST_WORDS: Final = 1000  # characters of a failed plugin's complaint
VERSIONS: Final = (f"{GROUP}/v1", f"{GROUP}/v1beta1")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a plugin gives: a token, a client certificate in PEM, or both; never shown."""

    token: str = field(repr=False)
    certificate: str = field(repr=False)
    key: str = field(repr=False)


class _Status(msgspec.Struct, rename="camel"):
    token: str = ""
    client_certificate_data: str = ""
    client_key_data: str = ""
    expiration_timestamp: Annotated[datetime, msgspec.Meta(tz=True)] | None = None

    def fault(self) -> str:
        """What is wrong with it; "" where nothing is."""
        if bool(self.client_certificate_data) != bool(self.client_key_data):
            return "gave only one of clientCertificateData and clientKeyData: they go together"
        if not fits_header(self.token.strip()):
            return f"gave a token that {UNFIT}: it must be one line"
        if not (self.token.strip() or self.client_certificate_data):
            return "gave neither a token nor a client certificate"
        if self.expiration_timestamp and self.expiration_timestamp < datetime.now(UTC):  # noqa: TID251 -- the edge: a credential's end is a moment of the wall clock
            return "gave credentials that have expired: log in again"
        return ""


class _ExecCredential(msgspec.Struct, rename="camel"):
    api_version: str
    kind: str
    status: _Status | None = None


@dataclass(frozen=True, slots=True)
class Plugin:
    """The plugin of one user, for one cluster."""

    exec: Exec
    cluster: Cluster

    async def run(self) -> Credentials:
        """Fresh credentials.

        Raises:
            KubeconfigError: the plugin is not there, fails, or speaks another protocol.
        """
        if self.exec.api_version not in VERSIONS:
            message = f"{self._name()}: {self.exec.api_version!r} is not one of {VERSIONS}"
            raise KubeconfigError(message)
        return self._credentials(await self._output())

    async def _output(self) -> bytes:
        if fault := _fault(self.exec):
            message = f"{self._name()}: {fault}"
            raise KubeconfigError(message)
        interactive = self._is_interactive()
        command = (self.exec.command, *(self.exec.args or ()))
        environment = self._environment(interactive=interactive)
        try:
            ended = await Child(command, environment, interactive).run()
        except OSError as error:
            hint = f"; {self.exec.install_hint.strip()}" if self.exec.install_hint else ""
            message = f"{self._name()}: {error.strerror}{hint}"
            raise KubeconfigError(message) from None
        except TooLarge as error:
            message = f"{self._name()} {error}: that is no ExecCredential"
            raise KubeconfigError(message) from None
        if ended.status:
            words = _printable(ended.complaint) or "no word why"
            message = f"{self._name()} ended with {ended.status}: {words}"
            raise KubeconfigError(message)
        return ended.output

    def _is_interactive(self) -> bool:
        if self.exec.interactive_mode == "Never":
            return False
        terminal = sys.stdin.isatty()
        if self.exec.interactive_mode == "Always" and not terminal:
            message = f"{self._name()} must ask on a terminal, and there is none"
            raise KubeconfigError(message)
        return terminal

    def _environment(self, *, interactive: bool) -> dict[str, str]:
        spec: dict[str, object] = {"interactive": interactive}
        if self.exec.provide_cluster_info:
            spec["cluster"] = self._cluster()
        info = {"apiVersion": self.exec.api_version, "kind": "ExecCredential", "spec": spec}
        own = {one.get("name", ""): one.get("value", "") for one in self.exec.env or ()}
        return {**os.environ, **own, "KUBERNETES_EXEC_INFO": json.dumps(info)}

    def _cluster(self) -> dict[str, object]:
        cluster = self.cluster
        authority = cluster.certificate_authority_data
        if cluster.certificate_authority and not authority:
            authority = base64.b64encode(Path(cluster.certificate_authority).read_bytes()).decode()
        extensions = cluster.extensions or ()
        shown: dict[str, object] = {
            "server": cluster.server,
            "tls-server-name": cluster.tls_server_name,
            "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify,
            "certificate-authority-data": authority,
            "proxy-url": cluster.proxy_url,
            "config": next((one.extension for one in extensions if one.name == EXTENSION), None),
        }
        return {key: value for key, value in shown.items() if value}

    def _credentials(self, output: bytes) -> Credentials:
        try:
            answer = msgspec.json.decode(output, type=_ExecCredential)
        except (ValueError, RecursionError) as error:
            message = f"{self._name()} gave no ExecCredential: {error}"
            raise KubeconfigError(message) from None
        if answer.api_version != self.exec.api_version:
            words = f"{answer.api_version!r}, not {self.exec.api_version!r}"
            message = f"{self._name()} answered in {words}"
            raise KubeconfigError(message)
        status = answer.status or _Status()
        if fault := status.fault():
            message = f"{self._name()} {fault}"
            raise KubeconfigError(message)
        return Credentials(status.token, status.client_certificate_data, status.client_key_data)

    def _name(self) -> str:
        return f"credential plugin {self.exec.command!r}"


def _fault(plugin: Exec) -> str:
    """Why no process can be started with these texts; "" where one can."""
    texts = {"command": plugin.command}
    texts |= {f"args[{place}]": text for place, text in enumerate(plugin.args or ())}
    for place, one in enumerate(plugin.env or ()):
        if "=" in one.get("name", ""):
            return f"env[{place}].name {one['name']!r} has a = in it: what follows is its value"
        texts |= {f"env[{place}].{key}": text for key, text in one.items()}
    return next((f"{name} holds a null character" for name in texts if "\0" in texts[name]), "")


def _printable(output: bytes) -> str:
    """The end of it, on one line."""
    words = " ".join(output.decode(errors="replace").split())[-LAST_WORDS:]
    return "".join(one if one.isprintable() else " " for one in words)
