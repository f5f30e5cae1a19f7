"""A request to a router's HTTPS API: what is no answer, and what nobody sees of it."""

import httpx2
import pytest

from podroute.providers.https.failures import Unanswered
from podroute.providers.https.session import HttpsSession, Request
from podroute.providers.https.settings import HttpsOptions


async def test_an_answer_that_cannot_be_unpacked_is_none() -> None:
    """Whoever answers there is no router of ours, or is broken."""

    def spoilt(_: httpx2.Request) -> httpx2.Response:
        junk = httpx2.ByteStream(b"no gzip")
        return httpx2.Response(200, headers={"Content-Encoding": "gzip"}, stream=junk)

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(spoilt)) as http:
        session = HttpsSession(http, HttpsOptions("https://router"))
        with pytest.raises(Unanswered, match="has ended the connection without an answer: Error"):
            await session.ask(Request("GET", "/rest/ip/route"))


def test_a_request_shows_no_secret() -> None:
    request = Request("POST", "/configure", b"key=s3cret", "form", {"Authorization": "s3cret"})
    assert "s3cret" not in repr(request)
