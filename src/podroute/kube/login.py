"""A cluster and a user, in the words of a kubeconfig."""

from dataclasses import dataclass, field

import msgspec


@dataclass(frozen=True, slots=True)
class ClusterAccess:
    """What the user said; "" means not said."""

    kubeconfig: str = ""  # one file, or several as in $KUBECONFIG
    context: str = ""


class Exec(msgspec.Struct, frozen=True, rename="camel"):
    """A credential plugin."""

    api_version: str
    command: str
    args: list[str] | None = None
    env: list[dict[str, str]] | None = None
    install_hint: str = ""
    provide_cluster_info: bool = False
    interactive_mode: str = "IfAvailable"


class User(msgspec.Struct, frozen=True, rename="kebab"):
    """How to say who we are; files are absolute after reading."""

    token: str = ""
    token_file: str = msgspec.field(name="tokenFile", default="")
    username: str = ""
    password: str = ""
    client_certificate: str = ""
    client_certificate_data: str = ""
    client_key: str = ""
    client_key_data: str = ""
    exec: Exec | None = None
    auth_provider: object = None
    impersonated: object = msgspec.field(name="as", default=None)
    impersonated_uid: object = msgspec.field(name="as-uid", default=None)
    impersonated_groups: object = msgspec.field(name="as-groups", default=None)
    impersonated_extra: object = msgspec.field(name="as-user-extra", default=None)

    @property
    def impersonates(self) -> bool:
        """Whether requests are to be made in the name of somebody else."""
        others = self.impersonated, self.impersonated_uid, self.impersonated_groups
        return any(one is not None for one in (*others, self.impersonated_extra))


class Extension(msgspec.Struct, frozen=True):
    """What others have put into a kubeconfig."""

    name: str = ""
    extension: object = None


class Cluster(msgspec.Struct, frozen=True, rename="kebab"):
    """Where the API server is and whom we trust to be it."""

    server: str = ""
    certificate_authority: str = ""
    certificate_authority_data: str = ""
    insecure_skip_tls_verify: bool = False
    tls_server_name: str = ""
    proxy_url: str = ""
    extensions: list[Extension] | None = None


class Context(msgspec.Struct, frozen=True):
    """A cluster and a user by name."""

    cluster: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class Login:
    """One cluster and one user."""

    name: str  # for messages
    cluster: Cluster
    user: User = field(repr=False)
    user_name: str = ""  # of its entry in the kubeconfig
    proxy: str = field(repr=False, default="")  # by which the server is reached
    access: ClusterAccess = field(default=ClusterAccess(), repr=False)  # from any shell

    @property
    def where(self) -> str:
        """For messages."""
        return f"{self.name}: {self.cluster.server}"
