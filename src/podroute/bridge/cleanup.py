"""Which steps take back what the agent has done, so that the machine is as it was found? Pure.

What is the agent's is told by the marks that it leaves: one agent runs in a network, whatever name
its bridge had.
"""

from collections.abc import Iterator, Sequence

from podroute.bridge.adoption import FoundLink, give_back, give_back_port, with_former_names
from podroute.bridge.as_found import SettingsRecord, as_found, changed_since
from podroute.bridge.cni_conflist import FILE, foreign_file
from podroute.bridge.desired import OURS, is_ours
from podroute.bridge.firewall import FAMILIES
from podroute.bridge.links import is_begun, port_mark
from podroute.bridge.seen import Host, Link
from podroute.bridge.steps import DeleteLink, DeleteTable, RemoveConflist, Step


def cleanup(
    host: Host, bridge: str, record: SettingsRecord, adopted: Sequence[FoundLink] = ()
) -> Iterator[Step]:
    """The runtime is told first; ``bridge`` is the name that a killed agent may not have marked.

    A bridge that was there before stays, with what is plugged into it, as it was ``adopted``.
    """
    if FILE in host.cni.files or FILE in host.cni.begun:
        yield RemoveConflist(FILE)
    for port in host.links:
        if port.alias.startswith(port_mark("")):
            yield give_back_port(port, adopted)
    gone = [link.name for link in host.links if _goes(host, link, bridge)]
    yield from map(DeleteLink, gone)
    for link in host.links:
        if is_ours(link) and link.name not in gone:
            yield from give_back(host, link, adopted)
    yield from as_found(with_former_names(host, adopted), record.without(gone))
    for family in FAMILIES:
        if _has_table(host, family):
            yield DeleteTable(family, "no longer watched")


def stays(host: Host, bridge: str, record: SettingsRecord) -> Iterator[str]:
    """What a cleanup leaves, in words: what somebody has changed, and what it cannot know of."""
    gone = [link.name for link in host.links if _goes(host, link, bridge)]
    yield from changed_since(host, record.without(gone))
    ours = any(map(is_ours, host.links)) or any(_has_table(host, one) for one in FAMILIES)
    if ours and not record.found:
        hint = "if the agent had another --state-dir, give that one"
        yield f"the kernel's settings: there is no note of what they were; {hint}"
    if ours and FILE not in {*host.cni.files, *host.cni.begun} and not foreign_file(host.cni):
        hint = "if the agent had another --cni-conf-dir, remove it there"
        yield f"{FILE}: it is not where it is looked for; {hint}"


def _goes(host: Host, link: Link, bridge: str) -> bool:
    ours = is_ours(link) and link.alias == OURS
    return ours or (link.name == bridge and is_begun(host, link))


def _has_table(host: Host, family: str) -> bool:
    chains = any((one.family, one.table) == (family, OURS) for one in host.firewall.chains)
    return chains or any(rule.family == family for rule in host.firewall.rules)
