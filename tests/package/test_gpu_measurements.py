"""The formulas against data/gpu_measurements.yml: bytes exactly, what is left out named; bounds as bounds."""

import pytest
import torch
import yaml
from transformers import LlamaConfig, LlamaForCausalLM

from llm_questions.activations import layer_activation_bytes
from llm_questions.compute import matrix_parameters
from llm_questions.kv_cache import cache_bytes, cache_elements, head_elements
from llm_questions.parameters.architecture import from_entry
from llm_questions.roofline import bound_seconds, decode_bytes, decode_flops, prefill_flops
from llm_questions.training_memory import RECIPES, output_activation_bytes, training_memory
from scripts import measure_gpu
from scripts.pages import ROOT


def read(name: str):
    return yaml.safe_load((ROOT / "data" / name).read_text(encoding="utf-8"))


RECORD = read("gpu_measurements.yml")
MODELS = {entry["name"]: entry for entry in read("models.yml")}
DEVICE = next(entry for entry in read("hardware.yml") if entry["name"] == f"{RECORD['device'][7:]} SXM")
PEAK, BANDWIDTH = DEVICE["peak"]["bf16"] * 1e12, DEVICE["bandwidth_gbps"] * 1e9


def cache_of(name: str, tokens: int, batch: int) -> float:
    model = MODELS[name]
    window = (model["window"]["tokens"],) if model.get("window") else (None,)
    one_layer = head_elements(model["n_kv_heads"], model["head_dim"])
    return cache_bytes(cache_elements(tokens, model["n_layers"], one_layer, window), batch=batch)


@pytest.mark.parametrize("row", RECORD["kv_cache"], ids=lambda row: f"{row['model']}, {row['tokens']}")
def test_the_cache_takes_what_the_formula_says(row) -> None:
    sizes = row["model"], row["tokens"], row["batch"]
    predicted = cache_of(*sizes)
    assert row["after_token"]["storage"] == predicted
    # the lengths that layers with a window count take 8 bytes in each of the 32 layers
    assert row["freed"]["requested"] - predicted == (256 if row["model"].startswith("Mistral") else 0)
    assert predicted <= row["freed"]["allocated"] < 1.031 * predicted


@pytest.mark.parametrize("row", RECORD["kv_cache"], ids=lambda row: f"{row['model']}, {row['tokens']}")
def test_a_long_prompt_stays_whole_until_the_next_token(row) -> None:
    """Of a window of w tokens w - 1 are kept, as a view of all that the prompt had."""
    model, tokens, batch = row["model"], row["tokens"], row["batch"]
    a_token = cache_of(model, 1, batch)
    assert row["after_prompt"]["storage"] == (tokens - 1) * a_token
    longest = (MODELS[model].get("window") or {}).get("tokens", tokens) - 1
    assert row["after_prompt"]["tensors"] == min(tokens - 1, longest) * a_token


@pytest.mark.parametrize(
    "row", RECORD["model_states"], ids=lambda row: f"{row['recipe']}, fused: {row['fused']}"
)
def test_states_take_what_the_recipe_says(row) -> None:
    n, recipe = row["parameters"], RECIPES[row["recipe"]]
    assert n == MODELS["Llama 3.2 1B"]["parameters"]["total"]
    parts = training_memory(n, 1, 8, 1, 8, 1, 1, recipe=recipe)
    frequencies, counters = 2 * 32 * 4, 146 * 4  # two buffers of the rotation; a step number for each tensor
    states = sum(list(parts.values())[:3])
    assert row["loaded"]["requested"] == recipe.parameter * n + frequencies
    before_step = (recipe.parameter + recipe.gradient + recipe.master) * n + frequencies
    assert row["after_backward"]["requested"] == before_step
    assert row["after_step"]["requested"] == states + frequencies + counters
    assert row["after_step"]["allocated"] < 1.0005 * states
    # the optimizer without a fused kernel: one array; bf16 gradients: their copies in fp32
    array = 0 if row["fused"] else recipe.moment
    copies = 4 if row["recipe"] == "mixed" else 0
    assert (row["peak_of_step"] - row["after_step"]["allocated"]) / n == pytest.approx(
        array + copies, abs=0.01
    )


def layer_and_output(row) -> tuple[float, float]:
    four, eight = (row["held"][depth]["requested"] for depth in (4, 8))
    return (eight - four) / 4, 2 * four - eight


@pytest.mark.parametrize("row", RECORD["activations"][:3])
def test_activations_of_gpt_2_are_the_formula_and_what_it_leaves_out(row) -> None:
    model, tokens = MODELS[row["model"]], row["tokens"] * row["batch"]
    sizes = model["d_model"], model["n_heads"], row["tokens"], row["batch"]
    layer, output = layer_and_output(row)
    norm = 2 * 4 * tokens  # mean and reciprocal deviation, in 32 bits on a GPU
    if row["full_recomputation"]:
        assert layer == layer_activation_bytes(*sizes, recompute="full")
    elif row["fused_attention"]:
        log_sums, dropout_seed = 4 * model["n_heads"] * tokens, 16
        predicted = layer_activation_bytes(*sizes, recompute="selective")
        assert layer == predicted + 2 * norm + log_sums + dropout_seed
    else:
        assert layer == layer_activation_bytes(*sizes) + 2 * norm
    predicted = output_activation_bytes(sizes[0], model["vocab_size"], *sizes[2:])
    assert output == pytest.approx(predicted, rel=1e-3)


