"""What readers meet at an address, with and without scripts; test_every_page.py looks at every page."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.built_site import Site

FORMULA_PAGES = ["transformers/why-divide-by-sqrt-dk/", "notebooks/attention-step-by-step/"]


def test_a_wrong_address_leads_back(own_page: Page, site: Site):
    """A server sends 404.html at the address that was asked for, so relative links would lead nowhere."""
    own_page.route("**/no/such/page/", lambda route: route.fulfill(path=site.folder / "404.html"))
    own_page.goto("no/such/page/")
    own_page.locator("article").get_by_role("link", name="Transformers").click()
    own_page.wait_for_url(f"{site.address}transformers/")


@pytest.fixture(scope="module")
def read_aloud(browser: Browser, arguments: list[str], executable: str) -> Iterator[Browser]:
    """Chromium as it runs beside a screen reader."""
    arguments = [*arguments, "--force-renderer-accessibility"]
    chromium = browser.browser_type.launch(executable_path=executable, args=arguments)
    yield chromium
    chromium.close()


@pytest.mark.parametrize("path", FORMULA_PAGES)
def test_a_screen_reader_gets_what_is_far_below(read_aloud: Browser, site: Site, path: str):
    """Also before the browser has laid it out."""
    page = read_aloud.new_page(base_url=site.address, viewport={"width": 412, "height": 400})
    page.goto(path)
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    roles = [node["role"]["value"] for node in nodes if not node["ignored"]]
    assert roles.count("MathMLMath") == page.locator("article math:not(details:not([open]) *)").count() > 20
    assert roles.count("row") == page.locator("article tr").count()
    page.close()


def test_links_to_read_next_are_large_enough_to_touch(page: Page):
    """By themselves: while what stands above is not laid out, nobody knows how far the next target is."""
    page.set_viewport_size({"width": 412, "height": 823})
    page.goto("positional-encoding/rope/")
    links = page.locator(".read-next a").all()
    assert links
    for link in links:
        assert link.bounding_box()["height"] >= 24


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("anchor", ["worked-example", "in-practice", "references"])
def test_a_link_into_a_page_leads_there(page: Page, width: int, anchor: str):
    """Although what is above has no height yet when the browser sets out."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"positional-encoding/rope/#{anchor}")
    heading = page.locator(f"h2#{anchor}")
    expect(heading).to_be_in_viewport()
    page.wait_for_timeout(500)  # for what has come near to take its height
    expect(heading).to_be_in_viewport()
    if anchor != "references":  # the end of the page stops that one lower
        assert heading.bounding_box()["y"] < 200


@pytest.mark.parametrize("way", ["a click", "the address"])
def test_a_link_followed_within_a_page_leads_there(page: Page, way: str):
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto("positional-encoding/rope/")
    if way == "a click":
        page.evaluate("document.querySelector('article p').innerHTML = '<a href=\"#in-practice\">On</a>'")
        page.locator("article p a").first.click()
    else:
        page.evaluate("location.hash = 'in-practice'")
    heading = page.locator("h2#in-practice")
    expect(heading).to_be_in_viewport()
    page.wait_for_timeout(500)  # for what has come near to take its height
    assert 0 <= heading.bounding_box()["y"] < 200


@pytest.mark.parametrize("path", FORMULA_PAGES)
def test_pages_read_without_javascript(browser: Browser, site: Site, path: str):
    context = browser.new_context(
        base_url=site.address, java_script_enabled=False, viewport={"width": 360, "height": 640}
    )
    page = context.new_page()
    page.goto(path)
    formula = page.locator("article mjx-container[display]").first
    assert formula.bounding_box()["height"] > 15
    assert page.locator("article").bounding_box()["width"] <= 360
    context.close()
