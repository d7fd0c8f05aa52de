"""The patterns of GPT-2 and GPT-4, against the regular expressions of Hugging Face tokenizers."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Regex, pre_tokenizers

from llm_questions.tokenization.pretokenization import (
    CL100K_PATTERN,
    GPT2_PATTERN,
    character_class,
    split_cl100k,
    split_gpt2,
)

# Of the characters that this Python's Unicode knows: later ones have no category here.
assigned = st.characters(exclude_categories=["Cs", "Cn"])
typical = st.sampled_from(
    [*"aéßжم字क한 \t\n\r\u00a0\u3000\u200d0٣½Ⅷ.,!?'’-_€+😀́ſſ", "'s", "'LL", "'Re", "  ", "\r\n"]
)
texts = st.lists(st.one_of(typical, typical, typical, assigned), max_size=25).map("".join)


def by_tokenizers(pattern: str, text: str) -> list[str]:
    split = pre_tokenizers.Split(Regex(pattern), behavior="isolated")
    return [piece for piece, _ in split.pre_tokenize_str(text)]


@given(text=texts)
@settings(max_examples=400, deadline=None)
def test_gpt2_splits_as_tokenizers_do(text: str) -> None:
    assert split_gpt2(text) == by_tokenizers(GPT2_PATTERN, text)


@given(text=texts)
@settings(max_examples=400, deadline=None)
def test_cl100k_splits_as_tokenizers_do(text: str) -> None:
    assert split_cl100k(text) == by_tokenizers(CL100K_PATTERN, text)


@given(text=texts)
@settings(max_examples=100, deadline=None)
def test_gpt2_splits_as_the_byte_level_pre_tokenizer_does(text: str) -> None:
    pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    ends = [end for _, (_, end) in pre_tokenizer.pre_tokenize_str(text)]
    lengths = [len(piece) for piece in split_gpt2(text)]
    assert [sum(lengths[: i + 1]) for i in range(len(lengths))] == ends


@given(text=texts)
@settings(max_examples=100, deadline=None)
@pytest.mark.parametrize("split", [split_gpt2, split_cl100k])
def test_nothing_is_lost(split, text: str) -> None:
    assert "".join(split(text)) == text


def test_python_s_own_white_space_would_differ() -> None:
    assert "\x1c".isspace()
    assert split_gpt2("a\x1cb") == ["a", "\x1c", "b"] == by_tokenizers(GPT2_PATTERN, "a\x1cb")
    assert split_gpt2(" \x1cb") == [" \x1c", "b"] == by_tokenizers(GPT2_PATTERN, " \x1cb")


def test_the_classes_hold_what_unicodedata_says() -> None:
    import re

    letter = re.compile(f"[{character_class('L')}]")
    number = re.compile(f"[{character_class('N')}]")
    for code in range(0, 0x20000, 7):
        category = unicodedata.category(chr(code))
        assert bool(letter.fullmatch(chr(code))) == category.startswith("L")
        assert bool(number.fullmatch(chr(code))) == category.startswith("N")


def test_by_hand() -> None:
    assert split_gpt2("Hello  world's 1234567 ok!!\n\n x") == [
        "Hello", " ", " world", "'s", " 1234567", " ok", "!!", "\n\n", " x",
    ]  # fmt: skip
    assert split_cl100k("Hello  world'S 1234567 (ok)\n\n x") == [
        "Hello", " ", " world", "'S", " ", "123", "456", "7", " (", "ok", ")\n\n", " x",
    ]  # fmt: skip
