"""docs/assets/figures/*.svg, drawn from the package's own functions.

python -m scripts.gen_figures list            names each figure, its source and what it shows
python -m scripts.gen_figures build [NAME …]  draws all, or those named; deletes what nothing draws
python -m scripts.gen_figures --check         writes nothing, fails if a file is stale, missing or an orphan

To add a figure, write a function in a module of scripts/figures/ and name it in that module's FIGURES:

    def draw_decay() -> Figure:
        \"\"\"ALiBi's penalty by distance, for four heads.\"\"\"       <- the title inside the SVG
        figure, ((axes,),) = style.figure(height=360)
        distances = np.arange(64)
        bias = alibi_bias(4, 1, 64)[:, 0, ::-1]                     <- no maths here: the package computes
        for head, line in enumerate(bias):
            axes.plot(distances, line, **style.series(head, markers=False))
            style.label(axes, 64, line[-1], f"head {head}", color=colors.SERIES[head])
        axes.set(xlabel="distance to the key", ylabel="added to the logit")
        return figure

    FIGURES = {"alibi-decay": draw_decay}

Then `python -m scripts.gen_figures build alibi-decay`, and look at it at 1280 and 390 px, in light, dark and
gray. A figure answers one question, takes every color from scripts/figures/colors.py (others have no
counterpart in the dark, and are refused), tells its curves apart by dashes, markers or labels too, and has
text of at least 14 px at a width of 600. On the page it needs alt text that says what it shows and a caption
that says what to conclude.
"""

import argparse
import importlib
import io
import pkgutil
import re
import sys
from collections.abc import Callable, Collection
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from scripts import figures
from scripts.figures import legibility, style, svg
from scripts.raised import last_line

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))  # figures, imported when asked for, draw what the package computes
TARGET = ROOT / "docs" / "assets" / "figures"


class Entry(NamedTuple):
    source: str  # path of the module, relative to the repository
    title: str
    draw: Callable[[], Figure]


def registered() -> dict[str, Entry]:
    """Every figure by name, sorted."""
    found: dict[str, Entry] = {}
    for info in sorted(pkgutil.iter_modules(figures.__path__), key=lambda info: info.name):
        source = f"scripts/figures/{info.name}.py"
        try:
            module = importlib.import_module(f"{figures.__name__}.{info.name}")
        except Exception as error:
            line = getattr(error, "lineno", None) or 1
            raise svg.FigureError(
                f"{source}:{line}: cannot be imported: {type(error).__name__}: {error}"
            ) from error
        for name, draw in getattr(module, "FIGURES", {}).items():
            if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
                raise svg.FigureError(
                    f"{source}: the name {name!r} is part of an address, write it-like-this"
                )
            if name in found:
                raise svg.FigureError(f"{name} is drawn by {found[name].source} and by {source}: rename one")
            if not draw.__doc__:
                raise svg.FigureError(f"{source}: {draw.__name__} needs a docstring, it becomes the title")
            found[name] = Entry(source, draw.__doc__.strip().splitlines()[0].rstrip("."), draw)
    return dict(sorted(found.items()))


def render(name: str, entry: Entry) -> str:
    """The text of one SVG file."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(style.RC | {"svg.hashsalt": name})
        figure = _drawn(name, entry)
        stream = io.StringIO()
        # no Date and no Creator: neither the day nor matplotlib's version belongs to the picture
        FigureCanvasSVG(figure).print_svg(stream, metadata={"Date": None, "Creator": None})
        legibility.check(figure, name)
    return svg.finish(stream.getvalue(), name, entry.title, entry.source)


def _drawn(name: str, entry: Entry) -> Figure:
    try:
        return entry.draw()
    except Exception as error:
        where = f"{entry.source}:{last_line(error, ROOT / entry.source) or 1}"
        raise svg.FigureError(f"{where}: {name} raises {type(error).__name__}: {error}") from error


def orphans(names: Collection[str], target: Path = TARGET) -> list[Path]:
    """What lies in the folder and is drawn by nothing."""
    return sorted(path for path in target.glob("*") if path.stem not in names or path.suffix != ".svg")


def is_current(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


def problems(texts: dict[str, str], names: Collection[str], target: Path = TARGET) -> list[str]:
    """What is stale, missing or an orphan, each with the command that mends it."""
    out = []
    for name, text in texts.items():
        path = target / f"{name}.svg"
        if not path.exists():
            out.append(f"{path.name} is missing: run `make generate`")
        elif not is_current(path, text):
            out.append(f"{path.name} is not what the code draws: run `make generate` and look at it")
    return out + [
        f"{path.name} is drawn by nothing: run `make generate`, which deletes it"
        for path in orphans(names, target)
    ]


def build(texts: dict[str, str], names: Collection[str], target: Path = TARGET) -> list[str]:
    """Write what is stale, delete what nothing draws, and return what was done."""
    target.mkdir(parents=True, exist_ok=True)
    done = []
    for name, text in texts.items():
        path = target / f"{name}.svg"
        if not is_current(path, text):
            path.write_text(text, encoding="utf-8", newline="\n")
            done.append(f"wrote {path.name}")
    for path in orphans(names, target):
        path.unlink()
        done.append(f"deleted {path.name}: nothing draws it")
    return done


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", nargs="?", choices=["list", "build"], default="list")
    parser.add_argument("names", nargs="*", metavar="NAME", help="figures to build; all by default")
    parser.add_argument("--check", action="store_true", help="write nothing, fail if something is stale")
    arguments = parser.parse_args()
    try:
        entries = registered()
        unknown = [name for name in arguments.names if name not in entries]
        if unknown:
            raise svg.FigureError(f"no figure is named {', '.join(unknown)}; there are {', '.join(entries)}")
        if arguments.command == "list" and not arguments.check:
            for name, entry in entries.items():
                print(f"{name}  ({entry.source})  {entry.title}")
            return 0
        chosen = {name: entries[name] for name in arguments.names or entries}
        with ProcessPoolExecutor() as pool:
            texts = dict(zip(chosen, pool.map(render, chosen, chosen.values()), strict=True))
    except svg.FigureError as error:
        print(error, file=sys.stderr)
        return 1
    if arguments.check:
        found = problems(texts, entries)
        for problem in found:
            print(f"docs/assets/figures/{problem}", file=sys.stderr)
        return 1 if found else 0
    for line in build(texts, entries):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
