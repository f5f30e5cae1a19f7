"""Answers a podroute elsewhere on the router itself, within what the router allows."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from podroute.model.check import Check
from podroute.providers.interface import (
    CheckedRouter,
    ProviderUnreachable,
    Question,
    RouteProvider,
)
from podroute.providers.linux.allowed import Allowed
from podroute.providers.linux.messages import (
    SPEECH,
    Answer,
    ApplyRoutes,
    AskChecks,
    Hello,
    NothingDone,
    ReadRoutes,
    Request,
    RoutesChanged,
    applied_answer,
    changes_of,
    checks_answer,
    decode_request,
    encode,
    question_of,
    read_answer,
)
from podroute.providers.linux.settings import LinuxOptions
from podroute.routing.outcome import Failed, Outcome
from podroute.routing.steps import Change


@dataclass(frozen=True, slots=True)
class Desk:
    """Whoever answers: with a provider that has these options, within ``allowed``, to ``say``."""

    provider: RouteProvider
    options: LinuxOptions
    allowed: Allowed
    say: Callable[[bytes], None]

    async def serve(self, hello: Hello, lines: AsyncIterator[bytes]) -> None:
        """Answers each of ``lines`` until there is none any more."""
        self._tell(hello)
        async with asyncio.TaskGroup() as tasks:
            listening: asyncio.Task[None] | None = None
            async for line in lines:
                request = _understood(line)
                self._tell(await self._answer(request))
                if isinstance(request, ReadRoutes) and (listening is None or listening.done()):
                    listening = tasks.create_task(self._listen())
            if listening is not None:
                listening.cancel()

    def _tell(self, answer: Answer) -> None:
        self.say(encode(answer) + b"\n")

    async def _listen(self) -> None:
        try:
            await self.provider.changed()
        except ProviderUnreachable:
            return  # the next read says so
        self._tell(RoutesChanged())

    async def _answer(self, request: Request | str) -> Answer:
        if isinstance(request, str):
            return NothingDone(request)
        try:
            return await self._done(request)
        except ProviderUnreachable as error:
            return NothingDone(str(error), error.after)
        except ValueError as error:
            return NothingDone(f"the request cannot be read: {error}")

    async def _done(self, request: Request) -> Answer:
        match request:
            case ReadRoutes():
                return read_answer(await self.provider.read(), self.options)
            case ApplyRoutes():
                return applied_answer(await self._apply(changes_of(request)))
            case AskChecks():
                return checks_answer(await self._checks(question_of(request)))
            case _:
                assert_never(request)

    async def _checks(self, question: Question) -> Sequence[Check]:
        asked = self.provider
        return await asked.checks(question) if isinstance(asked, CheckedRouter) else ()

    async def _apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        objections = [self.allowed.objection(one) for one in changes]
        permitted = [one for one, why in zip(changes, objections, strict=True) if not why]
        answers = iter(await self.provider.apply(permitted))
        return [
            Failed(one, why, "pointless") if why else next(answers)
            for one, why in zip(changes, objections, strict=True)
        ]


def _understood(line: bytes) -> Request | str:
    """The request, or why it is none."""
    try:
        request = decode_request(line)
    except (ValueError, RecursionError) as error:
        return f"the request cannot be read: {error}"
    if request.speech != SPEECH:
        return f"the request is of version {request.speech}, podroute here speaks {SPEECH}"
    return request
