"""data/gpu_measurements.yml: what a GPU keeps in memory and how long it takes, beside the calculators.

python -m scripts.measure_gpu data/gpu_measurements.yml          measures all parts, each in its own process
python -m scripts.measure_gpu data/gpu_measurements.yml PART     measures one part and keeps the others

Needs an NVIDIA GPU of 80 GB or more, PyTorch and transformers; no network. Weights are random: bytes do not
depend on their values, and times hardly. Nothing is predicted here: tests/package/test_gpu_measurements.py
and the pages of the calculators compare.
"""

import argparse
import datetime
import gc
import math
import statistics
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
import transformers
import yaml
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint
from transformers import AutoModel, LlamaConfig, LlamaForCausalLM, MistralConfig

BF16 = torch.bfloat16
LLAMA_3_8B = {
    "vocab_size": 128_256,
    "hidden_size": 4096,
    "intermediate_size": 14_336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
}
LLAMA_2_7B = LLAMA_3_8B | {"vocab_size": 32_000, "intermediate_size": 11_008, "num_key_value_heads": 32}
LLAMA_3_2_1B = {
    "vocab_size": 128_256,
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "num_hidden_layers": 16,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "tie_word_embeddings": True,
}
CACHES = {
    "Llama 2 7B": LlamaConfig(**LLAMA_2_7B),
    "Llama 3 8B": LlamaConfig(**LLAMA_3_8B),
    "Mistral 7B v0.1": MistralConfig(**LLAMA_3_8B | {"vocab_size": 32_000}, sliding_window=4096),
}


def memory() -> dict[str, int]:
    """Bytes that tensors asked for, and bytes of the allocator's blocks that hold them."""
    gc.collect()
    if not torch.cuda.is_available():
        return {"requested": 0, "allocated": 0}
    torch.cuda.synchronize()
    stats = torch.cuda.memory_stats()
    return {name: stats[f"{name}_bytes.all.current"] for name in ("requested", "allocated")}


def more_than(before: dict[str, int]) -> dict[str, int]:
    return {name: value - before[name] for name, value in memory().items()}


def warm_up() -> None:
    """Products forward and backward: cuBLAS then holds the workspaces that it never gives back."""
    x = torch.randn(64, 64, dtype=BF16, requires_grad=True)
    functional.linear(x, torch.randn(64, 64, dtype=BF16, requires_grad=True), x[0].detach()).sum().backward()


# KV cache


def stored(cache) -> dict[str, int]:
    tensors = [tensor for layer in cache.layers for tensor in (layer.keys, layer.values)]
    storages = {tensor.data_ptr(): tensor.untyped_storage() for tensor in tensors}
    return {
        "tensors": sum(tensor.nbytes for tensor in tensors),
        "storage": sum(storage.nbytes() for storage in storages.values()),
    }


@torch.no_grad()
def cache_of(model: nn.Module, n: int, batch: int) -> dict:
    """Bytes of the library's own cache after a prompt of n - 1 tokens and after one token more."""
    ids = torch.randint(0, model.config.vocab_size, (batch, n))
    cache = model(ids[:, :-1], use_cache=True).past_key_values
    prompt = stored(cache)
    model(ids[:, -1:], past_key_values=cache, use_cache=True)
    token, before = stored(cache), memory()
    del cache
    freed = {name: -value for name, value in more_than(before).items()}
    return {"after_prompt": prompt, "after_token": token, "freed": freed}


def kv_cache() -> list[dict]:
    rows = []
    for name, config in CACHES.items():
        model = AutoModel.from_config(config, dtype=BF16).eval()
        for n, batch in ((1000, 1), (8192, 2)):
            rows.append({"model": name, "tokens": n, "batch": batch, **cache_of(model, n, batch)})
        del model
    return rows


# Model states


def with_copies(model: nn.Module, gradients_in_fp32: bool) -> tuple[list[Tensor], Callable[[], None]]:
    """Copies of the parameters in 32 bits, and what brings gradients to them before a step."""
    pairs = [(parameter, parameter.detach().float()) for parameter in model.parameters()]

    def add(parameter: Tensor, copy: Tensor) -> None:
        copy.grad = parameter.grad.float() if copy.grad is None else copy.grad.add_(parameter.grad)
        parameter.grad = None

    if gradients_in_fp32:
        for parameter, copy in pairs:
            parameter.register_post_accumulate_grad_hook(lambda p, copy=copy: add(p, copy))

    def before_step() -> None:
        for parameter, copy in pairs:
            if not gradients_in_fp32:
                copy.grad = parameter.grad.float()

    return [copy for _, copy in pairs], before_step


