"""Kubeconfigs, as values and as files for their owner only."""

import json
from collections.abc import Mapping
from pathlib import Path

from tests.cluster.api import Api
from tests.cluster.certificates import KeyPair


def with_certificate(identity: KeyPair) -> Mapping[str, object]:
    """Credentials: a client certificate."""
    return {"client-certificate": str(identity.certificate), "client-key": str(identity.key)}


def with_token(token: str) -> Mapping[str, object]:
    """Credentials: a bearer token."""
    return {"token": token}


def write_kubeconfig(path: Path, api: Api, credentials: Mapping[str, object]) -> Path:
    """The way to ``api``."""
    cluster = {"server": api.url, "certificate-authority": str(api.authority)}
    return write_kubeconfig_to(path, cluster, credentials)


def write_kubeconfig_to(
    path: Path, cluster: Mapping[str, object], credentials: Mapping[str, object]
) -> Path:
    """JSON is YAML. One cluster, one user, one context, all named ``test``."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": credentials}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "current-context": "test",
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, indent=2))
    return path
