"""podroute controller: podCIDRs and routes, beside any number of replicas."""

import sys
from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from podroute.cli import event_loop
from podroute.cli.address_plan import address_plan_of
from podroute.cli.controller_flags import (
    ANY_CLUSTER,
    ANY_ELECTION,
    ANY_WORK,
    Cluster,
    Duties,
    Election,
    Work,
)
from podroute.cli.failure import Exit, Failure, innermost
from podroute.cli.listening import address_and_port
from podroute.cli.main import bound_arguments
from podroute.cli.options import (
    ANY_ADDRESSES,
    ANY_ROUTER,
    AddressPlan,
    Router,
    claim_rules,
)
from podroute.cli.route_service import RouteDuties
from podroute.cli.serving import Lock, Loops, Ranges, Settings, serve
from podroute.cli.settings import config_file
from podroute.config.durations import format_duration
from podroute.config.limits import lease_fault, rate_fault, settle_warning
from podroute.config.routers import NamedRouter, routers_needed
from podroute.controllers.election import Timing
from podroute.kube.api_errors import ApiUnreachable
from podroute.kube.kubeconfig import KubeconfigError, find_login
from podroute.kube.login import ClusterAccess, Login
from podroute.observe.logs import Logger, make_logger

SHORTEST_PERIOD: Final = timedelta(seconds=1)
FOLLOWED: Final = frozenset({"quarantine"})  # a part of the address plan
IPAM: Final = "node-ipam-controller"
ROUTES: Final = "node-route-controller"
LOOPS: Final = (IPAM, ROUTES)
ALIASES: Final = {"nodeipam": IPAM, "route": ROUTES}  # Kubernetes' former names


def controller(
    *,
    work: Work = ANY_WORK,
    cluster: Cluster = ANY_CLUSTER,
    addresses: AddressPlan = ANY_ADDRESSES,
    election: Election = ANY_ELECTION,
    router: Router = ANY_ROUTER,
) -> int:
    """Give every registered Node its block of the cluster CIDR, and keep the routes to them."""
    started = Duties(work, cluster, election, router)
    _check(started)
    file, _ = config_file(sys.argv[1:])
    log = make_logger(work.logging_format, debug=work.verbose)
    settings = Settings(
        login=_login(cluster),
        rate=(cluster.kube_api_qps, cluster.kube_api_burst),
        ranges=_ranges(addresses, work),
        loops=_loops(started),
        lock=_lock(election),
        elects=election.leader_elect,
        timing=_timing(election),
        bind=_address(work.metrics_bind_address),
        config=Path(file) if file else None,
        reread=partial(_reread, started, log),
        log=log,
    )
    if warning := settle_warning(election.settle):
        log.warning("--settle is short", settle=format_duration(election.settle), why=warning)
    return _serve(settings)


def _serve(settings: Settings) -> int:
    try:
        return event_loop.run(serve(settings))
    except Exception as error:
        match innermost(error):
            case KubeconfigError() as cause:
                raise Failure(Exit.USAGE, str(cause)) from None
            case ApiUnreachable() as cause:
                raise Failure(Exit.UNREACHED, str(cause)) from None
            case Failure() as cause:
                raise cause from None
            case _:
                raise


def _ranges(addresses: AddressPlan, work: Work) -> Ranges:
    return Ranges(address_plan_of(addresses, work.quarantine), claim_rules(addresses))


def _loops(duties: Duties) -> Loops:
    work, routers = duties.work, duties.router.chosen()
    names = _chosen(work, duties.router)
    routes = None
    if ROUTES in names:
        routes = RouteDuties(
            work.route_reconciliation_period.total_seconds(),
            work.concurrent_route_calls,
            work.network_condition,
            _needed(work, routers),
        )
    return Loops(IPAM in names, routes, routers, work.cluster_name)


def _needed(work: Work, routers: Sequence[NamedRouter]) -> int:
    try:
        return routers_needed(work.routers_needed, [one.name for one in routers])
    except ValueError as error:
        raise Failure(Exit.USAGE, str(error)) from None


