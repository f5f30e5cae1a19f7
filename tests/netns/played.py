"""Sessions of a docs page, played again: they print what the page shows."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from tests.environment import unmeasured
from tests.netns.lab_command import LabCommand, until

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = "~/.local/state/podroute/labs/default"
FEWEST_ACTS = 7
CHANGING = (
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"\bi-[0-9a-f]{8,17}\b", "i-…"),
    (r"time \d+ms", "time …ms"),
    (r"mdev = [\d./]+ ms", "mdev = … ms"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "YYYY-MM-DDThh:mm:ssZ"),
    (r"\b\d\d:\d\d:\d\d(\.\d{3})?\b", "…"),
    (r" +$", ""),
)


def sessions(page: str) -> list[str]:
    """All of the page, in their order."""
    return re.findall(
        r"^```console\n(.*?)^```", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL
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
    endpoint = record.driver.options.get("endpoint", "") if record else ""
    port = "".join(re.findall(r"127\.0\.0\.1:\d+", endpoint))
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
    """Of somebody who has podroute."""
    ours = {key: text for key, text in unmeasured(lab.environment()).items() if "AWS" not in key}
    path = os.pathsep.join([str(Path(sys.executable).parent), ours["PATH"]])
    return {**ours, "PATH": path, "LC_ALL": "C"}


def play(lab: LabCommand, session: str) -> None:
    """Every act prints what it should; nothing is left of the lab.

    Raises:
        AssertionError: one does not.
    """
    story = list(acts(session))
    assert len(story) >= FEWEST_ACTS
    try:
        for act in story:
            if re.search(
                r"\b(ping|ip|vtysh|birdc|peers)\b", act.command
            ):  # what follows does so soon
                until(partial(is_printed, lab, act))
            else:
                assert printed(lab, act.command) == act.printed, act.command
    finally:
        lab("down")
