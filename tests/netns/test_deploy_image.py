"""The container image, built as its recipe builds it, runs as nobody on a read-only root."""

import os
import re
import stat
import subprocess
import tomllib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import pytest
import yaml

from podroute.testing.netns import Namespace
from tests.container_image import BUILD, ROOT, build_root, steps
from tests.netns.agents import WorkerPlace, ping, plugged_pods, plugins, worker_place
from tests.netns.lab_command import until
from tests.unit.command import node_list, worker

pytestmark = pytest.mark.netns

USER: Final = 65532
MOUNTED: Final = ("dev", "proc", "sys")  # by every runtime
ROOT_FS: Final = (
    'mount --bind "$1" "$1" && mount --rbind /dev "$1/dev" && mount --rbind /proc "$1/proc"'
)
RUN: Final = 'mount -o remount,bind,ro "$1" && shift && exec "$@"'
READ_ONLY: Final = f"{ROOT_FS} && {RUN}"
ONE_CAPABILITY: Final = (
    "import ctypes, os, sys; drop = ctypes.CDLL(None).prctl; "
    "[drop(24, number) for number in range(41) if number != 12]; "
    "os.execv(sys.argv[1], sys.argv[1:])"
)
WRITE: Final = "import sys; open(sys.argv[1], 'w')"
WHO: Final = "import os; print(os.getuid(), os.getgid(), os.getgroups())"


class Mount(msgspec.Struct, rename="camel"):
    """Where a volume is in the container."""

    name: str
    mount_path: str


