"""One small decoder with grouped heads, for the package and for the transformers library."""

from transformers import LlamaConfig

from llm_questions.parameters.architecture import Architecture

TINY = Architecture(3, 16, 4, 2, 6, 40, 20)
TINY_LLAMA = LlamaConfig(
    vocab_size=40,
    hidden_size=16,
    intermediate_size=20,
    num_hidden_layers=3,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=6,
    pad_token_id=None,
    attn_implementation="eager",
)
