"""Reads what is around this machine's routing tables."""

from collections.abc import Iterator, Mapping, Sequence
from errno import EINVAL, EXDEV
from typing import Final

from podroute.host.netlink import Netlink, NetlinkFailed
from podroute.host.rtnetlink import Refusal, list_links, list_neighbours, look_up
from podroute.host.rtnetlink_lists import parse_link, parse_neighbour, parse_route
from podroute.model.cidr import Address
from podroute.providers.interface import ProviderUnreachable, Question
from podroute.providers.symmetry import Answers, Found, Lookup, first_lookups, second_lookups

_REFUSALS: Final = frozenset((EXDEV, EINVAL))  # the latter in newer kernels


def read_silent(netlink: Netlink) -> Mapping[Address, str]:
    """Who was looked for and does not answer, and on which link.

    Raises:
        ProviderUnreachable: the kernel did not answer in full.
    """
    try:
        names = _names(netlink)
        found = map(parse_neighbour, netlink.read(list_neighbours()))
    except NetlinkFailed as error:
        message = f"the kernel's neighbours cannot be read: {error}"
        raise ProviderUnreachable(message) from error
    return {one.address: names.get(one.device, "") for one in found if one and one.silent}


def read_answers(netlink: Netlink, question: Question) -> Answers:
    """Which way packets from and to Pods take.

    Raises:
        ProviderUnreachable: the kernel's links cannot be read.
    """
    try:
        names = _names(netlink)
    except NetlinkFailed as error:
        message = f"the kernel's links cannot be read: {error}"
        raise ProviderUnreachable(message) from error
    first = dict(_looked_up(netlink, names, first_lookups(question)))
    return first | dict(_looked_up(netlink, names, second_lookups(question, first)))


def _names(netlink: Netlink) -> Mapping[int, str]:
    return {one.number: one.name for one in map(parse_link, netlink.read(list_links()))}


def _looked_up(
    netlink: Netlink, names: Mapping[int, str], lookups: Sequence[Lookup]
) -> Iterator[tuple[Lookup, Found]]:
    numbers = {name: number for number, name in names.items()}
    for one in lookups:
        answer = netlink.ask(look_up(one.target, one.source, numbers.get(one.link, 0)))
        if isinstance(answer, Refusal):
            yield one, Found(refused=answer.errno in _REFUSALS)
        else:
            yield one, Found(names.get(parse_route(answer).device, ""))
