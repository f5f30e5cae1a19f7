"""EC2 shows late what was changed: who applies a plan has the patience."""

from collections import deque
from pathlib import Path

from podroute.testing.aws.server import Ec2Server
from podroute.testing.aws.vpc import Vpc
from tests.aws.commands import podroute, three_workers
from tests.aws.looped import workers


def test_an_apply_looks_again_for_what_is_shown_late(
    server: Ec2Server, vpc: Vpc, tmp_path: Path
) -> None:
    vpc.table()
    workers(vpc, 3)
    server.layer.stale = deque([False, False, *[True] * 7])

    ended = podroute(server, "apply", three_workers(tmp_path), "--auto-approve")

    assert (ended.status, ended.err) == (0, "podroute: applying 3 changes\n")
    assert ended.out.endswith("Applied: 3 of 3 changes, read back.\n")
    assert not server.layer.stale
