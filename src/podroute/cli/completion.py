"""podroute completion, and the completion of ``kubectl podroute``."""

import sys
from typing import Final, Literal

NO_FILES: Final = 4  # the directive of cobra, kubectl's command library


def completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
    """Print the completion script of a shell.

    Parameters
    ----------
    shell
        bash, zsh or fish; e.g. podroute completion bash > /etc/bash_completion.d/podroute
    """
    from podroute.cli.main import app  # noqa: PLC0415 -- the app imports this module

    sys.stdout.write(app.generate_completion(shell=shell))


def run() -> None:
    """``kubectl_complete-podroute``: kubectl calls it with the words so far, the last unfinished."""
    from podroute.cli.main import app  # noqa: PLC0415 -- as above

    *before, unfinished = sys.argv[1:] or [""]
    for word, what in _candidates(before):
        if word.startswith(unfinished):
            sys.stdout.write(f"{word}\t{what}\n")
    sys.stdout.write(f":{NO_FILES}\n")
