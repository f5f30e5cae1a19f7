"""The pages of providers over HTTPS explain every option, and say what they are."""

import re
from pathlib import Path

import msgspec
import pytest

from podroute.providers.https.settings import HttpsOptions
from podroute.providers.routeros.settings import RouterosOptions
from podroute.providers.vyos.settings import VyosOptions

PAGES = Path(__file__).parents[2] / "docs/providers"
PROVIDERS: dict[str, type[HttpsOptions]] = {"routeros": RouterosOptions, "vyos": VyosOptions}


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_option_is_explained(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text()
    rows = re.findall(r"^\| (`.*?) \|", page.partition("The owner mark")[0], re.MULTILINE)
    explained = {option for row in rows for option in re.findall(r"`([\w-]+)`", row)}

    fields = msgspec.structs.fields(PROVIDERS[name])
    assert explained == {field.encode_name for field in fields}


@pytest.mark.parametrize("name", PROVIDERS)
def test_it_is_called_experimental(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text()

    assert page.splitlines()[0].endswith(", experimental")
    assert "never been run against a real router" in page
    assert "Not proved" in page
