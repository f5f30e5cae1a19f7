"""The podroute command: the one place where parts are wired together."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cyclopts import App, CycloptsError
from cyclopts.config import Dict, Env

from podroute.cli.failure import Exit, Failure
from podroute.cli.text import escape

PREFIX: Final = "PODROUTE_"

VERBS: Final = {
    "table": ("podroute.cli.table:table", "Who has which block, and is the route really there?"),
    "plan": ("podroute.cli.plan:plan", "What would change at the router, and why."),
    "apply": ("podroute.cli.apply:apply", "Carry out a saved plan, or a fresh one after a yes."),
    "lab": ("podroute.cli.lab:lab_app", "The whole thing on one machine, no cluster, no cloud."),
    "version": ("podroute.cli.version:version", "The versions of podroute and what it runs on."),
    "completion": ("podroute.cli.completion:completion", "The completion script of a shell."),
}


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415 -- reads files: only when asked for

    return version("podroute")


app = App(
    name="podroute",
    help="Plain Layer-3 networking for Kubernetes Pods: who has which block, and the routes to it.",
    version=_version,
    help_format="plaintext",
    help_epilogue=(
        "Settings: flag, environment (PODROUTE_CLUSTER_CIDR …), then --config FILE, which "
        "every verb takes. Exit status: 0 done, 1 differences or bad input, 2 usage, 3 not reached, "
        "4 partly applied, 5 refused."
    ),
)
for _verb, (_place, _what) in VERBS.items():
    app.command(_place, name=_verb, help=_what)


def run() -> None:
    """The entry point."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Runs one verb; every way to fail is one message and one exit status."""
    try:
        status = _call(arguments)
        sys.stdout.flush()
    except (Failure, CycloptsError) as error:
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
    settings = _settings(file) if file else {}
    app.config = (
        Env(PREFIX, command=False),
        Dict(settings, source=file or "", use_commands_as_keys=False, allow_unknown=True),
    )
    status = app(rest, exit_on_error=False, print_error=False, result_action="return_value")
    return status if isinstance(status, int) else Exit.OK


def _settings(file: str) -> dict[str, object]:
    from podroute.config.file import ConfigError, read_settings  # noqa: PLC0415 -- few have one

    try:
        return read_settings(Path(file))
    except ConfigError as error:
        raise Failure(Exit.USAGE, str(error)) from None


def _config_file(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """The value of ``--config``, which every verb has, and the other arguments."""
    file, rest = os.environ.get(f"{PREFIX}CONFIG", ""), list(arguments)
    ours = rest[: rest.index("--")] if "--" in rest else rest
    for place, word in enumerate(ours):
        if word == "--config":
            if place + 1 == len(ours):
                raise Failure(Exit.USAGE, "--config needs a file")
            return rest[place + 1], rest[:place] + rest[place + 2 :]
        if word.startswith("--config="):
            return word.removeprefix("--config="), rest[:place] + rest[place + 1 :]
    return file, rest


def _complain(error: Exception) -> None:
    words = " ".join(str(error).split())
    sys.stderr.write(f"podroute: {escape(words)}\n")
