"""Which Pod reaches which? Every pair is pinged, in both directions and all families."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeAlias

from podroute.lab.places import Places
from podroute.lab.topology import Topology, Worker
from podroute.model.cidr import Address

# most of the time they wait for an answer that cannot come
PINGS_AT_ONCE: Final = 48
PING: Final = ("ping", "-c1", "-W1")

Sign: TypeAlias = Callable[[bool], str]


@dataclass(frozen=True, slots=True)
class End:
    """A Pod as one end of a path."""

    pod: str
    worker: Worker

    def addresses(self) -> tuple[Address, ...]:
        """One of each family."""
        return self.worker.pod_addresses(self.pod)


@dataclass(frozen=True, slots=True)
class Ping:
    """One packet from one Pod to an address of another."""

    source: End
    target: End
    address: Address

    def on_one_worker(self) -> bool:
        """Whether it needs no route."""
        return self.source.worker == self.target.worker


@dataclass(frozen=True, slots=True)
class Matrix:
    """Every ping, and whether it was answered."""

    ends: Sequence[End]
    answered: Mapping[Ping, bool]

    def count(self, *, on_one_worker: bool) -> str:
        """How many were answered, e.g. ``6 of 6``."""
        answers = [
            answer
            for ping, answer in self.answered.items()
            if ping.on_one_worker() == on_one_worker
        ]
        return f"{sum(answers)} of {len(answers)}"

    def complete(self) -> bool:
        """Whether every Pod reaches every other."""
        return all(self.answered.values())

    def only_on_one_worker(self) -> bool:
        """Whether Pods reach their neighbours, and nobody else."""
        return all(answer == ping.on_one_worker() for ping, answer in self.answered.items())

    def lines(self, sign: Sign) -> Iterator[str]:
        """A row and a column for each Pod, with a gap between workers."""
        families = len(self.ends[0].addresses())
        width = max(families, *(len(_label(end)) for end in self.ends))
        heads = [_label(end).ljust(width) for end in self.ends]
        yield f"{'from':<8} to  {self._in_columns(heads)}"
        for source in self.ends:
            cells = [self._cell(source, target, sign, width) for target in self.ends]
            yield f"{source.pod:<8}     {self._in_columns(cells)}"

    def _cell(self, source: End, target: End, sign: Sign, width: int) -> str:
        if source == target:
            return ".".ljust(width)
        pings = [Ping(source, target, address) for address in target.addresses()]
        signs = "".join(sign(self.answered[ping]) for ping in pings)
        return signs + " " * (width - len(pings))

    def _in_columns(self, cells: Sequence[str]) -> str:
        line, before = "", self.ends[0].worker
        for end, cell in zip(self.ends, cells, strict=True):
            line += f"   {cell} " if end.worker != before else f"{cell} "
            before = end.worker
        return line.rstrip()


def measure(places: Places, topology: Topology) -> Matrix:
    """Pings everything once."""
    ends = [End(pod, worker) for worker in topology.workers for pod in worker.pods()]
    pings = [
        Ping(source, target, address)
        for source in ends
        for target in ends
        if source != target
        for address in target.addresses()
    ]

    def answered(ping: Ping) -> bool:
        return places.attempt(ping.source.pod, [*PING, str(ping.address)]).status == 0

    pool = ThreadPoolExecutor(PINGS_AT_ONCE)
    try:
        answers = list(pool.map(answered, pings))
    finally:
        # whoever interrupts does not wait for the rest
        pool.shutdown(wait=False, cancel_futures=True)
    return Matrix(ends, dict(zip(pings, answers, strict=True)))


def _label(end: End) -> str:
    return end.pod.removeprefix("pod-")
