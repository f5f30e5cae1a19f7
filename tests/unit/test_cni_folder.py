"""What is found in the folder of a container runtime's configurations?"""

import os
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from podroute.host.cni import Plugins, read_folders


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

    found = read_folders(tmp_path, Plugins(tmp_path), tmp_path)

    assert found.files == {"05-file.conf": "{}"}
    assert found.no_files == {"05-odd.conf": kind}


def test_what_leads_nowhere_is_there_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "05-lost.conf").symlink_to("nowhere")

    found = read_folders(tmp_path, Plugins(tmp_path), tmp_path)

    assert (found.files, found.no_files) == ({"05-lost.conf": ""}, {})


def test_a_folder_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    found = read_folders(tmp_path / "net.d", Plugins(tmp_path), tmp_path)

    assert (found.files, found.no_files) == ({}, {})


def test_hidden_files_are_read_as_runtimes_read_them(tmp_path: Path) -> None:
    for name in (".05-hidden.conflist", ".10-podroute.conflist.new"):
        (tmp_path / name).write_text("{}")

    found = read_folders(tmp_path, Plugins(tmp_path), tmp_path)

    assert found.files == {".05-hidden.conflist": "{}"}
    assert found.begun == {"10-podroute.conflist"}


ANSWER = """echo '{"supportedVersions": ["1.0.0"]}'"""


def test_a_plugin_is_asked_when_it_may_be_executed(tmp_path: Path) -> None:
    plugins, program = Plugins(tmp_path), tmp_path / "bridge"
    program.write_text(f"#!/bin/sh\n{ANSWER}\n")
    program.chmod(0o644)
    assert plugins.versions() == {}

    program.chmod(0o755)

    assert plugins.versions() == {"bridge": ("1.0.0",)}


def test_a_plugin_that_has_said_nothing_is_asked_again_and_no_other(tmp_path: Path) -> None:
    program, asked = tmp_path / "bridge", tmp_path / "asked"
    program.write_text(f"#!/bin/sh\n[ $(wc -l < {asked}) = 0 ] || {ANSWER}\necho >> {asked}\n")
    program.chmod(0o755)
    asked.touch()

    patient, hasty = Plugins(tmp_path), Plugins(tmp_path, patience=0)
    found = [plugins.versions() for plugins in (patient, hasty, patient, hasty, hasty)]

    assert found == [{}, {"bridge": ("1.0.0",)}, {}, {"bridge": ("1.0.0",)}, {"bridge": ("1.0.0",)}]
    assert asked.read_text() == "\n\n"
