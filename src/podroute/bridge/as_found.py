"""Which kernel settings go back to what they were before the agent? Pure.

One goes back only as long as it has the value that the agent gave it last: what somebody has
changed meanwhile is theirs. A switch for all links takes those of the links along.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from podroute.bridge.seen import Host
from podroute.bridge.steps import SetSysctl, sysctl_name
from podroute.bridge.sysctls import FORWARD

_SWITCHES: Final = (*FORWARD.values(), "ipv4/conf/all/forwarding")  # the last is ip_forward too
_REDIRECTS: Final = {"ipv4": "ipv4/conf/all/accept_redirects", "ipv6": ""}  # by IPv4's alone
_AS_FOUND: Final = "as it was found"
_THEIRS: Final = "as somebody has set it since"


@dataclass(frozen=True, slots=True)
class SettingsRecord:
    """Settings as they were ``found``, and the value that the agent has ``given`` last to some."""

    found: Mapping[str, str] = field(default_factory=dict[str, str])
    given: Mapping[str, str] = field(default_factory=dict[str, str])

    def without(self, links: Sequence[str]) -> "SettingsRecord":
        """Of all but these links, which go and take their settings along."""
        names = {f"/{name}/" for name in links}
        found = {k: text for k, text in self.found.items() if not any(one in k for one in names)}
        return SettingsRecord(found, self.given)

    def holds(self, key: str, host: Host) -> bool:
        """Whether the agent has set it, and nobody since."""
        now = host.sysctls.get(key)
        return key in self.found and now is not None and self.given.get(key) == now


def as_found(host: Host, record: SettingsRecord) -> Iterator[SetSysctl]:
    """The switches for all links first."""
    held = [key for key in FORWARD.values() if record.holds(key, host)]
    for key in held:
        if host.sysctls[key] != record.found[key]:
            yield SetSysctl(key, record.found[key], _AS_FOUND)
    for key, value in sorted(record.found.items()):
        if key in _SWITCHES or key not in host.sysctls:
            continue
        switch = next((one for one in held if _follows(key, one)), None)
        if switch is not None:
            yield from _follower(host, record, switch, key)
        elif record.holds(key, host) and host.sysctls[key] != value:
            yield SetSysctl(key, value, _AS_FOUND)


def changed_since(host: Host, record: SettingsRecord) -> Iterator[str]:
    """In words, what the agent has set that somebody has changed since: it is left."""
    for key, value in sorted(record.given.items()):
        found, now = record.found.get(key), host.sysctls.get(key)
        if found is not None and now is not None and now not in {value, found}:
            name = sysctl_name(key)
            yield f"sysctl {name} = {now}: somebody has changed it since; it was {found} before"


def _follows(key: str, switch: str) -> bool:
    family = switch.partition("/")[0]
    return key == _REDIRECTS[family] or (
        key.startswith(f"{family}/conf/") and key.endswith("/forwarding")
    )


def _follower(host: Host, record: SettingsRecord, switch: str, key: str) -> Iterator[SetSysctl]:
    """It has what the switch has made of it, or keeps what somebody has set since."""
    on, now = host.sysctls[switch] != "0", host.sysctls[key]
    made = on if key.endswith("/forwarding") else not on
    theirs = now != str(int(made))
    wished = now if theirs else record.found[key]
    if host.sysctls[switch] != record.found[switch] or now != wished:
        yield SetSysctl(key, wished, _THEIRS if theirs else _AS_FOUND)
