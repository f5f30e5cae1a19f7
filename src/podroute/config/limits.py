"""What the settings of a controller must keep to, beyond their types."""

import re
from datetime import timedelta
from math import isfinite
from typing import Final

from podroute.controllers.election import WRITE_LIVES

SLOWEST: Final = 0.1  # requests a second, below which nothing is done in time
LONGEST_LABEL: Final = 63
LONGEST_NAME: Final = 253
_LABEL: Final = re.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?", re.ASCII)


def rate_fault(qps: float, burst: int) -> str:
    """Why so many requests a second, and at once, cannot be kept to; "" where they can."""
    if not isfinite(qps) or (qps != 0 and qps < SLOWEST):
        return f"--kube-api-qps {qps:g}: give at least {SLOWEST}, or 0 for no limit"
    if qps > 0 and burst < 1:
        return f"--kube-api-burst {burst}: give at least 1, or --kube-api-qps 0 for no limit"
    return ""


def lease_fault(namespace: str, name: str) -> str:
    """Why no Lease can be called so; "" where one can."""
    if not _is_label(namespace):
        words = f"lower-case letters, digits and -, at most {LONGEST_LABEL}"
        return f"--leader-elect-resource-namespace {namespace!r} is no name of a namespace: {words}"
    if len(name) > LONGEST_NAME or not all(_LABEL.fullmatch(part) for part in name.split(".")):
        words = f"lower-case letters, digits, - and ., at most {LONGEST_NAME}"
        return f"--leader-elect-resource-name {name!r} is no name of a Lease: {words}"
    return ""


def settle_warning(settle: timedelta) -> str:
    """What can happen where a leader waits no longer than ``settle``; "" where nothing can."""
    if settle.total_seconds() >= WRITE_LIVES:
        return ""
    return (
        f"a write can live for {WRITE_LIVES:g}s, less only where the API server's own "
        "--request-timeout is shorter: after a hand-over two Nodes can get one block; give "
        "--settle=40s"
    )


def _is_label(text: str) -> bool:
    return len(text) <= LONGEST_LABEL and _LABEL.fullmatch(text) is not None
