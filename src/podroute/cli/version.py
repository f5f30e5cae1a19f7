"""podroute version."""

import platform
import sys
from importlib.metadata import version as version_of
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter

from podroute.cli.show import API_VERSION


def version(
    *, output: Annotated[Literal["text", "json"], Parameter(name=("--output", "-o"))] = "text"
) -> None:
    """Show the versions of podroute and of what it runs on."""
    versions = {
        "podroute": version_of("podroute"),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.release()}",
    }
    if output == "json":
        document = {"apiVersion": API_VERSION, "kind": "Versions", **versions}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document)).decode() + "\n")
    else:
        sys.stdout.writelines(f"{name} {text}\n" for name, text in versions.items())
