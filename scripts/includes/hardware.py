"""data/hardware.yml -> includes/tables/hardware.md and docs/assets/data/hardware.json, of calculators."""

import json
from pathlib import Path

from scripts import yaml_files
from scripts.includes.source import generated_note, table

SOURCE = "data/hardware.yml"
FORMATS = ("fp32", "tf32", "bf16", "fp8", "int8")


def render(path: Path) -> dict[str, str]:
    entries = yaml_files.load(path)
    lines = ",\n".join(json.dumps(_told(entry)) for entry in entries)
    header = ["Accelerator", "Memory", "TFLOP/s, dense"]
    return {
        "docs/assets/data/hardware.json": f"[\n{lines}\n]\n",
        "includes/tables/hardware.md": generated_note(SOURCE) + table(header, map(_row, entries)),
    }


def _told(entry: dict) -> dict:
    return {key: entry[key] for key in ("name", "memory_gb", "bandwidth_gbps", "peak")}


def _row(entry: dict) -> list[str]:
    peaks = (f"{name}&nbsp;{entry['peak'][name]:,g}" for name in FORMATS if name in entry["peak"])
    source = entry["source"]
    return [
        f"**{entry['name']}**, {entry['year']}: [{source['name']}]({source['url']})",
        f"{entry['memory_gb']:g} GB<br>{entry['bandwidth_gbps']:,}&nbsp;GB/s",
        "<br>".join(peaks),
    ]
