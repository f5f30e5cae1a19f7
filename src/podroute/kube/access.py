"""Who we are to an API server, in lightkube's terms: it knows TLS and credentials."""

import base64

from lightkube.config import kubeconfig, models

from podroute.kube.certificates import check_certificates
from podroute.kube.exec_plugin import Plugin
from podroute.kube.login import Login, User
from podroute.kube.tokens import read_token


async def sign_in(login: Login) -> kubeconfig.SingleConfig:
    """Cluster and credentials; a credential plugin is asked now.

    Raises:
        KubeconfigError: the plugin gives none, or a token, certificate or key cannot be used.
    """
    check_certificates(login)
    cluster = login.cluster
    where = models.Cluster(
        server=cluster.server,
        certificate_auth=cluster.certificate_authority or None,
        certificate_auth_data=cluster.certificate_authority_data or None,
        insecure=cluster.insecure_skip_tls_verify,
    )
    context = models.Context(cluster=login.name, user=login.name)
    return kubeconfig.SingleConfig(login.name, context, where, await _credentials(login))


async def _credentials(login: Login) -> models.User:
    user = login.user
    who = models.User(
        username=user.username or None,
        password=user.password or None,
        token=read_token(login) or None,
        client_cert=user.client_certificate or None,
        client_cert_data=user.client_certificate_data or None,
        client_key=user.client_key or None,
        client_key_data=user.client_key_data or None,
    )
    if user.exec is not None and not _has_own_token(user):
        given = await Plugin(user.exec, login.cluster).run()
        who.token = given.token.strip() or None
        who.client_cert_data = _encoded(given.certificate) or who.client_cert_data
        who.client_key_data = _encoded(given.key) or who.client_key_data
    return who


def _has_own_token(user: User) -> bool:
    """Then kubectl does not ask the plugin."""
    return bool(user.token or user.token_file or user.username)


def _encoded(pem: str) -> str | None:
    return base64.b64encode(pem.encode()).decode() if pem else None
