"""The formulas of docs/assets/javascripts/model/ are the package's: integers exactly, others to 1e-12."""

import dataclasses
import json
import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from llm_questions import (
    activations,
    compute,
    flash_attention,
    kv_cache,
    lora,
    lora_targets,
    masks,
    qlora,
    roofline,
    softmax,
    training_memory,
    zero,
)
from llm_questions.parameters import count
from llm_questions.parameters.architecture import Architecture, Experts, Latent
from llm_questions.positions import rotary, sinusoidal
from llm_questions.tokenization import byte_pair_encoding
from tests.built_site import Site

N_CONFIGURATIONS = 2_000
RUN = """async ([module, name, calls]) => {
  const functions = await import(module);
  const results = JSON.parse(calls).map((call) => functions[name](...call));
  return JSON.stringify(results, (_, value) => (value === Infinity ? "inf" : value));
}"""
SAID_BESIDES = {"formula", "where", "shrink"}  # for readers, of a term; the package has no such fields
# sums of terms of either sign and size 1: the error is that of the terms, and does not shrink with the sum
CANCELING = {"rotate", "sinusoidal_row", "sinusoidal_similarity"}
PRECISIONS = [4, 2, 1, 0.75, 0.5, 0.123]


@pytest.fixture(scope="module")
def blank(browser: Browser, site: Site) -> Iterator[Page]:
    page = browser.new_page(base_url=site.address)
    page.goto("")
    yield page
    page.close()


def spread(rng: random.Random, low: float, high: float) -> float:
    """Equally likely in every decade."""
    return 10 ** rng.uniform(math.log10(low), math.log10(high))


def draw_window(rng: random.Random) -> list[int | None]:
    return [rng.choice([None, rng.randint(1, 5_000)]) for _ in range(rng.randint(1, 7))]


def draw_layer(rng: random.Random) -> list[int]:
    return [rng.randint(1, 20_000), rng.randint(1, 128), rng.randint(1, 10_000), rng.randint(1, 64)]


def draw_decoder(rng: random.Random) -> list[int]:
    return [
        rng.randint(1, 10**12),
        rng.randint(1, 130),
        rng.randint(1, 128),
        rng.randint(1, 256),
        rng.randint(1, 10**4),
    ]


def flag(rng: random.Random) -> bool:
    return rng.random() < 0.5


def draw_architecture(rng: random.Random, latent: bool = True) -> dict[str, Any]:
    """Any kind of Transformer; what is the default may be left out, as in data/models.json."""
    n_layers, head_dim = rng.randint(1, 120), rng.randint(2, 512)
    n_kv_heads, n_routed = rng.choice([1, rng.randint(1, 64)]), rng.randint(1, 512)
    n_dense = rng.choice([0, n_layers, rng.randint(0, n_layers)])
    experts = {
        "n_routed": n_routed,
        "top_k": rng.randint(1, n_routed),
        "width": rng.randint(1, 20_000),
        "shared_width": rng.choice([0, rng.randint(1, 20_000)]),
        "shared_gate": flag(rng),
        "balance_bias": flag(rng),
        "n_dense_layers": n_dense,
    }
    mla = {
        "kv_rank": rng.randint(1, 2_000),
        "rope_dim": rng.randint(0, head_dim),
        "q_rank": rng.choice([None, rng.randint(1, 2_000)]),
    }
    sparse = flag(rng)
    drawn = {
        "n_layers": n_layers,
        "d_model": rng.randint(1, 20_000),
        "n_heads": n_kv_heads * rng.choice([1, rng.randint(1, 16)]),
        "n_kv_heads": n_kv_heads,
        "head_dim": head_dim,
        "vocab_size": rng.randint(1, 300_000),
        "d_ff": None if sparse and not n_dense else rng.randint(1, 80_000),
        "value_dim": rng.choice([None, rng.randint(1, 512)]),
        **{
            name: flag(rng)
            for name in (
                *("gated", "qkv_bias", "output_bias", "ffn_bias", "router_bias", "head_bias", "norm_bias"),
                *("embedding_norm", "final_norm", "sinks", "tied", "pooler"),
            )
        },
        "norms_per_block": rng.choice([0, 1, 2, 4]),
        "qk_norm": rng.choice([None, "per head", "all heads"]),
        "position_rows": rng.choice([0, rng.randint(1, 5_000)]),
        "segment_rows": rng.choice([0, 2]),
        "relative_buckets": rng.choice([0, 32]),
        "n_encoder_layers": 0 if sparse else rng.choice([0, rng.randint(1, 50)]),
        "latent": mla if latent and flag(rng) else None,
        "experts": experts if sparse else None,
    }
    defaults = {field.name: field.default for field in dataclasses.fields(Architecture)}
    return {k: v for k, v in drawn.items() if v != defaults[k] or flag(rng)}


