"""Several pools for Nodes of several kinds, as the configuration file says them."""

from collections.abc import Iterable, Sequence

import msgspec

from podroute.config.ranges import MaskSizes, cidr_pools
from podroute.ipam.pools import Pool
from podroute.model.pool import CidrPool
from podroute.model.selector import parse_selector

DEFAULT = "default"  # the name of the pool that --cluster-cidr makes


class PoolSettings(msgspec.Struct, rename="kebab", forbid_unknown_fields=True):
    """One of ``pools``; ``cluster-cidr`` has one range, or one of each family."""

    name: str
    cluster_cidr: str | list[str]
    node_cidr_mask_size: int | None = None
    node_cidr_mask_size_ipv4: int | None = None
    node_cidr_mask_size_ipv6: int | None = None
    selector: str = ""
    draining: bool = False
    align_by: str = ""
    align_blocks: int = 16


def read_pools(texts: Iterable[str], flag: str = "--pool") -> tuple[Pool, ...]:
    """The pools; each text is ``NAME=CIDR``, or the settings as a JSON object.

    Raises:
        ValueError: naming the pool or ``flag``, and what is wrong with it.
    """
    return tuple(_pool(_settings(text, flag)) for text in texts)


def _settings(text: str, flag: str) -> PoolSettings:
    if text.lstrip().startswith("{"):
        try:
            return msgspec.json.decode(text, type=PoolSettings)
        except msgspec.DecodeError as error:
            message = f"{flag} {text!r}: {error}"
            raise ValueError(message) from None
    name, separator, cidrs = text.partition("=")
    if not separator:
        message = f"{flag} {text!r} is not NAME=CIDR, e.g. gpu=10.210.0.0/16"
        raise ValueError(message)
    return PoolSettings(name, cidrs)


def default_pool(families: Sequence[CidrPool]) -> tuple[Pool, ...]:
    """The pool of ``--cluster-cidr``, for every Node; none where there is no such range."""
    return (Pool(DEFAULT, tuple(families)),) if families else ()


def _pool(settings: PoolSettings) -> Pool:
    cidrs = settings.cluster_cidr
    sizes = MaskSizes(
        settings.node_cidr_mask_size,
        settings.node_cidr_mask_size_ipv4,
        settings.node_cidr_mask_size_ipv6,
    )
    try:
        families = cidr_pools([cidrs] if isinstance(cidrs, str) else cidrs, sizes)
        selector = parse_selector(settings.selector)
    except ValueError as error:
        message = f"pool {settings.name!r}: {error}"
        raise ValueError(message) from None
    align_by, chunk = settings.align_by, settings.align_blocks
    return Pool(settings.name, families, selector, settings.draining, align_by, chunk)
