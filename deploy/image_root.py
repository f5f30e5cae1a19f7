#!/usr/bin/env python3
"""The root of the container image, without a network: image_root.py DIRECTORY.

Python and nft, their shared libraries, podroute with all its providers, and nothing else: no shell,
no package manager. Wanted: ``uv``, and in its cache what ``uv sync --group image`` has brought
there, whose hashes are in ``uv.lock``. Everything else comes from the machine on which this runs.
"""

import compileall
import os
import py_compile
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).resolve().parent.parent
USER: Final = 65532
HOME: Final = "opt/podroute"
PROGRAMS: Final = ("podroute", "kubectl-podroute", "kubectl_complete-podroute")
NFT: Final = "usr/sbin/nft"  # for podroute agent
ADMINISTRATORS: Final = "/usr/sbin:/sbin"
LEFT_OUT: Final = (  # of the standard library
    "__pycache__",
    "config-*",
    "ensurepip",
    "idlelib",
    "lib2to3",
    "site-packages",
    "dist-packages",
    "test",
    "tests",
    "tkinter",
    "turtledemo",
    "sqlite3",
    "curses",
    "dbm",
    "_test*.so",
    "_ctypes_test.*",
    "xx*.so",
    "_tkinter.*",
    "_sqlite3.*",
    "_curses*.so",
    "_dbm.*",
    "_gdbm.*",
    "_crypt.*",
    "nis.*",
    "readline.*",
)
MOUNTED: Final = ("dev", "proc", "sys", "tmp")
CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
FILES: Final[Mapping[str, str]] = {
    "etc/passwd": f"root:x:0:0::/:\nnonroot:x:{USER}:{USER}::/:\n",
    "etc/group": f"root:x:0:\nnonroot:x:{USER}:\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
}


def main() -> int:
    """Makes the directory, which must not be there."""
    out = Path(sys.argv[1]).resolve()
    os.umask(0o022)
    out.mkdir(parents=True)
    python = Path(sys.executable).resolve()
    built = out.with_name(f"{out.name}.venv")
    _install(python, built)
    _copy_python(python, out)
    _copy_podroute(python, built, out)
    _copy_libraries([python, _copy_nft(out)], out)
    for name, text in FILES.items():
        _place(out / name).write_text(text)
    if CERTIFICATES.exists():
        shutil.copyfile(CERTIFICATES, _place(out / str(CERTIFICATES).lstrip("/")))
    for name in MOUNTED:
        (out / name).mkdir()
    shutil.rmtree(built)
    return 0


def _install(python: Path, venv: Path) -> None:
    """By the lock, without what builds podroute: a file that is not in the cache is an error."""
    environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(venv), "UV_LINK_MODE": "copy"}
    environment.pop("VIRTUAL_ENV", None)
    sync = (
        *("uv", "sync", "--frozen", "--offline", "--quiet", f"--project={SOURCE}"),
        *(f"--python={python}", "--no-python-downloads", "--no-default-groups", "--all-extras"),
    )
    ours = ("--no-build-isolation", "--no-editable")
    for options in (
        ("--group=image", "--no-install-project"),
        ("--group=image", "--reinstall-package=podroute", *ours),
        ours,
    ):
        subprocess.run([*sync, *options], check=True, env=environment)  # noqa: S603 -- ours


def _copy_python(python: Path, out: Path) -> None:
    """To where it is here: it looks for its library beside itself."""
    shutil.copy2(python, _place(out / str(python).lstrip("/")))
    library = sysconfig.get_path("stdlib")
    target = out / library.lstrip("/")
    shutil.copytree(library, target, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=False)
    _compile(target)


def _copy_podroute(python: Path, venv: Path, out: Path) -> None:
    """As a virtual environment at another place."""
    home = out / HOME
    (packages,) = venv.glob("lib/python*/site-packages")
    target = home / packages.relative_to(venv)
    shutil.copytree(packages, target, ignore=shutil.ignore_patterns("__pycache__", "_virtualenv*"))
    _compile(target)
    (home / "bin").mkdir()
    (home / "bin" / "python").symlink_to(python)
    (home / "pyvenv.cfg").write_text(f"home = {python.parent}\n")
    for name in PROGRAMS:
        program = home / "bin" / name
        text = (venv / "bin" / name).read_text()
        program.write_text(re.sub(r"\A#!.*\n", f"#!/{HOME}/bin/python\n", text))
        program.chmod(0o755)


def _copy_nft(out: Path) -> Path:
    found = shutil.which("nft") or shutil.which("nft", path=ADMINISTRATORS)
    if found is None:
        sys.exit("image_root: no nft, which podroute agent needs: apt-get install nftables")
    shutil.copy2(Path(found).resolve(), _place(out / NFT))
    return Path(found)


def _copy_libraries(programs: Sequence[Path], out: Path) -> None:
    """What the loader needs for every binary, and where it finds that."""
    binaries = [*programs, *(file for file in out.rglob("*.so*") if file.is_file())]
    found = sorted({path for path in _needed(binaries) if out not in path.parents})
    for library in found:
        shutil.copy2(library, _place(out / str(library).lstrip("/")))
    folders = dict.fromkeys(str(library.parent) for library in found)
    _place(out / "etc/ld.so.conf").write_text("".join(f"{folder}\n" for folder in folders))
    path = f"{os.environ['PATH']}:{ADMINISTRATORS}"
    subprocess.run(["ldconfig", "-r", str(out)], check=True, env={"PATH": path})  # noqa: S603, S607 -- ours


def _needed(binaries: Sequence[Path]) -> Iterator[Path]:
    """Shared libraries; those that packages bring lie beside their users."""
    done = subprocess.run(  # noqa: S603 -- files of ours
        ["ldd", *map(str, binaries)],  # noqa: S607 -- of libc
        check=False,  # what is no program, and what links nothing, counts as failed
        capture_output=True,
        text=True,
    )
    yield from map(Path, re.findall(r"(/\S+) \(0x", done.stdout))


def _compile(folder: Path) -> None:
    """The root is read-only where it runs; sources do not change there, so nobody need look."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(folder, quiet=2, workers=0, invalidation_mode=mode)


def _place(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


if __name__ == "__main__":
    sys.exit(main())
