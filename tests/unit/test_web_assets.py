"""What is sent to the browser: whose it is, and what it does not do."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from podroute.web.guard import HEADERS
from podroute.web.page import ASSETS
from tests.web.screenshots import SHOTS

DOCS = Path(__file__).parents[2] / "docs"
VENDOR = ASSETS / "vendor"
MANIFEST: dict[str, Any] = msgspec.json.decode((VENDOR / "MANIFEST.json").read_bytes())
OWN = sorted(path for path in ASSETS.iterdir() if path.is_file())


def name(path: Path) -> str:
    return path.name


def vendored() -> list[tuple[str, str]]:
    return [
        (file, described["sha256"])
        for package in MANIFEST["packages"]
        for file, described in package["files"].items()
    ]


@pytest.mark.parametrize(("file", "digest"), vendored())
def test_a_vendored_file_is_the_one_that_was_published(file: str, digest: str) -> None:
    assert sha256((VENDOR / file).read_bytes()).hexdigest() == digest


def test_nothing_is_vendored_that_is_not_listed() -> None:
    present = {path.name for path in VENDOR.iterdir()} - {"MANIFEST.json"}

    assert present == {file for file, _ in vendored()}


@pytest.mark.parametrize("package", MANIFEST["packages"], ids=lambda one: one["name"])
def test_a_package_is_named_with_version_and_licence(package: dict[str, Any]) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
    assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", package["integrity"])
    assert package["license"] in {"Apache-2.0", "MIT"}
    assert f"LICENSE.{package['name']}" in package["files"]


@pytest.mark.parametrize("path", [path for path in OWN if path.suffix == ".js"], ids=name)
def test_a_script_is_short_and_writes_text_only(path: Path) -> None:
    text = path.read_text()

    assert len(text.splitlines()) < 300
    markup = r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function|srcdoc"
    assert not re.search(markup, text)


@pytest.mark.parametrize("path", OWN, ids=name)
def test_nothing_comes_from_elsewhere(path: Path) -> None:
    addresses = re.findall(r"(?:https?:)?//[a-z][\w.-]+", path.read_text())

    assert [one for one in addresses if one != "http://www.w3.org"] == []


def test_the_page_holds_no_style_and_no_handler_of_its_own() -> None:
    page = (ASSETS / "index.html").read_text()

    assert not re.search(r"<style|style=|\son\w+=|javascript:", page)


def test_its_one_script_that_is_no_file_is_the_one_that_the_policy_names() -> None:
    page = (ASSETS / "index.html").read_text()
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = b64encode(sha256(script.encode()).digest()).decode()

    assert f"script-src 'self' 'sha256-{digest}';" in HEADERS["Content-Security-Policy"]


def test_every_picture_of_the_docs_is_taken_by_the_script() -> None:
    shown = set(re.findall(r"\(images/([\w-]+)\.png\)", (DOCS / "web.md").read_text()))

    assert shown == {shot.name for shot in SHOTS}
    assert all((DOCS / f"images/{one}.png").read_bytes()[:4] == b"\x89PNG" for one in shown)
