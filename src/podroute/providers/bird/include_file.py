"""What is in the file that BIRD includes, and what is to be written there? Pure.

It is read as strictly as it is written: a line that is not ours is somebody's, and nothing of
theirs is to be lost.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from podroute.model.cidr import Address, Cidr, parse_address, parse_cidr, sort_key
from podroute.model.route import Route
from podroute.providers.bird.settings import BirdOptions

HEADER: Final = (
    "# written by podroute, which reads it back: what is not its own here stops it\n"
    "# include this file in bird.conf\n"
)
_VERSIONS: Final = (4, 6)
_ROUTE: Final = re.compile(r"route (?P<cidr>\S+) (?:via (?P<hop>[0-9A-Fa-f.:]+)|blackhole);")
_CHANNEL: Final = re.compile(r"ipv[46] \{ table \w+; preference (?P<preference>[0-9]{1,5}); \};")
_BEGIN: Final = re.compile(r"protocol static (?P<name>\w+) \{")
_END: Final = "}"
# a change is followed by a look at the same texts
cidr_of: Final = lru_cache(1 << 15)(parse_cidr)
address_of: Final = lru_cache(1 << 15)(parse_address)


class Entry(NamedTuple):
    """A route of ours, as the file has it; without a next hop it drops what is sent there."""

    destination: Cidr
    next_hop: Address | None
    preference: int

    @property
    def line(self) -> str:
        """As BIRD reads it."""
        way = f"via {self.next_hop}" if self.next_hop else "blackhole"
        return f"route {self.destination} {way};"


Entries: TypeAlias = Mapping[Cidr, Entry]


def entry_for(route: Route, options: BirdOptions) -> Entry:
    """What ``route`` asks for."""
    return Entry(route.destination, route.next_hop, options.preference)


def text_of(entries: Entries, options: BirdOptions) -> str:
    """The whole file."""
    blocks = (_block(version, entries, options) for version in _VERSIONS)
    return HEADER + "".join(line for block in blocks for line in block)


def _block(version: int, entries: Entries, options: BirdOptions) -> Iterator[str]:
    table, preference = options.table_of(version), options.preference
    yield f"protocol static {options.protocol_of(version)} {{\n"
    yield f"    ipv{version} {{ table {table}; preference {preference}; }};\n"
    for destination in sorted(entries, key=sort_key):
        if destination.version == version:
            yield f"    {entries[destination].line}\n"
    yield f"{_END}\n"


def entries_in(text: str, options: BirdOptions) -> Entries:
    """The routes of the file; none where it is empty.

    Raises:
        ValueError: it has something that podroute does not write.
    """
    entries: dict[Cidr, Entry] = {}
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    rest = iter([(number, line) for number, line in lines if line and not line.startswith("#")])
    names = [options.protocol_of(version) for version in _VERSIONS]
    for number, line in rest:
        begin = _BEGIN.fullmatch(line)
        if begin is None or begin["name"] not in names:
            raise _foreign(number, line, options)
        names.remove(begin["name"])
        for entry in _entries_of_block(rest, begin["name"], options):
            if entry.destination in entries:
                raise _foreign(number, entry.line, options)
            entries[entry.destination] = entry
    return entries


def _entries_of_block(
    rest: Iterator[tuple[int, str]], name: str, options: BirdOptions
) -> Sequence[Entry]:
    """All lines to the end of the block."""
    entries: list[Entry] = []
    preference = 0
    for number, line in rest:
        if line == _END:
            return entries
        channel, found = _CHANNEL.fullmatch(line), _ROUTE.fullmatch(line)
        if channel and not preference:
            preference = int(channel["preference"])
        elif found and preference:
            entries.append(_entry(number, found, preference, options))
        else:
            raise _foreign(number, line, options)
    message = f"{options.file} ends within protocol {name}: write it anew or empty it"
    raise ValueError(message)


def _entry(number: int, found: re.Match[str], preference: int, options: BirdOptions) -> Entry:
    try:
        destination = cidr_of(found["cidr"])
        hop = address_of(found["hop"]) if found["hop"] else None
    except ValueError:
        raise _foreign(number, found.group(), options) from None
    return Entry(destination, hop, preference)


def _foreign(number: int, line: str, options: BirdOptions) -> ValueError:
    advice = "move it to another file: this one is podroute's alone"
    return ValueError(f"{options.file}:{number} has {line!r}, which is not podroute's: {advice}")
