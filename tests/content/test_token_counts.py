"""data/token_counts.yml: splits that spell the texts, sizes as published, patterns as in the package."""

import codecs

import pytest
import yaml

from llm_questions.tokenization.pretokenization import CL100K_PATTERN, GPT2_PATTERN, compiled
from scripts.pages import ROOT

RECORD = yaml.safe_load((ROOT / "data/token_counts.yml").read_text(encoding="utf-8"))
# explicit_n_vocab and special tokens in tiktoken_ext/openai_public.py; Radford et al. 2019 §2.2 for GPT-2
SIZES = {"gpt2": 50_257, "cl100k_base": 100_277, "o200k_base": 200_019}


def as_bytes(token: str) -> bytes:
    return codecs.escape_decode(token.encode())[0] if "\\x" in token else token.encode()


@pytest.mark.parametrize("text", RECORD["tokens"])
def test_tokens_spell_the_text(text: str) -> None:
    for name, tokens in RECORD["tokens"][text].items():
        assert b"".join(map(as_bytes, tokens)) == text.encode(), name


def test_sizes_are_those_published() -> None:
    vocabularies = RECORD["vocabularies"]
    assert {name: vocabulary["size"] for name, vocabulary in vocabularies.items()} == SIZES
    assert vocabularies["gpt2"]["merges"] == 50_000
    for vocabulary in vocabularies.values():
        assert vocabulary["bytes"] == 256
        # ids may be left unused, never used twice
        assert vocabulary["size"] >= 256 + vocabulary["merges"] + vocabulary["special"]


def test_bytes_are_counted_in_utf_8() -> None:
    for entry in RECORD["languages"].values():
        assert entry["bytes"] == len(entry["text"].encode())
        assert all(0 < entry[name] <= entry["bytes"] for name in SIZES)


def test_patterns_are_those_of_the_package() -> None:
    assert RECORD["vocabularies"]["gpt2"]["pattern"] == GPT2_PATTERN
    theirs, ours = compiled(RECORD["vocabularies"]["cl100k_base"]["pattern"]), compiled(CL100K_PATTERN)
    for text in [
        *RECORD["tokens"],
        *(entry["text"] for entry in RECORD["languages"].values()),
        "I'LL it's 'Re",
    ]:
        assert [m[0] for m in theirs.finditer(text)] == ours.findall(text)
