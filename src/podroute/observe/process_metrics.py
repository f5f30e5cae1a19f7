"""Metrics of the process itself: which version it is, and what it asks of the API server."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

UNANSWERED: Final = "<error>"  # the word of client-go


class ProcessMetrics:
    """The names of ``rest_client_requests_total`` and its labels are client-go's."""

    def __init__(self, registry: CollectorRegistry, version: str) -> None:
        build = Gauge("podroute_build_info", "Always 1.", ["version"], registry=registry)
        build.labels(version).set(1)
        self._requests = Counter(
            "rest_client_requests",
            "Requests to the API server, by status code.",
            ["code", "method", "host"],
            registry=registry,
        )

    def requested(self, method: str, host: str, status: int | None) -> None:
        """``status`` is None where no answer came."""
        code = UNANSWERED if status is None else str(status)
        self._requests.labels(code, method, host).inc()
