"""The logic of Practice by modules: when a question comes back, which comes next, what a file may hold."""

import json
import random
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page

from scripts.finish.formulas.mathjax import node
from tests.browser import fsrs
from tests.built_site import ROOT, Site

N_HISTORIES = 300
MODULES = "assets/javascripts/study/"
START = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
# one program for the browser, with the site's module, and for Node, with the package as npm brings it
IN_BROWSER = """async ([module, histories]) => {
  const { outcomes } = await import(module);
  return JSON.parse(histories).map((grades) => {
    let card;
    return grades.map(([time, grade]) => (card = outcomes(card, new Date(time))[grade]));
  }).map((cards) => JSON.stringify(cards));
}"""
IN_NODE = """
const { createEmptyCard, fsrs } = require("ts-fsrs");
const scheduler = fsrs();
const histories = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(histories.map((grades) => {
  let card = createEmptyCard(new Date(grades[0][0]));
  const cards = grades.map(([time, grade]) => (card = scheduler.next(card, new Date(time), grade).card));
  return JSON.stringify(cards);
})));
"""


@pytest.fixture(scope="module")
def blank(browser: Browser, site: Site) -> Iterator[Page]:
    page = browser.new_page(base_url=site.address, timezone_id="America/New_York")
    page.goto("")
    yield page
    page.close()


def call(blank: Page, site: Site, module: str, expression: str, *arguments):
    """The value of an expression of `m`, the module, and `a`, the arguments."""
    program = f"async ([module, a]) => {{ const m = await import(module); return {expression}; }}"
    return blank.evaluate(program, [f"{site.address}{MODULES}{module}", list(arguments)])


def draw_history(rng: random.Random) -> list[tuple[datetime, int]]:
    now, history = START, []
    for _ in range(rng.randint(1, 12)):
        history.append((now, rng.choice(fsrs.GRADES)))
        now += rng.choice(
            [timedelta(minutes=rng.randint(1, 30)), timedelta(hours=rng.randint(1, 60)), timedelta(days=2)]
        )
        now += timedelta(days=rng.choice([0, 0, rng.randint(1, 400)]))
    return history


def schedules(blank: Page, site: Site, histories: list) -> list[list[dict]]:
    found = blank.evaluate(IN_BROWSER, [f"{site.address}{MODULES}schedule.js", written(histories)])
    return [json.loads(cards) for cards in found]


def written(histories: list) -> str:
    return json.dumps([[(time.isoformat(), grade) for time, grade in history] for history in histories])


@pytest.fixture(scope="module")
def histories() -> list[list[tuple[datetime, int]]]:
    rng = random.Random(6)
    return [draw_history(rng) for _ in range(N_HISTORIES)]


