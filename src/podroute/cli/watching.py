"""podroute table -w: the table, then a line for whatever changes."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import msgspec

from podroute.cli.failure import Exit, Failure
from podroute.cli.following import followed
from podroute.cli.options import AddressPlan, NodeSource, Router
from podroute.cli.show import print_document
from podroute.cli.table_view import Columns, TableView
from podroute.cli.text import unreadable_words, warn
from podroute.observe import documents
from podroute.observe.board import Board, Delta, RouteRecord

GONE = "gone"


async def watch(
    view: TableView, source: NodeSource, addresses: AddressPlan, router: Router
) -> None:
    """Until it is interrupted, with ``--watch``; else once.

    Raises:
        Failure: a flag does not fit, or something is not reached.
    """
    _check(view)
    async with followed(source, addresses, router, view.controller) as seen:
        board = seen.board
        columns = Columns(wide=view.output == "wide", routers=bool(board.standing.routers))
        tell: Callable[[Sequence[RouteRecord]], None] = columns.print
        if view.output == "json":
            tell = _print_json
        revision = board.revision
        told = _warn(board, ())
        if not view.watch and view.output in {"json", "yaml"}:
            print_document(documents.route_table(board), view.output)
        elif view.output == "json":
            tell(board.rows())
        else:
            columns.print(board.rows(), headings=not view.no_headers)
        if view.watch:
            await _go_on(board, revision, tell, told)


def _check(view: TableView) -> None:
    if view.selector:
        raise Failure(Exit.USAGE, "--selector goes with a table that is made once, here")
    if view.output == "plain" or (view.watch and view.output == "yaml"):
        words = f"-o {view.output} goes with a table that is made once: give -o wide or json"
        raise Failure(Exit.USAGE, words)


def _warn(board: Board, told: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """Of Nodes that cannot be read, and were not ``told`` of: they may have no line."""
    unreadable = board.standing.unreadable
    if new := [one for one in unreadable if one not in told]:
        warn(unreadable_words(new))
    return unreadable


async def _go_on(
    board: Board,
    revision: int,
    tell: Callable[[Sequence[RouteRecord]], None],
    told: Sequence[tuple[str, str]],
) -> None:
    shown = {subject: tuple(records) for subject, records in board.lines().items()}
    while True:
        sys.stdout.flush()
        await board.wait(revision)
        told = _warn(board, told)
        changed = _changed(board, board.since(revision), shown)
        revision = board.revision
        if changed:
            tell(changed)


def _changed(
    board: Board, delta: Delta | None, shown: dict[str, tuple[RouteRecord, ...]]
) -> Sequence[RouteRecord]:
    """The lines that are new since they were shown, and those that are gone."""
    now = board.lines() if delta is None else delta.subjects
    subjects = shown.keys() | now.keys() if delta is None else now.keys()
    changed: list[RouteRecord] = []
    for subject in subjects:
        records = tuple(now.get(subject, ()))
        before = shown.pop(subject, ())
        changed += [one for one in records if one not in before]
        changed += [msgspec.structs.replace(one, reason=GONE) for one in _gone(before, records)]
        if records:
            shown[subject] = records
    return changed


def _gone(before: Sequence[RouteRecord], now: Sequence[RouteRecord]) -> Iterator[RouteRecord]:
    """Lines without a successor, where a router has fewer of the subject than before."""
    counts = Counter(one.router for one in now)
    fewer = Counter(one.router for one in before) - counts
    kept = {_whose(one) for one in now}
    return (one for one in before if fewer[one.router] and _whose(one) not in kept)


def _whose(one: RouteRecord) -> tuple[object, ...]:
    return one.router, one.node, one.state == "Foreign"


def _print_json(records: Sequence[RouteRecord]) -> None:
    """One line for each, as ``jq`` takes them."""
    sys.stdout.writelines(f"{msgspec.json.encode(one).decode()}\n" for one in records)
