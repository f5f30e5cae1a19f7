"""What etcd and kube-apiserver are told."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.cluster.certificates import KeyPair, SigningKeys
from tests.cluster.ports import LOOPBACK

_ISSUER: Final = "https://kubernetes.default.svc"


def etcd_flags(*, client_port: int, peer_port: int, data: Path) -> Sequence[str]:
    """One member that trusts the page cache: a test's data need not survive the machine."""
    client, peer = f"http://{LOOPBACK}:{client_port}", f"http://{LOOPBACK}:{peer_port}"
    return (
        f"--data-dir={data}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--socket-reuse-port=true",
        "--unsafe-no-fsync=true",
        "--log-level=warn",
    )


def api_server_flags(
    *,
    port: int,
    etcd_port: int,
    authority: Path,
    serving: KeyPair,
    signing: SigningKeys,
    listening: str = LOOPBACK,
) -> Sequence[str]:
    """Authorizers and admission as kubeadm sets them; all else is the default."""
    return (
        f"--etcd-servers=http://{LOOPBACK}:{etcd_port}",
        f"--bind-address={listening}",
        f"--advertise-address={LOOPBACK}",
        f"--secure-port={port}",
        "--permit-port-sharing=true",
        # Endpoints may not be loopback addresses, and nothing here reads them.
        "--endpoint-reconciler-type=none",
        f"--client-ca-file={authority}",
        f"--tls-cert-file={serving.certificate}",
        f"--tls-private-key-file={serving.key}",
        f"--service-account-issuer={_ISSUER}",
        f"--service-account-key-file={signing.public}",
        f"--service-account-signing-key-file={signing.private}",
        "--service-cluster-ip-range=10.32.0.0/24",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
    )
