"""An agent that is killed behind each of its changes: the real steps, by processes that end so.

Each time the next one finishes what was begun, and a cleanup leaves the machine as it was found: at
once after the kill, and after the repair.
"""

import os
import signal
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from typing_extensions import override

from podroute.agent.worker import Done, Failed, Folders, Worker
from podroute.bridge.cleanup import cleanup
from podroute.bridge.cni_conflist import FILE
from podroute.bridge.desired import AgentSettings, desire
from podroute.bridge.plan import Plan, plan_host
from podroute.bridge.seen import Host
from podroute.bridge.steps import Step
from podroute.host.netlink import Netlink
from podroute.host.rtnetlink import Refusal, Request
from podroute.model.cidr import parse_cidr


class Countdown:
    """Ends this process as SIGKILL does."""

    def __init__(self, changes: int) -> None:
        self._left = changes

    def changed(self) -> None:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1


class MortalNetlink(Netlink):
    """Dies between two requests of one step, too."""

    def __init__(self, countdown: Countdown) -> None:
        super().__init__()
        self._countdown = countdown

    @override
    def send(self, requests: Iterable[Request]) -> list[Refusal | None]:
        self._countdown.changed()
        return super().send(requests)


class MortalWorker(Worker):
    """Dies between two steps."""

    def __init__(self, countdown: Countdown, folders: Folders) -> None:
        super().__init__(MortalNetlink(countdown), folders)
        self._countdown = countdown

    @override
    def apply(self, steps: Sequence[Step], host: Host) -> Sequence[Done | Failed]:
        outcomes: list[Done | Failed] = []
        for step in steps:
            self._countdown.changed()
            outcomes += super().apply([step], host)
        return outcomes


def planned(worker: Worker, folders: Folders, cidrs: Sequence[str]) -> tuple[Plan, Host]:
    host = worker.read()
    settings = AgentSettings(data_folder=str(folders.data))
    return plan_host(desire(tuple(map(parse_cidr, cidrs)), host, settings), host), host


def killed(changes: int, folders: Folders, cidrs: Sequence[str]) -> bool:
    """Whether an agent that dies behind so many changes has left some undone."""
    child = os.fork()
    if child == 0:
        mortal = MortalWorker(Countdown(changes), folders)
        plan, host = planned(mortal, folders, cidrs)
        outcomes = mortal.apply(plan.steps, host)
        os._exit(any(isinstance(one, Failed) for one in outcomes))
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def clean(worker: Worker) -> None:
    host = worker.read()
    steps = tuple(cleanup(host, "cbr0", worker.settings.read()))
    assert all(isinstance(one, Done) for one in worker.apply(steps, host))
    worker.settings.forget()


def main() -> int:
    """FOLDER PLUGINS PODCIDR…: prints how many changes there are."""
    folder, plugins, *cidrs = sys.argv[1:]
    state = Path(folder) / "state"
    state.mkdir()
    sysctls = Path("/proc/sys/net")
    conf = Path(folder) / "net.d"
    conf.mkdir()
    folders = Folders(conf, Path(plugins), state / "networks", state, sysctls)
    with closing(Netlink()) as netlink:
        worker = Worker(netlink, folders)
        found, changes = worker.read(), 0
        while killed(changes, folders, cidrs):
            for _ in range(2):
                plan, host = planned(worker, folders, cidrs)
                assert all(isinstance(one, Done) for one in worker.apply(plan.steps, host)), changes
            plan, host = planned(worker, folders, cidrs)
            assert plan.steps == (), (changes, plan.steps)
            assert FILE in host.cni.files
            clean(worker)
            assert worker.read() == found, changes
            assert killed(changes, folders, cidrs)
            clean(worker)
            assert worker.read() == found, changes
            changes += 1
        clean(worker)
    sys.stdout.write(f"{changes}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
