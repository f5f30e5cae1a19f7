"""Clocks that jump: nothing is decided by the time of day."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.cluster.node_ipam import (
    LEADING,
    UNHURRIED,
    WITHIN,
    Cluster,
    leader_of,
    log_line,
    until,
    until_true,
)
from tests.cluster.pod_cidrs import assert_sound
from tests.cluster.process import Process

pytestmark = pytest.mark.cluster

JUMPS = [timedelta(hours=2), timedelta(hours=-2), timedelta(days=30), timedelta()]
(LIBRARY,) = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")


@dataclass(frozen=True)
class TimeOfDay:
    """What one process takes for it; the clocks that count seconds go on as they do."""

    path: Path

    def jump(self, by: timedelta) -> None:
        """So far from the right time, from now on."""
        self.path.write_text(f"{by.total_seconds():+.0f}\n")

    def environment(self) -> Mapping[str, str]:
        return {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self.path),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


def told_at(process: Process) -> list[float]:
    """When its log lines were written, by its own clock, in seconds since 1970."""
    lines = [json.loads(line) for line in process.said()]
    return [datetime.fromisoformat(line["time"]).timestamp() for line in lines]


def until_all_told(leader: Process, count: int) -> None:
    """Once it has said of so many Nodes that they are served, at the time of day it is then."""
    until_true(lambda: sum('"event": "assigned"' in line for line in leader.said()) >= count)


def test_times_of_day_that_jump_apart(cluster: Cluster, tmp_path: Path) -> None:
    clocks = [TimeOfDay(tmp_path / name) for name in ("first", "second")]
    for clock in clocks:
        clock.jump(timedelta())
    pair = [cluster.controller(*UNHURRIED, environment=clock.environment()) for clock in clocks]
    leader = until(lambda: leader_of(pair))
    before = cluster.nodes()

    for step, jump in enumerate(JUMPS):
        clocks[0].jump(jump)
        clocks[1].jump(-jump)
        cluster.join(f"worker-{step}-{number}" for number in range(20))
        after = cluster.served(20 * (step + 1), within=WITHIN)
        assert_sound(after, before=before)
        before = after
        until_all_told(leader, len(after))

    assert [log_line(one, LEADING) for one in pair].count(True) == 1
    assert not any(one.has_ended for one in pair)
    now = time.time()
    assert {round(abs(moment - now) / 3600) for moment in told_at(leader)} >= {0, 2, 30 * 24}
