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

from podroute.kube.answer import status_in
from podroute.kube.kubeconfig import KubeconfigError, Login

CONTROLLER_RIGHTS: Final = "kubectl apply -f deploy/rbac.yaml"
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
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        message = f"{login.where}: this address of the API server is bad: {error}"
        raise KubeconfigError(message) from None
    except (httpx2.TimeoutException, TimeoutError):
        message = f"{login.where} did not answer in time: is it up, and reached from this network?"
        raise ApiUnreachable(message) from None
    except httpx2.RequestError as error:
        message = f"{login.where} is not reached: {cause(error)}"
        raise ApiUnreachable(message) from None
    except (ConfigError, ImportError, OSError, ValueError) as error:
        message = f"{login.name}: its credentials or certificates cannot be used: {error}"
        raise KubeconfigError(message) from None


def cause(error: Exception) -> str:
    """Why something was not reached, and what to look at."""
    known = filter(None, map(_known, _chain(error)))
    return next(known, "") or printable(str(error)) or type(error).__name__


def _known(error: BaseException) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            words = f"its certificate is not trusted ({error.verify_message}): "
            words += "check certificate-authority and tls-server-name"
        case ssl.SSLError():
            reason = (error.reason or "no TLS").replace("_", " ").lower()
            words = f"no TLS connection ({reason}): is this the port of the API server?"
        case socket.gaierror():
            words = f"its name is not known ({error.strerror}): check the address and the DNS"
        case ConnectionRefusedError():
            words = "connection refused: is the API server running?"
        case httpx2.LocalProtocolError():
            # Its own text would show the token.
            words = "the credentials hold characters that cannot be sent: log in again"
        case _:
            words = ""
    return words


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
            allow = remedy or _grant(words)
            message = f"{login.where} (403){words}; an admin can allow it by: {allow}"
        case _ if answer:
            message = f"{login.where} refused (HTTP {status}){words}"
        case _:
            return not_kubernetes(login)
    return ApiUnreachable(message, status)


def _grant(words: str) -> str:
    """The commands that let the user whom ``words`` name list Nodes."""
    found = re.search('User "([^"]+)"', words)
    user = found[1] if found else "USER"
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