def test_the_browser_schedules_as_the_package_does_in_node(blank: Page, site: Site, histories: list):
    """What the finish step leaves out of the file is comments only, and no setting is ours."""
    ran = subprocess.run(
        [node(), "-e", IN_NODE],
        input=written(histories),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert schedules(blank, site, histories) == [json.loads(cards) for cards in json.loads(ran.stdout)]


def test_the_schedule_is_what_the_published_formulas_give(blank: Page, site: Site, histories: list):
    for history, cards in zip(histories, schedules(blank, site, histories), strict=True):
        memory = None
        for (now, grade), card in zip(history, cards, strict=True):
            memory = fsrs.grade(memory, now, grade)
            assert card["stability"] == pytest.approx(memory.stability, rel=1e-5)
            assert card["difficulty"] == pytest.approx(memory.difficulty, rel=1e-5)
            assert datetime.fromisoformat(card["due"]) == memory.due
            assert [card[name] for name in ("state", "learning_steps", "reps", "lapses")] == [
                memory.state,
                memory.step,
                memory.reps,
                memory.lapses,
            ]


def test_a_clock_that_was_set_back_does_no_harm(blank: Page, site: Site):
    later = START + timedelta(days=40)
    [[card, again]] = schedules(blank, site, [[(later, 4), (START, 3)]])
    assert card["last_review"] == again["last_review"]
    assert again["due"] > card["due"]


# ---- queue.js

Q = [{"path": f"p/{k}", "section": "A" if k < 3 else "B", "difficulty": 3 - k % 3} for k in range(6)]
ORDER = """(() => {
  const [questions, known, now] = [a[0], Object.entries(a[1]), new Date(a[2])];
  const cards = new Map(known.map(([path, [due, state]]) => [path, { due: new Date(due), state }]));
  const { next, ...counts } = m.overview(questions, cards, now);
  return [m.queue(questions, cards, now).map(({ path }) => path), counts, next && next.toISOString()];
})()"""


def test_first_what_is_due_then_what_is_new_then_what_can_wait_some_minutes(blank: Page, site: Site):
    due = {
        "p/0": ("2026-11-25T22:00:00-05:00", 2),  # today in New York, tomorrow in UTC
        "p/1": ("2026-11-25T11:05:00-05:00", 1),  # in five minutes
        "p/2": ("2026-11-25T10:59:00-05:00", 3),  # a minute ago
        "p/3": ("2026-11-20T11:00:00-05:00", 2),  # long due
        "p/4": ("2026-11-26T00:00:00-05:00", 2),  # tomorrow
        "gone": ("2026-11-01T11:00:00-05:00", 2),  # its page is no more
    }
    order, counts, following = call(blank, site, "queue.js", ORDER, Q, due, "2026-11-25T11:00:00-05:00")
    assert order == ["p/2", "p/3", "p/0", "p/5", "p/1"]
    assert counts == {"total": 6, "fresh": 1, "due": 4, "learned": 3}
    assert following == "2026-11-26T05:00:00.000Z"


def test_new_questions_come_by_level_then_in_the_order_of_the_site(blank: Page, site: Site):
    order, counts, following = call(blank, site, "queue.js", ORDER, Q, {}, "2026-11-25T11:00:00-05:00")
    assert order == ["p/2", "p/5", "p/1", "p/4", "p/0", "p/3"]
    assert (counts["fresh"], counts["due"], following) == (6, 0, None)


def test_selection_by_section_and_level(blank: Page, site: Site):
    chosen = "m.select(a[0], a[1]).map(({ path }) => path)"
    assert call(blank, site, "queue.js", chosen, Q, {"section": "B", "level": ""}) == ["p/3", "p/4", "p/5"]
    assert call(blank, site, "queue.js", chosen, Q, {"section": "", "level": "1"}) == ["p/2", "p/5"]
    assert call(blank, site, "queue.js", chosen, Q, {"section": "C", "level": ""}) == []


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0, "1 min"),
        (10, "10 min"),
        (59.4, "59 min"),
        (60, "1 hour"),
        (120, "2 hours"),
        (1440, "1 day"),
        (8 * 1440, "8 days"),
        (30.4 * 1440, "30 days"),
        (45 * 1440, "1.5 months"),
        (364 * 1440, "12 months"),
        (365.25 * 1440, "1 year"),
        (900 * 1440, "2.5 years"),
    ],
)
def test_intervals_in_words(blank: Page, site: Site, minutes: float, text: str):
    assert call(blank, site, "queue.js", "m.interval(new Date(0), new Date(a[0]))", minutes * 60_000) == text


def test_days_are_the_readers_also_when_clocks_change(blank: Page, site: Site):
    """In New York the day of 1 November 2026 has 25 hours."""
    words = "m.day(new Date(a[0]), new Date(a[1]))"
    evening = "2026-10-31T23:30:00-04:00"
    for moment, text in (
        ("2026-10-31T23:59:00-04:00", "today"),
        ("2026-11-01T00:01:00-04:00", "tomorrow"),
        ("2026-11-01T23:59:00-05:00", "tomorrow"),
        ("2026-11-02T00:01:00-05:00", "in 2 days"),
    ):
        assert call(blank, site, "queue.js", words, evening, moment) == text


# ---- progress.js

CARD = {
    "due": "2026-11-26T09:30:00.000Z",
    "last_review": "2026-11-25T09:30:00.000Z",
    "stability": 2.3065,
    "difficulty": 2.11810397,
    "scheduled_days": 1,
    "learning_steps": 0,
    "reps": 2,
    "lapses": 0,
    "state": 2,
}


