"""A host to go through: what it does not let through is not the router's fault."""

import pytest

from podroute.providers.interface import ProviderUnreachable
from podroute.providers.linux.remote import KIND
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
