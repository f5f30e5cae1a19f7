"""A lab whose router is a cloud's: routes go through its API, and the router's kernel follows."""

import subprocess
import sys
from pathlib import Path
from typing import IO, Final, Literal, TypeAlias, cast

from podroute.lab.driver import Driver
from podroute.lab.failure import Unsuitable
from podroute.lab.machine import environment
from podroute.lab.places import Places
from podroute.lab.topology import ROUTER, Topology

CloudName: TypeAlias = Literal["gcp", "aws"]

PROJECT: Final = "podroute-lab"
NETWORK: Final = "kubernetes"
ACCESS: Final = "access"  # the file with a token, in the folder of the lab
PROGRAM: Final = "podroute.lab.cloud_program"
_INSTALL: Final = "pip install 'moto[ec2]' flask flask-cors"


def start(places: Places, folder: Path, cloud: CloudName, topology: Topology) -> Driver:
    """Its API answers on the router's own loopback; it ends with the lab.

    Raises:
        Unsuitable: it did not start.
    """
    (folder / ACCESS).write_text("lab\n")
    workers = [f"{one.name}={' '.join(map(str, one.internal_ips))}" for one in topology.workers]
    command = [sys.executable, "-m", PROGRAM, cloud, *workers]
    process = subprocess.Popen(  # noqa: S603 -- ourselves
        places.argv(ROUTER, command, directory=folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(),
        start_new_session=True,
    )
    with cast("IO[str]", process.stdout) as said:
        endpoint = said.readline().strip()
        if endpoint.startswith("http"):
            return _driver(cloud, endpoint, folder)
        rest = said.read().strip().splitlines()
    words = rest[-1] if rest else endpoint
    message = f"the simulated cloud {cloud!r} did not start ({words}): {_INSTALL}"
    raise Unsuitable(message)


def _driver(cloud: CloudName, endpoint: str, folder: Path) -> Driver:
    if cloud == "aws":  # the simulated one takes any credentials
        credentials = {"AWS_ACCESS_KEY_ID": "lab", "AWS_SECRET_ACCESS_KEY": "lab"}
        return Driver("aws", {"endpoint": endpoint, "region": "eu-central-1"}, credentials)
    return Driver(
        "gcp",
        {
            "network": NETWORK,
            "project": PROJECT,
            "endpoint": endpoint,
            "access_token_file": str(folder / ACCESS),
        },
    )