def architecture(drawn: dict[str, Any]) -> Architecture:
    parts = {"latent": Latent, "experts": Experts}
    return Architecture(**drawn | {k: parts[k](**drawn[k]) for k in parts if drawn.get(k)})


def draw_terms(rng: random.Random) -> list[Any]:
    """Terms as both sides return them, and parts to leave out."""
    terms = count.parameter_terms(architecture(draw_architecture(rng)))
    without = rng.choice([[], list(count.TABLES), rng.sample(count.PARTS, rng.randint(0, 3))])
    return [[dataclasses.asdict(term) for term in terms], without]


def of_terms(function: Callable) -> Callable:
    return lambda terms, *rest: function([count.Term(**term) for term in terms], *rest)


def draw_targets(rng: random.Random) -> list[str]:
    return rng.sample(lora_targets.TARGETS, rng.randint(0, 7))


def draw_matrices(rng: random.Random) -> list[Any]:
    drawn = architecture(draw_architecture(rng, latent=False))
    matrices = lora_targets.adapted_matrices(drawn, draw_targets(rng))
    widest = min((min(m.d_in, m.d_out) for m in matrices), default=256)
    return [[dataclasses.asdict(matrix) for matrix in matrices], rng.randint(1, widest)]


def draw_qlora(rng: random.Random) -> list[Any]:
    n_parameters = rng.randint(1, 10**12)
    quantized, adapted = rng.randint(0, n_parameters), rng.randint(1, 10**10)
    return [n_parameters, quantized, adapted, *rng.choice([[], [rng.uniform(0.5, 16)]])]


# letters that repeat; characters that are two halves in JavaScript; what is white space for one side only
TEXT = ["aab b", "abcde ", "é\u0301·", "שלום", "😀👍🏽\u200d", " \t\n", "\ufeff\x1c\x85\u3000"]


def draw_text(rng: random.Random) -> str:
    letters = "".join(rng.sample(TEXT, rng.randint(1, len(TEXT))))
    return "".join(rng.choices(letters, k=rng.randint(0, 60)))


def draw_words(rng: random.Random) -> list[Any]:
    words = byte_pair_encoding.count_words(draw_text(rng), rng.choice(["", "·"]))
    return [[[list(word), count] for word, count in words.items()]]


def counted(words: list[Any]) -> dict[tuple[str, ...], int]:
    return {tuple(word): count for word, count in words}


def numbers(rng: random.Random, low: float, high: float, *shape: int) -> Any:
    if not shape:
        return rng.uniform(low, high)
    return [numbers(rng, low, high, *shape[1:]) for _ in range(shape[0])]


def draw_logits(rng: random.Random) -> list[Any]:
    """As many queries as keys; values above 0, for digits that do not cancel."""
    n = rng.randint(1, 9)
    return [numbers(rng, -9, 9, n, n), numbers(rng, 1, 2, n, rng.randint(1, 3))]


def attend(logits: list[Any], values: list[Any], causal: bool) -> list[Any]:
    hidden = np.triu(np.full((len(logits), len(logits)), -np.inf), 1)
    masked = np.array(logits) + (hidden if causal else 0)
    return (softmax.softmax(masked) @ np.array(values)).tolist()


def flash_forward(logits: list[Any], values: list[Any], *rest: Any) -> list[Any]:
    *sizes, causal = rest
    key = np.eye(len(logits))  # the queries are the logits then
    results = flash_attention.flash_attention_forward(
        np.array(logits), key, np.array(values), *sizes, causal=causal, scale=1.0
    )
    return [result.tolist() for result in results]


