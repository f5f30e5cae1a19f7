"""Which cluster, and as whom? As kubectl finds it: flag, $KUBECONFIG, ~/.kube/config, the Pod."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from podroute.kube.addresses import environment_proxy, proxy_fault, server_fault, shown
from podroute.kube.bounded import TooLarge, is_missing, read_file
from podroute.kube.login import Cluster, ClusterAccess, Context, Login, User
from podroute.kube.yaml_texts import Plain, YamlError, load_texts
from podroute.observe.escape import escaped

SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
LONGEST_NAME: Final = 1000  # characters of a path in a message
LARGEST: Final = 16 << 20  # bytes; a thousand clusters with all their certificates


class KubeconfigError(Exception):
    """The kubeconfig cannot be used; the text says which file, what is wrong, and what to do."""


class NoClusterError(KubeconfigError):
    """Nothing says which cluster is meant."""


class _Named(msgspec.Struct):
    name: str
    cluster: object = None
    context: object = None
    user: object = None


class _File(msgspec.Struct, rename="kebab"):
    clusters: list[_Named] | None = None
    contexts: list[_Named] | None = None
    users: list[_Named] | None = None
    current_context: str | None = None


@dataclass(slots=True)
class _Merged:
    """Several files: for each name, and for the current context, the first file counts."""

    clusters: dict[str, Cluster]
    contexts: dict[str, Context]
    users: dict[str, User]
    current: str = ""


def find_login(
    access: ClusterAccess,
    environment: Mapping[str, str] = os.environ,
    account: Path = SERVICE_ACCOUNT,
) -> Login:
    """The cluster and the user to be.

    Raises:
        KubeconfigError: no kubeconfig, a bad one, or no such context.
    """
    paths = _paths(access, environment, account)
    if not paths:
        return _in_cluster(access, environment, account)
    merged = _merge(paths)
    name = access.context or merged.current
    where = ", ".join(map(str, paths))
    if not name:
        message = f"{where}: no current-context; give --context ({_known(merged.contexts)})"
        raise KubeconfigError(message)
    context = _entry(merged.contexts, name, "context", where)
    cluster = _entry(merged.clusters, context.cluster, "cluster", where)
    user = _entry(merged.users, context.user, "user", where) if context.user else User()
    fault = _fault(context.cluster, cluster) or _fault_of_user(user)
    if fault:
        message = f"{where}, context {name!r}: {fault}"
        raise KubeconfigError(message)
    files = os.pathsep.join(str(path.absolute()) for path in paths)
    again = ClusterAccess(files, name)
    return _proxied(Login(f"context {name!r}", cluster, user, context.user, access=again))


def _proxied(login: Login) -> Login:
    proxy = login.cluster.proxy_url or environment_proxy(login.cluster.server)
    if fault := proxy and proxy_fault(proxy):
        message = f"{login.name}: proxy {shown(proxy)!r} of the environment: {fault}"
        raise KubeconfigError(message)
    return replace(login, proxy=proxy)


def _fault(name: str, cluster: Cluster) -> str:
    """Why it cannot be used."""
    has_authority = cluster.certificate_authority or cluster.certificate_authority_data
    if not cluster.server:
        return f"cluster {name!r} has no server"
    if fault := server_fault(cluster.server):
        return f"cluster {name!r}, server {shown(cluster.server)!r}: {fault}"
    if fault := cluster.proxy_url and proxy_fault(cluster.proxy_url):
        return f"cluster {name!r}, proxy-url {shown(cluster.proxy_url)!r}: {fault}"
    if cluster.insecure_skip_tls_verify and has_authority:
        both = "a certificate-authority and insecure-skip-tls-verify"
        return f"cluster {name!r} has {both}: take out one of them"
    return ""


def _fault_of_user(user: User) -> str:
    has_certificate = user.client_certificate or user.client_certificate_data
    has_key = user.client_key or user.client_key_data
    if bool(has_certificate) != bool(has_key):
        return "a client-certificate goes with a client-key: one of them is missing"
    if user.auth_provider is not None:
        return "auth-provider is no longer a part of Kubernetes: use an exec plugin"
    if user.impersonates:
        names = "as, as-uid, as-groups, as-user-extra"
        return f"impersonation ({names}) is not done: log in as that user"
    return ""


EntryT = TypeVar("EntryT")


def _entry(entries: Mapping[str, EntryT], name: str, kind: str, where: str) -> EntryT:
    try:
        return entries[name]
    except KeyError:
        message = f"{where}: there is no {kind} {name!r} ({_known(entries)})"
        raise KubeconfigError(message) from None


def _known(entries: Mapping[str, object]) -> str:
    return f"known: {', '.join(sorted(entries)) or 'none'}"


def _paths(access: ClusterAccess, environment: Mapping[str, str], account: Path) -> Sequence[Path]:
    """The files to read; none where only the Pod's own account is left."""
    if access.kubeconfig:
        parts = access.kubeconfig.split(os.pathsep)
        return [_from_home(part) for part in parts if part]
    listed = environment.get("KUBECONFIG", "")
    if listed:
        paths = [Path(part) for part in listed.split(os.pathsep) if part]
        return [path for path in paths if not is_missing(path)] or paths[:1]
    usual = Path(environment.get("HOME", "/")) / ".kube" / "config"
    hidden = not os.access(usual, os.R_OK)
    left_out = is_missing(usual) or (hidden and _is_pod(environment, account))
    return () if left_out else (usual,)


