"""The cluster's ranges, by the names and with the defaults of kube-controller-manager."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from podroute.model.cidr import Cidr, parse_cidr
from podroute.model.pool import CidrPool


@dataclass(frozen=True, slots=True)
class MaskSizes:
    """The length of one Node's block; None: not given."""

    single: int | None = None  # of the only family
    ipv4: int | None = None
    ipv6: int | None = None


def cidr_pools(texts: Iterable[str], sizes: MaskSizes) -> tuple[CidrPool, ...]:
    """A pool for each ``--cluster-cidr``, in their order.

    Raises:
        ValueError: naming the flag that cannot be read, or the two that contradict each other.
    """
    cidrs = parse_cidrs("--cluster-cidr", texts)
    families = [cidr.version for cidr in cidrs]
    if len(families) != len(set(families)):
        message = "--cluster-cidr has two ranges of one family"
        raise ValueError(message)
    _check_mask_sizes(sizes, families)
    return tuple(_pool(cidr, sizes) for cidr in cidrs)


def parse_cidrs(flag: str, texts: Iterable[str]) -> tuple[Cidr, ...]:
    """The CIDRs in ``texts``, each of which may be a list with commas.

    Raises:
        ValueError: naming ``flag``.
    """
    parts = [part.strip() for text in texts for part in text.split(",") if part.strip()]
    try:
        return tuple(parse_cidr(part) for part in parts)
    except ValueError as error:
        message = f"{flag}: {error}"
        raise ValueError(message) from None


def _check_mask_sizes(sizes: MaskSizes, families: Sequence[int]) -> None:
    """As kube-controller-manager does."""
    each = {4: sizes.ipv4, 6: sizes.ipv6}
    given = [version for version, size in each.items() if size is not None]
    if sizes.single is not None and (given or len(families) > 1):
        words = "--node-cidr-mask-size is for one family alone: with two, or beside them, use"
        flags = "--node-cidr-mask-size-ipv4 and --node-cidr-mask-size-ipv6"
        message = f"{words} {flags}"
        raise ValueError(message)
    idle = [version for version in given if families and version not in families]
    if idle:
        message = f"--node-cidr-mask-size-ipv{idle[0]}: no --cluster-cidr is of IPv{idle[0]}"
        raise ValueError(message)


def _pool(cidr: Cidr, sizes: MaskSizes) -> CidrPool:
    if cidr.version == 4:  # noqa: PLR2004 -- IPv4
        choices = (sizes.single, sizes.ipv4, 24)
    else:
        choices = (sizes.single, sizes.ipv6, 64)
    length = next(size for size in choices if size is not None)
    try:
        return CidrPool(cidr, length)
    except ValueError as error:
        message = f"--cluster-cidr: {error}"
        raise ValueError(message) from None
