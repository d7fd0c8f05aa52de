"""Links to where a page or a section was arrive where it is now; a wrong address finds the likely pages."""

import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from scripts.finish import csp, redirects
from scripts.static_server import serve
from tests.built_site import Site

ROPE = "positional-encoding/rope/"
SCALING = "transformers/why-divide-by-sqrt-dk/"
MOVES = f"""
old/rotary/: {ROPE}
old/rotary/#how-it-breaks: {ROPE}#in-practice
old/kept-part/: {SCALING}#derivation
transformers/#scaling: {SCALING}
{SCALING}#proof: {SCALING}#derivation
"""


@pytest.fixture(scope="module")
def moved(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a copy of the site in which pages have moved."""
    folder = tmp_path_factory.mktemp("moved")
    shutil.copytree(site.folder, folder / "site")
    (folder / "redirects.yml").write_text(MOVES, "utf-8")
    redirects.run(folder / "site", folder / "redirects.yml")
    csp.run(folder / "site")
    with serve(folder / "site", "/moved/") as address:
        yield address


@pytest.fixture
def visitor(browser: Browser, moved: str) -> Iterator[Page]:
    context = browser.new_context(base_url=moved)
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    yield page
    context.close()
    assert problems == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("old/rotary/", ROPE),
        ("old/rotary/?h=frequency#derivation", f"{ROPE}?h=frequency#derivation"),
        ("old/rotary/#how-it-breaks", f"{ROPE}#in-practice"),
        ("old/kept-part/", f"{SCALING}#derivation"),
        ("transformers/#scaling", SCALING),
        (f"{SCALING}#proof", f"{SCALING}#derivation"),
    ],
)
def test_an_old_link_arrives(visitor: Page, moved: str, old: str, new: str):
    visitor.goto(old)
    visitor.wait_for_url(moved + new)
    _, _, section = new.partition("#")
    expect(visitor.locator(f"h2#{section}" if section else "h1")).to_be_in_viewport()


def test_a_link_of_the_page_itself_to_an_old_section_arrives(visitor: Page, moved: str):
    visitor.goto("transformers/")
    visitor.evaluate("location.hash = 'scaling'")
    visitor.wait_for_url(moved + SCALING)


def test_going_back_skips_the_old_address(visitor: Page, moved: str):
    visitor.goto("glossary/")
    visitor.evaluate("location.href = '../old/rotary/'")
    visitor.wait_for_url(moved + ROPE)
    visitor.go_back()
    visitor.wait_for_url(f"{moved}glossary/")


def test_an_old_page_leads_on_without_javascript(browser: Browser, moved: str):
    context = browser.new_context(base_url=moved, java_script_enabled=False)
    page = context.new_page()
    page.goto("old/rotary/#how-it-breaks")
    page.wait_for_url(f"{moved}{ROPE}*")
    context.close()


@pytest.fixture
def lost(context: BrowserContext) -> Iterator[Page]:
    """A page whose console may say that there is nothing at the address, and nothing else."""
    problems: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    yield page
    assert [problem for problem in problems if "404 (Not Found)" not in problem] == []


@pytest.mark.parametrize(
    ("wrong", "likely"),
    [
        ("transformers/why-devide-by-sqrt-dk/", SCALING),
        ("rope.html", ROPE),
        ("attention/rope/deep/below/rope", ROPE),
        ("training/LoRA/", "training/finetuning/lora/"),
        ("attention/flash%20attention", "attention/flash-attention/"),
    ],
)
def test_a_wrong_address_finds_the_page(lost: Page, site: Site, wrong: str, likely: str):
    lost.goto(wrong)
    first = lost.locator("#likely li a").first
    expect(first).to_be_visible()
    first.click()
    lost.wait_for_url(site.address + likely)


def test_nonsense_finds_no_page(lost: Page):
    lost.goto("zzqxj/%E0%A4%A")
    expect(lost.locator("#likely form")).to_be_visible()
    expect(lost.get_by_role("heading", name="similar")).to_have_count(0)
    expect(lost.locator("article").get_by_role("link", name="Attention", exact=True)).to_be_visible()


def test_the_search_of_a_wrong_address_searches(lost: Page, site: Site):
    lost.goto("a/b/rotary-position-embedding")
    box = lost.get_by_role("searchbox", name="Search by question")
    expect(box).to_have_value("rotary position embedding")
    box.press("Enter")
    lost.wait_for_url(f"{site.address}?q=rotary+position+embedding")
    expect(lost.locator(".md-search-result__link").first).to_have_attribute("href", re.compile(ROPE))


def test_all_pages_are_listed_without_javascript(browser: Browser, site: Site):
    context = browser.new_context(base_url=site.address, java_script_enabled=False)
    page = context.new_page()
    page.goto("nothing/here/")
    expect(page.locator("#likely")).to_be_hidden()
    page.get_by_text("All pages").click()
    links = page.locator("#all-pages a").evaluate_all("links => links.map((link) => link.href)")
    assert {link.removeprefix(site.address) for link in links} == set(site.pages())
    context.close()
