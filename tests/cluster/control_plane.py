"""A fresh etcd and kube-apiserver on free loopback ports, for one test or many."""

import os
import shutil
import subprocess
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final, Self

import yaml

from tests.cluster import nodes
from tests.cluster.api import Api
from tests.cluster.certificates import Authority, KeyPair, file_stem, write_signing_keys
from tests.cluster.flags import api_server_flags, etcd_flags
from tests.cluster.kubeconfig import with_certificate, with_token, write_kubeconfig
from tests.cluster.ports import LOOPBACK, ReservedPort
from tests.cluster.process import Process
from tests.cluster.programs import programs
from tests.cluster.rights import Right, account, are_in_force, rights_of
from tests.cluster.service_accounts import NAMESPACE, service_account_manifest

ADMIN: Final = "admin"
_ADMIN_GROUPS: Final = ("system:masters",)
_EVERYWHERE: Final = str(IPv4Address(0))
_LAST_WORDS: Final = 2000
_PATIENCE: Final = timedelta(seconds=60)


class KubectlError(Exception):
    """What kubectl wrote to stderr."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Held for the life of a control plane, so that a restart finds its own port again."""

    api_server: ReservedPort = field(default_factory=ReservedPort)
    etcd: ReservedPort = field(default_factory=ReservedPort)
    etcd_peer: ReservedPort = field(default_factory=ReservedPort)

    def release(self) -> None:
        for port in (self.api_server, self.etcd, self.etcd_peer):
            port.release()


