import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import MistralConfig, MistralModel

from llm_questions.masks import causal_mask, sliding_window_mask
from llm_questions.receptive_field import receptive_field, window_reach
from llm_questions.sparse_masks import dilated_window_mask
from tests.package.strategies import bool_arrays, modest


@modest
@given(masks=st.lists(bool_arrays((4, 4)), min_size=1, max_size=4))
def test_equals_following_every_path(masks: list[np.ndarray]) -> None:
    """Breadth first, token by token, from the last layer down; the residual path stays in place."""
    field = receptive_field(masks)
    for i in range(4):
        reached = {i}
        for mask in reversed(masks):
            reached |= {j for j in range(4) for k in reached if mask[k, j]}
        assert set(np.flatnonzero(field[i])) == reached


@pytest.mark.parametrize(("window", "n_layers"), [(3, 1), (3, 2), (3, 4), (4, 3), (1, 2)])
def test_equals_the_gradients_of_mistral(window: int, n_layers: int) -> None:
    n = 14
    config = MistralConfig(
        vocab_size=8,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=n_layers,
        num_attention_heads=2,
        num_key_value_heads=1,
        sliding_window=window,
        attn_implementation="eager",
    )
    torch.manual_seed(0)
    model = MistralModel(config).double()
    embeddings = torch.randn(1, n, 16, dtype=torch.float64, requires_grad=True)
    output = model(inputs_embeds=embeddings, use_cache=False).last_hidden_state
    influence = np.zeros((n, n), dtype=bool)
    for i in range(n):
        # the sum of squares is constant after RMSNorm, any other function will do
        (gradient,) = torch.autograd.grad(output[0, i, 0], embeddings, retain_graph=True)
        influence[i] = gradient[0].abs().sum(-1).numpy() > 0
    field = receptive_field([sliding_window_mask(n, window=window)] * n_layers)
    assert np.array_equal(field, influence)
    # the stack sees what one window of its reach would
    assert np.array_equal(field, sliding_window_mask(n, window=window_reach(window, n_layers) + 1))


@pytest.mark.parametrize(("window", "dilation", "n_layers"), [(2, 3, 2), (3, 2, 3)])
def test_reach_of_dilated_windows(window: int, dilation: int, n_layers: int) -> None:
    n = 30
    field = receptive_field([dilated_window_mask(n, window=window, dilation=dilation)] * n_layers)
    assert n - 1 - np.flatnonzero(field[-1])[0] == window_reach(window, n_layers, dilation)
    # the same dilation in all layers never leaves its grid
    assert set((n - 1 - np.flatnonzero(field[-1])) % dilation) == {0}


def test_one_full_layer_is_enough() -> None:
    window = sliding_window_mask(9, window=2)
    assert np.array_equal(receptive_field([window, causal_mask(9), window]), causal_mask(9))


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one layer"):
        receptive_field([])
    with pytest.raises(ValueError, match="at least 1, got window=0"):
        window_reach(0, 3)
