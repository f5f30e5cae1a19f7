"""Credentials from a plugin: the exec protocol of client.authentication.k8s.io, v1 and v1beta1."""

import asyncio
import base64
import json
import os
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec

from podroute.kube.kubeconfig import KubeconfigError
from podroute.kube.login import Cluster, Exec
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
        interactive = self._is_interactive()
        try:
            process = await asyncio.create_subprocess_exec(
                self.exec.command,
                *(self.exec.args or ()),
                env=self._environment(interactive=interactive),
                stdin=None if interactive else asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=None if interactive else asyncio.subprocess.PIPE,
            )
        except OSError as error:
            hint = f"; {self.exec.install_hint.strip()}" if self.exec.install_hint else ""
            message = f"{self._name()}: {error.strerror}{hint}"
            raise KubeconfigError(message) from None
        try:
            output, complaint = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode:
            words = _printable(complaint or b"") or "no word why"
            message = f"{self._name()} ended with {process.returncode}: {words}"
            raise KubeconfigError(message)
        return output

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


def _printable(output: bytes) -> str:
    """The end of it, on one line."""
    words = " ".join(output.decode(errors="replace").split())[-LAST_WORDS:]
    return "".join(one if one.isprintable() else " " for one in words)
