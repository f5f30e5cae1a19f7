"""Somebody installs other CNI plugins while the agent runs."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.netns.agents import plugins, worker_place
from tests.netns.lab_command import until

pytestmark = pytest.mark.netns

CONFLIST = "10-podroute.conflist"


def test_a_plugin_that_is_away_for_a_moment_stays_in_the_chain(tmp_path: Path) -> None:
    own = tmp_path / "bin"
    shutil.copytree(plugins(), own)
    with worker_place(tmp_path) as made:
        place = replace(made, bin_dir=own)
        with place.running("--pod-cidr", "10.200.0.0/24", "--sync-period", "100ms"):
            until((place.conf / CONFLIST).exists)
            before = (place.conf / CONFLIST).read_text()
            assert "portmap" in before

            (own / "portmap").unlink()
            (own / "bandwidth").write_text("half of it")
            (place.conf / CONFLIST).unlink()
            until((place.conf / CONFLIST).exists)

            assert (place.conf / CONFLIST).read_text() == before
