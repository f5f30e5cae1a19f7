"""podroute agent without the libraries that read flags: a third of what it would hold for ever.

A process of its own reads flags, environment and configuration, and hands over what they say.
"""

import pickle
import signal
import subprocess
import sys
from collections.abc import Sequence

from podroute.cli.agent_run import Run
from podroute.cli.failure import Exit, Failure


def run_apart(arguments: Sequence[str]) -> int:
    """The whole verb with these ``arguments``, which do not ask for help.

    Raises:
        Failure: the flags are bad, or it cannot be done.
    """
    from podroute.cli.agent_acts import act  # noqa: PLC0415 -- not where flags are read

    python = [sys.executable, "-P"]  # nothing is imported from the directory where it is started
    command = [*python, "-m", "podroute.cli.agent_apart", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)  # noqa: S603 -- ourselves
    if done.returncode:
        return done.returncode
    said: Run | tuple[Exit, str] = pickle.loads(done.stdout)  # noqa: S301 -- our own process
    if isinstance(said, tuple):
        raise Failure(*said)
    return act(said)


def main(arguments: Sequence[str]) -> int:
    """Writes what ``arguments`` say, or why they say nothing, to standard output."""
    from podroute.cli.agent_flags import read  # noqa: PLC0415 -- what this process is for
    from podroute.cli.main import bound_arguments  # noqa: PLC0415 -- as above

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # who has started us says that it was interrupted
    try:
        said: Run | tuple[Exit, str] = read(bound_arguments(arguments))
    except Failure as failure:
        said = failure.status, str(failure)
    sys.stdout.buffer.write(pickle.dumps(said))
    return Exit.OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
