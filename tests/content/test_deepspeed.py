"""The page on DeepSpeed: its configurations against DeepSpeed's schema, its names against PyTorch."""

import inspect
import json
import re

import jsonschema
import pytest
import torch
from torch import distributed, nn

from scripts.pages import DOCS, ROOT, Page

PAGE = Page(DOCS / "training/finetuning/deepspeed.md")
SCHEMA = json.loads((ROOT / "data/deepspeed.schema.json").read_text("utf-8"))
CONFIGURATIONS = {fence.title: json.loads(fence.source) for fence in PAGE.fences if fence.language == "json"}
ZERO = SCHEMA["properties"]["zero_optimization"]["properties"]


def errors(configuration: dict) -> list[str]:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    return [error.message for error in validator.iter_errors(configuration)]


def test_there_is_a_configuration_for_each_stage() -> None:
    stages = [configuration["zero_optimization"]["stage"] for configuration in CONFIGURATIONS.values()]
    assert stages == [1, 2, 3, 3]


@pytest.mark.parametrize("title", CONFIGURATIONS)
def test_the_configurations_of_the_page_are_what_deepspeed_knows(title: str) -> None:
    assert errors(CONFIGURATIONS[title]) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"zero_optimisation": {"stage": 1}},
        {"zero_optimization": {"stage": 4}},
        {"zero_optimization": {"stage": 3, "stage3_prefetch_size": 1}},
        {"zero_optimization": {"stage": 3, "offload_optimizer": {"device": "disk"}}},
        {"zero_optimization": {"stage": 2, "reduce_bucket_size": -1}},
        {"train_micro_batch_size_per_gpu": 0},
        {"optimizer": {"type": "sgdw", "params": {}}},
    ],
)
def test_the_schema_refuses_what_deepspeed_does_not_know(wrong: dict) -> None:
    assert errors(wrong)


def test_every_explained_key_is_one_of_deepspeed() -> None:
    explained = set(re.findall(r"^- `(\w+)` \(", PAGE.text, re.MULTILINE))
    used = {key for configuration in CONFIGURATIONS.values() for key in configuration["zero_optimization"]}
    assert used - {"stage"} == explained
    assert explained <= set(ZERO)


def test_every_key_in_the_table_of_equivalents_is_one_of_deepspeed() -> None:
    named = re.findall(r"^\| `(\w+): \d+`", PAGE.text, re.MULTILINE)
    assert set(named) == {"zero_hpz_partition_size", "mics_shard_size"} <= set(ZERO)


@pytest.mark.filterwarnings("ignore:.torch.jit.[a-z]+. is deprecated:DeprecationWarning")
def test_stage_1_exists_in_pytorch() -> None:
    from torch.distributed.optim import ZeroRedundancyOptimizer

    assert ZeroRedundancyOptimizer.__name__ in PAGE.text


def test_the_names_of_pytorch_exist() -> None:
    from torch.distributed import fsdp  # takes seconds

    arguments = inspect.signature(fsdp.fully_shard).parameters
    for name in re.findall(r"`(reshard_after_forward|mp_policy|offload_policy|mesh)\b", PAGE.text):
        assert name in arguments
    for name in ("CPUOffloadPolicy", "MixedPrecisionPolicy", "CPUOffload", "MixedPrecision"):
        assert name in PAGE.text
        assert hasattr(fsdp, name)
    assert {"FULL_SHARD", "SHARD_GRAD_OP", "HYBRID_SHARD"} <= set(fsdp.ShardingStrategy.__members__)
    assert hasattr(fsdp.FSDPModule, "set_requires_gradient_sync")
    assert hasattr(fsdp.FullyShardedDataParallel, "no_sync")


@pytest.fixture
def one_rank():
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    yield distributed.device_mesh.init_device_mesh("cpu", (1,))
    distributed.destroy_process_group()


@pytest.mark.parametrize("created_in", [torch.float32, torch.bfloat16])
def test_fsdp_keeps_parameters_gradients_and_moments_in_the_type_of_creation(one_rank, created_in) -> None:
    from torch.distributed import fsdp

    model = nn.Linear(8, 8, dtype=created_in)
    policy = fsdp.MixedPrecisionPolicy(param_dtype=torch.bfloat16)
    fsdp.fully_shard(model, mesh=one_rank, mp_policy=policy)
    optimizer = torch.optim.AdamW(model.parameters())
    output = model(torch.randn(2, 8))
    assert output.dtype is torch.bfloat16
    output.sum().backward()
    optimizer.step()
    for parameter in model.parameters():
        state = optimizer.state[parameter]
        kept = (parameter, parameter.grad, state["exp_avg"], state["exp_avg_sq"])
        assert {tensor.dtype for tensor in kept} == {created_in}
        per_element = sum(tensor.element_size() for tensor in kept)
        assert per_element == (16 if created_in is torch.float32 else 8)
