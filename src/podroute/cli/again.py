"""The same once more: the source for a second look, and the command line for a second try."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path

from podroute.cli.options import AddressPlan, LeaseName, NodeSource, Router


def lasts(source: NodeSource) -> bool:
    """Whether it can be read again: standard input, pipes and the like cannot."""
    name = source.filename
    try:
        return not name or (name != "-" and Path(os.path.realpath(name)).is_file())
    except OSError:
        return False  # who reads it says why


def lasting(source: NodeSource) -> NodeSource:
    """The same source from any working directory; ``-`` for one that cannot be read again."""
    filename = os.path.realpath(source.filename) if lasts(source) else "-"
    files = [_absolute(part) for part in source.kubeconfig.split(os.pathsep) if part]
    return replace(
        source,
        filename=filename if source.filename else "",
        kubeconfig=os.pathsep.join(files),
    )


def _absolute(name: str) -> str:
    """A link stays a link: what a kubeconfig names is relative to where it is read."""
    home = os.path.expanduser(name)  # noqa: PTH111 -- Path's own fails without a home
    return str(Path(home).absolute())


def flag(name: str) -> str:
    """How the setting ``name`` is written on the command line."""
    return f"--{name.replace('_', '-')}"


def spelt(settings: NodeSource | AddressPlan | Router | LeaseName) -> Iterator[str]:
    """The flags with which it was given, but for what is so without them."""
    for field in fields(settings):
        value: str | int | tuple[str, ...] | None = getattr(settings, field.name)
        if value != field.default:
            for one in value if isinstance(value, tuple) else (value,):
                yield from (flag(field.name), str(one))


def fresh_words(
    source: NodeSource, addresses: AddressPlan, router: Router, **switches: bool
) -> Sequence[str]:
    """What to write behind ``podroute apply`` for the same plan, made anew."""
    said = [*spelt(lasting(source)), *spelt(addresses), *spelt(router)]
    return [*said, *(flag(name) for name, on in switches.items() if on)]


def saved_words(planfile: Path, source: NodeSource) -> Sequence[str]:
    """The same for the plan that was made from ``source`` and saved."""
    return [str(planfile), *(("-f", "-") if source.filename == "-" else ())]
