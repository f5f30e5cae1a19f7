"""A simulated API that is asked for on this machine."""

from pathlib import Path

import pytest
from starlette.applications import Starlette

from podroute.testing.https.running import running


def test_a_certificate_that_cannot_be_read_is_told_to_who_asks_for_it(tmp_path: Path) -> None:
    (spoilt := tmp_path / "spoilt.pem").write_text("spoilt")

    with pytest.raises(OSError, match="PEM"), running(Starlette(), spoilt, spoilt):
        pass
