"""What does a person type for a change? Pure."""

import shlex
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import TypeAlias

from podroute.providers.aws.changes import Call, Work
from podroute.providers.aws.marks import Mark, marks_in, with_marks
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.aws.translate import Seen
from podroute.providers.typed import impossible, typed
from podroute.routing.outcome import Outcome

Tags: TypeAlias = MutableMapping[str, Mapping[str, str]]  # of each table
_IPV4 = 4


def tags_of(seen: Seen) -> Tags:
    """As they are when nothing has been typed yet."""
    return {table.route_table_id: table.tag_values for table in seen.tables}


def line(prepared: Work | Outcome, tags: Tags, options: AwsOptions) -> str:
    """One line: it ends with a failure as soon as a part of it fails.

    ``tags`` follow what is typed: lines are for the order in which they were made.
    """

    def words(work: Work) -> str:
        try:
            return " && ".join(_parts(work, tags, options)) or "true"
        except ValueError as error:
            tables = ", ".join(dict.fromkeys(table for table, _ in work.added))
            return impossible(f"{tables}: {error}")

    return typed(prepared, words)


def _parts(work: Work, tags: Tags, options: AwsOptions) -> Iterator[str]:
    for table, marks in _by_table(work.added).items():
        present = marks_in(tags[table], options.cluster)  # of what was typed before, too
        written = with_marks(tags[table], options.cluster, marks, used=present)
        yield from _tagged(table, written, tags, options)
    if work.unchecked:
        words = ("--network-interface-id", work.unchecked, "--no-source-dest-check")
        yield aws_command(options, "modify-network-interface-attribute", *words)
    yield from (aws_command(options, f"{call.verb}-route", *_words(call)) for call in work.calls)
    for table, marks in _by_table(work.dropped).items():
        without = with_marks(tags[table], options.cluster, (), marks)
        yield from _tagged(table, without, tags, options)


def _by_table(marks: Sequence[tuple[str, Mark]]) -> Mapping[str, Sequence[Mark]]:
    found: dict[str, list[Mark]] = {}
    for table, mark in marks:
        found.setdefault(table, []).append(mark)
    return found


def _tagged(
    table: str, written: Mapping[str, str], tags: Tags, options: AwsOptions
) -> Iterator[str]:
    if written:
        tags[table] = {**tags[table], **written}
        pairs = (f"Key={key},Value={value}" for key, value in written.items())
        yield aws_command(options, "create-tags", "--resources", table, "--tags", *pairs)


def _words(call: Call) -> Iterator[str]:
    yield from ("--route-table-id", call.table)
    version = "" if call.destination.version == _IPV4 else "ipv6-"
    yield from (f"--destination-{version}cidr-block", str(call.destination))
    if call.interface is None:
        return
    if call.interface.alone:
        yield from ("--instance-id", call.interface.instance)
    else:
        yield from ("--network-interface-id", call.interface.id)


def aws_command(options: AwsOptions, command: str, *words: str) -> str:
    """For the account, region and endpoint that podroute itself speaks to."""
    chosen: list[str] = []
    if options.profile:
        chosen += ["--profile", options.profile]
    if options.region:
        chosen += ["--region", options.region]
    if options.endpoint:
        chosen += ["--endpoint-url", options.endpoint]
    return shlex.join(("aws", *chosen, "ec2", command, *words))