def draw_state(rng: random.Random) -> list[Any]:
    n_queries, n_keys, d_v = rng.randint(1, 5), rng.randint(1, 5), rng.randint(1, 3)
    state = {
        "maximum": numbers(rng, -9, 9, n_queries),
        "total": numbers(rng, 1, 9, n_queries),
        "weighted": numbers(rng, 1, 9, n_queries, d_v),
    }
    return [state, numbers(rng, -9, 9, n_queries, n_keys), numbers(rng, 1, 2, n_keys, d_v)]


def update(state: dict[str, Any], logits: list[Any], values: list[Any]) -> dict[str, Any]:
    before = flash_attention.OnlineSoftmax(**{name: np.array(part) for name, part in state.items()})
    after = before.update(np.array(logits), np.array(values))
    return {name: part.tolist() for name, part in after._asdict().items()}


def draw_softmax(rng: random.Random) -> list[Any]:
    logits = [rng.gauss(0, spread(rng, 0.1, 100)) for _ in range(rng.randint(1, 20))]
    return [logits, *rng.choice([[], [spread(rng, 0.1, 100)]])]


def draw_probabilities(rng: random.Random) -> list[list[float]]:
    drawn = np.array([1 - rng.random(), *(rng.choice([0, rng.random()]) for _ in range(rng.randint(0, 19)))])
    return [(drawn / drawn.sum()).tolist()]


def draw_positions(rng: random.Random) -> list[Any]:
    return [rng.randint(0, 200), 2 * rng.randint(1, 64), *rng.choice([[], [spread(rng, 1.1, 1e6)]])]


def draw_turns(rng: random.Random) -> list[Any]:
    speeds = rotary.rotary_frequencies(2 * rng.randint(1, 32)).tolist()
    return [[rng.uniform(-1, 1) for _ in range(2 * len(speeds))], rng.randint(0, 200), speeds]


def draw_hidden(rng: random.Random) -> list[int]:
    n_keys = rng.randint(1, 20)
    return [rng.randint(1, n_keys), n_keys]


def rotate(features: list[float], position: int, speeds: list[float]) -> list[float]:
    tables = rotary.rotary_tables(np.array([position]), np.array(speeds))
    return rotary.apply_rotary(np.array([features]), *tables)[0].tolist()


