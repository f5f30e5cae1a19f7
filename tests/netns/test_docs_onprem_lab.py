"""The sessions of docs/onprem-lab.md, with the real daemons."""

from pathlib import Path

import pytest

from tests.machine_root import needs_machine_root
from tests.netns.lab_command import LabCommand
from tests.netns.played import play, sessions
from tests.onprem.programs import path_with_daemons

pytestmark = [pytest.mark.netns, needs_machine_root]


NAMES = ["linux-ssh", "frr", "frr-bgp", "gobgp", "bird"]
SESSIONS = sessions("onprem-lab.md")


@pytest.mark.parametrize("session", SESSIONS, ids=NAMES)
def test_a_session_of_the_page_prints_what_it_shows(tmp_path: Path, session: str) -> None:
    path = path_with_daemons(tmp_path / "programs")
    play(LabCommand(tmp_path, variables={"PATH": path}), session)
