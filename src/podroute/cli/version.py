"""podroute version."""

import platform
import sys
from importlib.metadata import version as version_of
from typing import Annotated, Literal

from cyclopts import Parameter

from podroute.cli.show import print_document


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
        print_document({"kind": "Versions", **versions}, output)
    else:
        sys.stdout.writelines(f"{name} {text}\n" for name, text in versions.items())
