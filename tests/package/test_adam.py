"""Steps against torch.optim; the variance of the adaptive rate against scipy and Liu et al. 2020."""

from math import isinf, pi, sqrt

import numpy as np
import pytest
import scipy.integrate
import scipy.special
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st

from llm_questions.adam import (
    adam_step,
    adaptive_rate_variance,
    averaged_gradients,
    largest_step,
    momentum_size,
    rectification,
)
from tests.package.strategies import modest, normals, seeds


def torch_path(optimizer_class, start, gradients, **settings) -> np.ndarray:
    """Parameters after each step of PyTorch's optimizer."""
    tensor = torch.tensor(start, requires_grad=True)
    optimizer = optimizer_class([tensor], **settings)
    path = []
    for gradient in gradients:
        tensor.grad = torch.tensor(gradient)
        optimizer.step()
        path.append(tensor.detach().numpy().copy())
    return np.array(path)


def our_path(start, gradients, **settings) -> np.ndarray:
    parameters, momentum, variance = start, np.zeros_like(start), np.zeros_like(start)
    path = []
    for step, gradient in enumerate(gradients, start=1):
        parameters, momentum, variance = adam_step(parameters, gradient, momentum, variance, step, **settings)
        path.append(parameters)
    return np.array(path)


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.9, 0.95), (0.9, 0.98)])
def test_adam_equals_torch(betas) -> None:
    start, gradients = normals(0, (6,), (30, 6))
    expected = torch_path(torch.optim.Adam, start, gradients, lr=0.02, betas=betas)
    ours = our_path(start, gradients, learning_rate=0.02, betas=betas)
    np.testing.assert_allclose(ours, expected, rtol=1e-11)


def test_weight_decay_is_that_of_adamw_and_not_that_of_adam() -> None:
    start, gradients = normals(1, (6,), (30, 6))
    ours = our_path(start, gradients, learning_rate=0.02, weight_decay=0.1)
    expected = torch_path(torch.optim.AdamW, start, gradients, lr=0.02, weight_decay=0.1)
    np.testing.assert_allclose(ours, expected, rtol=1e-11)
    regularized = torch_path(torch.optim.Adam, start, gradients, lr=0.02, weight_decay=0.1)
    assert not np.allclose(ours, regularized, rtol=1e-3)


@modest
@given(st.integers(1, 8), seeds())
def test_adam_equals_loops(n_steps, seed) -> None:
    start, gradients = normals(seed, (3,), (n_steps, 3))
    expected = []
    for i, value in enumerate(start.tolist()):
        momentum = variance = 0.0
        for step in range(1, n_steps + 1):
            gradient = gradients[step - 1, i]
            momentum = 0.9 * momentum + 0.1 * gradient
            variance = 0.999 * variance + 0.001 * gradient**2
            value -= 1e-3 * (momentum / (1 - 0.9**step)) / (sqrt(variance / (1 - 0.999**step)) + 1e-8)
        expected.append(value)
    np.testing.assert_allclose(our_path(start, gradients)[-1], expected, rtol=1e-10)


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e6])
def test_first_step_is_the_rate_times_the_sign_whatever_the_scale(scale) -> None:
    gradients = scale * np.array([3.0, -0.5, 1.0, -20.0])
    moved = our_path(np.zeros(4), [gradients], learning_rate=0.01)[0]
    np.testing.assert_allclose(moved, -0.01 * np.sign(gradients), rtol=1e-3)
    expected = torch_path(torch.optim.Adam, np.zeros(4), [gradients], lr=0.01)[0]
    np.testing.assert_allclose(moved, expected, rtol=1e-12)


@pytest.mark.parametrize("step", [1, 2, 5, 20, 100])
@pytest.mark.parametrize("beta1", [0.9, 0.5])
def test_momentum_of_noise_has_the_size_of_the_formula(step, beta1) -> None:
    weights = np.array([(1 - beta1) * beta1 ** (step - i) for i in range(1, step + 1)]) / (1 - beta1**step)
    assert weights.sum() == pytest.approx(1)
    assert momentum_size(step, beta1) == pytest.approx(sqrt((weights**2).sum()), rel=1e-12)


def test_size_of_the_first_steps_of_adam_on_noise() -> None:
    (gradients,) = normals(2, (60, 20_000))
    path = our_path(np.zeros(20_000), gradients, learning_rate=1.0, eps=0.0)
    steps = np.diff(path, axis=0, prepend=0)
    sizes = np.sqrt((steps**2).mean(axis=1))
    assert sizes[0] == pytest.approx(1)
    # the second moment is noisy itself, so the ratio only comes near the momentum's size
    assert sizes[29] == pytest.approx(momentum_size(30), rel=0.05)


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.9, 0.95)])
@pytest.mark.parametrize("step", [1, 2, 10, 200])
def test_the_largest_step_is_reached_and_not_passed(step, betas) -> None:
    ages = np.arange(step)[::-1]
    worst = ((betas[0] / betas[1]) ** ages)[:, None]  # oldest first
    reached = torch_path(torch.optim.Adam, np.zeros(1), worst, lr=1.0, betas=betas, eps=0.0)
    last = abs(np.diff(reached[:, 0], prepend=0.0)[-1])
    assert last == pytest.approx(largest_step(step, betas), rel=1e-9)
    noise = np.random.default_rng(4).standard_cauchy((step, 2000))
    sizes = np.abs(
        np.diff(our_path(np.zeros(2000), noise, learning_rate=1.0, betas=betas), axis=0, prepend=0)
    )
    assert sizes[-1].max() <= largest_step(step, betas) * (1 + 1e-9)


