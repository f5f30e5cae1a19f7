"""The podroute command: the one place where parts are wired together."""

import errno
import gc
import os
import signal
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final

from podroute.cli.failure import LEFT, Exit, Failure, innermost
from podroute.cli.settings import PREFIX, config_file, configure, is_detailed
from podroute.cli.streams import replace_closed
from podroute.cli.text import columns, warn

if TYPE_CHECKING:
    from cyclopts import App

VERBS: Final = {
    "table": ("podroute.cli.table:table", "Who has which block, and is the route really there?"),
    "plan": ("podroute.cli.plan:plan", "What would change at the router, and why."),
    "apply": ("podroute.cli.apply:apply", "Carry out a saved plan, or a fresh one after a yes."),
    "status": ("podroute.cli.status:status", "Is everything as it should be? The worst first."),
    "controller": ("podroute.cli.controller:controller", "Give podCIDRs, and keep the routes."),
    "web": ("podroute.cli.web:web", "The live page over cluster and router; it only looks."),
    "agent": ("podroute.cli.agent:agent", "Keep this worker's bridge, firewall and CNI in step."),
    "check": ("podroute.cli.checks:check_app", "What is wrong, why, and how it is mended."),
    "explain": ("podroute.cli.explain:explain", "The way of a Pod's packet, or a Node's routes."),
    "ipam": ("podroute.cli.ipam:ipam_app", "The Pods' addresses: used, free, who would get which."),
    "bgp": ("podroute.cli.bgp:bgp_app", "The BGP sessions to routers, and why one is down."),
    "on-router": ("podroute.cli.on_router:on_router", "On a router, for a podroute elsewhere."),
    "lab": ("podroute.cli.lab:lab_app", "The whole thing on one machine, no cluster, no cloud."),
    "version": ("podroute.cli.version:version", "The versions of podroute and what it runs on."),
    "completion": ("podroute.cli.completion:completion", "The completion script of a shell."),
}
OUTPUT_LOST: Final = frozenset({errno.ENOSPC, errno.EIO, errno.EBADF})
GARBAGE: Final = 20_000  # new objects before cycles are looked for: thousands come at once and stay
CONFIGURED: Final = (
    "table",
    "plan",
    "apply",
    "status",
    "web",
    "controller",
    "agent",
    "check",
    "explain",
    "ipam",
    "bgp",
)  # they take --config

WHAT: Final = "Plain Layer-3 networking for Kubernetes Pods: who has which block, and its routes."
SETTINGS: Final = "flag, environment (PODROUTE_CLUSTER_CIDR …), --config FILE, in this order."
STATUSES: Final = (
    "Exit status: 0 done, 1 differences or bad input, 2 usage or configuration, 3 not reached, "
    "4 partly applied, 5 refused."
)
HELP: Final = frozenset({"--help", "-h"})


def command_line() -> "App":
    """The verbs with their flags."""
    from cyclopts import App  # noqa: PLC0415 -- it costs more than all that --help needs

    app = App(
        name="podroute",
        help=WHAT,
        version_flags=(),
        suppress_keyboard_interrupt=False,
        help_format="plaintext",
    )
    for verb, (place, what) in VERBS.items():
        app.command(place, name=verb, help=what)
    return app


def run() -> None:
    """The entry point."""
    gc.set_threshold(GARBAGE)
    replace_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what the locale cannot write
    if sys.argv[1:2] == ["controller"]:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until it can read its configuration again
    heeded = callable(signal.getsignal(signal.SIGINT))  # not in the background of a shell
    try:
        status = main(sys.argv[1:])
    except KeyboardInterrupt:  # another one, while the first was told
        status = Exit.INTERRUPTED
    if heeded:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # all is told: it ends what is left
    sys.exit(status)


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
        return Exit.DIFFERENT if is_detailed(arguments) else failure.status
    except KeyboardInterrupt:
        changing = arguments[:1] == ["apply"]
        warn(LEFT if changing else "interrupted")
        return Exit.INTERRUPTED
    except Exception as error:
        full = isinstance(error, OSError) and error.errno in OUTPUT_LOST
        if full or isinstance(error, BrokenPipeError) or os.environ.get(f"{PREFIX}DEBUG"):
            raise
        cause = innermost(error)
        fault = f"{type(cause).__name__}: {cause}"
        warn(f"a fault in podroute: {fault}; PODROUTE_DEBUG=1 shows where, please report it")
        return Exit.DIFFERENT


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
        case ["agent", *rest] if not HELP.intersection(rest):
            from podroute.cli.agent_apart import run_apart  # noqa: PLC0415 -- as a verb's own

            return run_apart(arguments)
        case _:
            return _call_verb(arguments)


def _overview() -> Iterator[str]:
    yield WHAT
    yield ""
    yield from ("Usage: podroute COMMAND", "")
    yield from columns([[f"  {verb}", what] for verb, (_, what) in VERBS.items()])
    yield ""
    yield from ("podroute COMMAND --help tells more of each.", "")
    yield f"Settings of {', '.join(CONFIGURED)}: {SETTINGS}"
    yield from ("", STATUSES)


def _call_verb(arguments: Sequence[str]) -> int:
    with _usage_explained(arguments[0]):
        app, rest = _configured(arguments)
        status = app(rest, exit_on_error=False, print_error=False, result_action="return_value")
    return status if isinstance(status, int) else Exit.OK


def bound_arguments(arguments: Sequence[str]) -> Mapping[str, object]:
    """What a verb would get now; defaults are left out.

    Raises:
        Failure: a flag, the environment or the configuration file is bad.
    """
    with _usage_explained(arguments[0]):
        app, rest = _configured(arguments)
        _, bound, _ = app.parse_args(rest, exit_on_error=False, print_error=False)
    return bound.arguments


def _configured(arguments: Sequence[str]) -> "tuple[App, Sequence[str]]":
    app, rest = command_line(), arguments
    if arguments[0] in CONFIGURED:
        file, rest = config_file(arguments)
        configure(app, file)
    if HELP.intersection(rest):
        from podroute.cli.help_pages import dress  # noqa: PLC0415 -- few look at it

        dress(app, _epilogue(arguments[0]))
    return app, rest


def _epilogue(verb: str) -> str:
    """Only what holds for this verb."""
    if verb in CONFIGURED:
        return f"Settings of this command: {SETTINGS}\n\n{STATUSES}"
    return STATUSES if verb == "lab" else ""


@contextmanager
def _usage_explained(verb: str) -> Generator[None]:
    from cyclopts import CycloptsError  # noqa: PLC0415 -- as above

    try:
        yield
    except CycloptsError as error:
        words = str(error).strip().removesuffix(".")
        known = f" {verb}" if verb in VERBS else ""
        raise Failure(Exit.USAGE, f"{words}; see: podroute{known} --help") from None
