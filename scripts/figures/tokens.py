"""How text becomes tokens."""

from math import log
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Curve

from llm_questions.tokenization.byte_pair_encoding import learn_merges, merge_pair
from llm_questions.tokenization.unigram import lattice, viterbi
from scripts import yaml_files
from scripts.figures import colors, style

PAPER = {(*"low", "·"): 5, (*"lower", "·"): 2, (*"newest", "·"): 6, (*"widest", "·"): 3}
TOKEN_COUNTS = Path(__file__).resolve().parent.parent.parent / "data" / "token_counts.yml"
# The model of the page on SentencePiece; probabilities of all its pieces add up to 1.
PIECES = {"l": 0.06, "o": 0.06, "w": 0.06, "e": 0.10, "s": 0.08, "t": 0.08, "▁": 0.12}
PIECES |= {"▁low": 0.12, "est": 0.14, "es": 0.06, "lowe": 0.04, "▁lo": 0.08}


def draw_bpe_merges() -> Figure:
    """The word lowest, from characters to two tokens, by the first five merges of the paper's example."""
    step = 62
    merges = learn_merges(PAPER, 5, ties="seen").merges
    word: tuple[str, ...] = (*"lowest", "·")
    rows = [("characters", word)]
    for number, pair in enumerate(merges, 1):
        word = merge_pair(word, pair)
        rows.append((f"{number}. {pair[0]} + {pair[1]}", word))

    figure, axes = style.canvas(step * len(rows) + 8)
    before: set[tuple[int, int]] = set()
    for row, (label, symbols) in enumerate(rows):
        y = step * (len(rows) - row) - 44
        style.label(axes, 6, y + 18, label)
        start, spans = 0, set()
        for symbol in symbols:
            end = start + len(symbol)
            spans.add((start, end))
            new = row > 0 and (start, end) not in before
            x = 118 + 68 * start
            fill = colors.SEQUENTIAL[6] if new else "none"
            edge = colors.TEXT if new else colors.MUTED
            style.box(
                axes,
                x,
                y,
                68 * len(symbol) - 8,
                36,
                symbol,
                fill=fill,
                edge=edge,
                line_width=2.2 if new else 1.2,
            )
            start = end
        before = spans
    return figure


def _arc(axes: Axes, start: int, end: int, label: str, level: float, best: bool) -> None:
    x0, x1 = 40 + 78 * start, 40 + 78 * end
    base = 150
    look = {"edgecolor": colors.SERIES[1] if best else colors.MUTED, "linewidth": 4 if best else 1.5}
    top = base + level
    curve = Curve([(x0, base), ((x0 + x1) / 2, 2 * top - base), (x1, base)], [1, 3, 3])
    axes.add_patch(PathPatch(curve, facecolor="none", zorder=2, **look))
    weight = {"weight": "bold"} if best else {}
    above = 13 if level > 50 or -50 < level < 0 else -17  # a low arc has its label inside
    style.label(axes, (x0 + x1) / 2, top + above, label, ha="center", **weight)


def draw_unigram_lattice() -> Figure:
    """All pieces of a small vocabulary that occur in ▁lowest, and the most probable way through them."""
    text = "▁lowest"
    scores = {piece: log(p) for piece, p in PIECES.items()}
    best, _ = viterbi(text, scores)
    spans, start = set(), 0
    for piece in best:
        spans.add((start, start + len(piece)))
        start += len(piece)

    figure, axes = style.canvas(330)
    levels = {(0, 4): 128, (0, 3): 68, (1, 5): -118, (4, 7): 96, (4, 6): 50}
    for edge in lattice(text, scores):
        span = edge.start, edge.end
        piece = text[edge.start : edge.end]
        short = edge.end - edge.start == 1
        label = piece if short else f"{piece}  {PIECES[piece]:.2f}"
        _arc(axes, *span, label, -26 if short else levels[span], span in spans)
    for i in range(len(text) + 1):
        axes.plot(40 + 78 * i, 150, "o", color=colors.TEXT, markersize=8, zorder=4)
    return figure


def draw_tokens_by_language() -> Figure:
    """Tokens of one sentence in nine languages, with the vocabularies of GPT-2, GPT-4 and GPT-4o."""
    record = yaml_files.load(TOKEN_COUNTS)
    languages = record["languages"]
    names = {"gpt2": "GPT-2", "cl100k_base": "GPT-4", "o200k_base": "GPT-4o"}
    figure, ((axes,),) = style.figure(430)
    rows = [-i for i in range(len(languages))]
    for i, (key, name) in enumerate(names.items()):
        counts = [entry[key] for entry in languages.values()]
        look = style.series(i) | {"linestyle": "none", "markersize": 10}
        axes.plot(counts, rows, label=f"{name} ({record['vocabularies'][key]['size']:,})", **look)
    for row, entry in zip(rows, languages.values(), strict=True):
        counts = [entry[key] for key in names]
        axes.plot([min(counts), max(counts)], [row, row], color=colors.MUTED, linewidth=1, zorder=1)
    axes.set_yticks(rows, list(languages))
    axes.set(xlabel="tokens for the same sentence", xlim=(0, 100))
    axes.grid(False, axis="y")
    axes.legend(loc="upper right", title="vocabulary", handlelength=1)
    return figure


FIGURES = {
    "bpe-merges": draw_bpe_merges,
    "unigram-lattice": draw_unigram_lattice,
    "tokens-by-language": draw_tokens_by_language,
}
