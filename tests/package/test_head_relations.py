import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given

from llm_questions.head_relations import (
    one_head_for_two,
    one_head_per_relation,
    token_rows,
    unexplained_share,
)
from llm_questions.multi_head import multi_head_attention
from llm_questions.softmax import softmax
from tests.package.strategies import modest, normals, seeds, sizes


def random_case(seed: int, n: int, n_relations: int) -> tuple[np.ndarray, np.ndarray]:
    """Roles of n tokens, each relation at one token, and the token of each relation."""
    wanted = np.random.default_rng(seed).permutation(n)[:n_relations]
    roles = np.full(n, -1)
    roles[wanted] = np.arange(n_relations)
    return roles, wanted


@modest
@given(n=sizes(2, 7), n_relations=sizes(1, 4), m=sizes(1, 3), seed=seeds())
def test_one_head_for_each_relation_is_enough(n: int, n_relations: int, m: int, seed: int) -> None:
    """Part 2 of the theorem, with its bound on the error."""
    assume(n_relations <= n)
    roles, wanted = random_case(seed, n, n_relations)
    (contents,) = normals(seed, (n, m))
    sharpness = 8.0
    x = token_rows(roles, contents, n_relations)
    output, weights = multi_head_attention(x, one_head_per_relation(n_relations, m, sharpness), n_relations)
    slots = output[:, n_relations + m + 1 :].reshape(n, n_relations, m)
    leak = (n - 1) * math.exp(-sharpness)
    bound = 2 * leak * np.linalg.norm(contents, axis=1).max()
    for i in range(n):
        for r in range(n_relations):
            assert np.linalg.norm(slots[i, r] - contents[wanted[r]]) <= bound
    assert not output[:, : n_relations + m + 1].any()
    assert weights.shape == (n_relations, n, n)


@modest
@given(n=sizes(2, 6), n_heads=sizes(1, 4), n_relations=sizes(1, 4), seed=seeds())
def test_share_equals_a_least_squares_fit_of_torch(n: int, n_heads: int, n_relations: int, seed: int) -> None:
    """White contents, exactly: n samples, each with one token's content √n and 0 elsewhere."""
    assume(n_relations <= n)
    attention = softmax(normals(seed, (n_heads, n))[0])
    _, wanted = random_case(seed, n, n_relations)
    samples = math.sqrt(n) * torch.eye(n, dtype=torch.float64)
    arrived = samples @ torch.tensor(attention.T)
    fit = arrived @ (torch.linalg.pinv(arrived) @ samples[:, wanted])
    error = (samples[:, wanted] - fit).square().mean()
    np.testing.assert_allclose(unexplained_share(attention, wanted), error.item(), atol=1e-9)


@modest
@given(n=sizes(2, 6), n_heads=sizes(1, 3), seed=seeds())
def test_share_equals_gram_schmidt_by_loops(n: int, n_heads: int, seed: int) -> None:
    attention = softmax(normals(seed, (n_heads, n))[0])
    basis: list[np.ndarray] = []
    for row in attention:
        rest = row - sum((row @ direction) * direction for direction in basis)
        if np.linalg.norm(rest) > 1e-6:
            basis.append(rest / np.linalg.norm(rest))
    assume(len(basis) == min(n, n_heads))
    for token in range(n):
        explained = sum(direction[token] ** 2 for direction in basis)
        assert unexplained_share(attention, np.array([token])) == pytest.approx(1 - explained, abs=1e-6)


@modest
@given(n=sizes(2, 8), n_heads=sizes(1, 5), n_relations=sizes(1, 5), seed=seeds())
def test_fewer_heads_than_relations_leave_their_share(
    n: int, n_heads: int, n_relations: int, seed: int
) -> None:
    """Part 1 of the theorem: at least 1 - H/R, whatever the weights; here soft and sharp ones."""
    assume(n_heads < n_relations <= n)
    _, wanted = random_case(seed, n, n_relations)
    (logits,) = normals(seed, (n_heads, n))
    for sharpness in (1.0, 30.0):
        share = unexplained_share(softmax(sharpness * logits), wanted)
        assert share >= 1 - n_heads / n_relations - 1e-12


