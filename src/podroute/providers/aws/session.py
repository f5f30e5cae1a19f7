"""One call to AWS, with the credentials of the usual chain: the only place with botocore."""

from collections.abc import Callable, Iterator, Mapping
from threading import Event, Lock
from typing import Final, Protocol, TypeVar

import msgspec
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError
from botocore.session import Session

from podroute.providers.aws.refusals import Refusal
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.interface import ProviderUnreachable

AT_ONCE: Final = 8  # calls under way

_WITHOUT_CREDENTIALS: Final = (
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
_ANOTHER_TRY: Final = 2  # with waits of up to a second: the rest is the caller's to decide
_TIMEOUT: Final = 20  # seconds for an answer
_NO_REGION: Final = "no AWS region: give --provider-option region=NAME, or set AWS_REGION"

AnswerT = TypeVar("AnswerT", bound=msgspec.Struct)


class CallRefused(Exception):  # noqa: N818 -- named for what has happened
    """AWS has not carried out a call, or has not answered."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


class Calls(Protocol):
    """Whoever can be asked; ``stopped``: nothing more is sent, and each call is refused."""

    stopped: Event

    def ask(
        self, kind: type[AnswerT], operation: str, parameters: Mapping[str, object]
    ) -> Iterator[AnswerT]:
        """The answer, page by page.

        Raises:
            CallRefused: there is none.
        """
        ...

    def do(self, operation: str, parameters: Mapping[str, object]) -> None:
        """A call of which nothing but success is of interest.

        Raises:
            CallRefused: it was not carried out, or nobody knows.
        """
        ...


class AwsSession:
    """EC2 and Service Quotas of one account and region; may be used by several threads."""

    def __init__(
        self, options: AwsOptions, login: Callable[[AwsOptions], Session] | None = None
    ) -> None:
        self.stopped = Event()
        self._options = options
        self._login = login or _usual_login
        self._lock = Lock()
        self._session: Session | None = None
        self._clients: dict[str, object] = {}

    def ask(
        self, kind: type[AnswerT], operation: str, parameters: Mapping[str, object]
    ) -> Iterator[AnswerT]:
        token: object = None
        while True:
            page = {"NextToken": token} if token else {}
            answer = self._call(operation, {**parameters, **page})
            try:
                yield msgspec.convert(answer, kind, strict=False)
            except msgspec.ValidationError as error:
                raise CallRefused(Refusal(operation, "", str(error))) from error
            token = answer.get("NextToken")
            if not token:
                return

    def do(self, operation: str, parameters: Mapping[str, object]) -> None:
        self._call(operation, parameters)

    def _call(self, operation: str, parameters: Mapping[str, object]) -> Mapping[str, object]:
        try:
            return self._once(operation, parameters)
        except CallRefused as error:
            if error.refusal.meaning != "credentials":
                raise
        self._forget()  # files, variables and roles are looked at anew
        return self._once(operation, parameters)

    def _once(self, operation: str, parameters: Mapping[str, object]) -> Mapping[str, object]:
        try:
            return self._method(operation)(**parameters)
        except ClientError as error:
            told = error.response.get("Error", {})
            code, words = told.get("Code", "unknown"), told.get("Message", "")
            raise CallRefused(Refusal(operation, code, words)) from error
        except _WITHOUT_CREDENTIALS as error:
            raise CallRefused(Refusal(operation, "InvalidToken", str(error))) from error
        except (HTTPClientError, ResponseParserError) as error:
            raise CallRefused(Refusal(operation, "", str(error))) from error
        except NoRegionError as error:
            raise ProviderUnreachable(_NO_REGION) from error
        except ProfileNotFound as error:
            message = f"{error}: see `aws configure list-profiles`"
            raise ProviderUnreachable(message) from error
        except BotoCoreError as error:
            raise CallRefused(Refusal(operation, type(error).__name__, str(error))) from error
        except (OSError, ValueError) as error:  # of the file or program that gives credentials
            raise CallRefused(Refusal(operation, "InvalidToken", str(error))) from error

    def _method(self, operation: str) -> Callable[..., Mapping[str, object]]:
        if self.stopped.is_set():
            raise CallRefused(Refusal(operation, "Interrupted", "not sent"))
        service = "service-quotas" if operation == "GetServiceQuota" else "ec2"
        with self._lock:
            client = self._clients.get(service)
            if client is None:
                client = self._clients[service] = self._client(service)
        method: Callable[..., Mapping[str, object]] = getattr(client, _snake(operation))
        return method

    def _client(self, service: str) -> object:
        if self._session is None:
            self._session = _with_credentials(self._login(self._options))
        config = Config(
            retries={"total_max_attempts": _ANOTHER_TRY, "mode": "standard"},
            connect_timeout=_TIMEOUT,
            read_timeout=_TIMEOUT,
            max_pool_connections=AT_ONCE,
            tcp_keepalive=True,
            user_agent_extra="podroute",
        )
        chosen = self._options
        try:
            return self._session.create_client(
                service, chosen.region or None, endpoint_url=chosen.endpoint or None, config=config
            )
        except BotoCoreError:
            raise
        except ValueError as error:
            message = f"the variables or files of AWS are wrong: {error}; see `aws configure list`"
            raise ProviderUnreachable(message) from error

    def _forget(self) -> None:
        with self._lock:
            self._session = None
            self._clients = {}


def _usual_login(options: AwsOptions) -> Session:
    return Session(profile=options.profile or None)


def _with_credentials(session: Session) -> Session:
    """The same: what a program says instead of credentials need not even be an object."""
    try:
        session.get_credentials()
    except (AttributeError, TypeError) as error:
        raise CredentialRetrievalError(
            provider="credential_process", error_msg=str(error)
        ) from error
    return session


def _snake(operation: str) -> str:
    words = (f"_{letter.lower()}" if letter.isupper() else letter for letter in operation)
    return "".join(words).removeprefix("_")