def states_of(config: LlamaConfig, recipe: str, fused: bool) -> dict:
    """Bytes above the start, after each phase of the first steps; activations are gone by then."""
    ids = torch.randint(0, config.vocab_size, (1, 256))
    start = memory()
    mixed = recipe.startswith("mixed")
    model = LlamaForCausalLM._from_config(config, dtype=torch.float32 if recipe == "fp32" else BF16)
    row = {"recipe": recipe, "fused": fused, "loaded": more_than(start)}
    copies, before_step = with_copies(model, "gradients" in recipe) if mixed else ([], lambda: None)
    optimizer = torch.optim.AdamW(copies or model.parameters(), fused=fused or None)
    for step in range(2):
        model(ids, labels=ids, use_cache=False).loss.backward()
        if step == 0:
            row["after_backward"] = more_than(start)
        torch.cuda.reset_peak_memory_stats()
        before_step()
        optimizer.step()
        row["peak_of_step"] = torch.cuda.max_memory_allocated() - start["allocated"]
        if mixed:
            with torch.no_grad():
                for parameter, copy in zip(model.parameters(), copies, strict=True):
                    parameter.copy_(copy)
                    if "gradients" not in recipe:
                        copy.grad = None
        if step == 0:
            row["after_step"] = more_than(start)
        if "gradients" in recipe:
            optimizer.zero_grad()
        model.zero_grad()
    return row | {"parameters": sum(parameter.numel() for parameter in model.parameters())}


def model_states() -> list[dict]:
    warm_up()
    config = LlamaConfig(**LLAMA_3_2_1B)
    recipes = ("bf16", "fp32", "mixed", "mixed, gradients in fp32")
    return [states_of(config, recipe, fused) for recipe in recipes for fused in (False, True)]


# Activations


class Gpt2Layer(nn.Module):
    """A layer as arXiv:2205.05198 counts it, with attention written out or by a fused kernel."""

    def __init__(self, d_model: int, n_heads: int, fused: bool, dropout: float = 0.1) -> None:
        super().__init__()
        self.n_heads, self.fused, self.dropout = n_heads, fused, dropout
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.qkv, self.out = nn.Linear(d_model, 3 * d_model), nn.Linear(d_model, d_model)
        self.up, self.down = nn.Linear(d_model, 4 * d_model), nn.Linear(4 * d_model, d_model)

    def attention(self, x: Tensor, mask: Tensor) -> Tensor:
        b, n, d = x.shape
        q, k, v = (part.view(b, n, self.n_heads, -1).transpose(1, 2) for part in self.qkv(x).split(d, dim=-1))
        if self.fused:
            a = functional.scaled_dot_product_attention(q, k, v, dropout_p=self.dropout, is_causal=True)
        else:
            scores = q @ k.transpose(-1, -2) / math.sqrt(d / self.n_heads) + mask
            a = functional.dropout(scores.softmax(-1), self.dropout) @ v
        return self.out(a.transpose(1, 2).reshape(b, n, d))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = x + functional.dropout(self.attention(self.norm1(x), mask), self.dropout)
        y = self.down(functional.gelu(self.up(self.norm2(x))))
        return x + functional.dropout(y, self.dropout)


def held_by(forward: Callable[[], Tensor]) -> dict:
    """Bytes held between forward and backward pass, and the most during both."""
    before = memory()
    torch.cuda.reset_peak_memory_stats()
    loss = forward()
    held = more_than(before)
    loss.backward()
    torch.cuda.synchronize()
    return held | {"peak": torch.cuda.max_memory_allocated() - before["allocated"]}


def gpt2_activations(
    n_layers: int, d_model: int, n_heads: int, vocab_size: int, n: int, batch: int, fused: bool, full: bool
) -> dict:
    layers = nn.ModuleList(Gpt2Layer(d_model, n_heads, fused) for _ in range(n_layers)).to(BF16)
    table = nn.Embedding(vocab_size, d_model).to(BF16)
    norm = nn.LayerNorm(d_model).to(BF16)
    mask = torch.full((n, n), -torch.inf, dtype=BF16).triu(1)
    ids = torch.randint(0, vocab_size, (batch, n))
    for parameter in (*layers.parameters(), *table.parameters(), *norm.parameters()):
        parameter.grad = torch.zeros_like(parameter)

    def forward() -> Tensor:
        x = table(ids)
        for layer in layers:
            x = checkpoint(layer, x, mask, use_reentrant=False) if full else layer(x, mask)
        logits = functional.linear(norm(x), table.weight)
        return functional.cross_entropy(logits.float().view(-1, vocab_size), ids.view(-1))

    return held_by(forward)


