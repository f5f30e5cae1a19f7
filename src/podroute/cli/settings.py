"""Where a verb's settings come from: its flags, the environment, the file that --config names."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from podroute.cli.failure import Exit, Failure

if TYPE_CHECKING:
    from cyclopts import App, ArgumentCollection

PREFIX: Final = "PODROUTE_"
TRUE: Final = frozenset({"1", "true", "yes", "on"})
FALSE: Final = frozenset({"0", "false", "no", "off"})
FILE: Final = "--filename"
OF_A_CLUSTER: Final = ("--kubeconfig", "--context")


def configure(app: "App", file: str) -> None:
    """Lets the environment, and ``file`` unless it is "", say what no flag says."""
    from cyclopts.config import Dict, Env  # noqa: PLC0415 -- costs more than all that --help needs

    app.config = (
        Env(PREFIX, command=False),
        _read_switches,
        Dict(_settings(file), source=file, use_commands_as_keys=False, allow_unknown=True),
        _refuse_two_sources,
    )


def _refuse_two_sources(
    app: "App",  # noqa: ARG001 -- as cyclopts calls it
    commands: tuple[str, ...],  # noqa: ARG001 -- as above
    arguments: "ArgumentCollection",
) -> None:
    """Nodes in a file belong to no context: a flag that is not heeded would mislead."""
    given = {one.name: {token.source for token in one.tokens} for one in arguments}
    idle = [name for name in OF_A_CLUSTER if "cli" in given.get(name, ())]
    if idle and given.get(FILE):
        words = f"{FILE} reads Nodes from a file, {' and '.join(idle)} from a cluster"
        raise Failure(Exit.USAGE, f"{words}: leave out one of them")


def _read_switches(
    app: "App",  # noqa: ARG001 -- as cyclopts calls it
    commands: tuple[str, ...],  # noqa: ARG001 -- as above
    arguments: "ArgumentCollection",
) -> None:
    """Also the words that cyclopts does not know."""
    from cyclopts import Token  # noqa: PLC0415 -- as above

    for argument in arguments:
        for place, token in enumerate(argument.tokens):
            if argument.hint is bool and token.source == "env":
                value = str(_switch(token.keyword or "", token.value))
                argument.tokens[place] = Token(
                    keyword=token.keyword, value=value, source=token.source
                )


def _switch(name: str, text: str) -> bool:
    if text.lower() not in TRUE | FALSE:
        words = "use 1, true, yes or on, or 0, false, no or off"
        raise Failure(Exit.USAGE, f"{name}={text!r} is neither true nor false: {words}")
    return text.lower() in TRUE


def is_detailed(arguments: Sequence[str]) -> bool:
    """Whether 2 means that there are changes, and so every error is 1."""
    if arguments[:1] != ["plan"]:
        return False
    flag = "--detailed-exitcode"
    given = [word for word in arguments if word.partition("=")[0] == flag]
    if given:
        return given[-1] == flag or given[-1].partition("=")[2].lower() in TRUE
    return os.environ.get(f"{PREFIX}DETAILED_EXITCODE", "").lower() in TRUE


def _settings(file: str) -> dict[str, object]:
    if not file:
        return {}
    from podroute.config.file import ConfigError, read_settings  # noqa: PLC0415 -- few have one

    try:
        return read_settings(Path(file))
    except ConfigError as error:
        raise Failure(Exit.USAGE, str(error)) from None


def config_file(arguments: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The value of ``--config`` or PODROUTE_CONFIG, "" without them, and the other arguments."""
    rest = list(arguments)
    for place, word in enumerate(rest):
        if word == "--":
            break
        flag, equals, file = word.partition("=")
        if flag != "--config":
            continue
        last = place + (1 if equals else 2)
        file = file if equals else "".join(rest[place + 1 : last])
        if not file:
            raise Failure(Exit.USAGE, "--config needs a file")
        return file, rest[:place] + rest[last:]
    return os.environ.get(f"{PREFIX}CONFIG", ""), rest
