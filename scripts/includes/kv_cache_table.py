"""data/models.yml -> includes/tables/kv-cache.md: what real models keep, for readers without JavaScript."""

from pathlib import Path

from llm_questions.kv_cache import cache_bytes, cache_elements, head_elements, latent_elements
from scripts import yaml_files
from scripts.includes.source import generated_note, table

SOURCE = "data/models.yml"
SHOWN = (
    "GPT-2 (XL)",
    "GPT-3 175B",
    "Falcon-40B",
    "Llama 2 7B",
    "Llama 2 13B",
    "Llama 2 70B",
    "Mistral 7B v0.1",
    "Mixtral 8x7B v0.1",
    "Gemma 7B",
    "Llama 3 8B",
    "Llama 3 70B",
    "DeepSeek-V2-Lite",
    "DeepSeek-V2",
    "Qwen2-7B",
    "Gemma 2 27B",
    "Llama 3.1 405B",
    "DeepSeek-V3",
    "Gemma 3 27B",
    "Qwen3-8B",
    "Qwen3-235B-A22B",
    "gpt-oss-120b",
)
LENGTHS = (8_192, 131_072)


def render(path: Path) -> dict[str, str]:
    models = {model["name"]: model for model in yaml_files.load(path)}
    header = ["Model", "KiB per token", *(f"GiB at {n:,} tokens" for n in LENGTHS)]
    rows = [_row(models[name]) for name in SHOWN if name in models]
    return {"includes/tables/kv-cache.md": generated_note(SOURCE) + table(header, rows)}


def _row(model: dict) -> list[str]:
    latent, window = model.get("latent"), model.get("window")
    per_layer = (
        latent_elements(latent["kv_rank"], model["position"]["dims"])
        if latent
        else head_elements(model["n_kv_heads"], model["head_dim"])
    )
    pattern = [window["tokens"]] * window["local"] + [None] * window["full"] if window else [None]
    sizes = [cache_bytes(cache_elements(n, model["n_layers"], per_layer, pattern)) for n in (1, *LENGTHS)]
    per_token, *at_lengths = sizes
    return [
        f"{model['name']}, {model['year']}",
        f"{per_token / 2**10:,.1f}".removesuffix(".0"),
        *(f"{size / 2**30:,.2f}" for size in at_lengths),
    ]
