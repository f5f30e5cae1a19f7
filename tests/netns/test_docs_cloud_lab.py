"""The sessions of docs/cloud-lab.md, played again: they print what the page shows."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.aws.aws_command import aws_directory
from tests.environment import unmeasured
from tests.netns.lab_command import LabCommand, until

pytestmark = pytest.mark.netns

PAGE = Path(__file__).parents[2] / "docs/cloud-lab.md"
SESSIONS = re.findall(r"^```console\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
FOLDER = "~/.local/state/podroute/labs/default"
CHANGING = (
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"\bi-[0-9a-f]{8,17}\b", "i-…"),
    (r"time \d+ms", "time …ms"),
    (r"mdev = [\d./]+ ms", "mdev = … ms"),
    (r" +$", ""),
)


class Act(NamedTuple):
    """A command, and what the page says that it prints."""

    command: str
    printed: str


def acts(session: str) -> Iterator[Act]:
    """In their order; a command goes on behind a backslash."""
    starts = [found.start() for found in re.finditer(r"^\$ ", session, re.MULTILINE)]
    for start, end in pairwise([*starts, len(session)]):
        text = session[start + 2 : end]
        command = re.match(r"(?:.*\\\n)*.*\n", text)
        assert command is not None
        yield Act(command.group(), text[command.end() :])


def meant(lab: LabCommand, command: str) -> str:
    """With the port and the folder of this lab."""
    record = lab.folder().record()
    port = re.findall(r"(127\.0\.0\.1:\d+)", record.endpoint)[0] if record else ""
    return command.replace("127.0.0.1:PORT", port).replace(FOLDER, str(place(lab)))


def place(lab: LabCommand) -> Path:
    """Its folder."""
    return lab.state / "podroute/labs/default"


def printed(lab: LabCommand, command: str) -> str:
    """Without what differs from day to day."""
    done = subprocess.run(
        ["bash", "-c", meant(lab, command)],
        env=environment(lab),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    text = (done.stdout or done.stderr).replace(str(place(lab)), FOLDER)
    for pattern, word in CHANGING:
        text = re.sub(pattern, word, text, flags=re.MULTILINE)
    return text


def is_printed(lab: LabCommand, act: Act) -> bool:
    """Whether it prints what the page says."""
    return printed(lab, act.command) == act.printed


def environment(lab: LabCommand) -> Mapping[str, str]:
    """Of somebody who has podroute, aws and gcloud."""
    found = [str(Path(sys.executable).parent), str(aws_directory()), os.environ["PATH"]]
    ours = {key: text for key, text in unmeasured(lab.environment()).items() if "AWS" not in key}
    return {
        **ours,
        "PATH": os.pathsep.join(found),
        "AWS_PAGER": "",
        "LC_ALL": "C",
        "CLOUDSDK_CONFIG": str(lab.state / "gcloud"),
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
    }


@pytest.mark.parametrize("session", SESSIONS, ids=["gcp", "aws"])
def test_a_session_of_the_page_prints_what_it_shows(tmp_path: Path, session: str) -> None:
    lab = LabCommand(tmp_path)
    story = list(acts(session))
    assert len(story) >= 7
    try:
        for act in story:
            if "ping" in act.command or "ip " in act.command:  # the kernel follows the cloud soon
                until(partial(is_printed, lab, act))
            else:
                assert printed(lab, act.command) == act.printed, act.command
    finally:
        lab("down")
