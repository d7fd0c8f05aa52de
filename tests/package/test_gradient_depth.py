import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from llm_questions.deep_norm import single_stack_constants
from llm_questions.gradient_depth import PLACEMENTS, backward, forward, gradient_sizes, init_stack
from tests.package.strategies import modest, normals, seeds, sizes

WIDTH = 128


def norm_by_torch(x: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.layer_norm(x, x.shape[-1:])


def forward_by_torch(name: str, x, up, down, alpha: float, relu: bool):
    """The formulas of the page, one a placement."""
    d, d_ff = up.shape[1:]

    def sublayer(v, i):
        hidden = v @ up[i] * ((2 if relu else 1) / d) ** 0.5
        return (hidden.relu() if relu else hidden) @ down[i] / d_ff**0.5

    for i in range(len(up)):
        if name == "post":
            x = norm_by_torch(alpha * x + sublayer(x, i))
        elif name == "pre":
            x = alpha * x + sublayer(norm_by_torch(x), i)
        elif name == "peri":
            x = alpha * x + norm_by_torch(sublayer(norm_by_torch(x), i))
        else:
            x = alpha * x + norm_by_torch(sublayer(x, i))
    return x if name == "post" else norm_by_torch(x)


@modest
@given(
    name=st.sampled_from(sorted(PLACEMENTS)),
    m=sizes(1, 4),
    n=sizes(1, 3),
    d=sizes(3, 6),
    d_ff=sizes(2, 7),
    alpha=st.sampled_from([1.0, 2.7]),
    relu=st.booleans(),
    seed=seeds(),
)
def test_output_and_gradients_equal_autograd(name, m, n, d, d_ff, alpha, relu, seed) -> None:
    stack = init_stack(PLACEMENTS[name], m, d, d_ff, alpha, beta=0.7, relu=relu, seed=seed)
    x, upstream = normals(seed, (n, d), (n, d))
    inputs = [torch.tensor(a, requires_grad=True) for a in (x, stack.up, stack.down)]
    expected = forward_by_torch(name, *inputs, alpha, relu)
    expected.backward(torch.tensor(upstream))
    output, steps = forward(x, stack)
    np.testing.assert_allclose(output, expected.detach().numpy(), rtol=1e-9, atol=1e-10)
    found = backward(upstream, stack, steps)
    for ours, tensor in zip((found.x, found.up, found.down), inputs, strict=True):
        grad = tensor.grad.numpy()
        np.testing.assert_allclose(ours, grad, rtol=1e-6, atol=1e-8 * max(1.0, np.abs(grad).max()))


def test_a_loop_over_tokens_gives_the_same() -> None:
    stack = init_stack(PLACEMENTS["peri"], 2, 5, 4, relu=True, seed=3)
    (x,) = normals(4, (3, 5))
    together, _ = forward(x, stack)
    alone = [forward(token[None], stack)[0][0] for token in x]
    np.testing.assert_allclose(together, alone, rtol=1e-12)


def sizes_of(name: str, m: int, alpha: float = 1.0, beta: float = 1.0) -> np.ndarray:
    """Mean over three draws: what is left of the noise is of the order of m over the width."""
    stacks = (init_stack(PLACEMENTS[name], m, WIDTH, WIDTH, alpha, beta, seed=seed) for seed in range(3))
    return np.mean([gradient_sizes(stack) for stack in stacks], axis=0)


def test_gradients_by_depth_follow_the_derivation() -> None:
    """Squared, of both matrices together: 1 in Post-LN, 2 / (2 + k) in Pre-LN, 1 / m in DeepNorm."""
    m = 24
    k = np.arange(m)
    constants = single_stack_constants(m // 2)
    np.testing.assert_allclose(sizes_of("pre", m), 2 / (2 + k), rtol=0.35)
    np.testing.assert_allclose(sizes_of("post", m, constants.alpha, constants.beta), 1 / m, rtol=0.2)
    assert np.all((sizes_of("post", m) > 0.6) & (sizes_of("post", m) < 2))


@pytest.mark.parametrize("name", ["peri", "output"])
def test_a_norm_behind_the_branch_changes_no_gradient_at_initialization(name: str) -> None:
    np.testing.assert_allclose(sizes_of(name, 24), sizes_of("pre", 24), rtol=0.15)


def test_without_biases_peri_and_output_norm_are_one_function_for_a_homogeneous_branch() -> None:
    """The norm behind removes what the one in front would have, for centered tokens of any size."""
    (x,) = normals(6, (5, WIDTH))
    x = (x - x.mean(axis=-1, keepdims=True)) * np.array([[0.5], [1], [2], [4], [8]])
    outputs = [
        forward(x, init_stack(PLACEMENTS[name], 1, WIDTH, 2 * WIDTH, relu=True))[0]
        for name in ("peri", "output")
    ]
    np.testing.assert_allclose(*outputs, atol=1e-3)  # eps under the roots


def test_last_gradient_is_free_of_depth_in_post_norm_and_shrinks_as_its_root_in_pre_norm() -> None:
    """arXiv:2002.04745, Theorem 1: O(d √ln d) against O(d √(ln d / L)) for the last feed-forward matrix."""
    depths = [6, 12, 24, 48]
    post = [sizes_of("post", m)[-1] for m in depths]
    pre = [sizes_of("pre", m)[-1] for m in depths]
    np.testing.assert_allclose(post, 1, rtol=0.15)
    np.testing.assert_allclose(pre, [2 / (1 + m) for m in depths], rtol=0.2)


def test_sum_over_sublayers_grows_linearly_logarithmically_or_not_at_all() -> None:
    totals = {name: [] for name in ("post", "pre", "deep")}
    for m in (12, 48):
        constants = single_stack_constants(m // 2)
        totals["post"].append(sizes_of("post", m).sum())
        totals["pre"].append(sizes_of("pre", m).sum())
        totals["deep"].append(sizes_of("post", m, constants.alpha, constants.beta).sum())
    post, pre, deep = (b / a for a, b in totals.values())
    assert 3 < post < 7  # 4 in the limit of infinite width
    assert pre == pytest.approx(1.6, rel=0.2)  # (H₄₉ - 1) / (H₁₃ - 1)
    assert deep == pytest.approx(1, rel=0.05)
    assert totals["deep"][0] == pytest.approx(1, rel=0.1)


def test_alpha_on_the_branch_loses_what_deep_norm_gains() -> None:
    """LN(x + alpha F) is LN(x / alpha + F): the sum of squares is back at that of Post-LN."""
    m = 24
    constants = single_stack_constants(m // 2)
    swapped = sizes_of("post", m, 1 / constants.alpha, constants.beta).sum()
    assert swapped > 15 * sizes_of("post", m, constants.alpha, constants.beta).sum()
    assert swapped == pytest.approx(m, rel=0.3)


def test_a_norm_behind_the_branch_holds_the_stream_when_weights_grow() -> None:
    (x,) = normals(5, (32, WIDTH))
    variance = {}
    for name in ("pre", "peri", "output"):
        stack = init_stack(PLACEMENTS[name], 24, WIDTH, WIDTH, beta=3**0.5)  # branches 3 times as large
        variance[name] = forward(x, stack)[1][-1].total.var()
    assert variance["pre"] == pytest.approx(1 + 9 * 24, rel=0.15)
    assert variance["peri"] == pytest.approx(1 + 24, rel=0.15)
    assert variance["output"] == pytest.approx(1 + 24, rel=0.15)


def test_sizes_below_1_are_refused() -> None:
    for shape in ((0, 4, 4), (2, 0, 4), (2, 4, 0)):
        with pytest.raises(ValueError, match="at least 1"):
            init_stack(PLACEMENTS["pre"], *shape)
