"""Who leads, by the Lease, and a person's word written into it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from time import time

from podroute.cli.failure import Exit, Failure
from podroute.cli.options import LeaseName, NodeSource
from podroute.cli.reading import settled
from podroute.config.limits import lease_fault
from podroute.controllers.leadership import CONFIRMED, HALTED, HELD_BACK
from podroute.kube.api_errors import ApiUnreachable
from podroute.kube.connection import connect
from podroute.kube.kubeconfig import KubeconfigError
from podroute.kube.leases import Conflict, Lease, LeaseStore, annotated, annotations_of

PATIENCE = 10.0  # seconds for one request
AGAIN = 0.5  # seconds between two looks at the Lease
RENEWALS = 2  # after which the leader has said what it holds back
RENEWED = 15  # seconds, where the Lease does not say for how long it counts
CLOCKS = 120  # seconds, by which the leader's may differ from ours
ATTEMPTS = 5  # the leader renews the Lease all the time


@dataclass(frozen=True, slots=True)
class Leader:
    """``holder`` is "" where nobody leads, or it is not known; ``vacant``: why nobody is known to.

    ``held``: the word for what it holds back, of several routers one each; "" for nothing.
    """

    holder: str
    lease: str = ""
    halted: str = ""
    vacant: str = ""
    held: str = ""

    @property
    def fault(self) -> str:
        """What is wrong; "" where nothing is."""
        return self.vacant or self.halted

    def words(self) -> str:
        """For people."""
        where = f" (Lease {self.lease})" if self.lease else ""
        if self.vacant:
            return self.vacant
        halted = f"; gives no podCIDRs: {self.halted}" if self.halted else ""
        return f"{self.holder} leads{where}{halted}"


async def read_leader(source: NodeSource, lease: LeaseName) -> Leader:
    """As the API server has it; that it cannot be read is a fault, not an exception."""
    try:
        found = await _with_store(source, lease, confirmed="")
    except Failure as failure:
        return Leader("", lease.title, vacant=f"not known: {failure}")
    if found is None or not found.spec.holder_identity:
        return Leader("", lease.title, vacant=_nobody(lease))
    halted = annotations_of(found).get(HALTED, "")
    vacant = "" if _is_renewed(found) else _silent(found, lease)
    held = "" if vacant else _held(found)  # whoever leads next has another word
    return Leader(found.spec.holder_identity, lease.title, halted, vacant, held)


async def confirm(source: NodeSource, lease: LeaseName, word: str) -> str:
    """Tells the leader; returns who that is.

    Raises:
        Failure: there is no leader, it holds nothing back under this name, or the API server does
            not take it.
    """
    found = await _with_store(source, lease, confirmed=word)
    if found is None or not found.spec.holder_identity:
        raise Failure(Exit.REFUSED, f"{_nobody(lease)}, so nothing was confirmed")
    if not _is_renewed(found):
        raise Failure(Exit.REFUSED, f"{_silent(found, lease)}; nothing was confirmed")
    held = _held(found)
    if word in held.split():
        return found.spec.holder_identity
    what = f"what it holds back has the name {held}" if held else "it holds nothing back"
    words = f"{found.spec.holder_identity} (Lease {lease.title}) does not know {word}: {what}"
    way = "for another controller give --leader-elect-resource-name"
    raise Failure(Exit.REFUSED, f"{words}; nothing was confirmed; {way}")


def _held(lease: Lease) -> str:
    return annotations_of(lease).get(HELD_BACK, "")


def _nobody(lease: LeaseName) -> str:
    return f"nobody leads: Lease {lease.title} has no holder"


def _is_renewed(lease: Lease) -> bool:
    """Whether its holder still does that, as far as clocks can tell."""
    spec = lease.spec
    try:
        age = time() - datetime.fromisoformat(spec.renew_time or "").timestamp()
    except (ValueError, OverflowError):  # never, or at no moment that there is
        return False
    return age <= (spec.lease_duration_seconds or RENEWED) + CLOCKS


def _silent(found: Lease, lease: LeaseName) -> str:
    spec = found.spec
    since = f"since {spec.renew_time}" if spec.renew_time else "ever"
    words = f"{spec.holder_identity} has not renewed the Lease {lease.title} {since}"
    return f"{words}: it does not run, or does not reach the API server"


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
    """The Lease with the word, or as it is where its holder does not know that."""
    for _ in range(ATTEMPTS):
        lease = await _holding(store, word)
        if lease is None or not lease.spec.holder_identity or word not in _held(lease).split():
            return lease
        if not _is_renewed(lease):
            return lease
        words = _given_with(word, lease)
        written = await store.update(annotated(lease, {CONFIRMED: words}), PATIENCE)
        if not isinstance(written, Conflict):
            return written
    message = f"{store.where}: the Lease changed at each of {ATTEMPTS} attempts: try again"
    raise ApiUnreachable(message)


def _given_with(word: str, lease: Lease) -> str:
    """Another that was given is kept as long as the leader waits for it: it may not be read yet."""
    given = annotations_of(lease).get(CONFIRMED, "").split()
    return " ".join([*(one for one in given if one != word and one in _held(lease).split()), word])


async def _holding(store: LeaseStore, word: str) -> Lease | None:
    """As soon as it names the word; as it is where two renewals have not brought that.

    The first of them may have been on its way before the word was shown.
    """
    lease = await store.get(PATIENCE)
    renewed, waited = set[str | None](), 0.0
    while lease is not None and lease.spec.holder_identity:
        lasts = lease.spec.lease_duration_seconds or RENEWED
        renewed.add(lease.spec.renew_time)
        if word in _held(lease).split() or len(renewed) > RENEWALS or waited > lasts:
            break
        await asyncio.sleep(AGAIN)
        waited += AGAIN
        lease = await store.get(PATIENCE)
    return lease
