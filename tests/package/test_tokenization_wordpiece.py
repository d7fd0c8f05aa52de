"""WordPiece: encoding against Hugging Face tokenizers; its score against the counts of a slow loop."""

import json

from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from llm_questions.tokenization.byte_pair_encoding import learn_merges
from llm_questions.tokenization.wordpiece import encode_wordpiece, learn_wordpiece
from tests.package.strategies import modest

pieces = st.sets(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=8)
counts = st.dictionaries(st.text("abcd", min_size=1, max_size=6), st.integers(1, 5), min_size=1, max_size=6)


@given(first=pieces, inner=pieces, word=st.text("abcé", min_size=1, max_size=9))
@modest
def test_encoding_equals_tokenizers(first: set[str], inner: set[str], word: str) -> None:
    vocabulary = ["[UNK]", *sorted(first), *(f"##{piece}" for piece in sorted(inner))]
    peer = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(vocabulary)}, unk_token="[UNK]"))
    assert encode_wordpiece(word, set(vocabulary)) == peer.encode(word).tokens


def best_pairs(words: list[tuple[list[str], int]]) -> set[str]:
    """The pieces that the pairs with the highest score would make."""
    scores: dict[tuple[str, str], float] = {}
    for left in {piece for word, _ in words for piece in word}:
        for right in {piece for word, _ in words for piece in word}:
            together = sum(
                count * sum(word[i : i + 2] == [left, right] for i in range(len(word)))
                for word, count in words
            )
            alone = [sum(count * word.count(piece) for word, count in words) for piece in (left, right)]
            if together:
                scores[left, right] = together / (alone[0] * alone[1])
    top = max(scores.values(), default=0)
    return {left + right.removeprefix("##") for (left, right), score in scores.items() if score == top}


@given(counts=counts)
@modest
def test_the_first_piece_has_the_highest_score(counts: dict[str, int]) -> None:
    words = [([word[0], *(f"##{char}" for char in word[1:])], count) for word, count in counts.items()]
    characters = {piece for word, _ in words for piece in word}
    learned = learn_wordpiece(counts, 1)
    expected = best_pairs(words)
    assert set(learned[: len(characters)]) == characters
    assert (set(learned[len(characters) :]) <= expected) if expected else learned == sorted(characters)


def test_every_further_piece_is_scored_on_what_is_merged_by_then() -> None:
    counts = {"ab": 3, "abcd": 1, "ecd": 1, "xb": 1}
    learned = learn_wordpiece(counts, 5)
    assert learned == ["##b", "##c", "##d", "a", "e", "x", "##cd", "ecd", "##bcd", "abcd", "ab"]
    words = [([word[0], *(f"##{char}" for char in word[1:])], count) for word, count in counts.items()]
    for piece in learned[6:]:
        assert piece in best_pairs(words)
        words = [(merged(word, piece), count) for word, count in words]


def merged(word: list[str], piece: str) -> list[str]:
    for i in range(len(word) - 1):
        if word[i] + word[i + 1].removeprefix("##") == piece:
            return [*word[:i], piece, *word[i + 2 :]]
    return word


def test_score_and_count_choose_differently() -> None:
    counts = {"hug": 10, "pug": 5, "pun": 12, "bun": 4, "hugs": 5}
    assert learn_wordpiece(counts, 1)[-1] == "##gs"
    assert learn_merges({tuple(word): count for word, count in counts.items()}, 1).merges == [("u", "g")]


def test_the_trainer_of_tokenizers_is_byte_pair_encoding() -> None:
    counts = {"hug": 10, "pug": 5, "pun": 12, "bun": 4, "hugs": 5}
    peer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    peer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    characters = {piece for word in counts for piece in [word[0], *(f"##{char}" for char in word[1:])]}
    plain = {char for word in counts for char in word}
    size = len(characters | plain) + 1
    trainer = trainers.WordPieceTrainer(vocab_size=size, show_progress=False)
    peer.train_from_iterator([" ".join([word] * count) for word, count in counts.items()], trainer)
    vocabulary = json.loads(peer.to_str())["model"]["vocab"]
    assert "##ug" in vocabulary
    assert "##gs" not in vocabulary


def test_a_word_with_an_unknown_rest_is_unknown_as_a_whole() -> None:
    assert encode_wordpiece("abx", {"ab", "##b"}) == ["[UNK]"]
    assert encode_wordpiece("", {"a"}) == []


def test_greedy_can_fail_where_another_split_exists() -> None:
    vocabulary = {"a", "ab", "##bc"}
    assert encode_wordpiece("abc", vocabulary) == ["[UNK]"]
    assert "".join(["a", "##bc"]).replace("##", "") == "abc"
