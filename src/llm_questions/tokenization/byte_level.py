"""Byte-level byte pair encoding: 256 bytes, then merges. No text is unknown to it.

Radford et al. 2019, "Language Models are Unsupervised Multitask Learners" (GPT-2), §2.2.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from llm_questions.tokenization.bpe_encoding import encode_with_queue
from llm_questions.tokenization.byte_pair_encoding import Pair, learn_merges_incrementally
from llm_questions.tokenization.pretokenization import split_gpt2


# --8<-- [start:byte_alphabet]
def byte_alphabet() -> dict[int, str]:
    """GPT-2's printable character for each byte, in the order of the ids 0 to 255.

    188 bytes that print in Latin-1 stand for themselves; the other 68, such as the space,
    get the characters from U+0100 on: the space is Ġ, the newline Ċ.

    Source: bytes_to_unicode in GPT-2's src/encoder.py.
    """
    ranges = (("!", "~"), ("¡", "¬"), ("®", "ÿ"))
    printable = [byte for low, high in ranges for byte in range(ord(low), ord(high) + 1)]
    others = sorted(set(range(256)) - set(printable))
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + i) for i, byte in enumerate(others)}


# --8<-- [end:byte_alphabet]


def printable(token: bytes) -> str:
    """`token` as vocabulary files of byte-level tokenizers write it."""
    alphabet = byte_alphabet()
    return "".join(alphabet[byte] for byte in token)


# --8<-- [start:tokenizer]
@dataclass(frozen=True)
class ByteLevelTokenizer:
    """Ids 0 to 255 are the bytes in GPT-2's order; each merge makes the next id."""

    merges: tuple[Pair, ...]
    split: Callable[[str], list[str]] = split_gpt2
    tokens: list[bytes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        tokens = {bytes([byte]): None for byte in byte_alphabet()}
        tokens |= {left + right: None for left, right in self.merges}
        object.__setattr__(self, "tokens", list(tokens))

    @property
    def vocab_size(self) -> int:
        return len(self.tokens)

    def encode(self, text: str) -> list[int]:
        ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        ids = {token: i for i, token in enumerate(self.tokens)}
        return [
            ids[token]
            for piece in self.split(text)
            for token in encode_with_queue(_bytes_of(piece), ranks).tokens
        ]

    def decode(self, ids: Iterable[int]) -> str:
        """The text; bytes that are no UTF-8, such as half a character, become U+FFFD."""
        return b"".join(self.tokens[i] for i in ids).decode("utf-8", errors="replace")


def train_byte_level(
    text: str, n_merges: int, split: Callable[[str], list[str]] = split_gpt2
) -> ByteLevelTokenizer:
    """A tokenizer with up to 256 + `n_merges` tokens, learned from `text`."""
    words = Counter(tuple(_bytes_of(piece)) for piece in split(text))
    alphabet = [bytes([byte]) for byte in byte_alphabet()]
    merges = learn_merges_incrementally(words, n_merges, alphabet).merges
    return ByteLevelTokenizer(tuple(merges), split)


def _bytes_of(piece: str) -> list[bytes]:
    return [bytes([byte]) for byte in piece.encode("utf-8")]


# --8<-- [end:tokenizer]
