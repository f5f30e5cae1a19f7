"""A plan in a file: what was looked at, what is to be done, and whether that is still so."""

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import msgspec

from podroute.cli.again import flag
from podroute.cli.failure import Exit, Failure
from podroute.cli.options import AddressPlan, NodeSource, Router
from podroute.cli.show import StepRecord
from podroute.kube.bounded import TooLarge, read_file
from podroute.observe.documents import API_VERSION

KIND: Final = "RoutePlan"
LARGEST: Final = 256 << 20  # bytes; 300,000 steps of 800 bytes
HINT: Final = "make one by: podroute plan --out FILE"


class RouterSteps(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be done at one of several routers."""

    name: str
    steps: list[StepRecord]
    held: list[StepRecord]


class SavedPlan(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """No Nodes and no credentials: a cluster is named by its kubeconfig and context.

    Of several routers each has its steps in ``routers``, and ``steps`` and ``held`` are empty.
    """

    source: NodeSource
    addresses: AddressPlan
    router: Router
    adopt: bool
    server: str  # of the cluster; "" where the source is a file
    steps: list[StepRecord]
    held: list[StepRecord]
    api_version: str = API_VERSION
    kind: str = KIND
    routers: list[RouterSteps] | msgspec.UnsetType = msgspec.UNSET

    def steps_by_router(self) -> Sequence[RouterSteps]:
        """Those of several routers; none for one."""
        return self.routers or ()


class _Header(msgspec.Struct, rename="camel"):
    api_version: str = ""
    kind: str = ""


def write_plan(plan: SavedPlan, path: Path) -> None:
    """Whole or not at all, readable by its owner only.

    Raises:
        Failure: the file cannot be written, or is a folder, pipe or device.
    """
    try:
        target = Path(os.path.realpath(path))  # a link stays a link
        if (path.exists() or target.is_symlink()) and not path.is_file():
            raise Failure(Exit.USAGE, f"--out {path}: not a regular file: give another name")
        _replace(target, msgspec.json.format(msgspec.json.encode(plan)) + b"\n")
    except OSError as error:
        raise Failure(Exit.USAGE, f"--out {path}: {error.strerror}") from None


def _replace(target: Path, content: bytes) -> None:
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    beside.touch(mode=0o600, exist_ok=False)
    try:
        beside.write_bytes(content)
        beside.replace(target)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def read_plan(path: Path) -> SavedPlan:
    """The plan in ``path``.

    Raises:
        Failure: there is none, or it is not one of this version.
    """
    try:
        text = read_file(path, LARGEST)
        header = msgspec.json.decode(text, type=_Header)
        if (header.api_version, header.kind) != (API_VERSION, KIND):
            words = f"kind {header.kind!r} of {header.api_version!r}, not {KIND} of {API_VERSION}"
            raise Failure(Exit.DIFFERENT, f"{path} is no plan: {words}")
        return _strict(text)
    except OSError as error:
        raise Failure(Exit.DIFFERENT, f"{path}: {error.strerror}") from None
    except TooLarge as error:
        raise Failure(Exit.DIFFERENT, f"{path} {error}: that is no saved plan; {HINT}") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise Failure(Exit.DIFFERENT, f"{path} is not a saved plan: {error}; {HINT}") from None


def _strict(text: bytes) -> SavedPlan:
    """Every field is known and there, those of the flags too.

    Raises:
        msgspec.DecodeError: it is otherwise.
    """
    plan = msgspec.json.decode(text, type=SavedPlan)
    if msgspec.json.decode(msgspec.json.encode(plan)) != msgspec.json.decode(text):
        message = "it has fields that podroute does not write"
        raise msgspec.ValidationError(message)
    for name, texts in {**asdict(plan.source), **asdict(plan.router)}.items():
        if "\0" in "".join(texts):
            message = f"its {flag(name)} has a null character"
            raise msgspec.ValidationError(message)
    return plan