class Container(msgspec.Struct, rename="camel"):
    """The agent's."""

    command: Sequence[str]
    args: Sequence[str]
    volume_mounts: Sequence[Mount]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its root."""
    out = tmp_path_factory.mktemp("image") / "root"
    build_root(out)
    for folder in (out.parent, *out.parent.parents[:2]):  # pytest's own are for one user
        folder.chmod(folder.stat().st_mode | 0o111)
    return out


def run(image: Path, *command: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """In the image: another root, another user, nothing to write to."""
    return subprocess.run(
        [
            *("unshare", "--mount", "sh", "-c", READ_ONLY, "sh", str(image)),
            *as_nobody(image),
            *command,
        ],
        check=False,
        capture_output=True,
        text=True,
        input=text,
        env={"PATH": f"/opt/podroute/bin:{os.environ['PATH']}"},
    )


def as_nobody(image: Path) -> Sequence[str]:
    """Where there is only one user, a further namespace calls it so."""
    users = int(Path("/proc/self/uid_map").read_text().split()[2])
    if users > USER:
        return ("chroot", f"--userspec={USER}:{USER}", "--groups=", str(image))
    ids = (f"--map-user={USER}", f"--map-group={USER}")
    return ("unshare", "--user", *ids, f"--root={image}")


def test_it_runs_as_nobody_and_can_write_nothing(image: Path) -> None:
    who = run(image, "python", "-c", WHO)
    assert who.stdout.split()[:2] == [str(USER), str(USER)], who.stderr
    for place in ("/file", "/etc/file", "/opt/podroute/file"):
        written = run(image, "python", "-c", WRITE, place)
        assert "Read-only file system" in written.stderr


def test_its_commands_work(image: Path) -> None:
    for arguments in (("version",), ("--help",), ("controller", "--help"), ("table", "--help")):
        done = run(image, "/opt/podroute/bin/podroute", *arguments)
        assert (done.returncode, done.stderr) == (0, ""), arguments
        assert "podroute" in done.stdout


def test_it_reads_the_kernels_routes(image: Path, netns: Namespace) -> None:
    flags = ("--provider", "linux", "--cluster-cidr", "10.200.0.0/16", "-f", "-")
    done = run(image, "podroute", "plan", *flags, text=node_list(worker(0)))
    assert "Plan: 1 to add" in done.stdout, done.stderr
    assert netns.ip("route", "show", "proto", "200") == ""


STATE: Final = Path("/run/podroute")


@dataclass(frozen=True)
class AgentInImage:
    """As the DaemonSet runs it: its flags, its mounts, its one capability."""

    image: Path
    place: WorkerPlace

    def run(self, *more: str) -> subprocess.CompletedProcess[str]:
        pod = yaml.safe_load((ROOT / "deploy" / "agent.yaml").read_text())["spec"]["template"][
            "spec"
        ]
        one = msgspec.convert(pod["containers"][0], Container)
        flags = [flag.replace("$(NODE_NAME)", "worker-0") for flag in one.args]
        mounts = " && ".join(map(self.mounted, one.volume_mounts))
        program = f"/opt/podroute/bin/{one.command[0]}"
        inside = ["python", "-c", ONE_CAPABILITY, program, *one.command[1:], *flags, *more]
        with self.place.worker.entered():
            return subprocess.run(
                [
                    *("unshare", "--mount", "sh", "-c", f"{ROOT_FS} && {mounts} && {RUN}", "sh"),
                    *(str(self.image), "chroot", str(self.image), *inside),
                ],
                check=False,
                capture_output=True,
                text=True,
                env={"PATH": f"/opt/podroute/bin:{os.environ['PATH']}"},
            )

    def mounted(self, mount: Mount) -> str:
        """The command that puts a path of this worker there."""
        sources = {
            "sysctls": Path("/proc/sys/net"),
            "conf": self.place.conf,
            "plugins": plugins(),
            "state": self.place.folder / "state",
        }
        source, target = sources[mount.name], f"{self.image}{mount.mount_path}"
        if mount.name != "sysctls":
            source.mkdir(exist_ok=True)
        return f"mkdir -p {target} && mount --bind {source} {target}"


@pytest.fixture
def agent(image: Path, tmp_path: Path) -> Generator[AgentInImage]:
    with worker_place(tmp_path) as place, shown_at(STATE, place.folder / "state"):
        yield AgentInImage(image, place)


@contextmanager
def shown_at(target: Path, source: Path) -> Generator[None]:
    """The CNI plugins run beside the image, and find its folder where the machine has it."""
    source.mkdir()
    is_ours = not target.exists()
    target.mkdir(exist_ok=True)
    try:
        subprocess.run(["mount", "--bind", source, target], check=True)
        yield
        subprocess.run(["umount", target], check=True)
    finally:
        if is_ours:
            target.rmdir()


def test_the_agent_of_the_daemon_set_works_in_it(agent: AgentInImage) -> None:
    before = agent.place.fingerprint()

    done = agent.run("--pod-cidr=10.200.0.0/24", "--once")

    assert done.returncode == 0, done.stderr
    with plugged_pods(agent.place) as plugged:
        ping(plugged.a, plugged.address("b"))
        ping(plugged.a, "192.0.2.1")
    until(lambda: "veth" not in agent.place.worker.ip("link"))  # they end after their Pods
    assert agent.run("--cleanup").returncode == 0
    assert agent.place.fingerprint() == before


def test_a_controller_without_a_cluster_says_so(image: Path) -> None:
    done = run(
        image, "podroute", "controller", "--allocate-node-cidrs", "--cluster-cidr=10.200.0.0/16"
    )
    assert done.returncode == 2
    assert "kubeconfig" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_else_is_in_it(image: Path) -> None:
    names = {path.name.partition("-")[0] for path in image.rglob("*.dist-info")}
    assert "podroute" in names
    assert not names & {"hatchling", "uv", "pip", "pytest", "setuptools"}
    programs = {path.name for path in image.rglob("bin/*")} - {"__pycache__"}
    assert {path.name for path in image.rglob("sbin/*")} == {"nft"}
    expected = r"python[\d.]*|podroute|kubectl-podroute|kubectl_complete-podroute"
    assert [name for name in programs if not re.fullmatch(expected, name)] == []
    assert {path.name for path in image.iterdir()} >= {*MOUNTED, "etc", "opt"}


def test_everybody_may_read_it_and_nothing_changes_its_user(image: Path) -> None:
    for path in image.rglob("*"):
        if not path.is_symlink():
            mode = path.stat().st_mode
            assert not mode & (stat.S_ISUID | stat.S_ISGID | stat.S_IWGRP | stat.S_IWOTH), path
            assert mode & (0o005 if path.is_dir() else 0o004), path


def test_the_recipe_builds_what_was_built_here(image: Path) -> None:
    *networked, last = steps("RUN")
    assert last == f"--network=none {' '.join(BUILD)} /image"
    assert [step.split()[0] for step in networked] == ["apt-get", "python", "uv"]
    assert networked[0].endswith(" nftables")
    assert "--require-hashes" in networked[1]
    assert "--frozen" in networked[2]
    for step in steps("COPY"):
        if not step.startswith("--from"):
            *sources, _ = step.split()
            assert all((ROOT / source).exists() for source in sources)
    assert steps("USER") == [f"{USER}:{USER}"]
    (program,) = re.findall(r'^\["/(.+)"\]$', steps("ENTRYPOINT")[0])
    assert os.access(image / program, os.X_OK)


def test_uv_is_pinned_as_in_the_lock() -> None:
    text = (ROOT / "deploy" / "uv.txt").read_text()
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    (uv,) = (one for one in lock["package"] if one["name"] == "uv")
    assert f"uv=={uv['version']} " in text
    hashes = {wheel["hash"]: wheel["url"].rpartition("/")[2] for wheel in uv["wheels"]}
    pinned = [hashes[each] for each in re.findall(r"--hash=(\S+)", text)]
    assert {name.removesuffix(".whl").rpartition("_")[2] for name in pinned} == {
        "64",
        "aarch64",
    }  # x86_64
