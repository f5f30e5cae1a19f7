"""One fact, one line, whatever is in it."""

import json
from io import StringIO

import pytest

from podroute.observe.logs import LONGEST, LogFormat, make_logger


def logged(how: LogFormat, **facts: object) -> str:
    stream = StringIO()
    make_logger(how, stream=stream).info("assigned", **facts)
    return stream.getvalue()


def test_text_is_one_line_with_the_facts_behind_the_event() -> None:
    line = logged("text", node="worker-0", blocks=2)

    assert line.endswith("Z level=info event=assigned node=worker-0 blocks=2\n")
    assert line.startswith("time=20")


def test_json_is_one_object() -> None:
    fact = json.loads(logged("json", node="worker-0", blocks=2))

    assert (fact["event"], fact["level"], fact["node"], fact["blocks"]) == (
        "assigned",
        "info",
        "worker-0",
        2,
    )


@pytest.mark.parametrize("how", ["text", "json"])
def test_what_nodes_write_stays_on_its_line(how: LogFormat) -> None:
    line = logged(how, reason="\x1b[31m\r\nlevel=error event=forged\u2028", other="x" * 10_000)

    assert line.count("\n") == 1
    assert len(line) < LONGEST + 300
    assert line[:-1].isprintable()


def test_debug_lines_are_for_those_who_ask() -> None:
    quiet, told = StringIO(), StringIO()

    make_logger(stream=quiet).debug("seen")
    make_logger(debug=True, stream=told).debug("seen")

    assert quiet.getvalue() == ""
    assert "event=seen" in told.getvalue()


def test_an_exception_has_its_trace_on_the_same_line() -> None:
    stream = StringIO()
    try:
        int("x")
    except ValueError:
        make_logger(stream=stream).exception("fault")

    assert "ValueError" in stream.getvalue()
    assert stream.getvalue().count("\n") == 1
