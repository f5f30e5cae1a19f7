"""podroute agent: on each worker, what the kubelet did with --configure-cbr0 and kubenet."""

from podroute.cli.agent_acts import act
from podroute.cli.agent_flags import (
    ANY_MACHINE,
    ANY_NETWORK,
    ANY_RUNNING,
    Machine,
    Network,
    Running,
    run_of,
)
from podroute.cli.options import ANY_ADDRESSES, ANY_SOURCE, AddressPlan, NodeSource


def agent(
    *,
    network: Network = ANY_NETWORK,
    source: NodeSource = ANY_SOURCE,
    addresses: AddressPlan = ANY_ADDRESSES,
    machine: Machine = ANY_MACHINE,
    running: Running = ANY_RUNNING,
) -> int:
    """Keep this worker's bridge, forwarding, masquerade and CNI configuration in step."""
    return act(run_of(network, machine, source, addresses, running))
