"""What is wrong here, or at the host to go through, is not told as the router's fault."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from podroute.providers.interface import ProviderUnreachable
from podroute.providers.linux.ssh_provider import KIND
from tests.machine_root import needs_machine_root
from tests.onprem.sshd import ADDRESS, PORT, USER, SshRouter

pytestmark = [pytest.mark.netns, needs_machine_root]

JUMP = f"{USER}@{ADDRESS}:{PORT}"
NOBODY = f"{USER}@{ADDRESS}:2223"


@pytest.mark.parametrize(
    ("allowed", "reason"),
    [("restrict,port-forwarding", "Connection refused"), ("restrict", "open failed")],
)
async def test_the_way_ends_at_the_jump_host(router: SshRouter, allowed: str, reason: str) -> None:
    """Nobody listens at the router, or the jump host leads nowhere."""
    router.allow("", allowed)
    options = router.options(router=NOBODY, jump=JUMP)
    with router.node.entered():
        async with KIND.connect(options) as provider:
            with pytest.raises(ProviderUnreachable) as told:
                await provider.read()

    words = str(told.value)
    assert words.startswith(f"{NOBODY}: not reached from {JUMP}: {reason}; is sshd running there")
    assert "AllowTcpForwarding" in words
    assert "MaxSessions" not in words


def gone(file: Path) -> str:
    file.unlink()
    return f"{file}: No such file or directory"


def locked(file: Path) -> str:
    file.unlink()
    make = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "a passphrase", "-f", str(file))
    subprocess.run(make, check=True)
    file.with_suffix(".pub").unlink()
    return f"key {file} cannot be used: "


def spoilt(file: Path) -> str:
    file.write_text("nonsense\n")
    return f"{file}: Invalid known hosts entry"


@pytest.mark.parametrize(
    ("name", "spoil"),
    [("key", gone), ("key", locked), ("known_hosts", gone), ("known_hosts", spoilt)],
)
async def test_a_file_that_was_in_order_at_the_start(
    router: SshRouter, name: str, spoil: Callable[[Path], str]
) -> None:
    """It is named, and nobody is sent to look at the router's sshd."""
    with router.node.entered():
        async with KIND.connect(router.options()) as provider:
            words = spoil(router.place / name)
            with pytest.raises(ProviderUnreachable) as told:
                await provider.read()

    assert str(told.value).startswith(f"{USER}@{ADDRESS}:{PORT}: {words}")
    assert "sshd" not in str(told.value)