def test_the_second_step_can_hardly_exceed_the_first() -> None:
    assert largest_step(1) == pytest.approx(1)
    assert largest_step(2) == pytest.approx(1.0014, abs=5e-5)


@pytest.mark.parametrize("beta2", [0.999, 0.98, 0.95])
@pytest.mark.parametrize("step", [1, 2, 7, 50, 3000])
def test_averaged_gradients_have_the_same_center_of_mass(beta2, step) -> None:
    weights = beta2 ** np.arange(step)  # by age
    mean_age = (weights * np.arange(step)).sum() / weights.sum()
    assert (averaged_gradients(step, beta2) - 1) / 2 == pytest.approx(mean_age, abs=1e-8)


def test_averaged_gradients_start_at_1_and_tend_to_1999() -> None:
    assert averaged_gradients(1) == pytest.approx(1)
    assert averaged_gradients(100_000) == pytest.approx(1999)


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.9, 0.98)])
def test_rectified_steps_equal_radam_of_torch(betas) -> None:
    start, gradients = normals(3, (5,), (40, 5))
    expected = torch_path(torch.optim.RAdam, start, gradients, lr=0.03, betas=betas, eps=0.0)
    parameters, momentum, variance = start, np.zeros(5), np.zeros(5)
    for step, gradient in enumerate(gradients, start=1):
        factor = rectification(step, betas[1], threshold=5.0)
        if factor is None:
            momentum = betas[0] * momentum + (1 - betas[0]) * gradient
            variance = betas[1] * variance + (1 - betas[1]) * gradient**2
            parameters = parameters - 0.03 * momentum / (1 - betas[0] ** step)
        else:
            parameters, momentum, variance = adam_step(
                parameters, gradient, momentum, variance, step, 0.03 * factor, betas, eps=0.0
            )
        np.testing.assert_allclose(parameters, expected[step - 1], rtol=1e-9)


def test_the_adaptive_rate_of_radam_is_off_for_four_steps() -> None:
    """Ma & Yarats 2021, §1: four iterations of momentum at the outset, then Adam with a fixed warm-up."""
    assert [rectification(step) is None for step in range(1, 7)] == [True] * 4 + [False] * 2


def test_rectification_makes_the_variance_constant_to_first_order() -> None:
    """arXiv:1908.03265, Eq. 5: the variance is about rho / (2 (rho - 2) (rho - 4))."""
    limit = 2 / (1 - 0.999) - 1
    for step in (10, 100, 1000):
        rho = averaged_gradients(step)
        rectified = rectification(step) ** 2 * rho / (2 * (rho - 2) * (rho - 4))
        assert rectified == pytest.approx(limit / (2 * (limit - 2) * (limit - 4)))
    for step in (100, 1000):  # where the first order is close to the exact variance
        rectified = rectification(step) ** 2 * adaptive_rate_variance(averaged_gradients(step))
        assert rectified == pytest.approx(adaptive_rate_variance(limit), rel=0.05)


@pytest.mark.parametrize("rho", [3, 5, 10, 100, 1999])
def test_variance_of_the_adaptive_rate_equals_the_paper_and_scipy(rho) -> None:
    beta = scipy.special.beta((rho - 1) / 2, (rho - 1) / 2)
    # Eq. 2 of arXiv:1908.03265 in logarithms: 2^(2 rho - 5) overflows
    second = np.exp(np.log(rho) + (2 * rho - 5) * np.log(2) - np.log(pi) + 2 * np.log(beta)) if beta else None
    if second is not None:
        assert adaptive_rate_variance(rho) == pytest.approx(rho / (rho - 2) - second, rel=1e-6)
    law = scipy.stats.invgamma(rho / 2, scale=rho / 2)  # of 1 / mean square
    root = scipy.integrate.quad(lambda x: sqrt(x) * law.pdf(x), 0, np.inf, limit=500)[0]
    assert adaptive_rate_variance(rho) == pytest.approx(law.mean() - root**2, rel=1e-3)


def test_variance_is_infinite_for_two_gradients_and_a_hundred_times_larger_at_5_than_at_500() -> None:
    assert isinf(adaptive_rate_variance(1))
    assert isinf(adaptive_rate_variance(2))
    assert adaptive_rate_variance(5) / adaptive_rate_variance(500) > 100  # arXiv:1908.03265, §4.2


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="count from 1"):
        adam_step(*np.zeros((4, 1)), step=0)
    with pytest.raises(ValueError, match="count from 1"):
        momentum_size(0)
    with pytest.raises(ValueError, match="count from 1"):
        largest_step(0)
    with pytest.raises(ValueError, match="count from 1"):
        averaged_gradients(0)
    with pytest.raises(ValueError, match="at least one gradient"):
        adaptive_rate_variance(0)
