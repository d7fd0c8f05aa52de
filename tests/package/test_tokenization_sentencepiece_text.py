"""What SentencePiece does before and after segmentation, against sentencepiece itself."""

import io

import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_questions.tokenization.sentencepiece_text import byte_fallback, decode, normalize

TEXT = ["the newest widget is the widest", "a tokenizer cuts text into pieces", "lower lowest low"]


def trained(**options) -> sentencepiece.SentencePieceProcessor:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT * 5), model_writer=model, num_threads=1, minloglevel=2, **options
    )
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


@pytest.fixture(scope="module")
def peer() -> sentencepiece.SentencePieceProcessor:
    return trained(model_type="unigram", vocab_size=30)  # normalizes with nmt_nfkc, the default


@pytest.fixture(scope="module")
def with_bytes() -> sentencepiece.SentencePieceProcessor:
    """The options of Llama: BPE, bytes for what is unknown, nothing normalized, spaces kept."""
    return trained(
        model_type="bpe",
        vocab_size=310,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
    )


usual = [*"the widest▁ éﬁ½Ⅷ①ｱｶﾞ한Ａ😀㎏ﷺ", "é", "ガ", "   ", "각"]
texts = st.lists(st.sampled_from(usual), max_size=15).map("".join)


@given(text=texts)
@settings(max_examples=200, deadline=None)
def test_normalization_equals_sentencepiece(peer, text: str) -> None:
    assert normalize(text) == peer.normalize(text)


@given(text=texts)
@settings(max_examples=100, deadline=None)
def test_without_normal_form_and_with_all_spaces(with_bytes, text: str) -> None:
    assert normalize(text, form=None, collapse=False) == with_bytes.normalize(text)


@given(text=texts)
@settings(max_examples=100, deadline=None)
def test_byte_fallback_and_decoding_equal_sentencepiece(with_bytes, text: str) -> None:
    theirs = with_bytes.encode(text, out_type=str)
    vocabulary = {with_bytes.id_to_piece(i) for i in range(with_bytes.vocab_size())}
    normalized = normalize(text, form=None, collapse=False)
    characters = byte_fallback(normalized, vocabulary)
    # the merges of the peer touch no byte token: what is a byte there is one here
    assert [t for t in characters if t.startswith("<0x")] == [t for t in theirs if t.startswith("<0x")]
    back = text.replace("▁", " ")
    assert decode(theirs) == decode(characters) == back
    assert with_bytes.decode(theirs) == back


def test_decoding_gives_back_the_normalized_text_and_not_more() -> None:
    assert decode(normalize("  ﬁve  ½ ").replace("▁", "▁ ").split(" ")) == "five 1⁄2"
    assert normalize("") == normalize("   ") == ""
    assert decode(byte_fallback("é", set())) == "é"
    assert byte_fallback("é", set()) == ["<0xC3>", "<0xA9>"]
    assert decode(["<0xC3>"]) == "\ufffd"
