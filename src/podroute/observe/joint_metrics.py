"""The metrics of several routers under the same names: the label ``router`` tells them apart."""

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from typing_extensions import override

LABEL = "router"


class JointMetrics(Collector):
    """What is in each router's registry, by its name."""

    def __init__(self, registries: Mapping[str, CollectorRegistry]) -> None:
        self._registries = registries

    @override
    def collect(self) -> Iterator[Metric]:
        joint: dict[str, Metric] = {}
        for router, registry in self._registries.items():
            for one in registry.collect():
                whole = joint.setdefault(one.name, Metric(one.name, one.documentation, one.type))
                whole.samples += [
                    sample._replace(labels={**sample.labels, LABEL: router})
                    for sample in one.samples
                ]
        yield from joint.values()
