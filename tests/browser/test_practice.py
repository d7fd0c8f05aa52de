"""Practice as readers use it: with keys or a mouse, for days, in two tabs, with damaged storage or none."""

import gzip
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import fsrs
from tests.browser.axe import SCHEMES, use_palette, violations
from tests.browser.conftest import marked
from tests.browser.search_box import open_search
from tests.browser.test_schedule import CARD, progress
from tests.built_site import Site

PRACTICE = "study/practice/"
START = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
BUDGET = 30_000  # bytes, compressed, that this page sends and others do not
FIRST, SECOND = "What are Q, K and V?", "Why divide by √d_k?"
FIRST_PATH = "transformers/query-key-value"


@pytest.fixture
def page(page: Page) -> Page:
    page.clock.set_fixed_time(START)
    return page


@pytest.fixture
def key(site: Site) -> str:
    return f"{site.prefix}.study"


@pytest.fixture
def catalogue(site: Site) -> list[dict]:
    return json.loads((site.folder / "assets/data/questions.json").read_text("utf-8"))["questions"]


def start(page: Page, query: str = "") -> None:
    page.goto(PRACTICE + query)
    expect(page.locator(".practice__card h2")).to_be_visible()


def question(page: Page):
    return page.locator(".practice__card h2")


def answer(page: Page):
    return page.locator(".practice__answer")


def status(page: Page):
    return page.locator(".practice__status")


def stored(page: Page, key: str) -> dict | None:
    text = page.evaluate("key => localStorage.getItem(key)", key)
    return text and json.loads(text)["cards"]


def store(page: Page, key: str, text: str) -> None:
    """Before the page's own scripts run, once."""
    page.goto("")
    page.evaluate("([key, text]) => localStorage.setItem(key, text)", [key, text])


def keys_in_storage(page: Page, key: str) -> list[str]:
    return page.evaluate(
        "key => Object.keys(localStorage).filter((name) => name.startsWith(key)).sort()", key
    )


def grade(page: Page, name: str) -> None:
    page.get_by_role("button", name="Show the answer").click()
    page.get_by_role("button", name=re.compile(f"^{name}")).click()


def open_own(page: Page) -> None:
    page.locator(".practice__own > summary").click()


def downloaded(page: Page, name: str, scope: str = "practice-cards") -> tuple[str, str]:
    with page.expect_download() as download:
        page.locator(scope).get_by_role("button", name=name).first.click()
    return download.value.suggested_filename, Path(download.value.path()).read_text("utf-8")


def choose_file(page: Page, text: str, name: str = "progress.json") -> None:
    file = {"name": name, "mimeType": "application/json", "buffer": text.encode()}
    page.locator("practice-cards input[type=file]").set_input_files(file)


# ---- a session


def test_the_question_comes_alone_then_the_answer_then_when_it_comes_back(page: Page, site: Site, catalogue):
    start(page)
    expect(question(page)).to_have_text(FIRST)
    expect(answer(page)).to_be_hidden()
    expect(page.locator(".practice__grade")).to_have_count(0)
    page.get_by_role("button", name="Show the answer").click()
    expect(answer(page)).to_contain_text(catalogue[0]["short_answer"])
    assert answer(page).get_by_role("link").get_attribute("href") == site.address + catalogue[0]["url"]
    buttons = page.locator(".practice__grade")
    for button, after in zip(buttons.all(), ("1 min", "6 min", "10 min", "8 days"), strict=True):
        expect(button).to_contain_text(after)
    page.get_by_role("button", name=re.compile("^Easy")).click()
    expect(status(page)).to_have_text("Easy: again in 8 days.")
    expect(question(page)).to_have_text(SECOND)
    expect(answer(page)).to_be_hidden()
    expect(page.locator(".practice__stats")).to_contain_text(re.compile(r"learned.*1 of \d+"))


