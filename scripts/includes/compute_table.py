"""llm_questions/compute.py -> includes/tables/compute-optimal.md: what published fits advise for a budget."""

from pathlib import Path

from llm_questions.compute import FITS, optimal_parameters, optimal_tokens
from scripts.includes.source import generated_note, table

SOURCE = "src/llm_questions/compute.py"
BUDGETS = (("10²¹", 1e21), ("5.76&nbsp;×&nbsp;10²³", 5.76e23))
UNITS = (("T", 1e12), ("B", 1e9), ("M", 1e6))


def render(path: Path) -> dict[str, str]:
    header = ["Fit", *(f"{name} FLOPs" for name, _ in BUDGETS)]
    rows = [[f"**{name}**", *(_cell(name, flops) for _, flops in BUDGETS)] for name in FITS]
    return {"includes/tables/compute-optimal.md": generated_note(SOURCE) + table(header, rows)}


def _cell(fit: str, flops: float) -> str:
    n_parameters = optimal_parameters(flops, FITS[fit])
    n_tokens = optimal_tokens(flops, n_parameters)
    return f"{_large(n_parameters)},&nbsp;{_large(n_tokens)}<br>ratio&nbsp;{n_tokens / n_parameters:.3g}"


def _large(value: float) -> str:
    unit, size = next((name, size) for name, size in UNITS if value >= size)
    return f"{value / size:.3g}{unit}"
