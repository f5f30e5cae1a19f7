"""A plan in a file: what was looked at, what is to be done, and whether that is still so."""

import os
from pathlib import Path
from typing import Final

import msgspec

from podroute.cli.failure import Exit, Failure
from podroute.cli.options import AddressPlan, NodeSource, Router
from podroute.cli.show import StepRecord
from podroute.kube.nodes import NodeObject

API_VERSION: Final = "podroute/v1alpha1"
KIND: Final = "RoutePlan"


class SavedPlan(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """No credentials: a cluster is named by its kubeconfig file and context."""

    source: NodeSource
    addresses: AddressPlan
    router: Router
    adopt: bool
    nodes: list[NodeObject]  # as they were: standard input cannot be read again
    steps: list[StepRecord]
    api_version: str = API_VERSION
    kind: str = KIND


def write_plan(plan: SavedPlan, path: Path) -> None:
    """Whole or not at all, readable by its owner only.

    Raises:
        Failure: the file cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.touch(mode=0o600, exist_ok=False)
        beside.write_bytes(msgspec.json.format(msgspec.json.encode(plan)) + b"\n")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise Failure(Exit.USAGE, f"--out {path}: {error.strerror}") from None


def read_plan(path: Path) -> SavedPlan:
    """The plan in ``path``.

    Raises:
        Failure: there is none, or it is not one of this version.
    """
    try:
        plan = msgspec.json.decode(path.read_bytes(), type=SavedPlan)
    except OSError as error:
        raise Failure(Exit.DIFFERENT, f"{path}: {error.strerror}") from None
    except msgspec.DecodeError as error:
        hint = "make one by: podroute plan --out FILE"
        raise Failure(Exit.DIFFERENT, f"{path} is not a saved plan: {error}; {hint}") from None
    if (plan.api_version, plan.kind) != (API_VERSION, KIND):
        words = f"{path} is a {plan.kind} of {plan.api_version}, not a {KIND} of {API_VERSION}"
        raise Failure(Exit.DIFFERENT, words)
    return plan
