"""Whether somebody else could use the API of a GoBGP daemon."""

import sys

import pytest

from podroute.host.listening import listeners_in, read_listeners
from podroute.model.cidr import parse_address
from podroute.providers.gobgp.exposure import Door, doors, exposure_check
from podroute.providers.gobgp.settings import GobgpOptions

HEAD = "  sl  local_address rem_address   st tx_queue ...\n"
SECURED = GobgpOptions(address="10.240.0.2:50051", ca="ca", cert="cert", key="key")
EVERYWHERE = "0.0.0.0"  # noqa: S104 -- what is looked for
NEAR = ("127.0.0.1", 50051)
TLS = "--tls, --tls-cert-file, --tls-key-file and --tls-client-ca-file"
FREE = "whoever reaches it may announce and withdraw any route"


def line(local: str, state: str = "0A") -> str:
    """As a kernel of this byte order writes it."""
    host, port = local.split()
    raw = parse_address(host).packed
    words = (raw[first : first + 4] for first in range(0, len(raw), 4))
    digits = "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
    return f"   0: {digits}:{int(port):04X} 00000000:0000 {state} 00000000:00000000 00:00000000\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (HEAD, []),
        (HEAD + line("127.0.0.1 50051"), [NEAR]),
        (HEAD + line("127.0.0.1 50051", "01"), []),
        (
            HEAD + line("0.0.0.0 22") + line("10.240.0.2 179"),
            [(EVERYWHERE, 22), ("10.240.0.2", 179)],
        ),
        (HEAD + line(":: 50051") + line("fd00::2 1"), [("::", 50051), ("fd00::2", 1)]),
        (HEAD + line("::ffff:10.240.0.2 80"), [("10.240.0.2", 80)]),
    ],
)
def test_what_the_kernel_lists_is_read(text: str, found: list[tuple[str, int]]) -> None:
    assert [(str(one.address), one.port) for one in listeners_in(text)] == found


def test_this_machines_are_read() -> None:
    assert all(0 < one.port <= 0xFFFF for one in read_listeners())


def tried(options: GobgpOptions, *listeners: tuple[str, int]) -> list[Door]:
    return list(doors(options, ((parse_address(host), port) for host, port in listeners)))


@pytest.mark.parametrize(
    ("address", "listeners", "found"),
    [
        ("127.0.0.1:50051", [NEAR, ("::1", 50051), ("127.0.0.9", 50051)], []),
        ("127.0.0.1:50051", [(EVERYWHERE, 50052)], []),
        ("127.0.0.1:50052", [(EVERYWHERE, 50052)], [Door("0.0.0.0:50052", "127.0.0.1:50052")]),
        ("[::1]:50051", [("::", 50051)], [Door("[::]:50051", "[::1]:50051")]),
        ("localhost", [("10.240.0.2", 50051)], [Door("10.240.0.2:50051", "10.240.0.2:50051")]),
        ("localhost", [("fd00::2", 50051)], [Door("[fd00::2]:50051", "[fd00::2]:50051")]),
        ("unix:/run/a:b", [("::", 50051)] * 2, [Door("[::]:50051", "[::1]:50051")]),
        ("unix:/run/a:b", [("::", 50052)], []),
    ],
)
def test_where_to_ask(address: str, listeners: list[tuple[str, int]], found: list[Door]) -> None:
    assert tried(GobgpOptions(address=address), *listeners) == found


def test_with_mutual_tls_it_may_listen_anywhere() -> None:
    """What counts is whether it wants a certificate."""
    assert tried(SECURED, ("::", 50051)) == [Door("10.240.0.2:50051", "10.240.0.2:50051")]


@pytest.mark.parametrize(
    ("options", "cause", "fix"),
    [
        (
            SECURED,
            f"the API answers without a client certificate: {FREE}",
            "start gobgpd with --tls-client-ca-file too",
        ),
        (
            GobgpOptions(address="[::1]:50052"),
            f"the API listens beyond this machine, without TLS: {FREE}",
            f"start gobgpd with --api-hosts 127.0.0.1:50052, or with {TLS}",
        ),
        (
            GobgpOptions(address="unix:/run/gobgp.sock"),
            f"the API listens beyond this machine, without TLS: {FREE}",
            f"start gobgpd with --api-hosts unix:/run/gobgp.sock, or with {TLS}",
        ),
    ],
)
def test_an_open_api_is_told_in_plain_words(options: GobgpOptions, cause: str, fix: str) -> None:
    (problem,) = exposure_check(options, [Door("[::]:50051", "")]).problems

    assert (problem.subject, problem.cause, problem.fix) == ("[::]:50051", cause, fix)


def test_what_is_not_open_or_not_to_be_seen() -> None:
    assert exposure_check(SECURED, []).verdict == "passed"
    unseen = exposure_check(SECURED, [], "the kernel does not say")
    assert (unseen.id, unseen.verdict) == ("gobgp-api", "skipped")