def test_rows_that_nearly_coincide_do_not_break_the_bound() -> None:
    """Two sharp heads on one token; a pseudoinverse in double precision falls below the bound, 1/3."""
    rows = np.array([[5.03e-15, 2.24e-23, 1 - 5.03e-15], [9.49e-21, 1.18e-27, 1.0]])
    assert unexplained_share(rows, np.array([0, 1, 2])) == pytest.approx(2 / 3)
    apart = np.array([[1e-8, 0.0, 1 - 1e-8], [0.0, 0.0, 1.0]])
    assert unexplained_share(apart, np.array([0, 1, 2])) == pytest.approx(1 / 3)


def test_features_that_reveal_the_contents_escape_the_bound() -> None:
    """The contents must be independent of the features too, not only of each other."""
    rng = np.random.default_rng(0)
    contents = rng.choice([-1.0, 1.0], size=(200, 2))
    # a feature equal to the content is all that the logits read, and the tags are features as well
    weights = softmax(0.01 * contents)
    average, tag = (weights * contents).sum(axis=1), (weights * [100.0, -100.0]).sum(axis=1)
    fetched = np.stack([average + tag, average - tag], axis=1)
    assert ((fetched - contents) ** 2).sum(axis=1).mean() < 1e-3  # the bound would be (R - H) m = 1


def test_the_bound_is_attained_by_looking_at_wanted_tokens_only() -> None:
    wanted = np.array([1, 4, 5])
    assert unexplained_share(np.eye(6)[[1]], wanted) == pytest.approx(2 / 3)
    assert unexplained_share(np.eye(6)[[1, 4]], wanted) == pytest.approx(1 / 3)
    assert unexplained_share(np.eye(6)[wanted], wanted) == pytest.approx(0)
    halves = np.array([[0, 0.5, 0, 0, 0.5, 0]])
    assert unexplained_share(halves, np.array([1, 4])) == pytest.approx(1 / 2)


def test_weights_that_depend_on_the_contents_escape_the_bound() -> None:
    """One head gets both, as exactly as one likes: the theorem needs its assumption."""
    roles = np.array([-1, 0, -1, 1])
    for contents in (np.array([0.3, 5.0, -1.0, -3.0]), np.array([1.0, -2.0, 0.5, 0.1])):
        wanted = contents[[1, 3]]
        x = token_rows(roles, contents[:, None], 2)
        for epsilon in (0.1, 0.01, 0.001):
            output, _ = multi_head_attention(x, one_head_for_two(epsilon, 40.0), 1)
            predicted = epsilon / 4 * (wanted[0] - wanted[1]) ** 2
            assert np.abs(output[0, 4:] - wanted).max() <= 1.2 * predicted


def test_no_fixed_layer_stays_accurate_when_contents_grow() -> None:
    """Its error along a direction that the values miss grows with the contents, whatever the weights."""
    roles = np.array([0, 1])
    errors = []
    for size in (1e3, 1e4, 1e5):
        contents = np.array([[size], [-size]])
        x = token_rows(roles, contents, 2)
        output, _ = multi_head_attention(x, one_head_for_two(0.01, 0.0), 1)
        errors.append(np.linalg.norm(output[0, 4:] - contents[:, 0]) / size)
    # the tags add at most 1/epsilon · √2, and the average has the direction (1, 1)
    assert errors[0] > 1
    assert errors[-1] > 1.4


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="roles are -1 to 1"):
        token_rows(np.array([0, 2]), np.ones((2, 1)), 2)
    with pytest.raises(ValueError, match="roles are -1 to 1"):
        token_rows(np.array([-2, 1]), np.ones((2, 1)), 2)
    with pytest.raises(ValueError, match="wanted token counts once"):
        unexplained_share(np.ones((1, 3)), np.array([1, 1]))
