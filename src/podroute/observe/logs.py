"""Structured logs on standard error: one line for each fact, machine-readable or for people."""

import logging
import sys
from collections.abc import MutableMapping
from types import ModuleType
from typing import Any, Final, Literal, TextIO, TypeAlias, cast

from podroute.observe.escape import escaped

_loaded = cast("dict[str, ModuleType | None]", sys.modules)
_LACKED: Final = _loaded.setdefault("rich", None) is None
# structlog would load rich, 4 MB, to colour tracebacks that nobody asks it for
import structlog  # noqa: E402 -- see above
from structlog.typing import FilteringBoundLogger  # noqa: E402 -- as above

if _LACKED:
    del _loaded["rich"]

LogFormat: TypeAlias = Literal["text", "json"]
Logger: TypeAlias = FilteringBoundLogger

LONGEST: Final = 2000  # characters of one value: Nodes write what they like


def make_logger(
    how: LogFormat = "text", *, debug: bool = False, stream: TextIO | None = None
) -> Logger:
    """Writes ``time level event key=value …``, or one JSON object, to ``stream``."""
    order = ["time", "level", "event"]
    render = (
        structlog.processors.JSONRenderer()
        if how == "json"
        else structlog.processors.LogfmtRenderer(key_order=order, bool_as_flag=False)
    )
    logger: Logger = structlog.wrap_logger(
        structlog.WriteLogger(stream or sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.format_exc_info,
            _printable,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.DEBUG if debug else logging.INFO
        ),
    )
    return logger


def _printable(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """No control characters, no line without end."""
    for key, value in event.items():
        if not isinstance(value, bool | int | float):
            event[key] = escaped(str(value), LONGEST)
    return event
