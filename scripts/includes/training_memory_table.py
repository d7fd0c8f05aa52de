"""data/models.yml -> includes/tables/training-memory.md: model states of a model by optimizer, stage."""

from pathlib import Path

from llm_questions.compute import matrix_parameters
from llm_questions.parameters.architecture import from_entry
from llm_questions.training_memory import RECIPES, optimizer_bytes
from llm_questions.zero import STAGES, BytesPerParameter, model_state_bytes
from scripts import yaml_files
from scripts.includes.source import generated_note, table

SOURCE = "data/models.yml"
MODEL, RANKS = "Llama 3 8B", 8
NAMES = {
    "adamw": "AdamW",
    "adam 8-bit": "8-bit Adam",
    "muon": "Muon",
    "sgd": "SGD with momentum",
    "adafactor": "Adafactor",
}


def render(path: Path) -> dict[str, str]:
    entries = {entry["name"]: entry for entry in yaml_files.load(path)}
    if MODEL not in entries:
        return {}
    entry = entries[MODEL]
    header = ["Optimizer", *("none" if stage == 0 else f"ZeRO-{stage}" for stage in STAGES)]
    rows = [[label, *_cells(entry, name)] for name, label in NAMES.items()]
    return {"includes/tables/training-memory.md": generated_note(SOURCE) + table(header, rows)}


def _cells(entry: dict, optimizer: str) -> list[str]:
    n_parameters, recipe = entry["parameters"]["total"], RECIPES["mixed"]
    in_blocks = matrix_parameters(from_entry(entry)) - entry["vocab_size"] * entry["d_model"]
    share = 1 - in_blocks / n_parameters
    kept = recipe.master + optimizer_bytes(optimizer, recipe.moment, entry["d_model"], share)
    size = BytesPerParameter(recipe.parameter, recipe.gradient, kept)
    return [f"{model_state_bytes(n_parameters, RANKS, stage, size) / 1e9:.1f}" for stage in STAGES]
