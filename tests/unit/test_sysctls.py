"""The kernel's settings as they are read."""

from pathlib import Path

from podroute.host.sysctls import read_sysctls


def test_what_is_no_text_counts_as_not_there(tmp_path: Path) -> None:
    """A folder that somebody has given by --proc-sys-net, and that is no kernel's."""
    (tmp_path / "ipv4").mkdir()
    (tmp_path / "ipv4/ip_forward").write_bytes(b"\xff")

    assert read_sysctls(tmp_path, ()) == {}
