"""What is a person to do where a Node's route cannot be made? Pure."""

from typing import Final

from podroute.claims.judge import ADDRESS_PLAN, Rejected

REMOVE: Final = "remove that route at the router"
RANGE: Final = "give one by --cluster-cidr"
_ADDRESS: Final = "correct the InternalIP of the Node that is wrong (kubelet --node-ip)"
_ANEW: Final = "drain and delete the Node that is wrong, and let it register anew"
_PLAN: Final = "podroute's address plan (--cluster-cidr, --node-cidrs)"


def remedy_of(refused: Rejected) -> str:
    """By what is refused, the next hop or the block, and by whom, another Node or a rule."""
    remedy = _ADDRESS if refused.next_hop is None else _ANEW
    return f"{remedy}, or correct {_PLAN}" if refused.holder == ADDRESS_PLAN else remedy
