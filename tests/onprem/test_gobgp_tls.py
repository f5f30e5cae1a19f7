"""Mutual TLS between podroute and the API of a real GoBGP, on an address of this machine."""

import os
import socket
import subprocess
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from podroute.model.check import Check
from podroute.providers.gobgp.provider import KIND
from podroute.providers.interface import (
    CheckedRouter,
    InvalidOption,
    ProviderUnreachable,
    Question,
)
from podroute.routing.outcome import Done
from podroute.routing.steps import Create
from podroute.testing.netns import Namespace
from tests.builders import route
from tests.onprem.daemons_of_debian import running
from tests.onprem.gobgp import NOBODY, programs

pytestmark = pytest.mark.netns

WISH = route("10.200.0.0/24", "10.240.0.30")
LAST = '[[peer-groups]]\n[peer-groups.config]\npeer-group-name = "last"\n'
ADDED = '"Add a peer group configuration"'
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def authority(folder: Path, name: str) -> None:
    """A certificate authority, and certificates of it for 127.0.0.1 and for podroute."""
    ca = (str(folder / f"{name}.pem"), str(folder / f"{name}.key"))
    openssl(
        *("req", "-x509", *NEW_KEY, "-subj", f"/CN={name}", "-days", "2"),
        *("-out", ca[0], "-keyout", ca[1]),
    )
    for one in ("server", "client"):
        stem = str(folder / f"{name}-{one}")
        openssl(
            *("req", *NEW_KEY, "-subj", f"/CN={one}", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-x509", "-CA", ca[0], "-CAkey", ca[1], "-days", "2"),
            *("-addext", "basicConstraints=critical,CA:FALSE"),
            *("-out", f"{stem}.pem", "-keyout", f"{stem}.key"),
        )


@pytest.fixture
def here() -> Generator[Namespace]:
    """Where the tests run: gRPC connects from threads of its own."""
    handle = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield Namespace(handle)
    finally:
        os.close(handle)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@asynccontextmanager
async def daemon(here: Namespace, folder: Path, host: str, *flags: str) -> AsyncGenerator[str]:
    """Its address; its API listens at ``host``, and answers: it has the last of its file."""
    (folder / "gobgpd.toml").write_text(f"{NOBODY}{LAST}")
    port, said = free_port(), folder / "said"
    command = [
        *(str(programs() / "gobgpd"), "-f", str(folder / "gobgpd.toml"), "--pprof-disable"),
        *("--metrics-path=", "--api-hosts", f"{host}:{port}", "--log-plain", *flags),
    ]

    def is_ready() -> bool:
        with socket.socket() as one:
            listens = one.connect_ex(("127.0.0.1", port)) == 0
        return listens and ADDED in said.read_text()

    async with running(here, command, said, is_ready):
        yield f"127.0.0.1:{port}"


@asynccontextmanager
async def secured(here: Namespace, folder: Path, *more: str) -> AsyncGenerator[str]:
    """The address of the API of a daemon with a certificate of ``right``."""
    files = (
        *("--tls", "--tls-cert-file", str(folder / "right-server.pem")),
        *("--tls-key-file", str(folder / "right-server.key")),
    )
    async with daemon(here, folder, "", *files, *more) as address:
        yield address


def wanting_certificates(folder: Path) -> tuple[str, str]:
    """The flag for a daemon that wants certificates of ``right``."""
    return "--tls-client-ca-file", str(folder / "right.pem")


def files(folder: Path, ca: str, client: str) -> Mapping[str, str]:
    return {
        "ca": str(folder / f"{ca}.pem"),
        "cert": str(folder / f"{client}-client.pem"),
        "key": str(folder / f"{client}-client.key"),
    }


async def test_both_sides_are_known_to_each_other(
    here: Namespace, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Who is not, or speaks without, is refused, and told what to look at, by us alone."""
    for name in ("right", "wrong"):
        authority(tmp_path, name)
    async with secured(here, tmp_path, *wanting_certificates(tmp_path)) as address:
        good = {"address": address, **files(tmp_path, "right", "right")}
        async with KIND.connect(good) as provider:
            assert [type(one) for one in await provider.apply([Create(WISH)])] == [Done]
            assert len((await provider.read()).routes) == 1
        nothing: Mapping[str, str] = {}
        for bad, words in (
            (files(tmp_path, "wrong", "right"), "its certificate is not trusted"),
            (files(tmp_path, "right", "wrong"), "it does not take our certificate"),
            (nothing, "been started with --tls"),
        ):
            async with KIND.connect({"address": address, **bad}) as provider:
                with pytest.raises(ProviderUnreachable, match=words):
                    await provider.read()
        elsewhere = {**good, "address": address.replace("127.0.0.1", "localhost")}
        async with KIND.connect(elsewhere) as provider:
            with pytest.raises(ProviderUnreachable, match="its certificate is of another name"):
                await provider.read()
    async with (
        daemon(here, tmp_path, "127.0.0.1") as address,
        KIND.connect({**good, "address": address}) as provider,
    ):
        with pytest.raises(ProviderUnreachable, match="it speaks no TLS"):
            await provider.read()
    assert capfd.readouterr().err == ""


async def test_files_that_are_not_as_they_should_be(tmp_path: Path) -> None:
    authority(tmp_path, "right")
    options = files(tmp_path, "right", "right")
    authority(tmp_path, "wrong")
    nonsense, locked = tmp_path / "nonsense", tmp_path / "locked.key"
    nonsense.write_text("nonsense\n")
    openssl(
        *("ec", "-aes256", "-passout", "pass:x", "-in", options["key"], "-out", str(locked)),
    )
    for file in (nonsense, locked):
        file.chmod(0o600)
    another = str(tmp_path / "wrong-client.key")
    open_key = tmp_path / "open.key"
    open_key.write_text("")
    open_key.chmod(0o644)
    for broken, words in (
        ({**options, "key": str(open_key)}, "chmod 600"),
        ({**options, "ca": str(nonsense)}, f"^ca {nonsense}: no certificate is in it$"),
        ({**options, "ca": options["key"]}, "no certificate is in it"),
        ({**options, "cert": str(nonsense)}, "one of them is not in PEM"),
        ({**options, "key": str(nonsense)}, "one of them is not in PEM"),
        ({**options, "key": str(locked)}, "or the key has a passphrase"),
        ({**options, "key": another}, f"key {another}: the key is not that of the certificate"),
        ({**options, "key": "/nowhere"}, "key /nowhere: No such file"),
        ({**options, "ca": "/nowhere", "key": str(tmp_path / "right.key")}, "ca /nowhere: No such"),
    ):
        with pytest.raises(InvalidOption, match=words):
            async with KIND.connect(broken):
                pass


async def api_check(options: Mapping[str, str]) -> Check:
    async with KIND.connect(options) as provider:
        assert isinstance(provider, CheckedRouter)
        found = {one.id: one for one in await provider.checks(Question((), ()))}
        return found["gobgp-api"]


@pytest.mark.parametrize(
    ("host", "verdict"),
    [("127.0.0.1", "passed"), ("", "failed"), ("0.0.0.0", "failed")],  # noqa: S104 -- as asked
)
async def test_an_api_that_anybody_reaches_is_told(
    here: Namespace, tmp_path: Path, host: str, verdict: str
) -> None:
    """A daemon that is not told where to listen listens everywhere."""
    async with daemon(here, tmp_path, host) as address:
        found = await api_check({"address": address})

    assert found.verdict == verdict
    for problem in found.problems:
        assert problem.cause.startswith("the API listens beyond this machine, without TLS: whoever")


@pytest.mark.parametrize("wanting", [True, False])
async def test_tls_alone_lets_anybody_in(here: Namespace, tmp_path: Path, *, wanting: bool) -> None:
    authority(tmp_path, "right")
    more = wanting_certificates(tmp_path) if wanting else ()
    async with secured(here, tmp_path, *more) as address:
        found = await api_check({"address": address, **files(tmp_path, "right", "right")})

    assert found.verdict == ("passed" if wanting else "failed")
    for problem in found.problems:
        assert problem.cause.startswith("the API answers without a client certificate: whoever")
