"""data/models.yml -> includes/tables/inference.md: bounds of decoding on eight H100, without JavaScript."""

import math
from pathlib import Path

from llm_questions.compute import matrix_parameters
from llm_questions.kv_cache import cache_bytes, cache_elements, head_elements
from llm_questions.parameters.architecture import from_entry
from llm_questions.roofline import balance_batch, bound_seconds, decode_bytes, decode_flops
from scripts import yaml_files
from scripts.includes.source import generated_note, table

SOURCE = "data/models.yml"
SHOWN = (
    "GPT-3 175B",
    "Llama 2 7B",
    "Llama 2 70B",
    "Llama 3 8B",
    "Llama 3 70B",
    "Llama 3.1 405B",
    "Qwen3-32B",
)
LENGTHS = (128, 1_024)
DEVICES, PEAK, BANDWIDTH = 8, 989.5e12, 3.35e12  # H100 SXM of data/hardware.yml


def render(path: Path) -> dict[str, str]:
    models = {model["name"]: model for model in yaml_files.load(path)}
    header = ["Model", "Weights, GB", "Least ms a token", *(f"Balance, {n:,} tokens" for n in LENGTHS)]
    rows = [_row(models[name]) for name in SHOWN if name in models]
    return {"includes/tables/inference.md": generated_note(SOURCE) + table(header, rows)}


def _row(model: dict) -> list[str]:
    n_parameters = matrix_parameters(from_entry(model))
    sizes = (n_parameters, model["n_layers"], model["n_heads"], model["head_dim"])
    per_layer = head_elements(model["n_kv_heads"], model["head_dim"])
    peak, bandwidth = DEVICES * PEAK, DEVICES * BANDWIDTH
    balances = []
    for n in LENGTHS:
        cache = cache_bytes(cache_elements(n, model["n_layers"], per_layer))
        flops = decode_flops(*sizes, n)
        balance = balance_batch(2 * n_parameters, cache, flops, peak, bandwidth)
        balances.append("never" if math.isinf(balance) else f"{balance:,.0f}")
        if n == LENGTHS[0]:
            least = bound_seconds(flops, decode_bytes(2 * n_parameters, cache), peak, bandwidth)
    weights = f"{2 * model['parameters']['total'] / 1e9:,.0f}"
    name = model["name"].replace(" ", "&nbsp;")
    return [f"{name}, {model['year']}", weights, f"{least * 1e3:.1f}", *balances]
