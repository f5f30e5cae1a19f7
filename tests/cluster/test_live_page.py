"""podroute web over a real cluster and a real router, in a real browser."""

import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from podroute.testing.netns import Namespace, node_network
from tests.cluster.control_plane import ControlPlane
from tests.cluster.nodes import node_body
from tests.cluster.process import Process
from tests.web.conftest import CHROMIUM

pytestmark = pytest.mark.cluster

HERE = Path(sys.executable).parent
SOON = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Scene:
    """Three Nodes, a router with their routes, and the page over both."""

    router: Namespace
    plane: ControlPlane
    web: Process
    url: str


@contextmanager
def scene(folder: Path) -> Generator[Scene]:
    with node_network() as router, router.entered():
        plane = ControlPlane.start(folder)
        plane.create_nodes(3, cluster_cidr="10.200.0.0/16")
        flags = ["--kubeconfig", str(plane.kubeconfig())]
        flags += ["--provider", "linux", "--cluster-cidr", "10.200.0.0/16"]
        subprocess.run([HERE / "podroute", "apply", *flags, "--auto-approve"], check=True)
        words = ["web", *flags, "--bind-address", "127.0.0.1:0"]
        web = Process.start(HERE / "podroute", words, folder)
        yield Scene(router, plane, web, web.line("http://127.0.0.1:", within=SOON).strip())
        plane.stop()


@asynccontextmanager
async def looking(url: str) -> AsyncGenerator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(url)
        yield page
        await browser.close()
        assert faults == []


async def test_what_the_kernel_and_the_cluster_do_is_shown_within_a_second(tmp_path: Path) -> None:
    with scene(tmp_path) as shown:
        async with looking(shown.url) as page:
            states = page.locator(".row .badge")
            await expect(states).to_have_text(["InSync"] * 3)

            shown.router.ip("route", "del", "10.200.1.0/24")
            await expect(states.nth(1)).to_have_text("Missing", timeout=1000)

            await page.click("#row-1")
            line = page.locator(".commands code")
            await expect(line).to_contain_text("ip route")
            shown.router.run("sh", "-c", await line.inner_text())
            await expect(states.nth(1)).to_have_text("InSync", timeout=1000)

            shown.plane.create_nodes([node_body("late", internal_ips=["10.240.0.90"])])
            await expect(states.nth(3)).to_have_text("Pending", timeout=1000)

            await page.click("#tab-timeline")
            await expect(page.locator(".full .kind")).to_have_text(["created", "drift"])
        assert shown.web.stop(within=SOON) == 0
