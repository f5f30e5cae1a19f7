"""The sessions of docs/cloud-lab.md, played again: they print what the page shows."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.aws.aws_command import aws_directory
from tests.environment import unmeasured
from tests.netns.lab_command import LabCommand

pytestmark = pytest.mark.netns

PAGE = Path(__file__).parents[2] / "docs/cloud-lab.md"
SESSIONS = re.findall(r"^```console\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
CHANGING = (
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"\b(i|rtb|vpc)-[0-9a-f]{8,17}\b", r"\1-…"),
    (r"time=[\d.]+ ms", "time=… ms"),
    (r"time \d+ms", "time …ms"),
    (r"mdev = [\d./]+ ms", "mdev = … ms"),
)


def played(lab: LabCommand, session: str) -> Iterator[str]:
    """Its commands, each with what it prints now."""
    for line in session.splitlines():
        if not line.startswith("$ "):
            continue
        yield line
        yield from shown(lab, run(lab, meant(lab, line.removeprefix("$ ")))).splitlines()


def meant(lab: LabCommand, command: str) -> str:
    """With the port and the folder of this lab."""
    record = lab.folder().record()
    port = record.endpoint.partition("//")[2].split("/")[0].rpartition(":")[2] if record else ""
    return command.replace("127.0.0.1:PORT", f"127.0.0.1:{port}").replace(LAB, str(place(lab)))


LAB = "~/.local/state/podroute/labs/default"


def place(lab: LabCommand) -> Path:
    return lab.state / "podroute/labs/default"


def shown(lab: LabCommand, text: str) -> str:
    """Without what differs from day to day."""
    text = text.replace(str(place(lab)), LAB)
    for pattern, word in CHANGING:
        text = re.sub(pattern, word, text)
    return "\n".join(line.rstrip() for line in text.splitlines())


def run(lab: LabCommand, command: str) -> str:
    """What a person's shell shows of the standard output."""
    done = subprocess.run(
        ["bash", "-c", command],
        env=environment(lab),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.stdout or done.stderr


def environment(lab: LabCommand) -> Mapping[str, str]:
    """Of somebody who has podroute, aws and gcloud."""
    path = os.pathsep.join(
        [str(Path(sys.executable).parent), str(aws_directory()), os.environ["PATH"]]
    )
    ours = {key: text for key, text in unmeasured(lab.environment()).items() if "AWS" not in key}
    return {
        **ours,
        "PATH": path,
        "AWS_PAGER": "",
        "CLOUDSDK_CONFIG": str(lab.state / "gcloud"),
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
    }


@pytest.mark.parametrize("session", SESSIONS, ids=["gcp", "aws"])
def test_a_session_of_the_page_prints_what_it_shows(tmp_path: Path, session: str) -> None:
    lab = LabCommand(tmp_path)
    try:
        lines = list(played(lab, session))
    finally:
        lab("down")

    assert lines == [line.rstrip() for line in session.splitlines()]
