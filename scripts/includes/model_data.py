"""data/models.yml -> docs/assets/data/models.json: the models that the calculators offer as presets."""

import dataclasses
import json
from pathlib import Path

from llm_questions.compute import matrix_parameters
from llm_questions.parameters.architecture import Architecture, from_entry
from scripts import yaml_files

SOURCE = "data/models.yml"
TARGET = "docs/assets/data/models.json"
DEFAULTS = {field.name: field.default for field in dataclasses.fields(Architecture)}
FIRST = "Llama 3 70B"  # what the calculators show before anything is chosen


def render(path: Path) -> dict[str, str]:
    entries = yaml_files.load(path)
    ordered = sorted(entries, key=lambda entry: (entry["name"] != FIRST, -entry["year"], entry["name"]))
    lines = ",\n".join(json.dumps(_model(entry), ensure_ascii=False) for entry in ordered)
    return {TARGET: f"[\n{lines}\n]\n"}


def _model(entry: dict) -> dict:
    model = from_entry(entry)
    told = {name: value for name, value in dataclasses.asdict(model).items() if value != DEFAULTS[name]}
    decoder_only = not entry.get("n_encoder_layers") and not entry.get("pooler")
    return {
        "name": entry["name"],
        "year": entry["year"],
        "decoder_only": decoder_only,
        "parameters": entry["parameters"],
        "matrix_parameters": matrix_parameters(model) if decoder_only else None,
        "window": entry.get("window"),
        "context_length": entry["context_length"],
        "architecture": told,
    }
