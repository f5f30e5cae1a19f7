"""So many Pods on one worker, plugged in one after the other as a runtime does it."""

import resource
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from time import perf_counter

from podroute.testing.netns import Namespace, empty_namespace
from tests.netns.agents import WorkerPlace
from tests.netns.cni_runtime import Runtime

SPARE = 512  # handles for everything else


@dataclass(frozen=True)
class Crowd:
    """Namespaces by the order of their coming, and what each ADD took, in seconds."""

    runtime: Runtime
    pods: list[Namespace] = field(default_factory=list[Namespace])
    seconds: list[float] = field(default_factory=list[float])

    def address(self, number: int, version: int = 4) -> str:
        return self.runtime.address(f"pod-{number}", version)


@contextmanager
def crowd(place: WorkerPlace, count: int) -> Generator[Crowd]:
    """Each namespace is a handle of this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, count + SPARE)), hard))
    with ExitStack() as stack:
        made = Crowd(place.runtime())
        for number in range(count):
            pod = stack.enter_context(empty_namespace())
            begin = perf_counter()
            made.runtime.add(f"pod-{number}", pod)
            made.seconds.append(perf_counter() - begin)
            made.pods.append(pod)
        yield made
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