def progress(cards, **more) -> str:
    return json.dumps({"format": "llm-questions-progress", "version": 1, "cards": cards} | more)


def test_what_is_written_is_read_back(blank: Page, site: Site):
    text = progress({"b/gone": CARD, "a/b-1": CARD | {"state": 1}})
    again = call(blank, site, "progress.js", "m.serialize(m.parse(a[0]).cards)", text)
    assert json.loads(again) == json.loads(text)
    assert again == call(blank, site, "progress.js", "m.serialize(m.parse(a[0]).cards)", again)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is damaged"),
        (progress({"a/b": CARD})[:-9], "it is damaged"),
        ("null", "it is not the progress of this site"),
        ("[1]", "it is not the progress of this site"),
        ('{"cards": {}}', "it is not the progress of this site"),
        (progress({}, version=2), "a newer version of this site wrote it"),
        (progress({}, version=0), "its version is unknown"),
        (progress({}, version="1"), "its version is unknown"),
        (progress([]), "it has no cards"),
        (progress(None), "it has no cards"),
        (progress({}, more="x" * 2_000_000), "it is too large"),
    ],
)
def test_what_cannot_be_read(blank: Page, site: Site, text: str, reason: str):
    expression = """(() => { try { return m.parse(a[0]); } catch (error) {
      return error instanceof m.UnreadableError ? error.message : `thrown: ${error}`; } })()"""
    assert call(blank, site, "progress.js", expression, text) == reason


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("due", "tomorrow"),
        ("due", 5),
        ("last_review", "2026-13-45T00:00:00Z"),
        ("stability", 0),
        ("stability", "2"),
        ("stability", None),
        ("difficulty", 11),
        ("difficulty", 0.5),
        ("scheduled_days", 1.5),
        ("learning_steps", -1),
        ("reps", 0),
        ("lapses", None),
        ("state", 0),
        ("state", 4),
    ],
)
def test_a_card_that_is_not_valid_is_rejected_alone(blank: Page, site: Site, field: str, value):
    text = progress({"a/good": CARD, "a/bad": CARD | {field: value}})
    expression = "(({ cards, rejected }) => [[...cards.keys()], rejected])(m.parse(a[0]))"
    assert call(blank, site, "progress.js", expression, text) == [
        ["a/good"],
        [f"a/bad: {field} is not valid"],
    ]


@pytest.mark.parametrize("card", [None, 5, "card", []])
def test_what_is_no_card_is_rejected(blank: Page, site: Site, card):
    expression = "(({ cards, rejected }) => [cards.size, rejected.length])(m.parse(a[0]))"
    assert call(blank, site, "progress.js", expression, progress({"a/b": card})) == [0, 1]


@pytest.mark.parametrize("path", ["__proto__", "../etc", "<img>", "a//b", ""])
def test_what_is_no_path_is_rejected(blank: Page, site: Site, path: str):
    expression = "[m.parse(a[0]).rejected.length, {}.state === undefined]"
    assert call(blank, site, "progress.js", expression, progress({path: CARD})) == [1, True]


def test_of_two_cards_the_later_grade_counts(blank: Page, site: Site):
    early, late = CARD | {"reps": 9}, CARD | {"last_review": "2026-11-25T09:31:00.000Z"}
    ours = progress({"a/1": early, "a/2": late, "a/3": CARD, "a/4": CARD})
    theirs = progress({"a/1": late, "a/2": early, "a/3": CARD | {"reps": 3}, "a/5": CARD})
    expression = "m.serialize(m.merge(m.parse(a[0]).cards, m.parse(a[1]).cards))"
    merged = json.loads(call(blank, site, "progress.js", expression, ours, theirs))["cards"]
    assert merged == {"a/1": late, "a/2": late, "a/3": CARD | {"reps": 3}, "a/4": CARD, "a/5": CARD}
    assert json.loads(call(blank, site, "progress.js", expression, theirs, ours))["cards"] == merged
