"""What somebody does to a worker behind the agent's back, and how long it lasts."""

import time

from tests.netns.agents import WorkerPlace, state
from tests.netns.lab_command import until

PORT = "$(ip -o link show type veth | grep -o 'veth[^@:]*' | head -1)"
RULE = "nft -a list chain inet podroute forward | grep 'IPv4 from Pods'"
TO_A_DROP = 's/.*comment (".*") # (.*)/replace rule inet podroute forward \\2 drop comment \\1/'
SOON, TRIES = 3.0, 4  # seconds; one of so many tries must be no slower
FASTER = "ip link show cbr0"  # it has its name again before the second command
FAULTS = {
    "the bridge is deleted": "ip link delete cbr0",
    "the bridge is renamed": f"ip link set cbr0 down name cbr9; ip link set cbr9 up || {FASTER}",
    "the bridge is down": "ip link set cbr0 down",
    "it asks for no address": "ip link set cbr0 arp off",
    "its address is gone": "ip address delete 10.200.0.1/24 dev cbr0",
    "its IPv6 address is gone": "ip address delete fd00:10:200::1/64 dev cbr0",
    "all its addresses are gone": "ip address flush dev cbr0",
    "the route to its Pods is gone": "ip route delete 10.200.0.0/24 dev cbr0",
    "the IPv6 route to its Pods is gone": "ip -6 route delete fd00:10:200::/64 dev cbr0",
    "its MTU is another": "ip link set cbr0 mtu 1300",
    "a port is pulled out": f"ip link set {PORT} nomaster",
    "a port is down": f"ip link set {PORT} down",
    "a port does not reflect": f"ip link set {PORT} type bridge_slave hairpin off",
    "IPv4 is not forwarded": "echo 0 > /proc/sys/net/ipv4/ip_forward",
    "IPv6 is not forwarded": "echo 0 > /proc/sys/net/ipv6/conf/all/forwarding",
    "one link does not forward": "echo 0 > /proc/sys/net/ipv4/conf/eth0/forwarding",
    "our table is deleted": "nft delete table inet podroute",
    "the ruleset is flushed": "nft flush ruleset",
    "our table is switched off": "nft 'add table inet podroute { flags dormant; }'",
    "a chain is emptied": "nft flush chain inet podroute postrouting",
    "a rule is replaced": f"{RULE} | sed -E '{TO_A_DROP}' | nft -f -",
    "a rule is added": "nft add rule inet podroute forward drop",
    "the configuration is removed": "rm $CONF/10-podroute.conflist",
    "the configuration is emptied": ": > $CONF/10-podroute.conflist",
    "the configuration is replaced": "echo {} > $CONF/x && mv $CONF/x $CONF/10-podroute.conflist",
    "the folder of configurations is moved": "rm -rf $CONF.old; mv $CONF $CONF.old",
}


def repaired(place: WorkerPlace, sound: dict[str, str], fault: str) -> float:
    """How many seconds it was not as in ``sound``."""
    place.worker.run("sh", "-ec", fault.replace("$CONF", str(place.conf)))
    began = time.monotonic()
    until(lambda: state(place) == sound)
    return time.monotonic() - began


def repaired_soon(place: WorkerPlace, sound: dict[str, str], fault: str) -> float:
    """The same, of the first time that it is soon; a machine may be busy.

    Raises:
        AssertionError: it never does.
    """
    seconds = (repaired(place, sound, fault) for _ in range(TRIES))
    soon = next((one for one in seconds if one < SOON), None)
    assert soon is not None, fault
    return soon
