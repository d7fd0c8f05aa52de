"""data/deepspeed.schema.json: which keys DeepSpeed's configuration knows, written down from its own classes.

DeepSpeed is too heavy for the tests (eight more packages, and a minute to install), so its schema is recorded
once, at a commit, and the tests hold the configurations of the page against it:

    git clone https://github.com/deepspeedai/DeepSpeed /tmp/DeepSpeed && git -C /tmp/DeepSpeed checkout COMMIT
    .venv/bin/pip install hjson einops msgpack ninja psutil py-cpuinfo pydantic tqdm     # what it imports
    PYTHONPATH=/tmp/DeepSpeed python -m scripts.gen_deepspeed_schema COMMIT

The names of the keys, their types, bounds and defaults are those of DeepSpeed's pydantic models, which forbid
unknown keys; so does the schema.
"""

import argparse
import json
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "data" / "deepspeed.schema.json"


def model_schema(model: type) -> dict:
    """The JSON schema of a pydantic model, without the functions that its deprecated fields carry."""
    for field in model.model_fields.values():
        extra = field.json_schema_extra
        if extra:
            field.json_schema_extra = {"deprecated": True} if extra.get("deprecated") else None
    model.model_rebuild(force=True)
    return _plain(model.model_json_schema(ref_template="#/$defs/{model}"))


def _plain(value: object) -> object:
    """Without titles and descriptions: DeepSpeed's documentation stays with DeepSpeed."""
    if isinstance(value, dict):
        is_schema = "type" in value or "$ref" in value or "anyOf" in value
        drop = {"title", "description"} if is_schema else set()
        return {key: _plain(item) for key, item in value.items() if key not in drop}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def schema(commit: str) -> dict:
    from deepspeed.runtime import constants
    from deepspeed.runtime.config import DEEPSPEED_OPTIMIZERS
    from deepspeed.runtime.precision_config import BFLOAT16, DeepSpeedBF16Config
    from deepspeed.runtime.zero.config import ZERO_OPTIMIZATION, DeepSpeedZeroConfig

    parts = {ZERO_OPTIMIZATION: DeepSpeedZeroConfig, BFLOAT16: DeepSpeedBF16Config}
    shared: dict = {}
    properties: dict = {}
    for key, model in parts.items():
        part = model_schema(model)
        shared |= part.pop("$defs", {})
        properties[key] = part
    for key in (
        constants.TRAIN_BATCH_SIZE,
        constants.TRAIN_MICRO_BATCH_SIZE_PER_GPU,
        constants.GRADIENT_ACCUMULATION_STEPS,
    ):
        properties[key] = {"type": "integer", "exclusiveMinimum": 0}
    properties[constants.GRADIENT_CLIPPING] = {
        "type": "number",
        "minimum": 0,
        "default": constants.GRADIENT_CLIPPING_DEFAULT,
    }
    properties[constants.OPTIMIZER] = {
        "type": "object",
        "properties": {
            constants.TYPE: {"enum": sorted({*DEEPSPEED_OPTIMIZERS, "AdamW"})},  # DeepSpeed ignores the case
            constants.OPTIMIZER_PARAMS: {"type": "object"},
        },
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": f"A part of the keys of DeepSpeed {commit}, by scripts/gen_deepspeed_schema.py.",
        "type": "object",
        "additionalProperties": False,
        "properties": dict(sorted(properties.items())),
        "$defs": dict(sorted(shared.items())),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("commit", help="the commit of DeepSpeed that is on PYTHONPATH")
    text = json.dumps(schema(parser.parse_args().commit), indent=1, default=str)
    TARGET.write_text(text + "\n", encoding="utf-8")
    print(f"wrote {TARGET.name}")


if __name__ == "__main__":
    main()
