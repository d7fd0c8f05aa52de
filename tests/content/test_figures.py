"""Figures: current, reproducible, legible in light, dark and gray, and described wherever they are used."""

import gzip
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from scripts import gen_figures
from scripts.figures import colors, style, svg

ROOT = gen_figures.ROOT
FILES = sorted(gen_figures.TARGET.glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"


def each_file(test: Callable) -> Callable:
    return pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)(test)


# --- the committed files


def test_files_are_what_the_code_draws_whatever_the_user_configured(tmp_path):
    """In a process of its own, with another hash seed and a matplotlibrc that would change everything."""
    (tmp_path / "matplotlibrc").write_text(
        "svg.fonttype: none\naxes.grid: False\nfont.size: 7\nfigure.dpi: 200\npath.sketch: 3, 100, 2\n"
    )
    environment = os.environ | {
        "PYTHONHASHSEED": "7",
        "MATPLOTLIBRC": str(tmp_path / "matplotlibrc"),
        "PYTHONPATH": "",
        "TZ": "Asia/Tokyo",
    }
    command = [sys.executable, "-m", "scripts.gen_figures", "--check"]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@each_file
def test_file_is_small_and_plain(path):
    data = path.read_bytes()
    assert len(gzip.compress(data, mtime=0)) < 25_000
    root = ElementTree.fromstring(data)
    tags = {node.tag.removeprefix(SVG) for node in root.iter()}
    assert tags <= {"svg", "title", "style", "defs", "g", "path", "use", "rect", "clipPath"}
    links = [node.get("href") for node in root.iter() if node.get("href")]
    identities = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(identities) == len(set(identities))
    assert set(links) <= {f"#{identity}" for identity in identities}  # nothing from elsewhere
    # the browser reserves the room before the drawing has arrived
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"
    assert int(root.get("width")) <= svg.MAX_WIDTH
    assert len(root.find(f"{SVG}title").text) > 20


@each_file
def test_every_color_has_a_light_and_a_dark_rule(path):
    text = path.read_text(encoding="utf-8")
    light, dark = re.search(
        r"<style>(.*)\n@media\(prefers-color-scheme:dark\)\{(.*)\}</style>", text
    ).groups()
    rule = re.compile(r"\.([\w-]+)\{(?:fill|stroke):(#[0-9a-f]{6})\}")
    by_scheme = [dict(rule.findall(light)), dict(rule.findall(dark))]
    used = {name for names in re.findall(r'class="([^"]+)"', text) for name in names.split()}
    for rules, scheme in zip(by_scheme, (colors.LIGHT, colors.DARK), strict=True):
        assert rules == {name: scheme[name[2:]] for name in used}
    body = text.partition("</style>")[2]
    assert "#" not in re.sub(r'(href="#|url\(#)', "", body)  # no color outside of the rules
    assert 'class="f-bg" d="M0 ' in body  # the ground is painted, whatever the page behind it is


# --- --check and build


@pytest.fixture
def folder(tmp_path) -> Path:
    for path in FILES:
        shutil.copy(path, tmp_path)
    return tmp_path


def test_stale_missing_and_orphan_files_are_named_with_the_remedy_and_build_mends_them(folder):
    texts = {path.stem: path.read_text(encoding="utf-8") for path in FILES}
    assert gen_figures.problems(texts, texts, folder) == []
    stale, missing = FILES[0].name, FILES[1].name
    (folder / stale).write_text("<svg/>")
    (folder / missing).unlink()
    (folder / "photo.png").touch()
    assert gen_figures.problems(texts, texts, folder) == [
        f"{stale} is not what the code draws: run `make generate` and look at it",
        f"{missing} is missing: run `make generate`",
        "photo.png is drawn by nothing: run `make generate`, which deletes it",
    ]
    done = gen_figures.build(texts, texts, folder)
    assert done == [f"wrote {stale}", f"wrote {missing}", "deleted photo.png: nothing draws it"]
    assert gen_figures.problems(texts, texts, folder) == []
    assert gen_figures.build(texts, texts, folder) == []


def test_list_names_every_figure(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["gen_figures", "list"])
    assert gen_figures.main() == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [path.stem for path in FILES]


def test_unknown_name_is_an_error_that_lists_the_known_ones(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["gen_figures", "build", "norm-axis"])
    assert gen_figures.main() == 1
    assert re.search(r"no figure is named norm-axis; there are .*norm-axes", capsys.readouterr().err)


