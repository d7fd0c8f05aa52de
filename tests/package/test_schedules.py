"""Schedules against those of torch and transformers, and against the numbers of the papers."""

from math import cos, pi

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st

from llm_questions.schedules import (
    DECAYS,
    inverse_square_root,
    linear_cosine,
    linear_linear,
    warmup,
    warmup_stable_decay,
)
from tests.package.strategies import modest


def rates_of(schedule, peak: float, n_steps: int) -> np.ndarray:
    """Rates 0 to n_steps of a scheduler made by `schedule(optimizer)`."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=peak)
    scheduler = schedule(optimizer)
    rates = []
    for _ in range(n_steps + 1):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return np.array(rates)


def test_cosine_equals_transformers() -> None:
    steps = np.arange(121)
    expected = rates_of(
        lambda optimizer: transformers.get_cosine_schedule_with_warmup(optimizer, 20, 120), 3e-4, 120
    )
    np.testing.assert_allclose(linear_cosine(steps, 3e-4, 20, 120, final_ratio=0.0), expected, atol=1e-15)
    floored = rates_of(
        lambda optimizer: transformers.get_cosine_with_min_lr_schedule_with_warmup(
            optimizer, 20, 120, min_lr_rate=0.1
        ),
        3e-4,
        120,
    )
    np.testing.assert_allclose(linear_cosine(steps, 3e-4, 20, 120, final_ratio=0.1), floored, atol=1e-15)


def test_cosine_equals_torch() -> None:
    def schedule(optimizer):
        up = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1e-9, end_factor=1.0, total_iters=20)
        down = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=100, eta_min=3e-5)
        return torch.optim.lr_scheduler.SequentialLR(optimizer, [up, down], milestones=[20])

    expected = rates_of(schedule, 3e-4, 120)
    np.testing.assert_allclose(linear_cosine(np.arange(121), 3e-4, 20, 120), expected, rtol=1e-6, atol=1e-12)


def test_linear_decay_equals_transformers() -> None:
    expected = rates_of(
        lambda optimizer: transformers.get_linear_schedule_with_warmup(optimizer, 10, 100), 1e-4, 110
    )
    np.testing.assert_allclose(linear_linear(np.arange(111), 1e-4, 10, 100), expected, atol=1e-15)


@pytest.mark.parametrize("decay", DECAYS)
@pytest.mark.parametrize("final_ratio", [0.0, 0.1])
def test_warmup_stable_decay_equals_transformers(decay, final_ratio) -> None:
    expected = rates_of(
        lambda optimizer: transformers.get_wsd_schedule(
            optimizer, 10, 20, num_stable_steps=70, decay_type=decay, min_lr_ratio=final_ratio
        ),
        1e-3,
        110,
    )
    ours = warmup_stable_decay(np.arange(111), 1e-3, 10, 70, 20, decay, final_ratio)
    # transformers begins the warm-up at the final ratio, not at 0
    start = 0 if final_ratio == 0 else 10
    np.testing.assert_allclose(ours[start:], expected[start:], atol=1e-15)


def test_inverse_square_root_equals_transformers() -> None:
    peak = 512**-0.5 * 40**-0.5
    expected = rates_of(
        lambda optimizer: transformers.get_inverse_sqrt_schedule(optimizer, 40, timescale=40), peak, 500
    )
    np.testing.assert_allclose(inverse_square_root(np.arange(1, 501), 512, 40), expected[1:], rtol=1e-12)


def test_the_first_update_has_rate_zero_in_transformers_and_not_in_torch() -> None:
    first = rates_of(
        lambda optimizer: transformers.get_cosine_schedule_with_warmup(optimizer, 20, 120), 1.0, 1
    )
    assert first.tolist() == [0.0, 0.05]
    linear = torch.optim.lr_scheduler.LinearLR
    assert rates_of(lambda optimizer: linear(optimizer, total_iters=20), 1.0, 0)[0] == pytest.approx(1 / 3)


@modest
@given(st.integers(1, 30), st.integers(1, 50), st.integers(0, 100), st.floats(0, 1))
def test_all_equal_loops(warmup_steps, more, step, final_ratio) -> None:
    total = warmup_steps + more
    at = np.array([step])
    if step < warmup_steps:
        expected = (step / warmup_steps, step / warmup_steps, step / warmup_steps)
    else:
        done = min((step - warmup_steps) / more, 1)
        expected = (final_ratio + (1 - final_ratio) * (1 + cos(pi * done)) / 2, 1 - done, 1)
    assert linear_cosine(at, 1.0, warmup_steps, total, final_ratio)[0] == pytest.approx(expected[0])
    assert linear_linear(at, 1.0, warmup_steps, total)[0] == pytest.approx(expected[1])
    assert warmup(at, warmup_steps)[0] == pytest.approx(expected[2])


def test_original_transformer() -> None:
    """arXiv:1706.03762, §5.3: peak of the base model at step 4,000."""
    rates = inverse_square_root(np.arange(1, 100_001), 512)
    assert rates.argmax() + 1 == 4000
    assert rates.max() == pytest.approx(0.0006987712429686843, rel=1e-12)


def test_llama_ends_at_a_tenth_of_the_peak() -> None:
    """arXiv:2302.13971, §2.3: 2,000 steps of warm-up, final rate a tenth of the peak."""
    rates = linear_cosine(np.array([1, 1000, 2000, 126_000, 250_000]), 3e-4, 2000, 250_000)
    np.testing.assert_allclose(rates, [1.5e-7, 1.5e-4, 3e-4, 1.65e-4, 3e-5])


def test_bert_rises_for_10_000_of_a_million_steps() -> None:
    """arXiv:1810.04805, §A.2: 1e-4, warm-up over 10,000 steps, linear decay."""
    rates = linear_linear(np.array([5000, 10_000, 505_000, 1_000_000]), 1e-4, 10_000, 1_000_000)
    np.testing.assert_allclose(rates, [5e-5, 1e-4, 5e-5, 0], atol=1e-18)


def test_bad_arguments_are_named() -> None:
    steps = np.arange(3)
    with pytest.raises(ValueError, match="at least one step"):
        warmup(steps, 0)
    with pytest.raises(ValueError, match="count from 1"):
        inverse_square_root(steps, 512)
    with pytest.raises(ValueError, match="leave none"):
        linear_cosine(steps, 1.0, 10, 10)
    with pytest.raises(ValueError, match="leave none"):
        linear_linear(steps, 1.0, 10, 5)
    with pytest.raises(ValueError, match="one of"):
        warmup_stable_decay(steps, 1.0, 1, 1, 1, decay="square")
