"""The search box, opened the way a reader opens it."""

from playwright.sync_api import Locator, Page, expect


def wait_until_material_has_closed(page: Page) -> None:
    """Search and drawer are closed 125 ms after a page has come, by the clock of a page that may be busy.

    No reader opens them so early.
    """
    page.evaluate("() => new Promise((done) => setTimeout(done, 200))")


def focus_search(page: Page) -> Locator:
    """Returns the field, which keeps what has been searched for on an earlier page."""
    wait_until_material_has_closed(page)
    page.keyboard.press("/")
    field = page.locator("[data-md-component=search-query]")
    expect(field).to_be_focused()
    return field


def open_search(page: Page) -> Locator:
    """Returns the field. The empty query has been answered, so that no later answer is taken for another."""
    field = focus_search(page)
    expect(page.locator(".md-search-result__meta")).to_have_text("Type to start searching", timeout=30_000)
    return field


def search(page: Page, query: str) -> Locator:
    """Types a query; returns the first result."""
    open_search(page)
    page.keyboard.type(query)
    first = page.locator(".md-search-result__link").first
    expect(first).to_be_visible(timeout=30_000)  # the first search makes the index
    return first
