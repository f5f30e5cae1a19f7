"""A cluster CIDR cut into numbered blocks, one for each Node. Pure."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from podroute.model.cidr import Cidr


@dataclass(frozen=True, slots=True)
class CidrPool:
    """``cidr`` in blocks of ``/block_prefix``; block 0 starts at the first address."""

    cidr: Cidr
    block_prefix: int

    def __post_init__(self) -> None:
        """A pool holds at least one block.

        Raises:
            ValueError: the block is wider than the pool or longer than an address.
        """
        if not self.cidr.prefixlen <= self.block_prefix <= self.cidr.max_prefixlen:
            message = f"{self.cidr} cannot be cut into blocks of /{self.block_prefix}"
            raise ValueError(message)

    def size(self) -> int:
        """How many blocks there are."""
        return 1 << (self.block_prefix - self.cidr.prefixlen)

    def block(self, number: int) -> Cidr:
        """Block ``number``, from 0 up to ``size() - 1``."""
        start = int(self.cidr.network_address) + (number << self._host_bits())
        if isinstance(self.cidr, IPv4Network):
            return IPv4Network((start, self.block_prefix))
        return IPv6Network((start, self.block_prefix))

    def _host_bits(self) -> int:
        return self.cidr.max_prefixlen - self.block_prefix
