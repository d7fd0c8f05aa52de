"""The formulas of docs/assets/javascripts/model/ are the package's: integers exactly, others to 1e-12."""

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from llm_questions import activations, compute, kv_cache, roofline, training_memory, zero
from tests.built_site import Site

N_CONFIGURATIONS = 2_000
RUN = """async ([module, name, calls]) => {
  const functions = await import(module);
  return calls.map((call) => functions[name](...call));
}"""
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
    "prefill_flops": ("roofline", "prefillFlops", roofline.prefill_flops, draw_decoder),
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
}


def agree(ours: float | list, theirs: float | list) -> bool:
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(agree, ours, theirs))
    exact = isinstance(ours, int) and ours < 2**53
    return ours == theirs if exact else math.isclose(ours, theirs, rel_tol=1e-12)


@pytest.mark.parametrize("name", FORMULAS)
def test_browser_and_package_agree(blank: Page, site: Site, name: str):
    module, function, package_function, draw = FORMULAS[name]
    rng = random.Random(name)
    calls = [draw(rng) for _ in range(N_CONFIGURATIONS)]
    address = f"{site.address}assets/javascripts/model/{module}.js"
    results = blank.evaluate(RUN, [address, function, calls])
    assert len(results) == N_CONFIGURATIONS
    for call, result in zip(calls, results, strict=True):
        expected = package_function(*call)
        assert agree(expected, result), f"{function}{tuple(call)}: {result}, the package gives {expected}"
