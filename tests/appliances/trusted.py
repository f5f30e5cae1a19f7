"""A certificate authority of the tests, and a certificate of it for 127.0.0.1."""

from functools import cache
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import mkdtemp

from tests.cluster.certificates import Authority, KeyPair


@cache  # the keys take longer than a test
def authority() -> tuple[Path, KeyPair]:
    """The authority's certificate, and the server's files."""
    made = Authority.create(Path(mkdtemp(prefix="podroute-authority-")) / "ca")
    return made.certificate, made.server([IPv4Address("127.0.0.1")], ["router.example"])


def secret_file(directory: str | Path, text: str = "secret") -> str:
    """As a person keeps it."""
    file = Path(directory, "secret")
    file.touch(0o600)
    file.write_text(f"{text}\n")
    return str(file)
