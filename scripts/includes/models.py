"""data/models.yml -> includes/tables/*.md: what real models do, for the "In practice" part of pages.

Models that agree in all cells of a table share a row, and a table shows the models that are named here and no
others, so that it stays readable on a phone.
"""

from collections.abc import Callable
from pathlib import Path

from llm_questions.parameters.architecture import from_entry
from llm_questions.parameters.count import TABLES, active, by_part, parameter_terms, total
from scripts import yaml_files
from scripts.includes.source import SourceError, generated_note, table

SOURCE = "data/models.yml"
NONE = "–"

# One or two sizes of a family: those that differ in scaling, norms or positions, and the best known.
REPRESENTATIVE = (
    "Transformer (base)",
    "BERT-base",
    "GPT-2 (small)",
    "T5-11B",
    "GPT-3 175B",
    "GPT-J-6B",
    "GPT-NeoX-20B",
    "OPT-175B",
    "BLOOM-176B",
    "LLaMA 7B",
    "MPT-7B",
    "Falcon-7B",
    "Llama 2 70B",
    "Mistral 7B v0.1",
    "Gemma 7B",
    "Llama 3 8B",
    "Phi-3-mini (4k)",
    "DeepSeek-V2",
    "Gemma 2 27B",
    "Llama 3.1 405B",
    "Qwen2.5-7B",
    "OLMo 2 7B",
    "DeepSeek-V3",
    "Gemma 3 27B",
    "Qwen3-32B",
    "gpt-oss-120b",
)


# Those of the table of counts: several sizes of a family where they show where parameters go.
COUNTED = (
    "Transformer (base)",
    "BERT-base",
    "GPT-2 (small)",
    "GPT-2 (XL)",
    "T5-11B",
    "GPT-3 175B",
    "BLOOM-176B",
    "Pythia-6.9B",
    "Llama 2 7B",
    "Llama 2 70B",
    "Mistral 7B v0.1",
    "Mixtral 8x7B v0.1",
    "Gemma 2B",
    "Gemma 7B",
    "Llama 3 8B",
    "Llama 3 70B",
    "Phi-3-mini (4k)",
    "DeepSeek-V2-Lite",
    "DeepSeek-V2",
    "Qwen2-0.5B",
    "Qwen2-57B-A14B",
    "Gemma 2 27B",
    "Llama 3.1 405B",
    "Llama 3.2 1B",
    "OLMo 2 7B",
    "DeepSeek-V3",
    "Gemma 3 1B",
    "Gemma 3 27B",
    "Qwen3-0.6B",
    "Qwen3-8B",
    "Qwen3-30B-A3B",
    "gpt-oss-120b",
)


def render(path: Path) -> dict[str, str]:
    models = yaml_files.load(path)
    tables = {"attention-scaling": attention_scaling, "normalization": normalization, "positions": positions}
    chosen = representative(models)
    files = {name: _table(row, chosen) for name, row in tables.items()}
    by_name = {model["name"]: model for model in models}
    if counted := [by_name[name] for name in COUNTED if name in by_name]:
        files["parameters"] = _listing(parameters, counted)
    return {f"includes/tables/{name}.md": text for name, text in files.items()}


def representative(models: list[dict]) -> list[dict]:
    """The models of the tables, in the order of the file."""
    return [model for model in models if model["name"] in REPRESENTATIVE]


def attention_scaling(model: dict) -> dict[str, str]:
    scale, softcap = model["attn_scale"], model["attn_softcap"]
    sizes = {"d_k": model["head_dim"], "d_model": model["d_model"], "/h": f"/{model['n_heads']}"}
    factor = scale["formula"]
    for symbol, number in sizes.items():
        factor = factor.replace(symbol, str(number))
    control = [model["qk_norm"], softcap and f"soft cap {softcap:g}", scale.get("note")]
    return {
        "Factor on $q \\cdot k$": factor if factor == "1" else f"{factor} = {scale['value']:g}",
        "Other control of the logits": "; ".join(filter(None, control)) or NONE,
    }


def normalization(model: dict) -> dict[str, str]:
    norm = model["norm"]
    eps = "not published" if norm["eps"] is None else f"{norm['eps']:.0e}".replace("e-0", "e-")
    return {"Norm": f"{norm['type']}, ε\u00a0{eps}", "Placement": norm["placement"]}


def positions(model: dict) -> dict[str, str]:
    position, length = model["position"], model["context_length"]
    method = position["method"]
    if position["theta"] is not None:
        method += f", base {position['theta']:,}"
    if position["dims"] not in (None, model["head_dim"]):
        method += f", {position['dims']} of {model['head_dim']} features"
    return {"Method": method, "Trained length": "not fixed" if length is None else f"{length:,}"}


def parameters(model: dict) -> dict[str, str]:
    terms = parameter_terms(from_entry(model))
    shares = by_part(terms)
    tables = sum(shares.get(part, 0) for part in TABLES)
    cells = [tables, shares["attention"], shares["feed-forward"]]
    count = f"{total(terms):,}"
    if model.get("experts"):
        count += f"<br>active {active(terms):,}"
    return {
        "Parameters": count,
        "Shares, %": "/".join(f"{100 * n / total(terms):.0f}" for n in cells),
    }


def _listing(row: Callable[[dict], dict[str, str]], models: list[dict]) -> str:
    """A row for each model, its name first."""
    rows = ([_name(model), *row(model).values()] for model in models)
    return generated_note(SOURCE) + table(["Model", *row(models[0])], rows)


def _table(row: Callable[[dict], dict[str, str]], models: list[dict]) -> str:
    groups: dict[tuple[str, ...], list[str]] = {}
    try:
        for model in models:
            groups.setdefault(tuple(row(model).values()), []).append(_name(model))
        columns = [*row(models[0]), "Models"]
    except (KeyError, TypeError) as error:
        raise SourceError(f"{SOURCE}: a model lacks a field of data/models.schema.json: {error}") from error
    rows = ([*cells, "<br>".join(names)] for cells, names in groups.items())
    return generated_note(SOURCE) + table(columns, rows, "l" * len(columns))


def _name(model: dict) -> str:
    links = ", ".join(
        f"[{source['where']}][{source['ref']}]"
        if "ref" in source
        else f'[{source["name"]}]({source["url"]} "{source["where"]}")'
        for source in model["sources"]
    )
    return f"**{model['name']}**, {model['year']}: {links}"
