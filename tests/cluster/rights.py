"""Rights, and whether they are in force: that is a moment after an API server has taken them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import msgspec

from tests.cluster.api import Api

_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


@dataclass(frozen=True, slots=True)
class Right:
    """To do one thing."""

    verb: str
    resource: str
    group: str = ""
    namespace: str = ""
    name: str = ""


class Rule(msgspec.Struct, rename="camel"):
    """Of a Role or a ClusterRole."""

    verbs: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    api_groups: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ("",)


class _Status(msgspec.Struct):
    allowed: bool


class _Review(msgspec.Struct):
    status: _Status


def rights_of(rules: object, namespace: str = "") -> Iterator[Right]:
    """All that the rules of a role give, in the namespace of a Role."""
    for rule in msgspec.convert(rules, list[Rule]):
        for verb, resource, group, name in product(
            rule.verbs, rule.resources, rule.api_groups, rule.resource_names
        ):
            yield Right(verb, resource, group, namespace, name)


def are_in_force(api: Api, user: str, rights: Iterable[Right]) -> bool:
    """Whether the API server would let this user do all of it now."""
    return all(_may(api, user, right) for right in rights)


def _may(api: Api, user: str, right: Right) -> bool:
    resource, _, subresource = right.resource.partition("/")
    wanted: Mapping[str, str] = {
        "verb": right.verb,
        "group": right.group,
        "resource": resource,
        "subresource": subresource,
        "namespace": right.namespace,
        "name": right.name,
    }
    spec = {"user": user, "resourceAttributes": wanted}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    with api.connect() as connection:
        answer = connection.send("POST", _REVIEWS, msgspec.json.encode(body))
    return msgspec.json.decode(answer, type=_Review).status.allowed


def account(name: str, namespace: str) -> str:
    """The user that a ServiceAccount is to RBAC."""
    return f"system:serviceaccount:{namespace}:{name}"
