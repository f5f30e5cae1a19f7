"""Who are we to Google Cloud? Application default credentials, a credentials file, or a token file.

google-auth knows the kinds of credentials: service account, workload identity (federation and GKE),
the metadata server, a person's own. It blocks, so it runs in a thread.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol, cast

import google.auth
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request

from podroute.providers.gcp.settings import GcpOptions
from podroute.providers.interface import InvalidOption, ProviderUnreachable
from podroute.providers.unwaited import answered

_SCOPES: Final = ("https://www.googleapis.com/auth/compute",)
_LARGEST: Final = 1 << 16  # bytes of a token file
_HELP: Final = "give access_token_file or credentials, or: gcloud auth application-default login"


class _Credentials(Protocol):
    """What google-auth's credentials have in common."""

    token: str | None

    @property
    def valid(self) -> bool: ...

    def refresh(self, request: Request) -> None: ...


class _GoogleAuth(Protocol):
    """The part of google-auth that finds credentials."""

    def default(self, *, scopes: Sequence[str]) -> tuple[_Credentials, str | None]: ...

    def load_credentials_from_file(
        self, filename: str, *, scopes: Sequence[str]
    ) -> tuple[_Credentials, str | None]: ...


class Login(Protocol):
    """Gives tokens that are valid now."""

    async def token(self, *, instead_of: str = "") -> str:
        """``instead_of`` was not accepted.

        Raises:
            ProviderUnreachable: there is none.
        """
        ...


class TokenFile:
    """Somebody else keeps the file fresh."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    async def token(self, *, instead_of: str = "") -> str:
        del instead_of  # the file is read each time
        return await answered(self._read)

    def _read(self) -> str:
        try:
            with self._path.open("rb") as file:
                text = file.read(_LARGEST).decode().strip()
        except OSError as error:
            message = f"access_token_file {self._path}: {error.strerror}"
            raise ProviderUnreachable(message) from error
        except UnicodeDecodeError as error:
            message = f"access_token_file {self._path}: {error}"
            raise ProviderUnreachable(message) from error
        if not text or not text.isascii() or not text.isprintable():
            message = f"access_token_file {self._path} must hold a token and nothing else"
            raise ProviderUnreachable(message)
        return text


class GoogleLogin:
    """Credentials that google-auth renews."""

    def __init__(self, credentials: _Credentials) -> None:
        self._credentials = credentials
        self._renewing = asyncio.Lock()

    async def token(self, *, instead_of: str = "") -> str:
        async with self._renewing:
            one = self._credentials
            if not one.valid or not one.token or one.token == instead_of:
                try:
                    await answered(lambda: one.refresh(Request()))
                except (GoogleAuthError, OSError, ValueError) as error:
                    message = f"the credentials cannot be renewed: {error}"
                    raise ProviderUnreachable(message) from error
            return one.token or ""


def sign_in(options: GcpOptions) -> tuple[Login, str]:
    """Who we are, and the project; it blocks.

    Raises:
        InvalidOption: there is no project.
        ProviderUnreachable: there are no credentials.
    """
    if options.access_token_file:
        return TokenFile(options.access_token_file), _project(options, None)
    known = cast("_GoogleAuth", google.auth)
    try:
        if options.credentials:
            found, project = known.load_credentials_from_file(options.credentials, scopes=_SCOPES)
        else:
            found, project = known.default(scopes=_SCOPES)
    except (GoogleAuthError, OSError, ValueError, AttributeError, TypeError) as error:
        message = f"no credentials for Google Cloud: {error}; {_HELP}"
        raise ProviderUnreachable(message) from error
    return GoogleLogin(found), _project(options, project)


def _project(options: GcpOptions, found: str | None) -> str:
    if not options.project and not found:
        message = (
            "the credentials name no project: give the option project, e.g. project=my-project"
        )
        raise InvalidOption(message)
    return options.project or found or ""
