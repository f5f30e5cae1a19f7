"""Calls the daemon's API: the only place with gRPC; it decides nothing."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from typing import Final, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import Message

from podroute.model.cidr import Cidr
from podroute.providers.gobgp.api import gobgp_pb2 as api
from podroute.providers.gobgp.credentials import Credentials, find_credentials
from podroute.providers.gobgp.failures import failure
from podroute.providers.gobgp.paths import V4, V6
from podroute.providers.gobgp.settings import GobgpOptions
from podroute.providers.interface import InvalidOption, ProviderUnreachable

_SERVICE: Final = "/api.GoBgpService"
_AT_ONCE: Final = 500  # paths in a message
_LOST: Final = frozenset((grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED))
_NOBODY: Final = frozenset((grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED))
_CHANNEL: Final = (
    ("grpc.enable_http_proxy", 0),  # what the environment says of proxies is for others
    ("grpc.use_local_subchannel_pool", 1),  # a new channel is a new connection
)
_AnswerT = TypeVar("_AnswerT", bound=Message)


class GobgpClient:
    """One daemon; the connection is made by the first call, and anew after a silence."""

    def __init__(self, options: GobgpOptions) -> None:
        self._options = options
        self._channel: grpc.aio.Channel | None = None

    async def close(self) -> None:
        """Nothing is asked any more."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()

    async def paths(
        self, about: Collection[Cidr] | None = None, *, told_to: str = ""
    ) -> Sequence[api.Path]:
        """Those to the destinations ``about``; None: all. Or those that a neighbour was told.

        Raises:
            ProviderUnreachable: the daemon did not answer in full.
        """
        found: list[api.Path] = []
        kind = api.TABLE_TYPE_ADJ_OUT if told_to else api.TABLE_TYPE_GLOBAL
        for version, family in ((4, V4), (6, V6)):
            exactly = [_exactly(one) for one in about or () if one.version == version]
            if about is not None and not exactly:
                continue
            request = api.ListPathRequest(
                table_type=kind, name=told_to, family=family, prefixes=exactly
            )
            answers = await self._all("ListPath", request, api.ListPathResponse)
            found += (path for one in answers for path in one.destination.paths)
        return found

    async def peers(self, *, advertised: bool = False) -> Sequence[api.Peer]:
        """All neighbours; ``advertised``: with the number of prefixes that each has been told.

        Raises:
            ProviderUnreachable: the daemon did not answer in full.
        """
        request = api.ListPeerRequest(enable_advertised=advertised)
        answers = await self._all("ListPeer", request, api.ListPeerResponse)
        return [one.peer for one in answers]

    async def answers_anybody(self, target: str) -> bool:
        """Whether the API at ``target`` lets in who has no certificate.

        Raises:
            ProviderUnreachable: the certificate of the authority cannot be read.
        """
        found = _credentials(self._options)
        channel = (
            grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(found.ca), _CHANNEL)
            if found
            else grpc.aio.insecure_channel(target, _CHANNEL)
        )
        async with channel:
            call = channel.unary_stream(
                f"{_SERVICE}/ListPeer",
                request_serializer=api.ListPeerRequest.SerializeToString,
                response_deserializer=api.ListPeerResponse.FromString,
            )
            try:
                async for _ in call(api.ListPeerRequest(), timeout=self._options.timeout):
                    break
            except grpc.aio.AioRpcError:
                return False
        return True

    async def enable(self, neighbor: str) -> None:
        """Lets the session with it begin.

        Raises:
            ProviderUnreachable: nobody knows whether it does.
        """
        call = self._open().unary_unary(
            f"{_SERVICE}/EnablePeer",
            request_serializer=api.EnablePeerRequest.SerializeToString,
            response_deserializer=api.EnablePeerResponse.FromString,
        )
        try:
            await call(api.EnablePeerRequest(address=neighbor), timeout=self._options.timeout)
        except grpc.aio.AioRpcError as error:
            raise await self._failed(error) from error

    async def send(self, paths: Sequence[api.Path]) -> None:
        """Announces and withdraws, in this order.

        Raises:
            ProviderUnreachable: nobody knows what has become of them.
        """
        call = self._open().stream_unary(
            f"{_SERVICE}/AddPathStream",
            request_serializer=api.AddPathStreamRequest.SerializeToString,
            response_deserializer=api.AddPathStreamResponse.FromString,
        )
        requests = [
            api.AddPathStreamRequest(
                table_type=api.TABLE_TYPE_GLOBAL, paths=paths[first : first + _AT_ONCE]
            )
            for first in range(0, len(paths), _AT_ONCE)
        ]
        try:
            await call(iter(requests), timeout=self._options.timeout)
        except grpc.aio.AioRpcError as error:
            raise await self._failed(error) from error

    async def watch(self, heard: Callable[[], None]) -> None:
        """Tells of each change of a best path; returns when the connection is lost.

        Raises:
            ProviderUnreachable: the daemon does not tell.
        """
        kind = api.WatchEventRequest.Table.Filter.TYPE_BEST
        request = api.WatchEventRequest(
            table=api.WatchEventRequest.Table(
                filters=[api.WatchEventRequest.Table.Filter(type=kind)]
            )
        )
        call = self._stream("WatchEvent", request, api.WatchEventResponse, None)
        try:
            async for _ in call:
                heard()
        except grpc.aio.AioRpcError as error:
            if error.code() not in _LOST:
                raise await self._failed(error) from error

    async def _all(
        self, method: str, request: Message, answer: type[_AnswerT]
    ) -> Sequence[_AnswerT]:
        call = self._stream(method, request, answer, self._options.timeout)
        try:
            return [one async for one in call]
        except grpc.aio.AioRpcError as error:
            raise await self._failed(error) from error

    def _stream(
        self, method: str, request: Message, answer: type[_AnswerT], timeout: float | None
    ) -> AsyncIterator[_AnswerT]:
        call = self._open().unary_stream(
            f"{_SERVICE}/{method}",
            request_serializer=type(request).SerializeToString,
            response_deserializer=answer.FromString,
        )
        return aiter(call(request, timeout=timeout))

    def _open(self) -> grpc.aio.Channel:
        if self._channel is None:
            self._channel = _channel(self._options)
        return self._channel

    async def _failed(self, error: grpc.aio.AioRpcError) -> ProviderUnreachable:
        """Where nobody is reached, or nobody answers, the next call makes another connection."""
        if error.code() in _NOBODY:
            await self.close()
        return ProviderUnreachable(failure(error.code().name, error.details() or "", self._options))


def _exactly(cidr: Cidr) -> api.TableLookupPrefix:
    return api.TableLookupPrefix(prefix=str(cidr), type=api.TableLookupPrefix.TYPE_EXACT)


def _channel(options: GobgpOptions) -> grpc.aio.Channel:
    found = _credentials(options)
    if found is None:
        return grpc.aio.insecure_channel(options.target, options=_CHANNEL)
    secured = grpc.ssl_channel_credentials(found.ca, found.key, found.cert)
    return grpc.aio.secure_channel(options.target, secured, options=_CHANNEL)


def _credentials(options: GobgpOptions) -> Credentials | None:
    try:
        return find_credentials(options)
    except InvalidOption as error:
        raise ProviderUnreachable(str(error)) from error
