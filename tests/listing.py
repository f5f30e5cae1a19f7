"""Tests name a kubeconfig, not the login in it."""

from podroute.kube import client
from podroute.kube.kubeconfig import find_login
from podroute.kube.login import ClusterAccess
from podroute.kube.nodes import NodeList


async def list_nodes(
    access: ClusterAccess, *, selector: str = "", patience: client.Patience = client.USUAL
) -> NodeList:
    """Every Node, as somebody with ``access`` sees them."""
    return await client.list_nodes(find_login(access), selector=selector, patience=patience)
