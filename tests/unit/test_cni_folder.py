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
