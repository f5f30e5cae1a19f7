"""The process that a lab lives and dies with.

It is process 1 of namespaces of its own. When it ends, for whatever reason, the kernel ends all
processes in them and takes every network namespace, link and mount away. Until ``keep`` it ends
with the process that started it, because it reads from a pipe whose other end that process holds.
It lives as long as a file is locked: that can be seen from containers and from labs too, where its
number means nothing.
"""

import os
import select
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from podroute.lab.failure import LabFailed, Unsuitable
from podroute.lab.machine import environment, how_to_allow_namespaces

# /proc is still the caller's at the first line: that is how the process learns its number there.
# /run is hidden behind a private one, so that /run/netns and /run/podroute need not exist and are
# never touched.
# mount -n does not look for its own notes in there.
# The lock is taken before HOME may be hidden.
# The shell stays, and does not exec sleep, since process 1 has to reap orphans.
SCRIPT: Final = """\
set -e
exec 9<>"$2"
flock 9
read -r pid rest </proc/self/stat
mount -n -t proc proc /proc
mount -n -t tmpfs -o mode=755 podroute-lab "$1"
mkdir "$1/netns" "$1/podroute" "$1/.host"
mount -n --rbind /run "$1/.host"
for entry in /run/*; do
    case "$entry" in /run/netns | /run/podroute) ;; *) ln -s ".host/${entry#/run/}" "$1/" ;; esac
done
mount -n --move "$1" /run
ip link set lo up
echo "$pid"
read -r keep || exit 0
exec </dev/null >/dev/null 2>&1
while :; do sleep 86400 & wait; done
"""
_APART: Final = ("--net", "--mount", "--pid", "--fork", "--kill-child")
_AS_ROOT_OF_ITS_OWN: Final = ("--user", "--map-root-user")
_PATIENCE: Final = 10_000  # milliseconds, for the end of all that runs in it
_KEPT: Final = (
    "process {0} of the lab is killed, but does not end: somebody outside has started a process in "
    "it and does not notice that it is over, stopped or in a debugger: "
    "ps -eo pid,stat,args | grep -e '[n]senter.*{0}'; end those and try again"
)
_STATE: Final = 0
_STARTED: Final = 19


@dataclass(frozen=True, slots=True)
class Holder:
    """Names one process for ever: numbers are used again, but not with the same start."""

    pid: int
    started: int  # clock ticks after the boot
    boot: str
    pid_namespace: int  # where that number is its own
    own_user_namespace: bool

    def require_known(self) -> None:
        """For what needs the process itself.

        Raises:
            LabFailed: it was started where processes have other numbers.
        """
        if (self.boot, self.pid_namespace) != (_boot(), _pid_namespace()):
            message = (
                "the lab was started elsewhere, in or outside of a container or another lab: "
                "enter it and end it from there"
            )
            raise LabFailed(message)

    def is_there(self) -> bool:
        """Whether the process still runs, asked by its number."""
        return _started(self.pid) == self.started

    def kill(self) -> None:
        """Ends it, and waits until the kernel says that it has ended.

        Raises:
            LabFailed: as ``require_known``; or somebody keeps what has ended in it.
        """
        self.require_known()
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        try:
            # the handle first, the question after it: it cannot become another process in between
            if self.is_there():
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
                self._wake_entered()
                gone = select.poll()
                gone.register(handle, select.POLLIN)
                if not gone.poll(_PATIENCE):
                    raise LabFailed(_KEPT.format(self.pid))
        finally:
            os.close(handle)

    def _wake_entered(self) -> None:
        """Who was stopped together with what it runs in there would never see that this ends."""
        target = f"--target={self.pid}".encode()
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(FileNotFoundError, PermissionError, ProcessLookupError):
                if target in path.read_bytes().split(b"\0"):
                    os.kill(int(path.parent.name), signal.SIGCONT)


class Tether:
    """The pipe that keeps a new holder from outliving its starter."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._kept = False

    def keep(self) -> None:
        """Lets the holder live on without us.

        Raises:
            LabFailed: somebody has killed it meanwhile.
        """
        pipe = cast("IO[str]", self._process.stdin)
        try:
            pipe.write("keep\n")
            pipe.flush()
        except BrokenPipeError:
            message = "the lab was killed while it was built: try again"
            raise LabFailed(message) from None
        self._kept = True

    def cut(self) -> None:
        """Ends a holder that was not told to live on, and waits for it."""
        if not self._kept:
            self._process.communicate()


def start_holder(mount_point: Path, lock: Path) -> tuple[Holder, Tether]:
    """A holder with empty namespaces; as an ordinary user it is root of a user namespace.

    ``lock`` is a file; it is locked exclusively from the start to the end of the holder.

    Raises:
        Unsuitable: the kernel does not let us.
    """
    own_user_namespace = os.geteuid() != 0
    apart = (*_AS_ROOT_OF_ITS_OWN, *_APART) if own_user_namespace else _APART
    command = ["unshare", *apart, "sh", "-c", SCRIPT, "sh", str(mount_point), str(lock)]
    process = subprocess.Popen(  # noqa: S603 -- an argument list, found on the PATH
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(),
        start_new_session=True,
    )
    said = cast("IO[str]", process.stdout).readline().strip()
    started = _started(int(said)) if said.isdecimal() else None
    if started is None:
        process.communicate()
        message = f"cannot create namespaces ({said}): {how_to_allow_namespaces()}"
        raise Unsuitable(message)
    holder = Holder(int(said), started, _boot(), _pid_namespace(), own_user_namespace)
    return holder, Tether(process)


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _pid_namespace() -> int:
    return Path("/proc/self/ns/pid").stat().st_ino


def _started(pid: int) -> int | None:
    """When the process started; None: there is none, or only its exit status is left."""
    try:
        # the second field is a name in parentheses, which may hold spaces and parentheses
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[_STATE] in {"Z", "X"} else int(fields[_STARTED])
