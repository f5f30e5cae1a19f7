"""Writing a Node's condition NetworkUnavailable: one patch, and what is known of its outcome."""

from typing import Final

import msgspec

from podroute.kube.answer import Answer
from podroute.kube.connection import Connection
from podroute.kube.micro_time import time_now
from podroute.kube.nodes import NodeObject, network_condition
from podroute.kube.patch_answers import Applied, PatchAnswer, Refused, Unknown
from podroute.kube.patching import send_patch
from podroute.model.condition import TYPE, NetworkCondition
from podroute.routing.conditions import ConditionWrite

_NODE: Final = msgspec.json.Decoder(NodeObject)


async def write_condition(
    connection: Connection, write: ConditionWrite, within: float
) -> PatchAnswer:
    """Sets the condition on the Node with this UID and no other; ``within`` as for ``send_patch``.

    The moment of its last transition changes with its status only.
    """
    wanted, now = write.condition, time_now()
    condition = {
        "type": TYPE,
        "status": wanted.status,
        "reason": wanted.reason,
        "message": wanted.message,
        "lastHeartbeatTime": now,
        **({"lastTransitionTime": now} if write.turns else {}),
    }
    patch = {"metadata": {"uid": write.uid}, "status": {"conditions": [condition]}}
    response = await send_patch(connection, f"/api/v1/nodes/{write.node}/status", patch, within)
    return _confirmed(response, wanted) if isinstance(response, Answer) else response


def _confirmed(response: Answer, wanted: NetworkCondition) -> PatchAnswer:
    try:
        present = network_condition(_NODE.decode(response.body))
    except (ValueError, RecursionError):
        return Unknown("HTTP 200 without the Node")
    return Applied() if present == wanted else Refused("the condition is another after HTTP 200")
