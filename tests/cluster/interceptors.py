"""Interceptors for the proxy: what the API server, or the way to it, does to a controller."""

import threading
import time
from collections.abc import Callable

import msgspec

from tests.cluster.fault_proxy import Answer, Forward, Request, status


class First:
    """An interceptor: the first patches of each Node that is named end otherwise."""

    def __init__(self, fate: Callable[[Forward], Answer | None], **times: int) -> None:
        self.at: list[tuple[str, float]] = []
        self._fate = fate
        self._left = dict(times)
        self._lock = threading.Lock()

    def __call__(self, request: Request, forward: Forward) -> Answer | None:
        if not request.is_assignment:
            return forward()
        with self._lock:
            self.at.append((request.node, time.monotonic()))
            left = self._left.get(request.node, 0)
            self._left[request.node] = left - 1
        return self._fate(forward) if left > 0 else forward()

    def moments(self, node: str) -> list[float]:
        """When its patches came."""
        return [moment for name, moment in self.at if name == node]


def failing(_: Forward) -> Answer:
    """Nothing is done."""
    return status(500, "etcdserver: leader changed")


def swallowed(forward: Forward) -> None:
    """Done, and nobody hears of it."""
    forward()


def cut(_: Forward) -> None:
    """The API server never sees it."""


def refused(_: Forward) -> Answer:
    """As where the Node is gone, which it is not."""
    return status(404, "nodes not found")


class Spoilt:
    """An interceptor: lists are paged, and show this Node without its UID and its podCIDR."""

    def __init__(self, name: str) -> None:
        self.used = threading.Event()
        self._name = name

    def __call__(self, request: Request, forward: Forward) -> Answer | None:
        if "sendInitialEvents" in request.path:
            return status(422, "sendInitialEvents is forbidden")
        answer = forward()
        if "/nodes?" not in request.path or "watch=" in request.path:
            return answer
        body = msgspec.json.decode(answer.body)
        for item in body["items"]:
            if item["metadata"]["name"] == self._name:
                del item["metadata"]["uid"]
                item["spec"] = {"podCIDRs": [7]}
                self.used.set()
        return Answer(answer.status, msgspec.json.encode(body), answer.headers)


class Deaf:
    """An interceptor: neither lists nor watches of Nodes, until ``over``."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.over = threading.Event()

    def __call__(self, request: Request, forward: Forward) -> Answer | None:
        if self.over.is_set() or "/nodes?" not in request.path:
            return forward()
        self.asked.set()
        return None
