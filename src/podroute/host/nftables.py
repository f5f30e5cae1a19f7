"""How is nftables read and changed? By nft and its JSON, one transaction at a time."""

import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from podroute.bridge.checks import dropping
from podroute.bridge.desired import OURS
from podroute.bridge.seen import Chain, Firewall, Rule
from podroute.host.nft_accepted import accepted_in
from podroute.host.nft_generation import read_generation
from podroute.host.nft_rules import FirstSeen

_LONGEST: Final = 30  # seconds
_NOT_PERMITTED: Final = "not permitted"
_LEGACY: Final = ("ip_tables_names", "ip6_tables_names")
_ADMINISTRATORS: Final = "/usr/sbin:/sbin:/usr/local/sbin"


class NftablesFailed(Exception):  # noqa: N818 -- named for the event, as in the field
    """The firewall could not be read or changed; the text says why and what to do."""


class _Chain(msgspec.Struct):
    family: str
    table: str
    name: str
    type: str = ""
    hook: str = ""
    prio: int = 0
    policy: str = "accept"


class _Rule(msgspec.Struct):
    family: str
    table: str
    chain: str
    comment: str = ""
    expr: msgspec.Raw = msgspec.Raw(b"")


class _Object(msgspec.Struct):
    chain: _Chain | None = None
    rule: _Rule | None = None


class _Listing(msgspec.Struct):
    nftables: list[_Object]


class Nftables:
    """What is in them, of one network namespace; read again when something has changed."""

    def __init__(self) -> None:
        self._known: tuple[int, Firewall] | None = None
        self._seen = FirstSeen()

    def read(self) -> Firewall:
        """Every base chain, and the rules of our own tables.

        Raises:
            NftablesFailed: nft is not there, or the kernel or its rights say no.
        """
        generation = read_generation()  # first: what changes meanwhile is read once more
        if generation is None or self._known is None or self._known[0] != generation:
            firewall = _read(self._seen)
            self._known = None if generation is None else (generation, firewall)
        else:
            firewall = self._known[1]
        return replace(firewall, legacy_tables=tuple(_legacy_tables()))

    def change(self, commands: str) -> None:
        """Carries out JSON ``commands``: all of them, or none.

        Raises:
            NftablesFailed: as above.
        """
        before = read_generation()
        _run(["-j", "-f", "-"], commands)
        self._seen.forget()
        with suppress(NftablesFailed):  # it is done; the next look says what is wrong
            self._learn(before)

    def _learn(self, before: int | None) -> None:
        """What was written is listed as it is only where nothing but that has changed since."""
        listed = FirstSeen()
        firewall = _read(listed)
        generation = read_generation()
        if generation is not None and generation - 1 == before:
            self._seen.learn(listed)
            self._known = generation, firewall


def _read(seen: FirstSeen) -> Firewall:
    listed = _list("list chains")
    chains = tuple(
        Chain(one.family, one.table, one.name, one.type, one.hook, one.prio, one.policy)
        for one in (entry.chain for entry in listed)
        if one is not None and one.hook
    )
    families = sorted({chain.family for chain in chains if chain.table == OURS})
    rules = tuple(
        Rule(one.family, one.chain, _comment(one, seen))
        for family in families
        for one in (entry.rule for entry in _list(f"list table {family} {OURS}"))
        if one is not None
    )
    accepted = tuple(
        one for chain in dropping(chains) for one in accepted_in(chain, _rules_beside(chain))
    )
    return Firewall(chains, rules, dormant=_dormant(families), accepted=accepted)


def _rules_beside(chain: Chain) -> Sequence[tuple[str, bytes]]:
    """All of the table of ``chain``, by the names of their chains; none where nft cannot say."""
    with suppress(NftablesFailed):
        listed = (entry.rule for entry in _list(f"list table {chain.family} {chain.table}"))
        return [(one.chain, bytes(one.expr)) for one in listed if one is not None]
    return ()


def _comment(rule: _Rule, seen: FirstSeen) -> str:
    return seen.comment(rule.family, rule.chain, rule.comment, bytes(rule.expr))


def _dormant(families: Sequence[str]) -> frozenset[str]:
    """Those of ``families`` whose table of ours has the flag; nft's JSON leaves it out (1.0)."""
    texts = (_run(["list", "table", family, OURS], "") for family in families)
    return frozenset(one for text in texts for one in dormant_in(text))


def dormant_in(text: str) -> frozenset[str]:
    """The families of the tables in a listing of nft's that are switched off."""
    found: set[str] = set()
    family = ""
    for line in text.splitlines():
        if line.startswith("table "):
            family = line.split()[1]
        elif line.startswith("\tflags ") and "dormant" in line:  # those of sets are further in
            found.add(family)
    return frozenset(found)


def _list(command: str) -> Sequence[_Object]:
    text = _run(["-j", command], "")
    try:
        return msgspec.json.decode(text, type=_Listing).nftables if text.strip() else ()
    except msgspec.DecodeError as error:
        message = f"nft -j {command}: its answer cannot be read ({error}): install nftables 1.0"
        raise NftablesFailed(message) from error


def _run(arguments: Sequence[str], given: str) -> str:
    nft = shutil.which("nft") or shutil.which("nft", path=_ADMINISTRATORS)
    if nft is None:
        message = "nft is not there: install nftables"
        raise NftablesFailed(message)
    try:
        done = subprocess.run(  # noqa: S603 -- an argument list
            [nft, *arguments],
            input=given,
            capture_output=True,
            encoding="utf-8",
            errors="replace",  # a comment may be anything
            check=False,
            timeout=_LONGEST,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"nft: {error}"
        raise NftablesFailed(message) from error
    if done.returncode:
        raise NftablesFailed(_say(done.stderr, done.returncode))
    return done.stdout


def _say(words: str, status: int) -> str:
    each = dict.fromkeys(" ".join(line.split()) for line in words.splitlines())
    said = " ".join(filter(None, each)) or f"status {status}"
    right = ": run it as root, or with CAP_NET_ADMIN" if _NOT_PERMITTED in said else ""
    return f"nft: {said}{right}"


def _legacy_tables() -> Sequence[str]:
    """Those of iptables-legacy that are in use in this network namespace."""
    found: dict[str, None] = {}
    for name in _LEGACY:
        try:
            text = Path("/proc/thread-self/net", name).read_text(encoding="ascii")
        except OSError:
            continue  # the kernel has no iptables-legacy
        found |= dict.fromkeys(text.split())
    return tuple(found)