class ControlPlane:
    """All of it is below one directory; its programs end with the test run, however that ends."""

    def __init__(
        self, directory: Path, bin_directory: Path, addresses: Sequence[IPv4Address] = ()
    ) -> None:
        self.directory = directory
        self.ports = Ports()
        self._bin = bin_directory
        self._authority = Authority.create(directory / "pki")
        self._signing = write_signing_keys(directory / "pki")
        names = [IPv4Address(LOOPBACK), *addresses]
        self._serving = self._authority.server(names, ["localhost"])
        self._listening = _EVERYWHERE if addresses else LOOPBACK
        self._running: list[Process] = []
        self._api_server: Process | None = None
        self._etcd: Process | None = None

    @classmethod
    def start(cls, directory: Path, *addresses: IPv4Address) -> Self:
        """Ready: /readyz says so, and the default namespace is there.

        It is reached at ``addresses`` of this machine too, by other machines.
        """
        started = cls(directory, programs(), addresses)
        try:
            started.start_etcd()
            started.start_api_server()
        except BaseException:
            started.stop()
            raise
        return started

    def stop(self) -> None:
        """SIGKILL, newest first."""
        while self._running:
            self._running.pop().kill()
        self.ports.release()

    @property
    def api_url(self) -> str:
        return self._api().url

    def kubeconfig(self, user: str = ADMIN, groups: Sequence[str] = ()) -> Path:
        """A client certificate; the admin is of system:masters, others of the groups given."""
        path = self._file(user, *groups)
        if path.exists():
            return path
        return write_kubeconfig(path, self._api(), with_certificate(self._identity(user, groups)))

    def client_certificate(self, user: str, groups: Sequence[str] = ()) -> tuple[Path, Path]:
        """Certificate and key, as PEM files."""
        pair = self._identity(user, groups)
        return pair.certificate, pair.key

    def service_account_kubeconfig(self, name: str, cluster_role_rules: str) -> Path:
        """A new ServiceAccount's token; the rules are the YAML list of a ClusterRole."""
        rules = yaml.safe_load(cluster_role_rules)
        self.kubectl("create", "--filename=-", stdin=service_account_manifest(name, rules))
        self.until_in_force(account(name, NAMESPACE), *rights_of(rules))
        token = self.kubectl("create", "token", name, f"--namespace={NAMESPACE}").strip()
        return write_kubeconfig(self._file("token", name), self._api(), with_token(token))

    def until_in_force(self, user: str, *rights: Right) -> None:
        """Once the API server lets this user do so; that is a moment after it has taken a role."""
        if self._api_server is None:
            message = "the API server is not running"
            raise RuntimeError(message)
        self._api_server.wait_for(
            lambda: are_in_force(self.api, user, rights) or None, within=_PATIENCE
        )

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """What kubectl prints, as the admin."""
        command = [
            str(self._bin / "kubectl"),
            f"--kubeconfig={self.kubeconfig()}",
            f"--cache-dir={self.directory / 'kubectl-cache'}",
            *arguments,
        ]
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            input=stdin or "",
            cwd=self.directory,
            env={"HOME": str(self.directory), "PATH": os.defpath},
        )
        if done.returncode:
            message = f"kubectl {' '.join(arguments)}: {done.stderr[-_LAST_WORDS:]}"
            raise KubectlError(message)
        return done.stdout

    def create_nodes(
        self, wanted: int | Iterable[nodes.NodeBody], *, cluster_cidr: str | None = None
    ) -> int:
        """Bodies, or a number: worker-0 and on, with a podCIDR where a cluster CIDR is given."""
        if isinstance(wanted, int):
            wanted = nodes.node_bodies(wanted, cluster_cidr=cluster_cidr)
        return nodes.create_nodes(self._api(), wanted)

    def start_program(self, name: str, arguments: Sequence[str]) -> Process:
        """One of the built programs, as the admin; it ends with the control plane."""
        flags = [f"--kubeconfig={self.kubeconfig()}", *arguments]
        return self._start(name, flags)

    def start_here(
        self,
        program: Path,
        arguments: Sequence[str],
        directory: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Process:
        """Any program; it ends with the control plane."""
        process = Process.start(program, arguments, directory or self.directory, environment)
        self._running.append(process)
        return process

    def start_controller_manager(self, arguments: Sequence[str]) -> Process:
        """kube-controller-manager that leads at once and serves nothing."""
        return self.start_program(
            "kube-controller-manager", ["--leader-elect=false", "--secure-port=0", *arguments]
        )

    def start_api_server(self) -> Process:
        """On the port that it had before, with what etcd kept."""
        flags = api_server_flags(
            port=self.ports.api_server.number,
            etcd_port=self.ports.etcd.number,
            authority=self._authority.certificate,
            serving=self._serving,
            signing=self._signing,
            listening=self._listening,
        )
        self._api_server = self._start("kube-apiserver", flags)
        self._api_server.wait_for(self._api().is_ready, within=_PATIENCE)
        return self._api_server

    def stop_api_server(self) -> None:
        """At once, as when its machine fails."""
        if self._api_server is not None:
            self.stop_program(self._api_server)
            self._api_server = None

    def stop_program(self, process: Process) -> None:
        """SIGKILL to this one; the others go on."""
        process.kill()
        self._running.remove(process)

    def start_etcd(self) -> None:
        """On the port that it had before, with what its data directory holds."""
        flags = etcd_flags(
            client_port=self.ports.etcd.number,
            peer_port=self.ports.etcd_peer.number,
            data=self._etcd_data,
        )
        self._etcd = self._start("etcd", flags)

    @contextmanager
    def frozen_etcd(self) -> Generator[None]:
        """Etcd keeps its connections and answers nothing."""
        if self._etcd is None:
            message = "etcd is not running"
            raise RuntimeError(message)
        self._etcd.pause()
        try:
            yield
        finally:
            self._etcd.resume()

    def save_etcd(self, copy: Path) -> None:
        """A snapshot, as a disk gives it."""
        with self.frozen_etcd():
            shutil.copytree(self._etcd_data, copy)

    def restore_etcd(self, copy: Path) -> None:
        """Everything is as it was when the copy was made; the API server is restarted."""
        self.stop_api_server()
        if self._etcd is not None:
            self.stop_program(self._etcd)
        shutil.rmtree(self._etcd_data)
        shutil.copytree(copy, self._etcd_data)
        self.start_etcd()
        self.start_api_server()

    @property
    def _etcd_data(self) -> Path:
        return self.directory / "etcd"

    def _start(self, name: str, flags: Sequence[str]) -> Process:
        return self.start_here(self._bin / name, flags)

    @property
    def api(self) -> Api:
        """Requests as the admin."""
        return self._api()

    def _api(self) -> Api:
        identity = self._identity(ADMIN, ())
        return Api(self.ports.api_server.number, self._authority.certificate, identity)

    def _identity(self, user: str, groups: Sequence[str]) -> KeyPair:
        return self._authority.client(user, _ADMIN_GROUPS if user == ADMIN else groups)

    def _file(self, *parts: str) -> Path:
        return self.directory / f"{file_stem(*parts)}.kubeconfig"
