"""What a controller serves beside its work: its health and its metrics."""

import http.client
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from tests.cluster.process import Process

_PATIENCE: Final = timedelta(seconds=40)


def address(process: Process) -> str:
    """Where it serves, once it does; it must be started with an address to serve at."""

    def serving() -> str | None:
        found = re.findall(r'"address": "([^"]+)", "event": "serving"', process.log.read_text())
        return found[-1] if found else None  # the log may begin with that of one before it

    return process.wait_for(serving, within=_PATIENCE)


def page(process: Process, path: str) -> tuple[bool, str]:
    """Whether all is well, and the words."""
    channel = http.client.HTTPConnection(address(process))
    try:
        channel.request("GET", path)
        answer = channel.getresponse()
        return answer.status == http.client.OK, answer.read().decode()
    finally:
        channel.close()


def metrics(process: Process) -> Mapping[str, float]:
    """By name and the values of the labels: ``NAME VALUE VALUE``."""
    _, text = page(process, "/metrics")
    samples = [sample for one in text_string_to_metric_families(text) for sample in one.samples]
    return {" ".join([one.name, *one.labels.values()]): one.value for one in samples}
