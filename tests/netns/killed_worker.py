"""An agent that is killed behind its nth change: the real steps, by a process that kills itself."""

import os
import signal
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from typing_extensions import override

from podroute.agent.worker import Done, Failed, Folders, Worker
from podroute.bridge.desired import AgentSettings, desire
from podroute.bridge.plan import plan_host
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


def main() -> int:
    """FOLDER PLUGINS CHANGES PODCIDR…; ends well where there are fewer changes."""
    folder, plugins, changes, *cidrs = sys.argv[1:]
    state = Path(folder) / "state"
    sysctls = Path("/proc/sys/net")
    folders = Folders(Path(folder) / "net.d", Path(plugins), state / "networks", state, sysctls)
    worker = MortalWorker(Countdown(int(changes)), folders)
    host = worker.read()
    settings = AgentSettings(data_folder=str(folders.data))
    plan = plan_host(desire(tuple(map(parse_cidr, cidrs)), host, settings), host)
    outcomes = worker.apply(plan.steps, host)
    return int(any(isinstance(one, Failed) for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