Draw = Callable[[random.Random], list[Any]]
FORMULAS: dict[str, tuple[str, str, Callable, Draw]] = {
    "head_elements": (
        "kv-cache",
        "headElements",
        kv_cache.head_elements,
        lambda rng: [rng.randint(1, 128), rng.randint(1, 512), rng.randint(1, 512)],
    ),
    "latent_elements": (
        "kv-cache",
        "latentElements",
        kv_cache.latent_elements,
        lambda rng: [rng.randint(1, 4_096), rng.randint(0, 512)],
    ),
    "cache_elements": (
        "kv-cache",
        "cacheElements",
        kv_cache.cache_elements,
        lambda rng: [rng.randint(1, 10**6), rng.randint(1, 130), rng.randint(1, 40_000), draw_window(rng)],
    ),
    "cache_bytes": (
        "kv-cache",
        "cacheBytes",
        kv_cache.cache_bytes,
        lambda rng: [
            rng.randint(1, 10**12),
            rng.choice([4, 2, 1, 0.75, 0.5, rng.random() + 0.1]),
            rng.randint(1, 512),
        ],
    ),
    "six_nd": (
        "compute",
        "sixNd",
        compute.six_nd,
        lambda rng: [spread(rng, 1e6, 1e13), spread(rng, 1e6, 1e15)],
    ),
    "token_flops": (
        "compute",
        "tokenFlops",
        compute.token_flops,
        lambda rng: [
            rng.randint(1, 10**12),
            rng.randint(1, 200),
            rng.randint(1, 256),
            rng.randint(1, 512),
            rng.randint(1, 10**6),
        ],
    ),
    "training_seconds": (
        "compute",
        "trainingSeconds",
        compute.training_seconds,
        lambda rng: [
            spread(rng, 1e15, 1e27),
            rng.randint(1, 10**6),
            spread(rng, 1e12, 1e16),
            1 - rng.random(),
        ],
    ),
    "training_cost": (
        "compute",
        "trainingCost",
        compute.training_cost,
        lambda rng: [spread(rng, 1, 1e9), rng.randint(1, 10**6), rng.random() * 20],
    ),
    "parametric_optimum": (
        "compute",
        "parametricOptimum",
        compute.parametric_optimum,
        lambda rng: [
            spread(rng, 1e15, 1e28),
            spread(rng, 10, 1e4),
            spread(rng, 10, 1e4),
            rng.uniform(0.1, 1),
            rng.uniform(0.1, 1),
        ],
    ),
    "power_law_optimum": (
        "compute",
        "powerLawOptimum",
        compute.power_law_optimum,
        lambda rng: [
            spread(rng, 1e15, 1e28),
            spread(rng, 1e15, 1e28),
            spread(rng, 1e6, 1e12),
            rng.uniform(0.1, 1),
        ],
    ),
    "optimal_tokens": (
        "compute",
        "optimalTokens",
        compute.optimal_tokens,
        lambda rng: [spread(rng, 1e15, 1e28), spread(rng, 1e6, 1e13)],
    ),
    "optimal_parameters": (
        "compute",
        "optimalParameters",
        lambda flops, fit: compute.optimal_parameters(flops, compute.FITS[fit]),
        lambda rng: [spread(rng, 1e15, 1e28), rng.choice(sorted(compute.FITS))],
    ),
    "optimizer_bytes": (
        "training-memory",
        "optimizerBytes",
        training_memory.optimizer_bytes,
        lambda rng: [
            rng.choice(training_memory.OPTIMIZERS),
            rng.choice([2, 4]),
            rng.randint(1, 50_000),
            rng.random(),
        ],
    ),
    "model_state_parts": (
        "training-memory",
        "modelStateParts",
        lambda n_parameters, n_ranks, stage, size: list(
            zero.model_state_parts(n_parameters, n_ranks, stage, zero.BytesPerParameter(*size)).values()
        ),
        lambda rng: [
            rng.randint(1, 10**13),
            rng.randint(1, 10**5),
            rng.choice(zero.STAGES),
            [rng.choice([2, 4]), rng.choice([2, 4]), rng.random() * 12],
        ],
    ),
    "layer_activation_bytes": (
        "training-memory",
        "layerActivationBytes",
        activations.layer_activation_bytes,
        lambda rng: [
            *draw_layer(rng),
            rng.randint(1, 16),
            rng.random() < 0.5,
            rng.choice(activations.RECOMPUTE),
        ],
    ),
    "output_activation_bytes": (
        "training-memory",
        "outputActivationBytes",
        training_memory.output_activation_bytes,
        lambda rng: [
            rng.randint(1, 20_000),
            rng.randint(1, 10**6),
            rng.randint(1, 10**5),
            rng.randint(1, 512),
            rng.randint(1, 16),
            rng.random() < 0.5,
        ],
    ),
    "bound_seconds": (
        "roofline",
        "boundSeconds",
        roofline.bound_seconds,
        lambda rng: [
            spread(rng, 1, 1e20),
            spread(rng, 1, 1e15),
            spread(rng, 1e12, 1e16),
            spread(rng, 1e9, 1e14),
        ],
    ),
    "prefill_flops": (
        "roofline",
        "prefillFlops",
        roofline.prefill_flops,
        lambda rng: [*(drawn := draw_decoder(rng)), *rng.choice([[], [rng.randint(0, drawn[0])]])],
    ),
    "decode_flops": ("roofline", "decodeFlops", roofline.decode_flops, draw_decoder),
    "decode_bytes": (
        "roofline",
        "decodeBytes",
        roofline.decode_bytes,
        lambda rng: [rng.randint(1, 10**12), rng.randint(0, 10**10), rng.randint(1, 1_000)],
    ),
    "balance_batch": (
        "roofline",
        "balanceBatch",
        roofline.balance_batch,
        lambda rng: [
            spread(rng, 1e6, 1e13),
            rng.choice([0, spread(rng, 1, 1e6)]),
            spread(rng, 1e6, 1e12),
            spread(rng, 1e12, 1e13),
            spread(rng, 1e12, 1e14),
        ],
    ),
    "largest_batch": (
        "roofline",
        "largestBatch",
        roofline.largest_batch,
        lambda rng: [rng.randint(1, 10**12), rng.randint(1, 10**12), rng.randint(1, 10**9)],
    ),
    "parameter_terms": (
        "parameters",
        "parameterTerms",
        lambda drawn: [dataclasses.asdict(term) for term in count.parameter_terms(architecture(drawn))],
        lambda rng: [draw_architecture(rng)],
    ),
    "total": ("parameters", "total", of_terms(count.total), draw_terms),
    "active": ("parameters", "active", of_terms(count.active), draw_terms),
    "buffers": ("parameters", "buffers", of_terms(count.buffers), lambda rng: draw_terms(rng)[:1]),
    "by_part": ("parameters", "byPart", of_terms(count.by_part), lambda rng: draw_terms(rng)[:1]),
    "adapted_matrices": (
        "lora",
        "adaptedMatrices",
        lambda drawn, targets: [
            dataclasses.asdict(matrix)
            for matrix in lora_targets.adapted_matrices(architecture(drawn), targets)
        ],
        lambda rng: [draw_architecture(rng, latent=False), draw_targets(rng)],
    ),
    "adapter_parameters": (
        "lora",
        "adapterParameters",
        lambda matrices, rank: lora_targets.adapter_parameters(
            [lora_targets.Matrix(**matrix) for matrix in matrices], rank
        ),
        draw_matrices,
    ),
    "adapted_model_bytes": (
        "lora",
        "adaptedModelBytes",
        lora.adapted_model_bytes,
        lambda rng: [rng.randint(1, 10**12), *rng.choice([[], [None], [rng.randint(1, 10**10)]])],
    ),
    "constant_bits": (
        "lora",
        "constantBits",
        qlora.constant_bits,
        lambda rng: [rng.randint(1, 4_096), rng.choice([None, rng.randint(1, 4_096)])],
    ),
    "qlora_model_bytes": ("lora", "qloraModelBytes", qlora.qlora_model_bytes, draw_qlora),
    "count_words": (
        "byte-pair-encoding",
        "countWords",
        lambda text, end: [
            [list(word), count] for word, count in byte_pair_encoding.count_words(text, end).items()
        ],
        lambda rng: [draw_text(rng), rng.choice(["", "·"])],
    ),
    "count_pairs": (
        "byte-pair-encoding",
        "countPairs",
        lambda words: [
            [*pair, count] for pair, count in byte_pair_encoding.count_pairs(counted(words)).items()
        ],
        draw_words,
    ),
    "merge_pair": (
        "byte-pair-encoding",
        "mergePair",
        lambda word, pair: list(byte_pair_encoding.merge_pair(tuple(word), tuple(pair))),
        lambda rng: [rng.choices(["a", "b", "aa"], k=rng.randint(0, 20)), rng.choices(["a", "b", "aa"], k=2)],
    ),
    "learn_merges": (
        "byte-pair-encoding",
        "learnMerges",
        lambda words, n_merges, ties: [
            list(pair) for pair in byte_pair_encoding.learn_merges(counted(words), n_merges, ties=ties).merges
        ],
        lambda rng: [*draw_words(rng), rng.randint(0, 40), rng.choice(["ids", "seen"])],
    ),
    "tiles": (
        "flash-attention",
        "tiles",
        lambda n, size: [[rows.start, rows.stop] for rows in flash_attention.tiles(n, size)],
        lambda rng: [rng.randint(0, 50), rng.randint(1, 60)],
    ),
    "online_softmax": ("flash-attention", "updateOnlineSoftmax", update, draw_state),
    "flash_attention_forward": (
        "flash-attention",
        "flashForward",
        flash_forward,
        lambda rng: [*draw_logits(rng), rng.randint(1, 9), rng.randint(1, 9), flag(rng)],
    ),
    "attention": ("flash-attention", "attention", attend, lambda rng: [*draw_logits(rng), flag(rng)]),
    "softmax": (
        "softmax",
        "softmax",
        lambda logits, *rest: softmax.softmax(np.array(logits), -1, *rest).tolist(),
        draw_softmax,
    ),
    "entropy": (
        "softmax",
        "entropy",
        lambda probabilities: softmax.entropy(np.array(probabilities)).item(),
        draw_probabilities,
    ),
    "frequencies": (
        "positions",
        "frequencies",
        lambda *call: rotary.rotary_frequencies(*call).tolist(),
        lambda rng: draw_positions(rng)[1:],
    ),
    "rotate": ("positions", "rotate", rotate, draw_turns),
    "sinusoidal_row": (
        "positions",
        "sinusoidalRow",
        lambda position, *rest: sinusoidal.sinusoidal_encoding(position + 1, *rest)[-1].tolist(),
        draw_positions,
    ),
    "sinusoidal_similarity": (
        "positions",
        "sinusoidalSimilarity",
        lambda offset, *rest: sinusoidal.sinusoidal_similarity(np.array([offset]), *rest).item(),
        draw_positions,
    ),
    "causal_mask": (
        "masks",
        "causalMask",
        lambda *call: masks.causal_mask(*call).tolist(),
        draw_hidden,
    ),
    "sliding_window_mask": (
        "masks",
        "slidingWindowMask",
        lambda n_queries, n_keys, window: masks.sliding_window_mask(
            n_queries, n_keys, window=window
        ).tolist(),
        lambda rng: [*draw_hidden(rng), rng.randint(1, 25)],
    ),
    "cross_mask": (
        "masks",
        "crossMask",
        lambda n_queries, n_keys, length: (
            masks.padding_mask(np.array(length), n_keys).repeat(n_queries, axis=0).tolist()
        ),
        lambda rng: [rng.randint(1, 30), n_keys := rng.randint(1, 20), rng.randint(0, n_keys)],
    ),
    "pairs": (
        "masks",
        "pairs",
        lambda mask: int(np.sum(mask)),
        lambda rng: [masks.causal_mask(*draw_hidden(rng)).tolist()],
    ),
}


