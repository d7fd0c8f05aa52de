"""Offloading against the estimators of DeepSpeed and the sizes that the papers report."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_questions.offload import placement
from llm_questions.zero import BytesPerParameter, model_state_bytes
from tests.package.strategies import modest

# DeepSpeed edaa722, runtime/zero/stage_1_and_2.py, estimate_zero2_model_states_mem_needs, and stage3.py,
# estimate_zero3_model_states_mem_needs: bytes on a GPU, without the largest layer that is gathered
ESTIMATES = {
    (2, False, False): lambda n, ranks: 2 * n + 18 * n / ranks,
    (2, True, False): lambda n, ranks: 2 * n,
    (3, False, False): lambda n, ranks: 18 * n / ranks,
    (3, True, False): lambda n, ranks: 2 * n / ranks,
    (3, True, True): lambda n, ranks: 0,
}


@pytest.mark.parametrize(("stage", "optimizer", "parameters"), ESTIMATES)
@pytest.mark.parametrize("n_ranks", [1, 8, 64])
def test_device_memory_equals_the_estimators_of_deepspeed(stage, optimizer, parameters, n_ranks) -> None:
    size = BytesPerParameter(parameter=2, gradient=2, optimizer=12)
    if not optimizer:  # gradients in 16 and 32 bits at stage 2, in 32 bits at stage 3
        size = BytesPerParameter(2, 6, 12) if stage == 2 else BytesPerParameter(2, 4, 12)
    computed = placement(7.5e9, n_ranks, stage, optimizer, parameters, size).device
    assert computed == pytest.approx(ESTIMATES[stage, optimizer, parameters](7.5e9, n_ranks))


# the same functions: bytes in the host's memory for each parameter, before their factor of 1.5 for buffers
HOST_ESTIMATES = {(2, False): 16, (3, False): 16, (3, True): 18}


@pytest.mark.parametrize(("stage", "parameters"), HOST_ESTIMATES)
def test_host_memory_equals_the_estimators_of_deepspeed(stage, parameters) -> None:
    in_32_bits = BytesPerParameter(parameter=2, gradient=4, optimizer=12)
    found = placement(7.5e9, 4, stage, True, parameters, in_32_bits)
    assert 4 * found.host == pytest.approx(HOST_ESTIMATES[stage, parameters] * 7.5e9)
    assert found.to_host == 2 * placement(7.5e9, 4, stage, True, parameters).to_host


def test_13_billion_parameters_fit_a_gpu_of_32_gb_with_offloading_and_not_without() -> None:
    """arXiv:2101.06840, abstract: over 13 billion on one V100, against 1.4 billion with PyTorch."""
    assert placement(13e9, 1, 2, offload_optimizer=True).device == 26e9
    assert placement(13e9, 1, 2).device > 200e9
    assert placement(1.4e9, 1, 2).device < 32e9 < placement(2.1e9, 1, 2).device


def test_one_gpu_moves_four_bytes_for_each_parameter() -> None:
    """Gradients down and parameters up in 16 bits each."""
    moved = placement(1e9, 1, 2, offload_optimizer=True)
    assert moved.to_host + moved.to_device == 4e9


@modest
@given(st.sampled_from([2, 3]), st.integers(1, 64), st.integers(1, 10**6), st.booleans(), st.booleans())
def test_nothing_is_lost_and_loops_agree(stage, n_ranks, n_parameters, optimizer, parameters) -> None:
    parameters = parameters and optimizer and stage == 3
    found = placement(n_parameters, n_ranks, stage, optimizer, parameters)
    assert found.device + found.host == pytest.approx(model_state_bytes(n_parameters, n_ranks, stage))
    device = host = 0.0
    for _ in range(n_ranks):
        device += n_parameters / n_ranks * 2 * (1 if stage == 3 else n_ranks) * (not parameters)
        host += n_parameters / n_ranks * 2 * parameters
        if optimizer:
            host += n_parameters / n_ranks * (2 + 12)
        else:
            device += n_parameters / n_ranks * (2 + 12)
    assert found.device == pytest.approx(device / n_ranks)
    assert found.host == pytest.approx(host / n_ranks)
    # each rank moves its own shard, 2 bytes an element, and twice comes up what stays on the host
    shard = 2 * n_parameters / n_ranks
    assert found.to_host == pytest.approx(shard * optimizer)
    assert found.to_device == pytest.approx(shard * (optimizer + parameters))


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="covers stages 2 and 3"):
        placement(1e9, 8, 1, offload_optimizer=True)
    for stage, optimizer in ((2, True), (3, False)):
        with pytest.raises(ValueError, match="at stage 3"):
            placement(1e9, 8, stage, optimizer, offload_parameters=True)
