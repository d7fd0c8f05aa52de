"""data/models.yml: the rows of each embedding table against the tokens that were published for its tokenizer.

Several tables are longer than their tokenizer's list, for reasons that are tested too: rows are rounded up to
a multiple, or kept for special tokens.
"""

import pytest
import yaml

from scripts.pages import ROOT

MODELS = yaml.safe_load((ROOT / "data/models.yml").read_text(encoding="utf-8"))
ROWS = {model["name"]: model["vocab_size"] for model in MODELS}

EQUAL = {
    "GPT-2 (small)": 50_257,  # Radford et al. 2019 §2.3
    "GPT-3 175B": 50_257,  # the tokenizer of GPT-2
    "BERT-base": 30_522,  # uncased: vocab.txt of google-research/bert
    "LLaMA 7B": 32_000,  # ModelArgs and tokenizer.model of meta-llama/llama
    "Llama 2 70B": 32_000,
    "Mistral 7B v0.1": 32_000,  # 2310.06825 Table 1
    "Gemma 7B": 256_000,  # google/gemma_pytorch; the report has 256,128
    "Gemma 2 27B": 256_000,
    "Gemma 3 27B": 262_144,  # google/gemma_pytorch; 262,208 in transformers
    "BLOOM-176B": 250_880,  # the default of BloomConfig in transformers
    "Falcon-7B": 65_024,  # config.json; the default of FalconConfig in transformers
    "DeepSeek-V2": 102_400,  # deepseek-ai/DeepSeek-V3, inference/configs
    "DeepSeek-V3": 129_280,
}
ROUNDED_UP = {  # tokens, multiple
    "T5-11B": (32_000 + 100, 128),  # pieces, and the extra_ids of T5Tokenizer in transformers
    "Pythia-6.9B": (50_254, 256),  # tokenizer and padded size in LitGPT's litgpt/config.py
    "Pythia-12B": (50_254, 512),
    "OLMo 2 7B": (100_278, 128),  # litgpt/config.py
    "OLMo 2 13B": (100_278, 128),
}
WITH_ROOM = {  # tokens, rows: both published, nothing says how one follows from the other
    "Qwen2-0.5B": (151_646, 151_936),  # 2407.10671 §2.1; config.json
    "Qwen2-7B": (151_646, 152_064),
    "Qwen3-32B": (151_669, 151_936),  # 2505.09388 §2; config.json
}


@pytest.mark.parametrize("model", EQUAL)
def test_a_row_for_each_token(model: str) -> None:
    assert ROWS[model] == EQUAL[model]


@pytest.mark.parametrize("model", ROUNDED_UP)
def test_rows_are_rounded_up(model: str) -> None:
    tokens, multiple = ROUNDED_UP[model]
    assert ROWS[model] == -(-tokens // multiple) * multiple > tokens


@pytest.mark.parametrize("model", WITH_ROOM)
def test_more_rows_than_tokens(model: str) -> None:
    tokens, rows = WITH_ROOM[model]
    assert ROWS[model] == rows > tokens


def test_llama_3_has_256_special_tokens() -> None:
    # tokenizer.py of meta-llama/llama-models: num_reserved_special_tokens
    assert ROWS["Llama 3 8B"] == ROWS["Llama 3.1 405B"] == 128_000 + 256