def llama_activations(config: dict, n_layers: int, n: int, batch: int, full: bool) -> dict:
    model = LlamaForCausalLM._from_config(
        LlamaConfig(**config | {"num_hidden_layers": n_layers}), dtype=BF16, attn_implementation="sdpa"
    ).train()
    if full:
        model.gradient_checkpointing_enable()
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    ids = torch.randint(0, config["vocab_size"], (batch, n))
    return held_by(lambda: model(ids, labels=ids, use_cache=False).loss)


def activations() -> list[dict]:
    """Two depths of each: their difference is what layers hold, the rest what the output holds."""
    warm_up()
    n, batch, rows = 1024, 4, []
    gpt2 = {"d_model": 1600, "n_heads": 25, "vocab_size": 50_257}
    for fused, full in ((False, False), (True, False), (True, True)):
        held = {
            depth: gpt2_activations(depth, **gpt2, n=n, batch=batch, fused=fused, full=full)
            for depth in (4, 8)
        }
        rows.append(
            {"model": "GPT-2 (XL)", "fused_attention": fused, "full_recomputation": full, "held": held}
        )
    for full in (False, True):
        held = {depth: llama_activations(LLAMA_3_2_1B, depth, n, batch, full) for depth in (4, 8)}
        rows.append(
            {"model": "Llama 3.2 1B", "fused_attention": True, "full_recomputation": full, "held": held}
        )
    return [row | {"tokens": n, "batch": batch} for row in rows]


# Time


def spread(values: list[float], digits: int) -> dict:
    rounded = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {name: round(value, digits) for name, value in rounded.items()} | {"repetitions": len(values)}


def milliseconds(step: Callable[[], object], repetitions: int = 20, warm: int = 5) -> list[float]:
    for _ in range(warm):
        step()
    events = [[torch.cuda.Event(enable_timing=True) for _ in range(2)] for _ in range(repetitions)]
    for begin, end in events:
        begin.record()
        step()
        end.record()
    torch.cuda.synchronize()
    return [begin.elapsed_time(end) for begin, end in events]


def device_rates() -> dict:
    """What the device reaches in one large product, one copy and one reading."""
    size = 8192
    a, b = torch.randn(size, size, dtype=BF16), torch.randn(size, size, dtype=BF16)
    product = [2 * size**3 / ms / 1e9 for ms in milliseconds(lambda: a @ b)]
    source = torch.randn(2**30)
    target = torch.empty_like(source)
    copy = [2 * source.nbytes / ms / 1e6 for ms in milliseconds(lambda: target.copy_(source))]
    read = [source.nbytes / ms / 1e6 for ms in milliseconds(lambda: source.sum())]
    return {
        "matmul_bf16_8192_tflops": spread(product, 1),
        "copy_4_gib_gbps": spread(copy, 1),
        "read_4_gib_gbps": spread(read, 1),
    }


class PlainLlama:
    """A forward pass over a prompt or over one token more, in few operations of plain PyTorch."""

    def __init__(self, config: LlamaConfig, n: int, batch: int) -> None:
        """Keys and values of `n` tokens are there from the start, with random content."""
        d, f, v = config.hidden_size, config.intermediate_size, config.vocab_size
        self.h, self.h_kv = config.num_attention_heads, config.num_key_value_heads
        self.n, self.dk, self.eps = n, d // self.h, config.rms_norm_eps
        random = lambda *shape: torch.empty(shape, dtype=BF16).normal_(std=0.02)  # noqa: E731
        self.layers = [
            {
                "qkv": random((self.h + 2 * self.h_kv) * self.dk, d),
                "out": random(d, d),
                "up": random(2 * f, d),
                "down": random(d, f),
                "norm1": torch.ones(d, dtype=BF16),
                "norm2": torch.ones(d, dtype=BF16),
                "keys": random(batch, self.h_kv, n, self.dk),
                "values": random(batch, self.h_kv, n, self.dk),
            }
            for _ in range(config.num_hidden_layers)
        ]
        self.table, self.head, self.norm = random(v, d), random(v, d), torch.ones(d, dtype=BF16)
        self.inputs = random(batch * n, d), random(batch * n, f)
        frequencies = 10_000.0 ** (-torch.arange(0, self.dk, 2) / self.dk)
        angles = torch.arange(n)[:, None] * torch.cat([frequencies, frequencies])
        self.cos, self.sin = angles.cos().to(BF16), angles.sin().to(BF16)

    def rotate(self, x: Tensor) -> Tensor:
        t = x.shape[-2]
        first, second = x.chunk(2, -1)
        return x * self.cos[-t:] + torch.cat([-second, first], -1) * self.sin[-t:]

    def forward(self, ids: Tensor) -> Tensor:
        """ids (batch, t): all n tokens, or the last of them alone; returns the last one's logits."""
        b, t = ids.shape
        norm = lambda x, gain: functional.rms_norm(x, gain.shape, gain, self.eps)  # noqa: E731
        x = self.table[ids]
        for w in self.layers:
            qkv = functional.linear(norm(x, w["norm1"]), w["qkv"]).view(b, t, -1, self.dk).transpose(1, 2)
            q, k, v = qkv.split([self.h, self.h_kv, self.h_kv], 1)
            w["keys"][:, :, -t:], w["values"][:, :, -t:] = self.rotate(k), v
            a = functional.scaled_dot_product_attention(
                self.rotate(q), w["keys"], w["values"], is_causal=t > 1, enable_gqa=self.h != self.h_kv
            )
            x = x + functional.linear(a.transpose(1, 2).reshape(b, t, -1), w["out"])
            gate, up = functional.linear(norm(x, w["norm2"]), w["up"]).chunk(2, -1)
            x = x + functional.linear(functional.silu(gate) * up, w["down"])
        return functional.linear(norm(x[:, -1], self.norm), self.head)

    def products(self, ids: Tensor) -> None:
        """The products with weights alone that `forward` computes, each of one matrix of tokens."""
        x, y = (rows[: ids.numel()] for rows in self.inputs)
        for w in self.layers:
            for name in ("qkv", "out", "up"):
                functional.linear(x, w[name])
            functional.linear(y, w["down"])
        functional.linear(x[: len(ids)], self.head)