# --- what the generator refuses


def render(change: Callable) -> str:
    """A sound figure, changed by one call."""

    def draw() -> Figure:
        figure, ((axes,),) = style.figure(300)
        axes.plot([0, 1, 2], [0, 2, 1], **style.series(0))
        change(figure, axes)
        return figure

    return gen_figures.render("sample", gen_figures.Entry("tests/content/test_figures.py", "A sample", draw))


def test_sound_figure_is_accepted_and_the_same_twice():
    assert render(lambda figure, axes: None) == render(lambda figure, axes: None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f, a: a.plot([0, 1], [1, 0], color="#123456"), "draws with #123456, which has no dark"),
        (lambda f, a: a.axhspan(0, 1, color="black"), "draws with #000000|in black"),
        (lambda f, a: a.text(1, 0.2, "x", color="black"), "in black, which vanishes on dark pages"),
        (lambda f, a: a.text(1, 0.2, "x", fontsize=12), r"text of 12.0 px; use 14 or more"),
        (lambda f, a: f.set_size_inches(9, 4), "648 px wide; phones can show 600"),
        (lambda f, a: a.imshow(np.eye(2), cmap="gray"), "contains <image>: draw vectors only"),
        (lambda f, a: a.bar([1], [1], hatch="/", color=colors.GRID), "hatch, a filter or a gradient"),
        (lambda f, a: f.text(0.95, 0.2, "too far right"), "the edge cuts off 'too far right'"),
        (lambda f, a: [a.text(1, 0.2, text) for text in ("one", "two")], "'one' and 'two' overlap"),
        (lambda f, a: a.text(1, 2, "peak", ha="center", va="center"), "a line runs through 'peak'"),
    ],
)
def test_figure_that_somebody_could_not_read_is_refused(change, message):
    with pytest.raises(svg.FigureError, match=message):
        render(change)


def test_drawing_that_raises_is_named_with_its_line():
    with pytest.raises(
        svg.FigureError, match=r"^tests/content/test_figures\.py:\d{3}: sample raises ValueError"
    ):
        render(lambda figure, axes: axes.set_xscale("logg"))


def test_module_that_cannot_be_imported_is_named_with_its_line(tmp_path, monkeypatch):
    (tmp_path / "broken.py").write_text("FIGURES = {}\nFIGURES['one' = 1\n")
    monkeypatch.setattr(gen_figures.figures, "__path__", [str(tmp_path)])
    with pytest.raises(
        svg.FigureError, match=r"^scripts/figures/broken\.py:2: cannot be imported: SyntaxError"
    ):
        gen_figures.registered()


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"Bad_Name": style.canvas}, "the name 'Bad_Name' is part of an address, write it-like-this"),
        ({"norm-axes": style.canvas}, "norm-axes is drawn by .* and by .*: rename one"),
        ({"without-title": lambda: None}, "needs a docstring, it becomes the title"),
    ],
)
def test_registration_that_would_fail_later_is_refused(entries, message, monkeypatch):
    # the module that comes last in the alphabet, so that the others have been registered
    monkeypatch.setattr(svg, "FIGURES", entries, raising=False)
    with pytest.raises(svg.FigureError, match=message):
        gen_figures.registered()


# --- making the file


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1.0, "1"), (0.5, ".5"), (-0.5, "-.5"), (-0.001, "0"), (10.0, "10"), (12.345, "12.35"), (100, "100")],
)
def test_numbers_are_short(value, shown):
    assert svg.number(value) == shown


def test_last_bit_does_not_change_a_number():
    for tie in (0.125, 12.345, 0.005, 7.675):
        assert svg.number(np.nextafter(tie, 100)) == svg.number(tie) == svg.number(np.nextafter(tie, -100))


coordinate = st.floats(-1000, 1000, allow_nan=False).map(lambda value: round(value, 4))
segment = st.sampled_from("MLQC").flatmap(
    lambda command: st.tuples(
        st.just(command),
        st.lists(coordinate, min_size=(size := {"M": 2, "L": 2, "Q": 4, "C": 6}[command]), max_size=size),
    )
)


def recorded(data: str) -> list[tuple[str, tuple]]:
    pen = RecordingPen()
    parse_path(data, pen)
    return [(name, points) for name, points in pen.value if name != "endPath"]


