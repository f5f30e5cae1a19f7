"""A ServiceAccount that may do what its rules say, and nothing else."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

NAMESPACE: Final = "default"


def service_account_manifest(name: str, rules: Sequence[Mapping[str, object]]) -> str:
    """The account, a ClusterRole with the rules, and the binding of both."""
    subject = {"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    items = [
        _item("v1", "ServiceAccount", {"name": name, "namespace": NAMESPACE}),
        _rbac("ClusterRole", name) | {"rules": list(rules)},
        _rbac("ClusterRoleBinding", name) | {"roleRef": role, "subjects": [subject]},
    ]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def _rbac(kind: str, name: str) -> dict[str, object]:
    return _item("rbac.authorization.k8s.io/v1", kind, {"name": name})


def _item(version: str, kind: str, metadata: Mapping[str, str]) -> dict[str, object]:
    return {"apiVersion": version, "kind": kind, "metadata": metadata}