def graph_of(step: Callable[[], object]) -> Callable[[], None]:
    """The same kernels, launched by one call: the time between them nearly vanishes."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


@torch.no_grad()
def speed() -> dict:
    n, config, rows = 2048, LlamaConfig(**LLAMA_3_8B), []

    def record(new_tokens: int, batch: int, program: str, step: Callable[[], object]) -> None:
        row = {"new_tokens": new_tokens, "batch": batch, "program": program}
        rows.append(row | {"ms": spread(milliseconds(step), 3)})

    device = device_rates()
    for new_tokens, batch in ((1, 1), (1, 16), (1, 64), (n, 1)):
        model = PlainLlama(config, n, batch)
        ids = torch.randint(0, config.vocab_size, (batch, new_tokens))
        forward, products = partial(model.forward, ids), partial(model.products, ids)
        record(new_tokens, batch, "matrix products alone, CUDA graph", graph_of(products))
        record(new_tokens, batch, "plain PyTorch, CUDA graph", graph_of(forward))
        record(new_tokens, batch, "plain PyTorch, eager", forward)
        del model, forward, products
        gc.collect()
        torch.cuda.empty_cache()

    model = LlamaForCausalLM._from_config(config, dtype=BF16).eval()
    ids = torch.randint(0, config.vocab_size, (1, n))
    record(n, 1, "transformers, eager", lambda: model(ids, use_cache=True, logits_to_keep=1))
    cache = model(ids[:, :-1], use_cache=True, logits_to_keep=1).past_key_values
    # the cache grows by one token in each repetition
    record(1, 1, "transformers, eager", lambda: model(ids[:, -1:], past_key_values=cache, use_cache=True))
    return {"device": device, "model": "Llama 3 8B", "tokens": n, "steps": rows}


PARTS = {"kv_cache": kv_cache, "model_states": model_states, "activations": activations, "speed": speed}


def software() -> dict:
    query = ["nvidia-smi", "--query-gpu=driver_version,power.limit", "--format=csv,noheader,nounits"]
    answer = subprocess.run(query, capture_output=True, text=True, check=True).stdout
    driver, watts = answer.splitlines()[0].split(", ")
    return {
        "device": torch.cuda.get_device_name(),
        "power_limit_w": float(watts),
        "driver": driver,
        "cuda": torch.version.cuda,
        "torch": str(torch.__version__),
        "transformers": transformers.__version__,
        "date": datetime.date.today(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("part", nargs="?", choices=PARTS)
    given = parser.parse_args()
    if given.part is None:
        return max(subprocess.call([sys.executable, *sys.argv, part]) for part in PARTS)
    torch.set_default_device("cuda")
    torch.manual_seed(0)
    known = yaml.safe_load(given.file.read_text("utf-8")) if given.file.exists() else {}
    known |= software() | {given.part: PARTS[given.part]()}
    header = "# Written by scripts/measure_gpu.py, which says how. Memory in bytes, times in milliseconds.\n"
    given.file.write_text(header + yaml.safe_dump(known, sort_keys=False, width=120), encoding="utf-8")
    print(f"wrote {given.part} to {given.file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