def test_a_run_with_the_keyboard(page: Page, key: str):
    start(page)
    page.keyboard.press("1")  # nothing to grade yet
    expect(question(page)).to_have_text(FIRST)
    page.keyboard.press("Space")
    expect(answer(page)).to_be_focused()
    page.keyboard.press("3")
    expect(question(page)).to_have_text(SECOND)
    expect(question(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(answer(page)).to_be_visible()
    page.keyboard.press("4")
    expect(status(page)).to_have_text("Easy: again in 8 days.")
    page.keyboard.press("u")
    expect(question(page)).to_have_text(SECOND)
    expect(answer(page)).to_be_visible()
    page.keyboard.press("1")
    expect(status(page)).to_have_text("Again: again in 1 min.")
    assert [card["state"] for card in stored(page, key).values()] == [1, 1]


def test_keys_are_left_to_fields_and_to_the_theme(page: Page, key: str):
    start(page)
    page.keyboard.press("Space")
    page.locator("practice-cards select").first.focus()
    page.keyboard.press("3")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+3")
    open_search(page)
    page.keyboard.type("3u 3")
    page.keyboard.press("Escape")
    expect(question(page)).to_have_text(FIRST)
    page.locator("#all-questions").scroll_into_view_if_needed()
    page.evaluate("document.activeElement.blur()")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.keyboard.press("3")  # the card is out of sight
    expect(question(page)).to_have_text(FIRST)
    assert stored(page, key) is None
    page.evaluate("scrollTo(0, 0)")
    page.keyboard.press("s")
    expect(page.locator("[name=query]")).to_be_focused()


def test_single_keys_can_be_turned_off(page: Page):
    start(page)
    open_own(page)
    page.get_by_label("Keys: space").uncheck()
    expect(page.get_by_label("Keys: space")).to_be_focused()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    expect(answer(page)).to_be_hidden()
    assert page.url.endswith("?keys=off")
    start(page, "?keys=off")
    page.keyboard.press("Space")
    expect(answer(page)).to_be_hidden()
    expect(page.locator(".practice__card kbd")).to_have_count(0)


def test_days_pass(page: Page, key: str):
    start(page, "?section=Parameters")  # one question
    path, memory, now = "parameters/decoder-block", None, START
    for given, name in ((3, "Good"), (3, "Good"), (2, "Hard"), (1, "Again"), (3, "Good"), (4, "Easy")):
        page.clock.set_fixed_time(now)
        page.reload()
        grade(page, name)
        memory = fsrs.grade(memory, now, given)
        card = stored(page, key)[path]
        assert datetime.fromisoformat(card["due"]) == memory.due
        assert card["stability"] == pytest.approx(memory.stability, rel=1e-5)
        now = memory.due
    expect(question(page)).to_have_text("Nothing more is due today")
    expect(page.locator(".practice__card")).to_contain_text("due in")


def test_what_was_not_known_comes_back_within_the_session(page: Page):
    start(page, "?section=Attention&level=1")
    n = page.locator(".practice__stats dd").nth(1).inner_text()
    for _ in range(int(n)):
        grade(page, "Again")
    expect(answer(page)).to_be_hidden()
    expect(page.locator(".practice__state")).to_have_text("Learning")
    grade(page, "Easy")
    expect(page.locator(".practice__stats")).to_contain_text(re.compile(rf"1 of {n}"))


def test_filters_and_their_address(page: Page, catalogue):
    start(page)
    page.get_by_label("Section").select_option("Attention")
    expect(page.locator(".practice__facts")).to_contain_text("Attention")
    page.get_by_label("Level").select_option("3")
    page.wait_for_url("**/?section=Attention&level=3")
    chosen = [q for q in catalogue if q["section"] == "Attention" and q["difficulty"] == 3]
    expect(page.locator(".practice__stats")).to_contain_text(f"of {len(chosen)}")
    page.reload()
    expect(page.get_by_label("Section")).to_have_value("Attention")
    expect(page.get_by_label("Level")).to_have_value("3")
    if chosen:
        expect(question(page)).to_have_text(chosen[0]["question"])
    start(page, "?section=Nothing&level=9")
    expect(page.get_by_label("Section")).to_have_value("")
    expect(question(page)).to_have_text(FIRST)


def test_when_nothing_is_due_the_rest_is_offered(page: Page):
    start(page, "?section=Parameters")
    grade(page, "Easy")
    expect(question(page)).to_have_text("Nothing more is due today")
    expect(page.locator(".practice__card")).to_contain_text(
        "The next question of this selection is due in 8 days."
    )
    page.get_by_role("button", name="Look through the cards").click()
    expect(page.locator(".practice__state")).to_have_text("1 of 1")
    page.get_by_role("button", name="Back to practice").click()
    page.get_by_role("button", name="Ask from all").click()
    expect(question(page)).to_have_text(FIRST)
    assert "section" not in page.url


# ---- what is stored


def test_nothing_is_stored_before_the_first_grade(page: Page, key: str):
    start(page)
    page.keyboard.press("Space")
    page.get_by_label("Level").select_option("2")
    open_own(page)
    expect(page.locator(".practice__own")).to_contain_text("nothing is stored")
    assert keys_in_storage(page, key) == []
    grade(page, "Good")
    assert keys_in_storage(page, key) == [key]


def test_progress_is_there_the_next_time(page: Page):
    start(page)
    grade(page, "Easy")
    page.reload()
    expect(question(page)).to_have_text(SECOND)
    expect(page.locator(".practice__stats")).to_contain_text("1 of")
    page.clock.set_fixed_time(START + timedelta(days=8))
    page.reload()
    expect(question(page)).to_have_text(FIRST)
    expect(page.locator(".practice__state")).to_have_text("Review")


def test_instant_navigation_and_back(page: Page):
    with marked(page):
        page.goto("study/")
    for _ in range(2):
        page.locator("article").get_by_role("link", name="Practice").click()
        expect(question(page)).to_be_visible()
        page.go_back()
        expect(page.locator("main h1")).to_contain_text("Study")
    page.locator("article").get_by_role("link", name="Practice").click()
    expect(question(page)).to_have_text(FIRST)
    page.keyboard.press("Space")
    page.keyboard.press("4")  # once, although the element has been there three times
    expect(question(page)).to_have_text(SECOND)
    expect(page.locator(".practice__stats")).to_contain_text("1 of")
    assert page.evaluate("globalThis.sameDocument")


def test_two_tabs(page: Page, key: str):
    start(page)
    other = page.context.new_page()
    other.clock.set_fixed_time(START)
    start(other)
    page.keyboard.press("Space")
    grade(other, "Easy")
    expect(question(page)).to_have_text(SECOND)  # it need not be asked twice
    expect(question(page)).to_be_focused()  # as the answer was
    expect(status(page)).to_contain_text("another tab")
    grade(page, "Good")
    expect(other.locator(".practice__stats")).to_contain_text(re.compile("due today.?1"))
    assert len(stored(page, key)) == 2
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    expect(other.get_by_role("button", name="Undo")).to_be_hidden()
    other.close()


def test_undo_never_takes_back_what_another_tab_has_done(page: Page, key: str):
    start(page)
    grade(page, "Good")
    text = progress({FIRST_PATH: CARD})
    page.evaluate(
        "([key, text]) => localStorage.setItem(key, text)", [key, text]
    )  # says nothing to its own tab
    page.get_by_role("button", name="Undo").click()
    expect(status(page)).to_contain_text("cannot be undone")
    assert stored(page, key) == {FIRST_PATH: CARD}


def test_cards_of_pages_that_are_gone_are_kept_and_not_shown(page: Page, key: str, catalogue):
    store(page, key, progress({"gone/for-good": CARD | {"due": "2026-01-01T00:00:00.000Z"}}))
    start(page)
    expect(question(page)).to_have_text(FIRST)
    expect(page.locator(".practice__stats")).to_contain_text(f"0 of {len(catalogue)}")
    open_own(page)
    expect(page.locator(".practice__own")).to_contain_text("no longer on the site")
    grade(page, "Good")
    assert stored(page, key).keys() == {"gone/for-good", FIRST_PATH}


# ---- files


def test_export_and_import(page: Page, key: str, site: Site):
    start(page)
    grade(page, "Easy")
    grade(page, "Good")
    open_own(page)
    name, text = downloaded(page, "Download my progress")
    assert name == "llm-questions-progress-2026-11-25.json"
    before = stored(page, key)
    assert json.loads(text)["cards"] == before
    page.get_by_role("button", name="Clear my progress").click()
    page.get_by_role("button", name="Delete it").click()
    expect(status(page)).to_have_text("Your progress is deleted.")
    assert keys_in_storage(page, key) == []
    choose_file(page, text)
    expect(status(page)).to_have_text('"progress.json": 2 questions imported.')
    assert stored(page, key) == before
    choose_file(page, text)
    expect(status(page)).to_have_text('"progress.json": 0 questions imported, 2 not older here and kept.')
    assert stored(page, key) == before


def test_import_keeps_the_later_grade_and_can_be_undone(page: Page, key: str):
    newer = CARD | {"last_review": "2026-11-24T00:00:00.000Z", "due": "2026-11-25T00:00:00.000Z"}
    older = CARD | {"last_review": "2026-01-24T00:00:00.000Z"}
    ours = {FIRST_PATH: newer, "transformers/why-divide-by-sqrt-dk": older}
    store(page, key, progress(ours))
    start(page)
    choose_file(
        page, progress({FIRST_PATH: older, "transformers/why-divide-by-sqrt-dk": newer, "a/new": older})
    )
    expect(status(page)).to_have_text('"progress.json": 2 questions imported, 1 not older here and kept.')
    merged = {FIRST_PATH: newer, "transformers/why-divide-by-sqrt-dk": newer, "a/new": older}
    assert stored(page, key) == merged
    page.get_by_role("button", name="Undo").click()
    expect(status(page)).to_have_text("Undone.")
    assert stored(page, key) == ours


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no JSON", "it is damaged"),
        ('{"some": "file"}', "it is not the progress of this site"),
        (progress({}, version=99), "a newer version of this site wrote it"),
        (progress({"a/b": CARD, "a/c": CARD | {"due": "never"}}), "a/c: due is not valid"),
    ],
    ids=["no-json", "foreign", "newer", "invalid-card"],
)
def test_a_file_that_is_not_valid_changes_nothing(page: Page, key: str, text: str, reason: str):
    start(page)
    choose_file(page, text, "some.json")
    expect(status(page)).to_have_text(f'"some.json" was not imported: {reason}. Nothing has changed.')
    assert keys_in_storage(page, key) == []


