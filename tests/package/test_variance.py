import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from llm_questions.variance import one_pass_variance, two_pass_variance, welford_variance
from tests.package.strategies import arrays, modest, seeds, sizes

ALL = [one_pass_variance, two_pass_variance, welford_variance]
HALF_ULP = 2.0**-24  # relative rounding error of one float32 operation


def variance_by_loops(row: np.ndarray) -> float:
    values = row.tolist()
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / len(values)


def error(function, x: np.ndarray) -> np.ndarray:
    """Relative to the variance of the same float32 numbers, computed in float64."""
    exact = torch.tensor(x, dtype=torch.float64).var(dim=-1, correction=0).numpy()
    return np.abs(function(x).astype(np.float64) - exact) / exact


@pytest.mark.parametrize("function", ALL)
@modest
@given(x=st.tuples(sizes(1, 3), sizes(1, 7)).flatmap(lambda shape: arrays(shape, bound=3.0)))
def test_equals_loops(function, x: np.ndarray) -> None:
    np.testing.assert_allclose(function(x), [variance_by_loops(row) for row in x], atol=1e-13)


@pytest.mark.parametrize("function", ALL)
@modest
@given(seed=seeds())
def test_equals_torch(function, seed: int) -> None:
    x = np.random.default_rng(seed).normal(1.5, 2.0, (2, 3, 9))
    expected = torch.tensor(x).var(dim=-1, correction=0).numpy()
    np.testing.assert_allclose(function(x), expected, rtol=1e-12)


@pytest.mark.parametrize("function", ALL)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_works_in_the_precision_of_its_input(function, dtype) -> None:
    assert function(np.ones((2, 5), dtype)).dtype == dtype


def test_one_pass_error_grows_as_the_square_of_mean_over_deviation() -> None:
    noise = np.random.default_rng(0).standard_normal((256, 1024))
    for mean in (16, 64, 256):
        typical = np.median(error(one_pass_variance, (mean + noise).astype(np.float32)))
        assert 0.3 * HALF_ULP * mean**2 < typical < 3 * HALF_ULP * mean**2


def test_one_pass_turns_negative_and_the_others_stay_exact() -> None:
    noise = np.random.default_rng(0).standard_normal((64, 1024))
    x = (4096 + noise).astype(np.float32)
    assert one_pass_variance(x).min() < -1
    assert error(two_pass_variance, x).max() < 1e-6
    assert error(welford_variance, x).max() < 1e-3


def test_torch_layer_norm_is_as_exact_as_welford_in_single_precision() -> None:
    noise = np.random.default_rng(1).standard_normal((64, 1024))
    x = (4096 + noise).astype(np.float32)
    ours = torch.nn.functional.layer_norm(torch.tensor(x), (1024,), eps=0.0).numpy()
    exact = torch.nn.functional.layer_norm(torch.tensor(x, dtype=torch.float64), (1024,), eps=0.0).numpy()
    assert np.abs(ours - exact).max() < 1e-2  # the one-pass formula is wrong by more than its whole value
