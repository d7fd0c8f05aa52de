import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given

from llm_questions.deep_norm import deep_norm, encoder_decoder_constants, single_stack_constants
from tests.package.strategies import modest, normals, seeds, sizes


def deep_norm_by_loops(x, branch, alpha, gain, bias, eps) -> list[list[float]]:
    rows = []
    for row, change in zip(x.tolist(), branch.tolist(), strict=True):
        total = [alpha * a + b for a, b in zip(row, change, strict=True)]
        mean = sum(total) / len(total)
        deviation = (sum((t - mean) ** 2 for t in total) / len(total) + eps) ** 0.5
        rows.append([gain[i] * (t - mean) / deviation + bias[i] for i, t in enumerate(total)])
    return rows


@modest
@given(n=sizes(1, 4), d=sizes(1, 6), seed=seeds())
def test_equals_loops(n: int, d: int, seed: int) -> None:
    x, branch, gain, bias = normals(seed, (n, d), (n, d), (d,), (d,))
    expected = deep_norm_by_loops(x, branch, 3.76, gain, bias, 1e-5)
    np.testing.assert_allclose(deep_norm(x, branch, 3.76, gain, bias), expected, rtol=1e-9, atol=1e-11)


def test_equals_torch_and_is_post_norm_for_alpha_1() -> None:
    x, branch, gain, bias = normals(1, (2, 3, 8), (2, 3, 8), (8,), (8,))
    for alpha in (1.0, 2.5):
        total = torch.tensor(alpha * x + branch)
        expected = torch.nn.functional.layer_norm(total, (8,), torch.tensor(gain), torch.tensor(bias))
        np.testing.assert_allclose(deep_norm(x, branch, alpha, gain, bias), expected.numpy(), rtol=1e-10)


def test_constants_are_those_of_the_paper() -> None:
    """arXiv:2203.00555, Fig. 2b; 100 layers, to the digits of an independent calculation."""
    constants = single_stack_constants(100)
    assert constants.alpha == pytest.approx(3.7606030930863934, rel=1e-12)
    assert constants.beta == pytest.approx(0.1880301546543197, rel=1e-12)
    encoder, decoder = encoder_decoder_constants(16, 2)
    assert encoder.alpha == pytest.approx(0.81 * 2 * 2 ** (1 / 16))
    assert encoder.beta == pytest.approx(0.87 / 2 / 2 ** (1 / 16))
    assert decoder.alpha == pytest.approx(6**0.25)
    assert decoder.beta == pytest.approx(24**-0.25)


@pytest.mark.parametrize("n", [1, 6, 100, 500])
def test_constants_bound_the_update_as_the_appendices_ask(n: int) -> None:
    """The sum over sublayers of (v² + w²) / alpha² with v = w = beta is 1."""
    one = single_stack_constants(n)
    assert 2 * n * 2 * one.beta**2 / one.alpha**2 == pytest.approx(1)
    assert one.alpha * one.beta == pytest.approx(0.5**0.5)
    for m in (6, n):
        encoder, decoder = encoder_decoder_constants(n, m)
        assert 3 * m * 2 * decoder.beta**2 / decoder.alpha**2 == pytest.approx(1)
        through_cross_attention = m * decoder.beta**2 / decoder.alpha
        of_encoder = 2 * n * 2 * encoder.beta**2 / encoder.alpha**2
        assert through_cross_attention * of_encoder == pytest.approx(1, abs=0.02)  # 0.81, 0.87 are rounded
        # the exact factors of Appendix B
        assert encoder.alpha == pytest.approx((n**4 * m / 27) ** (1 / 16), rel=0.005)
        assert encoder.beta == pytest.approx((n**4 * m / 27) ** (-1 / 16) / 2**0.5, rel=0.005)


def test_query_and_key_keep_their_initialization() -> None:
    gains = single_stack_constants(24).init_gains()
    beta = single_stack_constants(24).beta
    assert gains["query"] == gains["key"] == 1
    assert {gains[name] for name in gains if name not in ("query", "key")} == {beta}
    assert len(gains) == 6
    assert beta < 1


def test_a_thousand_layers_are_2500_sublayers() -> None:
    """arXiv:2203.00555, abstract and §6: 500 encoder layers of 2 and 500 decoder layers of 3 sublayers."""
    assert 500 * 2 + 500 * 3 == 2500
    encoder, decoder = encoder_decoder_constants(500, 500)
    assert min(encoder.alpha, decoder.alpha) > 1
    assert max(encoder.beta, decoder.beta) < 0.2
    assert dataclasses.astuple(encoder) != dataclasses.astuple(decoder)


def test_no_layers_are_refused() -> None:
    for call in (lambda: single_stack_constants(0), lambda: encoder_decoder_constants(0, 6)):
        with pytest.raises(ValueError, match="at least one layer"):
            call()
    with pytest.raises(ValueError, match="at least one layer"):
        encoder_decoder_constants(6, 0)
