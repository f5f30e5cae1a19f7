import os
from pathlib import Path

import pytest

from podroute.config.file import ConfigError, read_settings

VERSION = "apiVersion: podroute/v1alpha1\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "podroute.yaml"


def test_every_key_has_the_name_of_its_flag(path: Path) -> None:
    path.write_text(
        VERSION + "kubeconfig: admin.conf\n"
        "context: kind\n"
        "cluster-cidr: [10.200.0.0/16, 'fd00:10:200::/48']\n"
        "node-cidr-mask-size-ipv4: 25\n"
        "node-cidr-mask-size-ipv6: 80\n"
        "service-cluster-ip-range: 10.32.0.0/24\n"
        "reserved: 10.200.255.0/24\n"
        "node-cidrs: 10.240.0.0/24\n"
        "provider: linux\n"
        "provider-option: {table: 100}\n"
        "announce: gobgp\n"
        "announce-option: {med: 10}\n"
    )

    assert read_settings(path) == {
        "kubeconfig": str(path.parent / "admin.conf"),
        "context": "kind",
        "cluster-cidr": ["10.200.0.0/16", "fd00:10:200::/48"],
        "node-cidr-mask-size-ipv4": 25,
        "node-cidr-mask-size-ipv6": 80,
        "service-cluster-ip-range": "10.32.0.0/24",
        "reserved": "10.200.255.0/24",
        "node-cidrs": "10.240.0.0/24",
        "provider": "linux",
        "provider-option": ["table=100"],
        "announce": "gobgp",
        "announce-option": ["med=10"],
    }


@pytest.mark.parametrize(
    ("written", "read"),
    [("/etc/n.yaml", "/etc/n.yaml"), ("-", "-"), ("n.yaml", "HERE/n.yaml"), ("~/n", "HOME/n")],
)
def test_file_names_start_beside_the_file(path: Path, written: str, read: str) -> None:
    path.write_text(f"{VERSION}filename: {written!r}\n")

    expected = read.replace("HERE", str(path.parent)).replace("HOME", str(Path.home()))
    assert read_settings(path)["filename"] == expected


def test_a_home_folder_that_nobody_has_is_refused(path: Path) -> None:
    path.write_text(f"{VERSION}kubeconfig: ~nobody-of-that-name/x\n")

    with pytest.raises(ConfigError, match="the folder that ~ stands for is not known"):
        read_settings(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "is empty: it needs at least the line apiVersion:", id="empty"),
        pytest.param("a: " + "[" * 30_000, "is nested deeper than 50 levels", id="deep"),
        pytest.param("# nothing\n---\n", "Expected `object`, got `null`", id="null"),
        pytest.param(
            VERSION + "provider: linux\nprovider: aws\n",
            "line 3: 'provider' is there already, in line 2: leave one of them",
            id="a key twice",
        ),
        pytest.param(
            VERSION + "pools:\n- {name: a, name: b}\n",
            "line 3: 'name' is there already, in line 3",
            id="a key twice, deeper",
        ),
        pytest.param("#" * (1 << 20) + "\n", "is larger than 1 MiB", id="large"),
        pytest.param("- a", "Expected `object`, got `array`", id="a list"),
        pytest.param("a: [", "expected node content", id="not YAML"),
        pytest.param("\x00", "podroute.yaml", id="binary"),
        pytest.param("provider: linux", "missing required field `apiVersion`", id="no version"),
        pytest.param("apiVersion: podroute/v2", "Invalid enum value 'podroute/v2'", id="v2"),
        pytest.param(
            VERSION + "cluster-cird: x", "did you mean 'cluster-cidr'?", id="misspelt key"
        ),
        pytest.param(
            VERSION + "routers: [{name: a, provider: frr}, {name: b, provider-options: {}}]",
            "`$.routers[1]`; did you mean 'provider-option'?",
            id="misspelt key of a router",
        ),
        pytest.param(
            VERSION + "routers: [{colour: red}]",
            "`$.routers[0]` (known: name, provider, provider-option)",
            id="unknown key of a router",
        ),
        pytest.param(
            VERSION + "pools: [{name: a, align-blocs: 2}]",
            "did you mean 'align-blocks'?",
            id="misspelt key of a pool",
        ),
        pytest.param(VERSION + "colour: red", "(known: apiVersion, filename,", id="unknown key"),
        pytest.param(
            VERSION + "node-cidr-mask-size: wide", "Expected `int | null`, got `str`", id="type"
        ),
        pytest.param(
            VERSION + "cluster-cidr: 10.200.1.0/16",
            "cluster-cidr: '10.200.1.0/16' has host bits set",
            id="host bits",
        ),
        pytest.param(
            VERSION + "node-cidrs: [10.0.0.0/8, nowhere]",
            "node-cidrs: 'nowhere' has no mask",
            id="no CIDR",
        ),
    ],
)
def test_a_bad_file_is_refused_whole(path: Path, text: str, words: str) -> None:
    path.write_text(text)

    with pytest.raises(ConfigError) as error:
        read_settings(path)

    assert str(error.value).startswith(f"--config {path}: ")
    assert words in str(error.value)


def test_no_such_file(path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file or directory"):
        read_settings(path)


def test_a_pipe_is_not_waited_for(path: Path) -> None:
    os.mkfifo(path)

    with pytest.raises(ConfigError, match="is no regular file: write the settings to a file"):
        read_settings(path)


@pytest.mark.parametrize(
    ("name", "words"), [("/dev/zero", "is no regular file"), ("/", "Is a directory")]
)
def test_no_regular_file(name: str, words: str) -> None:
    with pytest.raises(ConfigError, match=f"^--config {name}: {words}"):
        read_settings(Path(name))


def test_a_symbolic_link_is_followed(path: Path) -> None:
    path.with_name("..data").write_text(VERSION + "provider: linux\n")
    path.symlink_to("..data")

    assert read_settings(path) == {"provider": "linux"}
