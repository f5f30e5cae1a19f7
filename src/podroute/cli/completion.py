"""podroute completion, and the completion of ``kubectl podroute``."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from io import StringIO
from typing import Final, Literal

from podroute.cli.main import VERBS, command_line
from podroute.cli.streams import replace_closed

NO_FILES: Final = ":4"  # the directive of cobra, kubectl's command library
WORDS: Final = "CYCLOPTS_COMPLETION_WORDS"


def completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
    """Print the completion script of a shell.

    Parameters
    ----------
    shell
        bash, zsh or fish; e.g. podroute completion bash > /etc/bash_completion.d/podroute
    """
    sys.stdout.write(command_line().generate_completion(shell=shell))


def run() -> None:
    """``kubectl_complete-podroute``: kubectl gives the words so far, the last one unfinished."""
    replace_closed()
    words = sys.argv[1:] or [""]
    candidates = _verbs(words[0]) if len(words) == 1 else _of_a_verb(words)
    sys.stdout.writelines(f"{candidate}\n" for candidate in candidates)
    sys.stdout.write(f"{NO_FILES}\n")


def _verbs(start: str) -> Iterator[str]:
    for verb, (_, what) in VERBS.items():
        if verb.startswith(start):
            yield f"{verb}\t{what}"


def _of_a_verb(words: Sequence[str]) -> Iterator[str]:
    """What cyclopts finds; its own marks are left out."""
    os.environ[WORDS] = "".join(f"{word}\x1f" for word in words)
    found = StringIO()
    with redirect_stdout(found):
        command_line()(["__complete"], exit_on_error=False, result_action="return_value")
    for line in found.getvalue().splitlines():
        if line and not line.startswith("\x1f"):
            yield line
