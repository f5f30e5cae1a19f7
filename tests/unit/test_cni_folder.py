"""What is found in the folder of a container runtime's configurations?"""

import os
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from podroute.bridge.seen import Rights
from podroute.host.cni import Plugins, read_folders
from podroute.host.cni_notes import Notes
from podroute.host.cni_rights import read_rights
from tests.machine_root import needs_machine_root


def bind_socket(path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as bound:
        bound.bind(str(path))


def link_to_a_folder(path: Path) -> None:
    path.symlink_to("/")


def link_to_a_device(path: Path) -> None:
    path.symlink_to(os.devnull)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (os.mkfifo, "FIFO"),
        (Path.mkdir, "directory"),
        (bind_socket, "socket"),
        (link_to_a_folder, "link to a directory"),
        (link_to_a_device, "link to a device"),
    ],
)
def test_only_files_are_read(tmp_path: Path, make: Callable[[Path], object], kind: str) -> None:
    (tmp_path / "05-file.conf").write_text("{}")
    make(tmp_path / "05-odd.conf")

    found = read_folders(tmp_path, Plugins(tmp_path), Notes(tmp_path))

    assert found.files == {"05-file.conf": "{}"}
    assert found.no_files == {"05-odd.conf": kind}


def test_what_leads_nowhere_is_there_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "05-lost.conf").symlink_to("nowhere")

    found = read_folders(tmp_path, Plugins(tmp_path), Notes(tmp_path))

    assert (found.files, found.no_files) == ({"05-lost.conf": ""}, {})


def test_a_folder_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    found = read_folders(tmp_path / "net.d", Plugins(tmp_path), Notes(tmp_path))

    assert (found.files, found.no_files) == ({}, {})


def test_hidden_files_are_read_as_runtimes_read_them(tmp_path: Path) -> None:
    for name in (".05-hidden.conflist", ".10-podroute.conflist.new"):
        (tmp_path / name).write_text("{}")

    found = read_folders(tmp_path, Plugins(tmp_path), Notes(tmp_path))

    assert found.files == {".05-hidden.conflist": "{}"}
    assert found.begun == {"10-podroute.conflist"}


def versions(plugins: Plugins) -> dict[str, tuple[str, ...]]:
    return {name: one.versions for name, one in plugins.answers().items()}


ANSWER = """echo '{"supportedVersions": ["1.0.0"]}'"""


def test_a_plugin_is_asked_when_it_may_be_executed(tmp_path: Path) -> None:
    plugins, program = Plugins(tmp_path), tmp_path / "bridge"
    program.write_text(f"#!/bin/sh\n{ANSWER}\n")
    program.chmod(0o644)
    assert versions(plugins) == {}

    program.chmod(0o755)

    assert versions(plugins) == {"bridge": ("1.0.0",)}


def test_a_plugin_that_has_said_nothing_is_asked_again_and_no_other(tmp_path: Path) -> None:
    program, asked = tmp_path / "bridge", tmp_path / "asked"
    counted = f"[ $(wc -l < {asked}) = 0 ] || {ANSWER}\necho >> {asked}"
    program.write_text(f'#!/bin/sh\n[ "$CNI_COMMAND" ] || exit 1\n{counted}\n')
    program.chmod(0o755)
    asked.touch()

    patient, hasty = Plugins(tmp_path), Plugins(tmp_path, patience=0)
    found = [versions(plugins) for plugins in (patient, hasty, patient, hasty, hasty)]

    assert found == [{}, {"bridge": ("1.0.0",)}, {}, {"bridge": ("1.0.0",)}, {"bridge": ("1.0.0",)}]
    assert asked.read_text() == "\n\n"


@pytest.mark.parametrize(
    ("about", "releases"),
    [
        ("CNI portmap plugin v1.8.0", {"portmap": (1, 8, 0)}),
        ("CNI portmap plugin v1.10.1-dirty", {"portmap": (1, 10, 1)}),
        ("CNI portmap plugin version unknown", {}),
        ("", {}),
    ],
)
def test_a_plugin_may_tell_its_release(
    tmp_path: Path, about: str, releases: dict[str, tuple[int, int, int]]
) -> None:
    program = tmp_path / "portmap"
    alone = f'[ "$CNI_COMMAND" ] || {{ echo "{about}" >&2; exit 0; }}'
    program.write_text(f"#!/bin/sh\n{alone}\n{ANSWER}\n")
    program.chmod(0o755)

    found = read_folders(tmp_path / "net.d", Plugins(tmp_path), Notes(tmp_path))

    assert found.plugins == {"portmap": ("1.0.0",)}
    assert found.releases == releases


def test_whose_configurations_and_plugins_are_is_seen(tmp_path: Path) -> None:
    conf, plugins = tmp_path / "net.d", tmp_path / "bin"
    conf.mkdir(mode=0o755)
    plugins.mkdir()
    plugins.chmod(0o777)
    (conf / "05-other.conf").write_text("{}")
    (conf / "05-other.conf").chmod(0o620)
    (plugins / "bridge").touch(0o755)

    found = read_folders(conf, Plugins(plugins), Notes(tmp_path))

    group = os.getegid()
    assert found.rights == (
        Rights(str(conf), group, 0o755),
        Rights(str(conf / "05-other.conf"), group, 0o620),
        Rights(str(plugins), group, 0o777),
        Rights(str(plugins / "bridge"), group, 0o755),
    )


@needs_machine_root
def test_an_owner_who_is_neither_root_nor_oneself_is_seen(tmp_path: Path) -> None:
    (tmp_path / "theirs").touch()
    os.chown(tmp_path / "theirs", 1000, -1)

    found = read_rights([tmp_path, tmp_path / "theirs", tmp_path / "nothing"])

    assert [one.trusted for one in found] == [True, False]


@pytest.mark.parametrize(("mode", "seen"), [(0o755, False), (0o777, True), (0o1777, False)])
def test_a_folder_above_whose_names_others_may_change_is_seen(
    tmp_path: Path, mode: int, *, seen: bool
) -> None:
    """They could put another folder in the place of that of the plugins."""
    above, folder = tmp_path / "opt", tmp_path / "opt/cni/bin"
    folder.mkdir(parents=True)
    above.chmod(mode)

    found = read_rights([folder, folder / "bridge"])

    assert [one.path for one in found] == [str(folder), *[str(above)] * seen]
