"""Who leads, by the Lease, and a person's word written into it."""

from dataclasses import dataclass

from podroute.cli.failure import Exit, Failure
from podroute.cli.options import LeaseName, NodeSource
from podroute.cli.reading import settled
from podroute.config.limits import lease_fault
from podroute.controllers.leadership import CONFIRMED, HALTED
from podroute.kube.api_errors import ApiUnreachable
from podroute.kube.connection import connect
from podroute.kube.kubeconfig import KubeconfigError
from podroute.kube.leases import Conflict, Lease, LeaseStore, annotated, annotations_of

PATIENCE = 10.0  # seconds for one request
ATTEMPTS = 5  # the leader renews the Lease all the time


@dataclass(frozen=True, slots=True)
class Leader:
    """``holder`` is "" where nobody leads, or it is not known; ``fault``: what is wrong."""

    holder: str
    lease: str = ""
    halted: str = ""
    fault: str = ""

    def words(self) -> str:
        """For people."""
        where = f" (Lease {self.lease})" if self.lease else ""
        if not self.holder:
            return self.fault
        halted = f"; gives no podCIDRs: {self.halted}" if self.halted else ""
        return f"{self.holder} leads{where}{halted}"


async def read_leader(source: NodeSource, lease: LeaseName) -> Leader:
    """As the API server has it; that it cannot be read is a fault, not an exception."""
    try:
        found = await _with_store(source, lease, confirmed="")
    except Failure as failure:
        return Leader("", lease.title, fault=f"not known: {failure}")
    if found is None or not found.spec.holder_identity:
        return Leader("", lease.title, fault=_nobody(lease))
    halted = annotations_of(found).get(HALTED, "")
    return Leader(found.spec.holder_identity, lease.title, halted, halted)


async def confirm(source: NodeSource, lease: LeaseName, word: str) -> str:
    """Tells the leader; returns who that is.

    Raises:
        Failure: there is no leader, or the API server does not take it.
    """
    found = await _with_store(source, lease, confirmed=word)
    if found is None or not found.spec.holder_identity:
        raise Failure(Exit.REFUSED, f"{_nobody(lease)}, so nothing was confirmed")
    return found.spec.holder_identity


def _nobody(lease: LeaseName) -> str:
    return f"nobody leads: Lease {lease.title} has no holder"


async def _with_store(source: NodeSource, lease: LeaseName, *, confirmed: str) -> Lease | None:
    """The Lease, with the word where one is given."""
    namespace, name = lease.leader_elect_resource_namespace, lease.leader_elect_resource_name
    if fault := lease_fault(namespace, name):
        raise Failure(Exit.USAGE, fault)
    login = settled(source).login
    if login is None:
        raise Failure(Exit.USAGE, "a Lease is at an API server: leave out -f")
    try:
        async with connect(login) as connection:
            store = LeaseStore(connection, namespace, name)
            return await (_write(store, confirmed) if confirmed else store.get(PATIENCE))
    except KubeconfigError as error:
        raise Failure(Exit.USAGE, str(error)) from None
    except ApiUnreachable as error:
        raise Failure(Exit.UNREACHED, str(error)) from None


async def _write(store: LeaseStore, word: str) -> Lease | None:
    for _ in range(ATTEMPTS):
        lease = await store.get(PATIENCE)
        if lease is None or not lease.spec.holder_identity:
            return lease
        written = await store.update(annotated(lease, {CONFIRMED: word}), PATIENCE)
        if not isinstance(written, Conflict):
            return written
    message = f"{store.where}: the Lease changed at each of {ATTEMPTS} attempts: try again"
    raise ApiUnreachable(message)
