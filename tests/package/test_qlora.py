"""QLoRA's bits against the paper's, and against numbers counted block by block."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_questions.lora import adapted_model_bytes
from llm_questions.qlora import constant_bits, qlora_model_bytes
from tests.package.strategies import modest


def test_constants_take_the_bits_of_the_paper() -> None:
    """arXiv:2305.14314, §3: 0.5 bits, 0.127 with double quantization, 0.373 less; 3 GB for 65 billion."""
    assert constant_bits(second_block=None) == 0.5
    assert round(constant_bits(), 3) == 0.127
    saved = constant_bits(second_block=None) - constant_bits()
    assert round(saved, 3) == 0.373
    assert saved / 8 * 65e9 == pytest.approx(3e9, rel=0.02)


@modest
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
def test_bits_equal_counting_the_constants(block: int, second_block: int, number: int) -> None:
    n_parameters = number * block * second_block
    bits = constants = 0
    for parameter in range(n_parameters):
        if parameter % block == 0:
            bits += 8
            if constants % second_block == 0:
                bits += 32
            constants += 1
    assert constant_bits(block, second_block) * n_parameters == pytest.approx(bits, rel=1e-12)


@modest
@given(st.integers(1, 10**12), st.integers(1, 10**9), st.data())
def test_only_the_frozen_parameters_shrink(n_parameters: int, n_adapted: int, data: st.DataObject) -> None:
    n_quantized = data.draw(st.integers(0, n_parameters))
    lora = adapted_model_bytes(n_parameters, n_adapted)
    parts = qlora_model_bytes(n_parameters, n_quantized, n_adapted)
    by_hand = n_quantized * 4.126953125 / 8 + 2 * (n_parameters - n_quantized) + 2 * n_adapted
    assert parts["parameters"] == pytest.approx(by_hand, rel=1e-12)
    assert {name: parts[name] for name in parts if name != "parameters"} == {
        name: lora[name] for name in lora if name != "parameters"
    }
    assert qlora_model_bytes(n_parameters, 0, n_adapted) == lora
    assert qlora_model_bytes(n_parameters, n_quantized, n_adapted, bits=16) == lora


def test_impossible_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be quantized"):
        qlora_model_bytes(10, 11, 1)
    with pytest.raises(ValueError, match="bits"):
        qlora_model_bytes(10, 5, 1, bits=0)
    with pytest.raises(ValueError, match="blocks"):
        constant_bits(0)
    with pytest.raises(ValueError, match="blocks"):
        constant_bits(64, 0)
