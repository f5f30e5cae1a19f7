"""podCIDRs that only an older API server takes: H16 to H18 of the hostile Nodes.

This one refuses them, so they are put into what the controller is told.
"""

import json
from dataclasses import replace

import pytest

from tests.cluster.api import ApiError
from tests.cluster.fault_proxy import Answer, FaultProxy, Forward, Interceptor, Request
from tests.cluster.nodes import node_body
from tests.cluster.routes import Routed

pytestmark = pytest.mark.cluster

OWN = "10.200.66.0/24"
OTHERS = {"10.200.1.0/24": "10.240.0.21", "10.200.2.0/24": "10.240.0.22"}
TEXTS = {
    "h16 the same block twice": [OWN, OWN],
    "h17 host bits": ["10.200.66.5/24"],
    "h17 host bits in a neighbour's block": ["10.200.1.5/24"],
    "h17 leading zeros": ["10.200.066.0/24"],
    "h18 an IPv4 block in IPv6": ["::ffff:10.200.66.0/120"],
    "h18 a neighbour's block in IPv6": ["::ffff:10.200.1.0/120"],
}


@pytest.mark.parametrize("pod_cidrs", TEXTS.values(), ids=[*TEXTS])
def test_a_podcidr_that_is_no_text_for_one(
    routed: Routed, proxy: FaultProxy, pod_cidrs: list[str]
) -> None:
    lie = node_body("hostile", internal_ips=["10.240.66.1"], pod_cidrs=pod_cidrs)
    with pytest.raises(ApiError, match="podCIDR"):
        routed.cluster.register_as_kubelet(lie, "hostile")
    proxy.interceptor = rewriting(pod_cidrs)
    controller = routed.controller(kubeconfig=proxy.kubeconfig())
    routed.register("neighbour", "10.240.0.21", "10.200.1.0/24")
    routed.router.until({"10.200.1.0/24": "10.240.0.21"})
    honest = node_body("hostile", internal_ips=["10.240.66.1"], pod_cidrs=[OWN])

    routed.cluster.register_as_kubelet(honest, "hostile")
    routed.register("newcomer", "10.240.0.22", "10.200.2.0/24")

    routed.until_available("neighbour", "newcomer")
    installed = routed.router.routes()
    assert OTHERS.items() <= installed.items()
    assert installed.keys() <= {*OTHERS, OWN}
    touched = [change for change in routed.router.record() if change.destination in OTHERS]
    assert len(touched) == len(OTHERS)
    assert "Traceback" not in controller.log.read_text()


def rewriting(pod_cidrs: list[str]) -> Interceptor:
    """In each stream these stand where ``OWN`` was."""
    honest, lie = (
        json.dumps({"podCIDR": texts[0], "podCIDRs": texts}, separators=(",", ":"))[1:-1].encode()
        for texts in ([OWN], pod_cidrs)
    )

    def rewrite(_: Request, forward: Forward) -> Answer:
        answer = forward()
        if answer.parts is None:
            return answer
        return replace(answer, parts=(part.replace(honest, lie) for part in answer.parts))

    return rewrite
