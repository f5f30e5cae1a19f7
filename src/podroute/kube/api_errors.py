"""Every way in which an API server is not reached, or refuses, in words."""

import re
import shlex
import socket
import ssl
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

import httpx2
from lightkube import ConfigError

from podroute.kube.addresses import shown
from podroute.kube.answer import status_in
from podroute.kube.kubeconfig import KubeconfigError
from podroute.kube.login import Login, User

CONTROLLER_RIGHTS: Final = "kubectl apply -f deploy/rbac.yaml"
AGENT_RIGHTS: Final = "kubectl apply -f deploy/agent-rbac.yaml"
ANONYMOUS: Final = "system:anonymous"
LONGEST: Final = 500  # characters of the server's own words


class ApiUnreachable(Exception):  # noqa: N818 -- named for the state, as in the field
    """The API server did not give the list; the text says why and what to do.

    ``status`` is that of HTTP, 0 where there was no answer.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


@contextmanager
def explained(login: Login) -> Generator[None]:
    """Raises ApiUnreachable or KubeconfigError, whatever the libraries below raise."""
    try:
        yield
    except (httpx2.TimeoutException, TimeoutError):
        by = f" through the proxy {shown(login.proxy)}" if login.proxy else ""
        message = f"{login.where} did not answer in time{by}: is it up, and reached from here?"
        raise ApiUnreachable(message) from None
    except httpx2.RequestError as error:
        message = f"{login.where} is not reached: {cause(error, login)}"
        raise ApiUnreachable(message) from None
    except httpx2.InvalidURL as error:
        server = shown(login.cluster.server)[:LONGEST]
        message = f"{login.name}: server {server!r}: {printable(str(error))}"
        raise KubeconfigError(message) from None
    except ssl.SSLError as error:
        message = f"{login.name}: {_pair(login.user)} cannot be used: {_reason(error)}"
        raise KubeconfigError(message) from None
    except (ConfigError, ImportError, OSError, ValueError) as error:
        message = f"{login.name}: its credentials or certificates cannot be used: {error}"
        raise KubeconfigError(message) from None


def cause(error: Exception, login: Login) -> str:
    """Why its server was not reached, and what to look at."""
    proxy = f"the proxy {shown(login.proxy)}" if login.proxy else ""
    if isinstance(error, httpx2.ProxyError):
        return f"{proxy} does not connect to it ({printable(str(error))}): check proxy-url"
    chain = list(_chain(error))
    is_tls = any(isinstance(one, ssl.SSLError) for one in chain)
    blamed = proxy if isinstance(error, httpx2.ConnectError) and not is_tls else ""
    known = filter(None, (_known(one, blamed or "the API server") for one in chain))
    words = next(known, "") or printable(str(error)) or type(error).__name__
    return f"{blamed}: {words}" if blamed else words


def _known(error: BaseException, peer: str) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            words = f"its certificate is not trusted ({error.verify_message}): "
            words += "check certificate-authority and tls-server-name"
        case ssl.SSLError():
            words = f"no TLS connection ({_reason(error)}): is this the port of the API server?"
        case socket.gaierror():
            words = f"its name is not known ({error.strerror}): check the address and the DNS"
        case ConnectionRefusedError():
            words = f"connection refused: is {peer} running?"
        case httpx2.LocalProtocolError():
            # Its own text would show the token.
            words = "the credentials hold characters that cannot be sent: log in again"
        case _:
            words = ""
    return words


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or "no TLS").replace("_", " ").lower()


def _pair(user: User) -> str:
    """Where the client's certificate and key come from."""
    if user.exec is not None:
        return "the certificate and key of the credential plugin"
    certificate = f"client-certificate {user.client_certificate}"
    key = f"client-key {user.client_key}"
    return " with ".join(
        (
            "client-certificate-data" if user.client_certificate_data else certificate,
            "client-key-data" if user.client_key_data else key,
        )
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        group: Sequence[BaseException] = getattr(error, "exceptions", ())
        error = next(iter(group), None) or error.__cause__ or error.__context__


def not_kubernetes(login: Login) -> ApiUnreachable:
    """Something else answers at this address."""
    message = f"{login.where} answers, but is no Kubernetes API server: check the address"
    return ApiUnreachable(message)


def refusal(status: int, body: bytes, login: Login, remedy: str = "") -> ApiUnreachable:
    """The server's answer is no list; ``status`` is that of HTTP.

    ``remedy``: the command that gives the missing rights, where more are wanted than to list Nodes.
    """
    answer = status_in(body)
    words = f": {printable(answer.message)}" if answer and answer.message else ""
    match status:
        case HTTPStatus.UNAUTHORIZED:
            message = f"{login.where} does not accept the credentials (401{words}): log in again"
        case HTTPStatus.FORBIDDEN if answer:
            message = f"{login.where} (403){words}; {remedy_for(words, login, remedy)}"
        case _ if answer:
            message = f"{login.where} refused (HTTP {status}){words}"
        case _:
            return not_kubernetes(login)
    return ApiUnreachable(message, status)


def remedy_for(words: str, login: Login, allow: str = "") -> str:
    """What helps against a 403 in these words; ``allow``: the command that gives the rights."""
    found = re.search('User "([^"]+)"', words)
    user = found[1] if found else "USER"
    if user != ANONYMOUS:
        return f"an admin can allow it by: {allow or _grant(user)}"
    who = f"user {login.user_name!r}" if login.user_name else login.name
    if login.user == User():
        return f"not authenticated: {who} has no credentials: give it some in the kubeconfig"
    return f"not authenticated: the credentials of {who} did not count: log in again"


def _grant(user: str) -> str:
    """The commands that let this user list Nodes."""
    account = user.removeprefix("system:serviceaccount:")
    whom = f"--user={user}" if account == user else f"--serviceaccount={account}"
    return (
        "kubectl create clusterrole podroute-reader --verb=list --resource=nodes && "
        "kubectl create clusterrolebinding podroute-reader --clusterrole=podroute-reader "
        f"{shlex.quote(whom)}"
    )


def printable(words: str) -> str:
    """Of bounded length, in one line, without control characters."""
    return "".join(one if one.isprintable() else " " for one in words[:LONGEST])
