"""Network namespaces for tests: how does one get a kernel of one's own?

They belong to the thread that makes them. As an ordinary user: run the tests in
``unshare --user --map-root-user --net --mount``.
"""

import ctypes
import json
import os
import subprocess
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic

_NEW_NETWORK = 0x40000000
_HERE = Path("/proc/thread-self/ns/net")
_NODE_NETWORK = """\
link set lo up
link add node0 type veth peer name node1
link set node0 addrgenmode none
link set node1 addrgenmode none
link set node0 up
link set node1 up
address add 10.240.0.1/24 dev node0
address add fd00:10:240::1/64 dev node0 nodad
"""


@dataclass(frozen=True, slots=True)
class Namespace:
    """An open network namespace."""

    handle: int

    @contextmanager
    def entered(self) -> Generator[None]:
        """The thread that runs the block is inside for as long as it runs."""
        before = os.open(_HERE, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _enter(self.handle)
            yield
        finally:
            _enter(before)
            os.close(before)

    def ip(self, *arguments: str, lines: Sequence[str] = ()) -> str:
        """What ``ip`` with these arguments prints inside; ``lines`` are its standard input."""
        return self.run("ip", *arguments, text="".join(f"{line}\n" for line in lines))

    def run(self, *command: str, text: str = "") -> str:
        """What ``command`` prints inside.

        Raises:
            RuntimeError: it failed; the text is what it said.
        """
        with self.entered():
            done = subprocess.run(  # noqa: S603 -- the test's own words
                command, input=text, text=True, capture_output=True, check=False
            )
        if done.returncode:
            message = f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}"
            raise RuntimeError(message)
        return done.stdout

    def routes(self) -> list[dict[str, object]]:
        """Every route of every table, as ``ip -j`` shows it, in one order."""
        both: list[dict[str, object]] = []
        for family in ("-4", "-6"):
            text = self.ip(family, "-d", "-N", "-j", "route", "show", "table", "all")
            both += json.loads(text or "[]")
        return sorted(both, key=repr)

    def until_up(self, *links: str, within: float = 30.0) -> None:
        """Waits until these have all that the kernel gives a link a while after it was set up.

        That is its state, and the routes of its IPv6 addresses and groups. What is sent before is
        dropped.

        Raises:
            TimeoutError: one has not, after so many seconds.
        """
        deadline, pause = monotonic() + within, Event()
        while not all(map(self._is_up, links)):
            if monotonic() > deadline:
                message = f"not up after {within:g} s: {self.ip('address')}"
                raise TimeoutError(message)
            pause.wait(0.005)

    def _is_up(self, link: str) -> bool:
        (told,) = json.loads(self.ip("-j", "address", "show", "dev", link))
        six = [one for one in told["addr_info"] if one["family"] == "inet6"]
        awaited = {one["local"] for one in six if not one.get("tentative")}
        routes = self.ip("-6", "-N", "-j", "route", "show", "table", "local", "dev", link)
        present = {one["dst"] for one in json.loads(routes or "[]")}
        return told["operstate"] == "UP" and {"ff00::/8", *awaited} <= present


@contextmanager
def empty_namespace() -> Generator[Namespace]:
    """A new namespace with nothing but a loopback interface, which is down.

    Raises:
        PermissionError: this process may not make one; the text says how it may.
    """
    before = os.open(_HERE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _unshare()
        made = os.open(_HERE, os.O_RDONLY | os.O_CLOEXEC)
        _enter(before)
    finally:
        os.close(before)
    try:
        yield Namespace(made)
    finally:
        os.close(made)


@contextmanager
def node_network() -> Generator[Namespace]:
    """A namespace on 10.240.0.0/24 and fd00:10:240::/64, as 10.240.0.1 and fd00:10:240::1."""
    with empty_namespace() as made:
        made.ip("-batch", "-", lines=_NODE_NETWORK.splitlines())
        made.until_up("node0", "node1")
        yield made


def _unshare() -> None:
    try:
        _call("unshare", _NEW_NETWORK)
    except PermissionError as error:
        hint = "run it in: unshare --user --map-root-user --net --mount"
        message = f"no right to make network namespaces; {hint}"
        raise PermissionError(message) from error


def _enter(handle: int) -> None:
    _call("setns", handle, _NEW_NETWORK)


def _call(name: str, *arguments: int) -> None:
    function: Callable[..., int] = getattr(ctypes.CDLL(None, use_errno=True), name)
    if function(*arguments):
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
