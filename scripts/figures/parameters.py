"""Where the parameters of real models are."""

from pathlib import Path

from matplotlib.figure import Figure

from llm_questions.parameters.architecture import from_entry
from llm_questions.parameters.count import TABLES, active, by_part, parameter_terms, total
from scripts import yaml_files
from scripts.figures import colors, style

MODELS = Path(__file__).resolve().parents[2] / "data" / "models.yml"
SHOWN = (
    "GPT-2 (small)",
    "GPT-3 175B",
    "Llama 2 7B",
    "Llama 3 8B",
    "Llama 3.2 1B",
    "Gemma 3 1B",
    "Gemma 3 27B",
    "Mixtral 8x7B v0.1",
    "DeepSeek-V3",
)

# Lightness tells the parts apart, so that the bars can be read without color.
_FILLS = {
    "embedding tables": colors.SEQUENTIAL[29],
    "attention": colors.SEQUENTIAL[4],
    "feed-forward": colors.SEQUENTIAL[16],
}


def _written(n: int) -> str:
    return f"{n / 1e9:.0f}B" if n >= 1e10 else f"{n / 1e9:.2f}B" if n >= 0.995e9 else f"{n / 1e6:.0f}M"


def draw_parameter_shares() -> Figure:
    """Shares of embedding tables, attention and feed-forward networks in the parameters of nine models."""
    entries = {entry["name"]: entry for entry in yaml_files.load(MODELS)}
    figure, ((axes,),) = style.figure(430)
    for row, name in enumerate(SHOWN):
        terms = parameter_terms(from_entry(entries[name]))
        parts, whole = by_part(terms), total(terms)
        counts = {
            "embedding tables": sum(parts.get(table, 0) for table in TABLES),
            "attention": parts["attention"],
            "feed-forward": parts["feed-forward"],
        }
        left = 0.0
        for part, count in counts.items():
            look = {"color": _FILLS[part], "edgecolor": colors.MUTED, "linewidth": 1}
            axes.barh(-row, 100 * count / whole, 0.62, left, label=part if row == 0 else None, **look)
            left += 100 * count / whole
        text = _written(whole)
        if active(terms) < whole:
            text += f" ({_written(active(terms))})"
        style.label(axes, 102, -row, text)
    axes.set_yticks([-row for row in range(len(SHOWN))], [name.replace(" v0.1", "") for name in SHOWN])
    axes.set(xlabel="% of all parameters", xlim=(0, 140), xticks=[0, 25, 50, 75, 100])
    axes.grid(False, axis="y")
    figure.legend(loc="outside upper right", ncols=3)
    return figure


FIGURES = {"parameter-shares": draw_parameter_shares}
