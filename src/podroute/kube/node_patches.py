"""Writing a Node's podCIDRs: one patch, and what is known of its outcome."""

from collections.abc import Sequence
from typing import Final

import msgspec

from podroute.kube.answer import Answer
from podroute.kube.connection import Connection
from podroute.kube.patch_answers import Applied, PatchAnswer, Refused, Unknown
from podroute.kube.patching import send_patch
from podroute.model.cidr import Cidr
from podroute.model.node import NodeName, NodeUid


class _Spec(msgspec.Struct):
    pod_cidrs: list[str] = msgspec.field(name="podCIDRs", default_factory=list[str])


class _Node(msgspec.Struct):
    spec: _Spec


_NODE: Final = msgspec.json.Decoder(_Node)


async def assign_pod_cidrs(
    connection: Connection, name: NodeName, uid: NodeUid, pod_cidrs: Sequence[Cidr], within: float
) -> PatchAnswer:
    """Sets ``podCIDR`` and ``podCIDRs`` at once, on the Node with this UID and no other.

    ``within`` as for ``send_patch``.
    """
    cidrs = list(map(str, pod_cidrs))
    patch = {"metadata": {"uid": uid}, "spec": {"podCIDR": cidrs[0], "podCIDRs": cidrs}}
    response = await send_patch(connection, f"/api/v1/nodes/{name}", patch, within)
    return _confirmed(response, cidrs) if isinstance(response, Answer) else response


def _confirmed(response: Answer, cidrs: Sequence[str]) -> PatchAnswer:
    """What was made of the patch: it adds to a list that has begun as ours does."""
    try:
        present = _NODE.decode(response.body).spec.pod_cidrs
    except (ValueError, RecursionError):
        return Unknown("HTTP 200 without the Node")
    if present == cidrs:
        return Applied()
    return Refused(f"the Node has {', '.join(present) or 'no podCIDR'} after HTTP 200")
