"""The URL of a service, as an option gives it."""

import pytest

from podroute.providers.endpoint import parse_endpoint


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("https://compute.googleapis.com/compute/v1", "compute.googleapis.com", None),
        ("https://vpce-0a.ec2.eu-north-1.vpce.amazonaws.com.", None, None),
        ("http://127.0.0.1:5000/", "127.0.0.1", 5000),
        ("https://[fd00::1]:8443/x", "fd00::1", 8443),
        ("HTTPS://Host", "host", None),
    ],
)
def test_a_url_of_a_service(text: str, host: str | None, port: int | None) -> None:
    parts = parse_endpoint(text)

    assert (parts.hostname, parts.port) == (host or text.removeprefix("https://"), port)


@pytest.mark.parametrize(
    "text",
    [
        "foo",
        "ftp://host",
        "https://",
        "https:///path",
        "http://[::bad",
        "https://[::bad/x",
        "http://127.0.0.1:notaport/x",
        "http://127.0.0.1:65536",
        "http://127.0.0.1:0",
        "http://127.0.0.1:80@example.com/",
        "https://host/?query",
        "https://host/#part",
        "https://under_score/",
        "https://-host/",
        "https://two words/",
        "https://host/\x1b[31m",
        "https://host\n/",
    ],
)
def test_what_is_none_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is not like https://HOST"):
        parse_endpoint(text)