@settings(deadline=None, max_examples=100)
@given(
    start=st.tuples(coordinate, coordinate),
    segments=st.lists(segment, min_size=1, max_size=8),
    closed=st.booleans(),
)
def test_shortened_path_is_the_same_path(start, segments, closed):
    """As read by fontTools, to within the rounding, and wherever the path returns to."""
    data = f"M {start[0]} {start[1]} " + "".join(
        f"{command} {' '.join(map(str, values))} " for command, values in segments
    )
    data += "z L 1 1" if closed else ""

    def drawn(path: str) -> list[tuple[str, np.ndarray]]:
        lines, position = [], np.zeros(2)
        for name, points in recorded(path):
            rounded = np.round(np.array(points, dtype=float), 2)
            if name == "lineTo" and np.abs(rounded - position).max() < 0.015:
                continue  # nothing to see
            lines.append((name, rounded))
            position = rounded[-1] if len(rounded) else position
        return lines

    expected, found = drawn(data), drawn(svg.path_data(data))
    assert [name for name, _ in found] == [name for name, _ in expected]
    for (_, points), (_, wanted) in zip(found, expected, strict=True):
        np.testing.assert_allclose(points, wanted, atol=0.0101)


# --- colors


def test_contrast_and_ramps_are_computed_as_published():
    assert colors.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colors.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # WebAIM's example
    assert colors._oklab("#ff0000") == pytest.approx([0.62796, 0.22486, 0.12585], abs=2e-5)  # Ottosson
    for color in ("#0a2346", "#ffe28a", "#3f79b8"):
        assert colors._hex(colors._oklab(color)) == color


@pytest.mark.parametrize("scheme", [colors.LIGHT, colors.DARK], ids=["light", "dark"])
def test_palette_is_legible(scheme):
    words = ["text", "muted", *(name for name in scheme if re.fullmatch(r"c\d", name))]
    assert len(words) == 8
    for name in words:  # WCAG 2.2, 1.4.3: all of them color text
        assert colors.contrast(scheme[name], scheme["bg"]) >= 4.5, name
    for ramp in "qd":
        luminances = [colors.luminance(scheme[f"{ramp}{i}"]) for i in range(colors.LEVELS)]
        steps = np.diff(luminances)
        assert (steps > 0).all() or (steps < 0).all()  # without color the order stays
    assert scheme["bg"] == colors.PALETTE["light" if scheme is colors.LIGHT else "dark"]["background"].lower()


@pytest.mark.parametrize("scheme", [colors.LIGHT, colors.DARK], ids=["light", "dark"])
def test_numbers_on_cells_are_legible(scheme):
    for i in range(colors.LEVELS):
        name = colors.TOKEN_OF[style.on_sequential(i)]
        # 3 is WCAG's bound for large text; at the middle of a ramp between two colors no more than 4 exists
        assert colors.contrast(scheme[name], scheme[f"q{i}"]) >= 3.5, i


def test_levels_follow_the_values():
    assert style.level(np.array([-2.0, -1, 0, 1, 2]), -1.0, 1.0).tolist() == [0, 0, 16, 32, 32]
    halfway = 0.5 / (colors.LEVELS - 1)
    nudged = [style.level(value, 0.0, 1.0) for value in (np.nextafter(halfway, 1), np.nextafter(halfway, 0))]
    assert nudged[0] == nudged[1]


# --- where figures are used

USE = re.compile(
    r"!\[([^\]]*)\]\(([^)]*assets/figures/([\w-]+)\.svg)[^)]*\)(?:\{[^}]*\})?\n\n(/// caption\n(.*?)\n///)?",
    re.S,
)
PAGES = sorted(ROOT.glob("docs/**/*.md"))


def test_every_figure_is_used():
    used = {use[2] for page in PAGES for use in USE.findall(page.read_text(encoding="utf-8"))}
    assert {path.stem for path in FILES} - used == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT / "docs")))
def test_each_use_has_alt_text_and_a_caption(page):
    text = page.read_text(encoding="utf-8")
    uses = USE.findall(text)
    assert len(uses) == text.count("assets/figures/"), (
        "a figure stands in a paragraph of its own, then its caption"
    )
    for alt, link, name, _, caption in uses:
        assert (page.parent / link).resolve() in FILES, f"{name} does not exist"
        assert len(alt.split()) >= 8, f"{name}: the alt text says what the figure shows"
        assert len(caption.split()) >= 5, f"{name}: `/// caption` below it says what to conclude"
