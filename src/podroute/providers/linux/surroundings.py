"""Reads what is around this machine's routing tables."""

from collections.abc import Mapping

from podroute.host.netlink import Netlink, NetlinkFailed
from podroute.host.rtnetlink import list_links, list_neighbours
from podroute.host.rtnetlink_lists import parse_link, parse_neighbour
from podroute.model.cidr import Address
from podroute.providers.interface import ProviderUnreachable


def read_silent(netlink: Netlink) -> Mapping[Address, str]:
    """Who was looked for and does not answer, and on which link.

    Raises:
        ProviderUnreachable: the kernel did not answer in full.
    """
    try:
        names = {one.number: one.name for one in map(parse_link, netlink.read(list_links()))}
        found = map(parse_neighbour, netlink.read(list_neighbours()))
    except NetlinkFailed as error:
        message = f"the kernel's neighbours cannot be read: {error}"
        raise ProviderUnreachable(message) from error
    return {one.address: names.get(one.device, "") for one in found if one and one.silent}