def run(blank: Page, site: Site, module: str, function: str, calls: list[list[Any]]) -> list[Any]:
    """Sent as text: the driver is slow with many small objects."""
    address = f"{site.address}assets/javascripts/model/{module}.js"
    return json.loads(blank.evaluate(RUN, [address, function, json.dumps(calls)]))


def agree(ours: Any, theirs: Any, abs_tol: float = 0.0) -> bool:
    if isinstance(ours, dict):
        more = theirs.keys() - ours.keys()
        return more <= SAID_BESIDES and all(
            agree(value, theirs.get(key), abs_tol) for key, value in ours.items()
        )
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(
            agree(*both, abs_tol) for both in zip(ours, theirs, strict=True)
        )
    if ours is None or isinstance(ours, bool | str):
        return ours == theirs and type(ours) is type(theirs)
    exact = isinstance(ours, int) and ours < 2**53
    return ours == theirs if exact else math.isclose(ours, float(theirs), rel_tol=1e-12, abs_tol=abs_tol)


@pytest.mark.parametrize("name", FORMULAS)
def test_browser_and_package_agree(blank: Page, site: Site, name: str):
    module, function, package_function, draw = FORMULAS[name]
    rng = random.Random(name)
    calls = [draw(rng) for _ in range(N_CONFIGURATIONS)]
    results = run(blank, site, module, function, calls)
    assert len(results) == N_CONFIGURATIONS
    abs_tol = 1e-12 if name in CANCELING else 0.0
    for call, result in zip(calls, results, strict=True):
        expected = package_function(*call)
        assert agree(expected, result, abs_tol), (
            f"{function}{tuple(call)}: {result}, the package gives {expected}"
        )


def test_the_formula_of_a_term_gives_its_size(blank: Page, site: Site):
    rng = random.Random(0)
    calls = [[draw_architecture(rng)] for _ in range(N_CONFIGURATIONS)]
    for terms in run(blank, site, "parameters", "parameterTerms", calls):
        for term in terms:
            assert eval(term["formula"].replace(",", "").replace("·", "*")) == term["size"], term
