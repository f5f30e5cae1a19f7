"""A kubeconfig that we may not even look for is named with the reason, by every way to it."""

import os
from collections.abc import Generator, Mapping
from pathlib import Path

import pytest

from podroute.kube.kubeconfig import KubeconfigError, find_login
from podroute.kube.login import ClusterAccess
from tests.unit.command import Ended, process

LONG = "/" + "a" * 5000
OVERRIDES = "-dac_override,-dac_read_search"  # what lets root look everywhere
SUBJECT = ["setpriv", f"--bounding-set={OVERRIDES}", f"--inh-caps={OVERRIDES}"]
CONTROLLER = ("controller", "--allocate-node-cidrs", "--cluster-cidr", "10.200.0.0/16")
VERBS = pytest.mark.parametrize("verb", [("table",), CONTROLLER], ids=["table", "controller"])


@pytest.fixture
def closed(tmp_path: Path) -> Generator[Path]:
    """A home folder that nobody may look into."""
    folder = tmp_path / "home"
    (folder / ".kube").mkdir(parents=True)
    (folder / ".kube" / "config").write_text("{}")
    folder.chmod(0)
    yield folder
    folder.chmod(0o700)


def podroute(*arguments: str, environment: Mapping[str, str]) -> Ended:
    """By somebody whom permissions stop."""
    without = {"KUBECONFIG": "", "KUBERNETES_SERVICE_HOST": ""}
    within = SUBJECT if os.geteuid() == 0 else []
    return process(*arguments, environment={**without, **environment}, within=within)


@VERBS
def test_in_the_home_folder(closed: Path, verb: tuple[str, ...]) -> None:
    ended = podroute(*verb, environment={"HOME": str(closed)})

    words = f"podroute: kubeconfig {closed}/.kube/config: Permission denied\n"
    assert (ended.status, ended.err) == (2, words)


@pytest.mark.parametrize(
    "listed", ["{0}/config", "/none:{0}/config", "{0}/config:{1}", "{1}:{0}/config"]
)
def test_in_the_environment(closed: Path, tmp_path: Path, listed: str) -> None:
    good = tmp_path / "good"
    good.write_text("current-context: a")
    environment = {"KUBECONFIG": listed.format(closed, good), "HOME": str(tmp_path)}

    ended = podroute("table", environment=environment)

    words = f"podroute: kubeconfig {closed}/config: Permission denied\n"
    assert (ended.status, ended.err) == (2, words)


def test_on_the_command_line(closed: Path) -> None:
    ended = podroute("table", "--kubeconfig", f"{closed}/config", environment={})

    words = f"podroute: kubeconfig {closed}/config: Permission denied\n"
    assert (ended.status, ended.err) == (2, words)


@pytest.mark.parametrize("name", ["KUBECONFIG", "HOME"])
def test_a_name_that_is_too_long(name: str) -> None:
    ended = podroute("table", environment={"HOME": "/none", name: LONG})

    assert (ended.status, ended.err.count("\n")) == (2, 1)
    assert ended.err.startswith(f"podroute: kubeconfig {LONG[:1000]}… (50")
    assert ended.err.endswith(" characters): File name too long\n")


def test_a_pod_needs_none(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret")
    environment = {"HOME": LONG, "KUBERNETES_SERVICE_HOST": "10.0.0.1"}

    assert find_login(ClusterAccess(), environment, tmp_path).name == "the Pod's own account"
    with pytest.raises(KubeconfigError, match="File name too long"):
        find_login(ClusterAccess(), {**environment, "KUBECONFIG": LONG}, tmp_path)
    with pytest.raises(KubeconfigError, match="File name too long"):
        find_login(ClusterAccess(), environment, tmp_path / "none")


def test_a_token_that_may_not_be_looked_at_is_still_that_of_the_pod() -> None:
    environment = {"HOME": "/none", "KUBERNETES_SERVICE_HOST": "10.0.0.1"}

    found = find_login(ClusterAccess(), environment, Path(LONG))

    assert found.user.token_file == f"{LONG}/token"


def test_a_null_character_is_in_no_name() -> None:
    with pytest.raises(KubeconfigError, match="a file name cannot hold a null character"):
        find_login(ClusterAccess("a\0b"), {})