def test_clearing_asks_first_and_can_be_undone(page: Page, key: str):
    start(page)
    grade(page, "Easy")
    before = stored(page, key)
    open_own(page)
    page.get_by_role("button", name="Clear my progress").click()
    expect(page.locator(".practice__dialog")).to_contain_text("Delete the progress of 1 question")
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    assert stored(page, key) == before
    page.get_by_role("button", name="Clear my progress").click()
    page.get_by_role("button", name="Delete it").click()
    assert keys_in_storage(page, key) == []
    page.get_by_role("button", name="Undo").click()
    assert stored(page, key) == before


# ---- storage that is damaged, full or forbidden

DAMAGED = {
    "cut-off": (progress({FIRST_PATH: CARD})[:-20], "it is damaged"),
    "foreign": ('{"some": "thing"}', "it is not the progress of this site"),
    "newer": (progress({FIRST_PATH: CARD}, version=2), "a newer version of this site wrote it"),
    "unknown": (progress({FIRST_PATH: CARD}, version=0), "its version is unknown"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_what_cannot_be_read_is_never_lost(page: Page, key: str, case: str):
    text, reason = DAMAGED[case]
    store(page, key, text)
    start(page)
    messages = page.locator(".practice__messages")
    expect(messages).to_contain_text(f"cannot be read: {reason}.")
    assert downloaded(page, "Download it", ".practice__messages") == ("unreadable-progress.json", text)
    assert page.evaluate("key => localStorage.getItem(key)", key) == text  # until the reader grades
    grade(page, "Good")
    expect(messages).to_be_empty()
    assert stored(page, key).keys() == {FIRST_PATH}
    [_, backup] = keys_in_storage(page, key)
    assert backup == f"{key}.backup.2026-11-25T09:30:00.000Z"
    assert page.evaluate("key => localStorage.getItem(key)", backup) == text
    page.reload()
    open_own(page)
    expect(page.locator(".practice__own")).to_contain_text(
        "A copy of progress that could not be read, of 2026-11-25"
    )
    assert downloaded(page, "Download", ".practice__own p") == ("unreadable-progress.json", text)
    page.get_by_role("button", name="Delete the copy").click()
    expect(page.locator(".practice__own > summary")).to_be_focused()
    assert keys_in_storage(page, key) == [key]


def test_of_damaged_progress_the_sound_cards_are_used(page: Page, key: str):
    text = progress({FIRST_PATH: CARD | {"due": "2026-12-01T00:00:00.000Z"}, "a/b": CARD | {"reps": -1}})
    store(page, key, text)
    start(page)
    expect(page.locator(".practice__messages")).to_contain_text(
        "1 card of your stored progress cannot be read (a/b: reps is not valid)"
    )
    expect(question(page)).to_have_text(SECOND)
    grade(page, "Good")
    assert len(stored(page, key)) == 2
    assert len(keys_in_storage(page, key)) == 2


def test_a_copy_that_this_version_can_read_is_taken_in(page: Page, key: str):
    """A newer version wrote it, this older page copied it, and now the newer version is back."""
    store(page, key, progress({}))
    page.evaluate(
        "([key, text]) => localStorage.setItem(key, text)",
        [f"{key}.backup.2026-11-01T00:00:00.000Z", progress({FIRST_PATH: CARD})],
    )
    start(page)
    open_own(page)
    page.get_by_role("button", name="Read it now").click()
    expect(status(page)).to_have_text("The copy: 1 question imported.")
    assert keys_in_storage(page, key) == [key]
    assert stored(page, key) == {FIRST_PATH: CARD}


def test_clearing_deletes_copies_too(page: Page, key: str):
    store(page, key, "damaged")
    start(page)
    grade(page, "Good")
    assert len(keys_in_storage(page, key)) == 2
    open_own(page)
    page.get_by_role("button", name="Clear my progress").click()
    expect(page.locator(".practice__dialog")).to_contain_text("and the copies of what could not be read")
    page.get_by_role("button", name="Delete it").click()
    assert keys_in_storage(page, key) == []


FULL = """() => {
  Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
}"""
FORBIDDEN = """() => {
  const get = () => { throw new DOMException("no", "SecurityError"); };
  Object.defineProperty(globalThis, "localStorage", { get });
}"""


@pytest.mark.parametrize(
    ("script", "reason"), [(FULL, "is full"), (FORBIDDEN, "store nothing")], ids=["full", "forbidden"]
)
def test_without_storage_progress_lasts_while_the_tab_does(page: Page, script: str, reason: str):
    start(page)
    page.evaluate(script)  # Material's own script needs it while the page loads
    grade(page, "Easy")
    message = page.locator(".practice__message")
    expect(message).to_contain_text("Your progress is not being saved")
    expect(message).to_contain_text(reason)
    expect(question(page)).to_have_text(SECOND)
    grade(page, "Good")
    page.get_by_role("button", name="Undo").click()
    expect(question(page)).to_have_text(SECOND)
    _, text = downloaded(page, "Download it", ".practice__message")
    assert json.loads(text)["cards"].keys() == {FIRST_PATH}
    page.locator("article").get_by_role("link", name="privacy").click()
    expect(page.locator("main h1")).to_contain_text("Privacy")
    page.go_back()
    expect(page.locator(".practice__stats")).to_contain_text("1 of")


def test_damaged_progress_is_not_written_over_where_no_copy_fits(page: Page, key: str):
    store(page, key, "damaged")
    start(page)
    page.evaluate(FULL)
    grade(page, "Easy")
    expect(page.locator(".practice__messages")).to_contain_text("is not being saved")
    assert page.evaluate("key => localStorage.getItem(key)", key) == "damaged"


# ---- without its parts


def test_without_the_schedule_cards_can_be_looked_through(context: BrowserContext, catalogue, key: str):
    page = context.new_page()  # its console has the error that the file is missing
    page.route("**/ts-fsrs.js", lambda route: route.fulfill(status=404))
    start(page)
    expect(page.locator(".practice__messages")).to_contain_text("npm ci")
    expect(question(page)).to_have_text(FIRST)
    expect(page.locator(".practice__state")).to_have_text(f"1 of {len(catalogue)}")
    page.keyboard.press("Space")
    expect(answer(page)).to_be_visible()
    page.keyboard.press("3")
    page.keyboard.press("ArrowRight")
    expect(question(page)).to_have_text(SECOND)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(question(page)).to_have_text(catalogue[-1]["question"])
    page.get_by_role("button", name="Next").click()
    expect(question(page)).to_have_text(FIRST)
    assert keys_in_storage(page, key) == []


def test_without_the_questions_the_list_remains(context: BrowserContext):
    page = context.new_page()
    page.route("**/questions.json", lambda route: route.fulfill(status=500))
    page.goto(PRACTICE)
    expect(page.get_by_role("alert")).to_contain_text("use the list below")


def test_without_javascript_all_questions_are_there(site: Site, catalogue):
    article = site.document(PRACTICE).xpath("//article")[0]
    found = [
        (" ".join(fold.xpath("string(summary)").split()), " ".join(fold.xpath("string(p[1])").split()))
        for fold in article.iter("details")
    ]
    assert found == [(q["question"], q["short_answer"]) for q in catalogue]
    links = [link.get("href") for link in article.xpath("//details//a")]
    assert links == [f"../../{q['url']}" for q in catalogue]
    assert "needs JavaScript" in " ".join(article.xpath("//practice-cards/text()"))


def test_search_finds_a_question_where_it_is_answered(site: Site):
    texts = json.loads((site.folder / "search/texts.json").read_text("utf-8"))
    mine = [entry for entry in texts["docs"] if entry["location"].startswith(PRACTICE)]
    assert {entry["location"] for entry in mine} == {
        PRACTICE,
        f"{PRACTICE}#how-it-works",
        f"{PRACTICE}#all-questions",
    }
    assert not any("projections" in str(entry) for entry in mine)


# ---- what it costs, and for whom it works


def test_the_page_sends_little_more_than_others(page: Page, site: Site):
    files = []
    page.on("request", lambda request: files.append(request.url))
    start(page)
    more = [url for url in files if re.search(r"/study/.+\.js$|/vendor/|questions\.json", url)]
    assert len(more) >= 7
    sizes = {
        url: len(gzip.compress((site.folder / url.removeprefix(site.address)).read_bytes(), 6))
        for url in more
    }
    assert sum(sizes.values()) <= BUDGET, sizes


@pytest.mark.parametrize("palette", SCHEMES)
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_on_any_side_of_a_card(page: Page, palette: str, width: int):
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 800})
    start(page, "?section=Parameters")
    use_palette(page, palette)
    assert violations(page) == []
    page.keyboard.press("Space")
    assert violations(page) == []
    page.keyboard.press("4")
    open_own(page)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Clear my progress").click()
    assert violations(page) == []