def _reread(started: Duties, log: Logger) -> Ranges:
    """The plan by this process's own command line, and its configuration file as it is now.

    What else has changed in the file is only told.
    """
    given = bound_arguments(sys.argv[1:])
    addresses, work = given.get("addresses"), given.get("work")
    cluster, election, router = given.get("cluster"), given.get("election"), given.get("router")
    now = Duties(
        work if isinstance(work, Work) else ANY_WORK,
        cluster if isinstance(cluster, Cluster) else ANY_CLUSTER,
        election if isinstance(election, Election) else ANY_ELECTION,
        router if isinstance(router, Router) else ANY_ROUTER,
    )
    _check(now)
    plan = _ranges(addresses if isinstance(addresses, AddressPlan) else ANY_ADDRESSES, now.work)
    if keys := restarting(started, now):
        log.warning("needs a restart", keys=", ".join(keys))
    return plan


def restarting(started: Duties, now: Duties) -> Sequence[str]:
    """The keys whose values are not those that it was started with, and stay without effect."""
    before, after = _values(started), _values(now)
    return [
        name.replace("_", "-")
        for name, value in before.items()
        if name not in FOLLOWED and value != after[name]
    ]


def _values(duties: Duties) -> dict[str, object]:
    return {
        field.name: getattr(part, field.name)
        for part in (duties.work, duties.cluster, duties.election, duties.router)
        for field in fields(part)
    }


def _login(cluster: Cluster) -> Login:
    try:
        return find_login(ClusterAccess(cluster.kubeconfig, cluster.context))
    except KubeconfigError as error:
        raise Failure(Exit.USAGE, str(error)) from None


def _lock(election: Election) -> Lock:
    return Lock(election.leader_elect_resource_namespace, election.leader_elect_resource_name)


def _timing(election: Election) -> Timing:
    timing = Timing(
        election.leader_elect_lease_duration.total_seconds(),
        election.leader_elect_renew_deadline.total_seconds(),
        election.leader_elect_retry_period.total_seconds(),
        election.settle.total_seconds(),
    )
    if fault := timing.fault():
        raise Failure(Exit.USAGE, f"--leader-elect: {fault}")
    return timing


def _address(text: str) -> tuple[str, int] | None:
    if not text:
        return None
    host, port = address_and_port("--metrics-bind-address", text)
    return host or "0.0.0.0", port  # noqa: S104 -- as asked


def _check(duties: Duties) -> None:
    """All that can be said without an API server.

    Raises:
        Failure: a setting is none that can be kept to.
    """
    _loops(duties)
    _timing(duties.election)
    _address(duties.work.metrics_bind_address)
    cluster, lock = duties.cluster, _lock(duties.election)
    fault = rate_fault(cluster.kube_api_qps, cluster.kube_api_burst)
    fault = fault or lease_fault(lock.namespace, lock.name) or _route_fault(duties.work)
    if fault:
        raise Failure(Exit.USAGE, fault)


def _route_fault(work: Work) -> str:
    """Why the routes cannot be kept so; "" where they can."""
    if work.route_reconciliation_period < SHORTEST_PERIOD:
        given = format_duration(work.route_reconciliation_period)
        return f"--route-reconciliation-period {given}: give at least 1s"
    if work.concurrent_route_calls is not None and work.concurrent_route_calls < 1:
        return f"--concurrent-route-calls {work.concurrent_route_calls}: give at least 1"
    return ""


def _chosen(work: Work, router: Router) -> Collection[str]:
    """As for kube-controller-manager, ``*`` is all, and a name with ``-`` is left out.

    Raises:
        Failure: a name is not known, a loop lacks what it needs, or nothing is left to run.
    """
    names = [_loop(name.strip()) for text in work.controllers for name in text.split(",")]
    unknown = [name for name in names if name != "*" and name.removeprefix("-") not in LOOPS]
    if unknown:
        known = ", ".join(LOOPS)
        raise Failure(Exit.USAGE, f"--controllers {unknown[0]!r}: known are {known}, and *")
    wanted = {name for name in LOOPS if name in names or ("*" in names and f"-{name}" not in names)}
    if not work.allocate_node_cidrs:
        wanted.discard(IPAM)
    if not (work.configure_cloud_routes and router.is_given):
        wanted.discard(ROUTES)
    if not wanted:
        words = f"nothing to run: give --allocate-node-cidrs for {IPAM}, or --provider for {ROUTES}"
        raise Failure(Exit.USAGE, f"{words}, and --controllers that includes it")
    return wanted


def _loop(name: str) -> str:
    bare = name.removeprefix("-")
    return name.removesuffix(bare) + ALIASES.get(bare, bare)
