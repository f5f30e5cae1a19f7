"""The podroute command: the one place where parts are wired together."""

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from cyclopts import App, CycloptsError
from cyclopts.config import Dict, Env

from podroute.cli.failure import Exit, Failure
from podroute.cli.text import escape
from podroute.config.file import ConfigError, read_settings

PREFIX = "PODROUTE_"

app = App(
    name="podroute",
    help="Plain Layer-3 networking for Kubernetes Pods: who has which block, and the routes to it.",
    version=lambda: version("podroute"),
    help_epilogue=(
        "Settings: flag, then environment (PODROUTE_CLUSTER_CIDR …), then --config FILE. "
        "Exit status: 0 done, 1 differences or bad input, 2 usage, 3 not reached, 4 partly, 5 refused."
    ),
)
app.command("podroute.cli.table:table", name="table")
app.command("podroute.cli.plan:plan", name="plan")
app.command("podroute.cli.apply:apply", name="apply")
app.command("podroute.cli.lab:lab_app", name="lab")
app.command("podroute.cli.version:version", name="version")
app.command("podroute.cli.completion:completion", name="completion")


def run() -> None:
    """The entry point."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Runs one verb; every way to fail is one message and one exit status."""
    try:
        status = _call(arguments)
        sys.stdout.flush()
    except (Failure, ConfigError, CycloptsError) as error:
        _complain(error)
        status = error.status if isinstance(error, Failure) else Exit.USAGE
    except KeyboardInterrupt:
        status = Exit.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = Exit.OK
    return status


def _call(arguments: Sequence[str]) -> int:
    file, rest = _config_file(arguments)
    settings = read_settings(Path(file)) if file else {}
    app.config = (
        Env(PREFIX, command=False),
        Dict(settings, source=file or "", use_commands_as_keys=False, allow_unknown=True),
    )
    status = app(rest, exit_on_error=False, print_error=False, result_action="return_value")
    return status if isinstance(status, int) else Exit.OK


def _config_file(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """The value of ``--config``, which every verb has, and the other arguments."""
    file, rest = os.environ.get(f"{PREFIX}CONFIG", ""), list(arguments)
    ours = rest[: rest.index("--")] if "--" in rest else rest
    for place, word in enumerate(ours):
        if word == "--config":
            if place + 1 == len(ours):
                message = "--config needs a file"
                raise ConfigError(message)
            return rest[place + 1], rest[:place] + rest[place + 2 :]
        if word.startswith("--config="):
            return word.removeprefix("--config="), rest[:place] + rest[place + 1 :]
    return file, rest


def _complain(error: Exception) -> None:
    words = " ".join(str(error).split())
    sys.stderr.write(f"podroute: {escape(words)}\n")
