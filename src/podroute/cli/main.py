"""The podroute command: the one place where parts are wired together."""

import errno
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from podroute.cli.failure import Exit, Failure
from podroute.cli.text import columns, warn

if TYPE_CHECKING:
    from cyclopts import App

PREFIX: Final = "PODROUTE_"

VERBS: Final = {
    "table": ("podroute.cli.table:table", "Who has which block, and is the route really there?"),
    "plan": ("podroute.cli.plan:plan", "What would change at the router, and why."),
    "apply": ("podroute.cli.apply:apply", "Carry out a saved plan, or a fresh one after a yes."),
    "lab": ("podroute.cli.lab:lab_app", "The whole thing on one machine, no cluster, no cloud."),
    "version": ("podroute.cli.version:version", "The versions of podroute and what it runs on."),
    "completion": ("podroute.cli.completion:completion", "The completion script of a shell."),
}
CONFIGURED: Final = frozenset({"table", "plan", "apply"})  # the verbs that take --config

WHAT: Final = "Plain Layer-3 networking for Kubernetes Pods: who has which block, and its routes."
EPILOGUE: Final = (
    "Settings of table, plan and apply: flag, environment (PODROUTE_CLUSTER_CIDR …), --config FILE."
    "\n\nExit status: 0 done, 1 differences or bad input, 2 usage or configuration, 3 not reached, "
    "4 partly applied, 5 refused."
)


def command_line() -> "App":
    """The verbs with their flags."""
    from cyclopts import App  # noqa: PLC0415 -- it costs more than all that --help needs

    app = App(
        name="podroute",
        help=WHAT,
        version_flags=(),
        suppress_keyboard_interrupt=False,
        help_format="plaintext",
        help_epilogue=EPILOGUE,
    )
    for verb, (place, what) in VERBS.items():
        app.command(place, name=verb, help=what)
    return app


def run() -> None:
    """The entry point."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what the locale cannot write
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    sys.exit(main(sys.argv[1:]))


def _interrupt(number: int, frame: object) -> NoReturn:  # noqa: ARG001 -- as signal calls it
    """Ends a blocking read at once: asyncio's own handler would wait for its end."""
    raise KeyboardInterrupt


def main(arguments: Sequence[str]) -> int:
    """Runs one verb; every way to fail is one message and one exit status."""
    try:
        status = _status(list(arguments))
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        _discard_output()
        return Exit.CUT_OFF
    except OSError as error:
        _discard_output()
        warn(f"the output cannot be written: {error.strerror}")
        return Exit.DIFFERENT
    return status


def _status(arguments: Sequence[str]) -> int:
    try:
        return _call(arguments)
    except Failure as failure:
        warn(" ".join(str(failure).split()))
        return Exit.DIFFERENT if _is_detailed(arguments) else failure.status
    except KeyboardInterrupt:
        warn("interrupted; podroute plan shows what is left to do")
        return Exit.INTERRUPTED
    except Exception as error:
        full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EIO}
        if full or isinstance(error, BrokenPipeError) or os.environ.get(f"{PREFIX}DEBUG"):
            raise
        fault = f"{type(error).__name__}: {error}"
        warn(f"a fault in podroute: {fault}; PODROUTE_DEBUG=1 shows where, please report it")
        return Exit.DIFFERENT


def _is_detailed(arguments: Sequence[str]) -> bool:
    """Whether 2 means that there are changes, and so every error is 1."""
    flag = "--detailed-exitcode"
    return arguments[:1] == ["plan"] and (
        flag in arguments or f"{PREFIX}DETAILED_EXITCODE" in os.environ
    )


def _discard_output() -> None:
    """So that the interpreter has nothing to complain about at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def _call(arguments: Sequence[str]) -> int:
    match arguments:
        case [] | ["--help" | "-h" | "help"]:
            sys.stdout.writelines(f"{line}\n" for line in _overview())
            return Exit.OK
        case ["--version"]:
            from importlib.metadata import version  # noqa: PLC0415 -- reads files

            sys.stdout.write(f"{version('podroute')}\n")
            return Exit.OK
        case _:
            return _call_verb(arguments)


def _overview() -> Iterator[str]:
    yield WHAT
    yield ""
    yield from ("Usage: podroute COMMAND", "")
    yield from columns([[f"  {verb}", what] for verb, (_, what) in VERBS.items()])
    yield ""
    yield from ("podroute COMMAND --help tells more of each.", "")
    yield from EPILOGUE.splitlines()


def _call_verb(arguments: Sequence[str]) -> int:
    from cyclopts import CycloptsError  # noqa: PLC0415 -- as above
    from cyclopts.config import Dict, Env  # noqa: PLC0415 -- as above

    verb = arguments[0]
    file, rest = _config_file(arguments) if verb in CONFIGURED else ("", arguments)
    app = command_line()
    app.config = (
        Env(PREFIX, command=False),
        Dict(_settings(file), source=file, use_commands_as_keys=False, allow_unknown=True),
    )
    try:
        status = app(rest, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        words = str(error).strip().removesuffix(".")
        known = f" {verb}" if verb in VERBS else ""
        raise Failure(Exit.USAGE, f"{words}; see: podroute{known} --help") from None
    return status if isinstance(status, int) else Exit.OK


def _settings(file: str) -> dict[str, object]:
    if not file:
        return {}
    from podroute.config.file import ConfigError, read_settings  # noqa: PLC0415 -- few have one

    try:
        return read_settings(Path(file))
    except ConfigError as error:
        raise Failure(Exit.USAGE, str(error)) from None


def _config_file(arguments: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The value of ``--config`` or PODROUTE_CONFIG, and the other arguments."""
    rest = list(arguments)
    for place, word in enumerate(rest):
        if word == "--":
            break
        if word == "--config":
            if place + 1 == len(rest):
                raise Failure(Exit.USAGE, "--config needs a file")
            return rest[place + 1], rest[:place] + rest[place + 2 :]
        if word.startswith("--config="):
            return word.removeprefix("--config="), rest[:place] + rest[place + 1 :]
    return os.environ.get(f"{PREFIX}CONFIG", ""), rest
