"""The real gcloud before a simulated cloud, and podroute beside it."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from podroute.testing.gcp.running import Served
from tests.environment import unmeasured
from tests.gcp.clouds import NETWORK, token_file

SEED = """\
gcloud compute routes create kubernetes-route-10-200-0-0-24 \\
  --network kubernetes \\
  --next-hop-address 10.240.0.30 \\
  --destination-range 10.200.0.0/24
gcloud compute routes create kubernetes-route-10-200-1-0-24 \\
  --network kubernetes \\
  --next-hop-address 10.240.0.31 \\
  --destination-range 10.200.1.0/24
gcloud compute routes create kubernetes-route-10-200-2-0-24 \\
  --network kubernetes \\
  --next-hop-address 10.240.0.32 \\
  --destination-range 10.200.2.0/24
"""


def shell(served: Served, directory: Path, script: str) -> str:
    """What the script prints; ``gcloud`` in it speaks to the simulated cloud."""
    done = subprocess.run(
        ["bash", "-euc", script],
        env=_environment(served, directory),
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _environment(served: Served, directory: Path) -> Mapping[str, str]:
    if shutil.which("gcloud") is None:
        pytest.fail("gcloud is not installed: https://cloud.google.com/sdk/docs/install")
    return {
        **unmeasured(os.environ),
        "CLOUDSDK_CONFIG": str(directory / "gcloud"),
        "CLOUDSDK_CORE_PROJECT": served.api.cloud.project,
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": token_file(directory),
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": f"{served.endpoint}/",
    }


def flags(served: Served, directory: Path, **options: str) -> list[str]:
    """The flags of podroute for the same cloud, and the file with the Nodes."""
    given = {
        "network": NETWORK,
        "project": served.api.cloud.project,
        "access_token_file": token_file(directory),
        "endpoint": served.endpoint,
        **options,
    }
    words = ["--provider", "gcp", "--cluster-cidr", "10.200.0.0/16,fd00:10:200::/56"]
    for key, value in given.items():
        words += ["--provider-option", f"{key}={value}"]
    return [*words, "-f", str(directory / "nodes.json")]
