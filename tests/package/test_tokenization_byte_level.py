"""The byte-level tokenizer: training, ids and decoding against Hugging Face tokenizers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers.convert_slow_tokenizer import bytes_to_unicode

from llm_questions.tokenization.byte_level import (
    ByteLevelTokenizer,
    byte_alphabet,
    printable,
    train_byte_level,
)
from llm_questions.tokenization.pretokenization import CL100K_PATTERN, split_cl100k
from tests.package.strategies import modest

TEXT = (
    "The newest widget is the widest: it's 1,234 mm wide. Über die Straße, “naïve café”. 😀😀 你好，你好！\n"
    "\tfor i in range(10):\n\t\tprint(i * i)\n\n    四月の四日。 Привет, привет! 12345 1234 123\n"
) * 2
typical = st.sampled_from([*"The newest widget 123ßé你好😀\n\t", " the", "你好", "print", "привет"])
texts = st.lists(st.one_of(typical, typical, st.characters(exclude_categories=["Cs", "Cn"])), max_size=20)


def peer_of(tokenizer: ByteLevelTokenizer) -> Tokenizer:
    """Hugging Face's tokenizer with the same vocabulary and merges."""
    ids = {printable(token): i for i, token in enumerate(tokenizer.tokens)}
    merges = [(printable(left), printable(right)) for left, right in tokenizer.merges]
    peer = Tokenizer(models.BPE(vocab=ids, merges=merges))
    peer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    peer.decoder = decoders.ByteLevel()
    return peer


def trained_peer(n_merges: int) -> Tokenizer:
    peer = Tokenizer(models.BPE())
    peer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=256 + n_merges,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    peer.train_from_iterator([TEXT], trainer)
    return peer


OURS, THEIRS = train_byte_level(TEXT, 100), trained_peer(100)
PEER = peer_of(OURS)


def test_alphabet_equals_those_of_tokenizers_and_transformers() -> None:
    assert set(byte_alphabet().values()) == set(pre_tokenizers.ByteLevel.alphabet())
    assert list(byte_alphabet().items()) == list(bytes_to_unicode().items())
    assert byte_alphabet()[ord(" ")] == "Ġ"
    assert byte_alphabet()[ord("\n")] == "Ċ"
    assert sum(char == chr(byte) for byte, char in byte_alphabet().items()) == 188


def test_training_gives_the_vocabulary_of_tokenizers() -> None:
    ours = {printable(token): i for i, token in enumerate(OURS.tokens)}
    assert OURS.vocab_size == 256 + 100
    assert ours == THEIRS.get_vocab()


@given(pieces=texts)
@settings(max_examples=200, deadline=None)
def test_ids_equal_those_of_tokenizers(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert OURS.encode(text) == THEIRS.encode(text).ids == PEER.encode(text).ids


@given(pieces=texts)
@modest
def test_decoding_gives_the_text_back(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert OURS.decode(OURS.encode(text)) == text
    assert PEER.decode(OURS.encode(text)) == text


@given(ids=st.lists(st.integers(0, OURS.vocab_size - 1), max_size=12))
@modest
def test_any_ids_decode_as_in_tokenizers(ids: list[int]) -> None:
    assert OURS.decode(ids) == PEER.decode(ids)


def test_half_a_character_is_replaced() -> None:
    ids = ByteLevelTokenizer(()).encode("é")
    assert len(ids) == 2
    assert ByteLevelTokenizer(()).decode(ids[:1]) == "\ufffd"


@pytest.mark.parametrize("n_merges", [0, 60])
def test_another_split(n_merges: int) -> None:
    ours = train_byte_level(TEXT, n_merges, split_cl100k)
    assert ours.decode(ours.encode(TEXT)) == TEXT
    longest = max((token for token in ours.tokens if token.isdigit()), key=len)
    assert len(longest) <= 3
    assert r"\p{N}{1,3}" in CL100K_PATTERN
