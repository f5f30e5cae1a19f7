"""How the help of a verb looks: whole flags in the first column, defaults as they are written."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from cyclopts import App, Parameter
from cyclopts.help import DefaultFormatter, HelpEntry
from cyclopts.help.specs import ColumnSpec, NameRenderer, get_default_parameter_columns

from podroute.config.durations import format_duration

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions

Default: TypeAlias = "timedelta | tuple[str, ...] | str | bool | float | None"


def dress(app: App, epilogue: str) -> None:
    """For every page of ``app``; ``epilogue`` is below each, "" for none."""
    app.help_formatter = DefaultFormatter(column_specs=_columns)
    app.default_parameter = Parameter(show_default=shown)
    app.help_epilogue = epilogue or None


def shown(default: Default) -> str | None:
    """As it would be given; None where it says nothing."""
    match default:
        case timedelta():
            return format_duration(default)
        case tuple():
            return ",".join(default) or None
        case bool():
            return "true" if default else None
        case None | "":
            return None
        case _:
            return f"{default:g}" if isinstance(default, float) else str(default)


def _columns(
    console: "Console", options: "ConsoleOptions", entries: list[HelpEntry]
) -> tuple[ColumnSpec, ...]:
    """As usual, but the first column is as wide as the longest flag, which is never broken."""
    usual = get_default_parameter_columns(console, options, entries)
    names: Sequence[str] = list(chain.from_iterable(entry.display_labels for entry in entries))
    return tuple(_wide_enough(column, names) for column in usual)


def _wide_enough(column: ColumnSpec, names: Sequence[str]) -> ColumnSpec:
    if not isinstance(column.renderer, NameRenderer):
        return column
    width = max(column.max_width or 0, *map(len, names), 2)
    return column.copy(renderer=NameRenderer(max_width=width), max_width=width)
