"""The site needs no server of its own: `python -m http.server` is enough, at any path, whatever site_url."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.search_box import search
from tests.built_site import Site

SCALING = "transformers/why-divide-by-sqrt-dk/"


@pytest.fixture(scope="module", params=["", "some/where/"], ids=["root", "sub-path"])
def address(
    request: pytest.FixtureRequest, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("served") / "root"
    place = folder / request.param
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(site.folder)
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        port = re.search(r"port (\d+)", server.stdout.readline())[1]
        yield f"http://127.0.0.1:{port}/{request.param}"
        server.terminate()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address, color_scheme="light")
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    page.on("response", lambda answer: answer.status >= 400 and problems.append(answer.url))
    yield page
    context.close()
    assert problems == []


def test_links_formulas_and_colors(page: Page, address: str):
    page.goto("")
    page.locator("header label[for^=__palette]:visible").click()
    page.locator("header label[for^=__palette]:visible").click()
    page.locator("article").get_by_role("link", name="Why divide by √d_k?").click()
    page.wait_for_url(address + SCALING)
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
    glyph = page.locator("article mjx-container[display] mjx-c").first
    assert glyph.evaluate("c => getComputedStyle(c).fontFamily").startswith("MJX")
    assert page.locator("article img").first.evaluate(
        "async (image) => (await image.decode(), image.naturalWidth)"
    )
    page.locator("a.md-logo:visible").click()
    page.wait_for_url(address)


def test_search(page: Page, address: str):
    page.goto(SCALING)
    search(page, "rotary position embedding").click()
    page.wait_for_url(f"{address}positional-encoding/rope/**")