@pytest.mark.parametrize("row", RECORD["activations"][3:])
def test_activations_of_llama_are_more_than_the_formula_of_gpt_2(row) -> None:
    """53 d bytes of a token, not 34 d: two norms in fp32 8 each, the gated network 32, attention 5."""
    model, tokens = MODELS[row["model"]], row["tokens"] * row["batch"]
    d, h, h_kv = model["d_model"], model["n_heads"], model["n_kv_heads"]
    layer, output = layer_and_output(row)
    if row["full_recomputation"]:
        assert layer == layer_activation_bytes(d, h, row["tokens"], row["batch"], recompute="full")
    else:
        norms = 2 * (4 + 2 + 2) * d  # the input in fp32, the result before the gain, the result
        network = 4 * 2 * model["ffn"]["width"]  # two products, the gate after SiLU, what is multiplied
        attention = 2 * 2 * d + 2 * 2 * d * h_kv // h  # queries and results; keys and values
        assert norms + network + attention == 53 * d
        numbers_of_norms, log_sums, seed = 2 * 4 * tokens, 4 * h * tokens, 16
        assert layer == 53 * d * tokens + numbers_of_norms + log_sums + seed
    norm_in_fp32 = 4 * d * tokens
    predicted = output_activation_bytes(d, model["vocab_size"], row["tokens"], row["batch"])
    assert output == pytest.approx(predicted + norm_in_fp32, rel=1e-3)


@pytest.mark.parametrize("row", RECORD["activations"])
def test_the_two_passes_take_the_logits_twice_more(row) -> None:
    logits = 4 * row["tokens"] * row["batch"] * MODELS[row["model"]]["vocab_size"]
    for held in row["held"].values():
        assert held["peak"] - held["allocated"] == pytest.approx(2 * logits, rel=5e-3)


def bound_ms(new_tokens: int, batch: int) -> float:
    """By the data sheet of the device."""
    model = MODELS[RECORD["speed"]["model"]]
    weights = matrix_parameters(from_entry(model))
    sizes = model["n_layers"], model["n_heads"], model["head_dim"]
    n = RECORD["speed"]["tokens"]
    if new_tokens == 1:
        flops = batch * decode_flops(weights, *sizes, n)
        read = decode_bytes(2 * weights, cache_of(model["name"], n, 1), batch)
    else:
        output = model["vocab_size"] * model["d_model"]
        flops, read = batch * prefill_flops(weights, *sizes, n, output), 2 * weights
    return 1e3 * bound_seconds(flops, read, PEAK, BANDWIDTH)


STEPS = {(row["new_tokens"], row["batch"], row["program"]): row["ms"] for row in RECORD["speed"]["steps"]}
WHOLE = {key: ms for key, ms in STEPS.items() if "alone" not in key[2]}


@pytest.mark.parametrize("key", WHOLE, ids=str)
def test_no_step_is_faster_than_its_bound(key) -> None:
    assert WHOLE[key]["min"] > bound_ms(*key[:2])


@pytest.mark.parametrize(
    ("new_tokens", "batch", "most"), [(1, 1, 1.9), (1, 16, 1.8), (1, 64, 1.6), (2048, 1, 1.9)]
)
def test_a_graph_takes_less_than_twice_the_bound(new_tokens: int, batch: int, most: float) -> None:
    assert WHOLE[new_tokens, batch, "plain PyTorch, CUDA graph"]["median"] < most * bound_ms(
        new_tokens, batch
    )


def test_the_device_stays_below_its_data_sheet() -> None:
    reached = RECORD["speed"]["device"]
    assert 0.7 * PEAK < reached["matmul_bf16_8192_tflops"]["max"] * 1e12 < PEAK
    for name in ("copy_4_gib_gbps", "read_4_gib_gbps"):
        assert 0.85 * BANDWIDTH < reached[name]["max"] * 1e9 < BANDWIDTH


@pytest.mark.parametrize("new_tokens", [1, 9])
def test_the_plain_model_that_is_timed_is_llama(monkeypatch, new_tokens: int) -> None:
    monkeypatch.setattr(measure_gpu, "BF16", torch.float32)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=40,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
    )
    theirs = LlamaForCausalLM(config).eval()
    ours = measure_gpu.PlainLlama(config, n=9, batch=2)
    ids = torch.randint(0, 40, (2, 9))
    with torch.no_grad():
        past = theirs(ids[:, :-1], use_cache=True).past_key_values
        for mine, layer, cache in zip(ours.layers, theirs.model.layers, past.layers, strict=True):
            a, f = layer.self_attn, layer.mlp
            mine["qkv"] = torch.cat([a.q_proj.weight, a.k_proj.weight, a.v_proj.weight])
            mine["up"] = torch.cat([f.gate_proj.weight, f.up_proj.weight])
            mine["out"], mine["down"] = a.o_proj.weight, f.down_proj.weight
            mine["keys"][:, :, :-1], mine["values"][:, :, :-1] = cache.keys, cache.values
        ours.table, ours.head = theirs.model.embed_tokens.weight, theirs.lm_head.weight
        logits = ours.forward(ids[:, -new_tokens:])
        torch.testing.assert_close(logits, theirs(ids).logits[:, -1])
