"""Logins to a test's server, and the two ways to ask it."""

from podroute.kube.connection import Connection
from podroute.kube.kubeconfig import find_login
from podroute.kube.login import ClusterAccess, Login
from tests.unit.kube_server import Server


def login(server: Server, cluster: dict[str, object] | None = None, **user: object) -> Login:
    return find_login(ClusterAccess(server.kubeconfig(cluster, **user)))


def trusting(one: Server, **more: object) -> dict[str, object]:
    names = {key.replace("_", "-"): value for key, value in more.items()}
    authority = str(one.authority.certificate)
    return {"server": one.url, "certificate-authority": authority, **names}


async def get(connection: Connection, path: str = "/version") -> bytes:
    return (await connection.request("GET", path, within=5)).body


async def streamed(connection: Connection, path: str = "/version") -> bytes:
    async with connection.stream(path, silence=5) as stream:
        return b"".join([chunk async for chunk in stream.chunks()])
