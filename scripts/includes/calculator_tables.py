"""data/models.yml -> tables of the calculators of parameters and LoRA, for readers without JavaScript."""

from pathlib import Path

from llm_questions.lora import adapted_model_bytes
from llm_questions.lora_targets import adapted_matrices, adapter_parameters
from llm_questions.parameters.architecture import Architecture, from_entry
from llm_questions.parameters.count import TABLES, active, parameter_terms, total
from llm_questions.qlora import qlora_model_bytes
from scripts import yaml_files
from scripts.includes.source import generated_note, table

SOURCE = "data/models.yml"
RANK = 16
ADAPTED = (
    "GPT-3 175B",
    "Llama 2 7B",
    "Llama 2 13B",
    "Llama 2 70B",
    "Mistral 7B v0.1",
    "Mixtral 8x7B v0.1",
    "Gemma 7B",
    "Llama 3 8B",
    "Llama 3 70B",
    "Gemma 2 27B",
    "Llama 3.1 405B",
    "Qwen2.5-7B",
    "Gemma 3 27B",
    "Qwen3-8B",
    "Qwen3-30B-A3B",
)


def render(path: Path) -> dict[str, str]:
    entries = yaml_files.load(path)
    counts = [[_name(entry), *_counts(from_entry(entry))] for entry in entries]
    adapted = [[_name(e), *_adapted(from_entry(e))] for e in entries if e["name"] in ADAPTED]
    tables = {
        "parameter-counts": table(["Model", "Parameters", "Without tables"], counts),
        "lora": table(["Model", "Trained", "LoRA", "On 4 bits", "Full"], adapted),
    }
    return {f"includes/tables/{name}.md": generated_note(SOURCE) + text for name, text in tables.items()}


def _counts(model: Architecture) -> list[str]:
    terms = parameter_terms(model)
    cells = []
    for without in ((), TABLES):
        whole, used = total(terms, without), active(terms, without)
        cells.append(f"{whole:,}" + (f"<br>active {used:,}" if used != whole else ""))
    return cells


def _adapted(model: Architecture) -> list[str]:
    matrices = adapted_matrices(model)
    whole, trained = total(parameter_terms(model)), adapter_parameters(matrices, RANK)
    quantized = sum(matrix.count for matrix in matrices)
    states = (
        adapted_model_bytes(whole, trained),
        qlora_model_bytes(whole, quantized, trained),
        adapted_model_bytes(whole),
    )
    return [f"{trained:,}", *(f"{sum(parts.values()) / 1e9:,.1f}" for parts in states)]


def _name(entry: dict) -> str:
    return f"{entry['name']}, {entry['year']}"