def _from_home(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:
        message = f"kubeconfig {name}: the folder that ~ stands for is not known: write it out"
        raise KubeconfigError(message) from None


def _merge(paths: Sequence[Path]) -> _Merged:
    merged = _Merged({}, {}, {})
    for path in paths:
        file = _read(path)
        for one in file.clusters or ():
            cluster = _convert(one.cluster, Cluster, path, f"cluster {one.name!r}")
            merged.clusters.setdefault(one.name, _absolute(cluster, path, "certificate_authority"))
        for one in file.contexts or ():
            context = _convert(one.context, Context, path, f"context {one.name!r}")
            merged.contexts.setdefault(one.name, context)
        for one in file.users or ():
            user = _convert(one.user, User, path, f"user {one.name!r}")
            files = ("client_certificate", "client_key", "token_file")
            merged.users.setdefault(one.name, _with_command(_absolute(user, path, *files), path))
        merged.current = merged.current or file.current_context or ""
    return merged


def _read(path: Path) -> _File:
    try:
        documents = list(load_texts(read_file(path, LARGEST).decode("utf-8-sig")))
    except OSError as error:
        message = f"kubeconfig {escaped(str(path), LONGEST_NAME)}: {error.strerror}"
        raise KubeconfigError(message) from None
    except TooLarge as error:
        message = f"kubeconfig {path} {error}: that is no kubeconfig"
        raise KubeconfigError(message) from None
    except (YamlError, UnicodeDecodeError) as error:
        why = error if isinstance(error, YamlError) else "no UTF-8 text"
        message = f"kubeconfig {path} is not YAML: {why}"
        raise KubeconfigError(message) from None
    content = _without_nulls(documents[0]) if documents else None
    return _convert(content, _File, path, "the file")


def _convert(content: object, kind: type[EntryT], path: Path, what: str) -> EntryT:
    try:
        return msgspec.convert({} if content is None else content, kind, strict=False)
    except msgspec.ValidationError as error:
        message = f"kubeconfig {path}, {what}: {error}"
        raise KubeconfigError(message) from None


def _without_nulls(content: Plain) -> Plain:
    """For kubectl, null is the same as not said."""
    if isinstance(content, list):
        return [_without_nulls(one) for one in content]
    if not isinstance(content, dict):
        return content
    return {key: _without_nulls(value) for key, value in content.items() if value is not None}


StructT = TypeVar("StructT", bound=msgspec.Struct)


def _absolute(entry: StructT, path: Path, *fields: str) -> StructT:
    """File names are relative to the kubeconfig that has them."""
    values = {name: str(getattr(entry, name)) for name in fields}
    changes = {name: str(path.absolute().parent / value) for name, value in values.items() if value}
    return msgspec.structs.replace(entry, **changes)


def _with_command(user: User, path: Path) -> User:
    """A plugin with a slash in its name is relative too; others are found by PATH."""
    if user.exec is None or "/" not in user.exec.command:
        return user
    return msgspec.structs.replace(user, exec=_absolute(user.exec, path, "command"))


def _is_pod(environment: Mapping[str, str], account: Path) -> bool:
    host = environment.get("KUBERNETES_SERVICE_HOST", "")
    return bool(host) and not is_missing(account / "token")


def _in_cluster(access: ClusterAccess, environment: Mapping[str, str], folder: Path) -> Login:
    host = environment.get("KUBERNETES_SERVICE_HOST", "")
    port = environment.get("KUBERNETES_SERVICE_PORT", "443")
    if not _is_pod(environment, folder):
        message = (
            "no cluster: there is no ~/.kube/config, $KUBECONFIG is not set, and this is no Pod; "
            "give --kubeconfig"
        )
        raise NoClusterError(message)
    if access.context:
        message = f"there is no context {access.context!r}: no kubeconfig, only the Pod's account"
        raise KubeconfigError(message)
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    if fault := server_fault(server):
        message = f"$KUBERNETES_SERVICE_HOST, $KUBERNETES_SERVICE_PORT: {server!r}: {fault}"
        raise KubeconfigError(message)
    cluster = Cluster(server, certificate_authority=str(folder / "ca.crt"))
    user = User(token_file=str(folder / "token"))
    return _proxied(Login("the Pod's own account", cluster, user))
