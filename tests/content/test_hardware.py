"""data/hardware.yml: its form, and peaks recomputed from the units and clocks that vendors publish."""

import json

import jsonschema
import pytest
import yaml

from scripts.pages import ROOT

HARDWARE = yaml.safe_load((ROOT / "data/hardware.yml").read_text(encoding="utf-8"))
BY_NAME = {entry["name"]: entry for entry in HARDWARE}

# units (SMs, compute units or matrix units), GHz, operations of a unit in a cycle, a multiply-add as two
UNITS = [
    # NVIDIA A100 architecture whitepaper: 108 SMs, 1.41 GHz; 64 fp32 cores and 4 Tensor Cores each
    ("A100 40 GB SXM", 108, 1.41, {"fp32": 128, "tf32": 1024, "bf16": 2048, "int8": 4096}),
    ("A100 80 GB SXM", 108, 1.41, {"fp32": 128, "tf32": 1024, "bf16": 2048, "int8": 4096}),
    # NVIDIA H100: 132 SMs, 1.98 GHz for fp32 and 1.83 GHz for Tensor Cores
    ("H100 SXM", 132, 1.98, {"fp32": 256}),
    ("H100 SXM", 132, 1.83, {"tf32": 2048, "bf16": 4096, "fp8": 8192, "int8": 8192}),
    ("H200 SXM", 132, 1.83, {"tf32": 2048, "bf16": 4096, "fp8": 8192, "int8": 8192}),
    # NVIDIA Ada: 128 and 142 SMs, 2.52 GHz; sums in 32 bits run at half speed on GeForce
    ("GeForce RTX 4090", 128, 2.52, {"fp32": 256, "tf32": 256, "bf16": 512, "fp8": 1024, "int8": 2048}),
    ("L40S", 142, 2.52, {"fp32": 256, "tf32": 512, "bf16": 1024, "fp8": 2048, "int8": 2048}),
    # AMD CDNA 3: 304 compute units, 2.1 GHz
    ("MI300X", 304, 2.1, {"fp32": 256, "tf32": 1024, "bf16": 2048, "fp8": 4096, "int8": 4096}),
    # two cores of four 128 × 128 matrix units, 1.75 GHz
    ("TPU v5p", 8, 1.75, {"bf16": 2 * 128 * 128}),
]


def test_hardware_has_the_form_of_its_schema() -> None:
    schema = json.loads((ROOT / "data/hardware.schema.json").read_text(encoding="utf-8"))
    entries = [entry | {"checked": entry["checked"].isoformat()} for entry in HARDWARE]
    jsonschema.validate(entries, schema, format_checker=jsonschema.FormatChecker())


def test_names_are_unique_and_years_ascend() -> None:
    assert len(BY_NAME) == len(HARDWARE)
    assert [entry["year"] for entry in HARDWARE] == sorted(entry["year"] for entry in HARDWARE)


@pytest.mark.parametrize(("name", "units", "clock", "operations"), UNITS)
def test_peaks_are_units_times_clock_times_operations(name, units, clock, operations) -> None:
    """Dense peaks: with structured sparsity each would be twice as large."""
    for number_format, per_cycle in operations.items():
        peak = units * clock * per_cycle / 1000
        assert BY_NAME[name]["peak"][number_format] == pytest.approx(peak, rel=0.015), number_format


def test_156_of_the_a100_is_tf32_and_not_fp32() -> None:
    for entry in HARDWARE:
        if entry["name"].startswith("A100"):
            assert (entry["peak"]["fp32"], entry["peak"]["tf32"]) == (19.5, 156)


def test_narrower_formats_are_not_slower() -> None:
    for entry in HARDWARE:
        peaks = [entry["peak"][name] for name in ("fp32", "tf32", "bf16", "fp8") if name in entry["peak"]]
        assert peaks == sorted(peaks), entry["name"]
