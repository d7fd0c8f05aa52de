"""Entries of data/models.yml as models of the transformers library, on PyTorch's meta device.

An oracle for counts of parameters: the models have shapes and no numbers. It reads the entry's fields by
itself and shares no code with llm_questions.parameters.
"""

import re
from collections.abc import Callable

import torch
import transformers

Entry = dict


def build(entry: Entry) -> torch.nn.Module:
    """The model of an entry, without memory for its parameters."""
    make = next(make for pattern, make in FAMILIES.items() if re.match(pattern, entry["name"]))
    with torch.device("meta"):
        return make(entry)


def _named(entry: Entry, **names: str) -> dict:
    """The fields that all families have, under the names of a configuration class."""
    usual = {
        "n_layers": "num_hidden_layers",
        "d_model": "hidden_size",
        "n_heads": "num_attention_heads",
        "n_kv_heads": "num_key_value_heads",
        "head_dim": "head_dim",
        "vocab_size": "vocab_size",
    } | names
    values = {name: entry[field] for field, name in usual.items() if name}
    return values | {"tie_word_embeddings": entry.get("tied", False)}


def _llama_like(config: str, model: str, **more: object) -> Callable[[Entry], torch.nn.Module]:
    def make(entry: Entry) -> torch.nn.Module:
        values = _named(entry) | {"intermediate_size": entry["ffn"]["width"]} | more
        if entry["ffn"]["width"] is None:
            del values["intermediate_size"]
        for name, field in EXPERT_FIELDS.get(config, {}).items():
            values[name] = field(entry)
        return getattr(transformers, model)(getattr(transformers, config)(**values))

    return make


def _expert(name: str) -> Callable[[Entry], int]:
    return lambda entry: entry["experts"][name]


def _latent(name: str) -> Callable[[Entry], int]:
    return lambda entry: entry["latent"][name]


_DEEPSEEK = {
    "head_dim": lambda entry: entry["position"]["dims"],
    "q_lora_rank": _latent("q_rank"),
    "kv_lora_rank": _latent("kv_rank"),
    "v_head_dim": _latent("value_dim"),
    "qk_rope_head_dim": lambda entry: entry["position"]["dims"],
    "qk_nope_head_dim": lambda entry: entry["head_dim"] - entry["position"]["dims"],
    "n_routed_experts": _expert("routed"),
    "num_experts_per_tok": _expert("top_k"),
    "moe_intermediate_size": _expert("width"),
    "n_shared_experts": lambda entry: entry["experts"]["shared_width"] // entry["experts"]["width"],
    "first_k_dense_replace": _expert("dense_layers"),
}
EXPERT_FIELDS = {
    "MixtralConfig": {
        "num_local_experts": _expert("routed"),
        "num_experts_per_tok": _expert("top_k"),
        "intermediate_size": _expert("width"),
    },
    "Qwen2MoeConfig": {
        "num_experts": _expert("routed"),
        "num_experts_per_tok": _expert("top_k"),
        "moe_intermediate_size": _expert("width"),
        "shared_expert_intermediate_size": _expert("shared_width"),
    },
    "Qwen3MoeConfig": {
        "num_experts": _expert("routed"),
        "num_experts_per_tok": _expert("top_k"),
        "moe_intermediate_size": _expert("width"),
    },
    "GptOssConfig": {
        "num_local_experts": _expert("routed"),
        "num_experts_per_tok": _expert("top_k"),
        "intermediate_size": _expert("width"),
    },
    "DeepseekV2Config": _DEEPSEEK,
    "DeepseekV3Config": _DEEPSEEK,
}


def _vaswani(entry: Entry) -> torch.nn.Module:
    """torch.nn's layers, without the biases in attention that the paper's formulas do not have."""
    d, heads, width = entry["d_model"], entry["n_heads"], entry["ffn"]["width"]
    encoder = torch.nn.TransformerEncoder(
        torch.nn.TransformerEncoderLayer(d, heads, width),
        entry["n_encoder_layers"],
        enable_nested_tensor=False,
    )
    decoder = torch.nn.TransformerDecoder(
        torch.nn.TransformerDecoderLayer(d, heads, width), entry["n_layers"]
    )
    model = torch.nn.ModuleList([torch.nn.Embedding(entry["vocab_size"], d), encoder, decoder])
    for module in model.modules():
        if isinstance(module, torch.nn.MultiheadAttention):
            module.in_proj_bias = module.out_proj.bias = None
    return model


def _bert(entry: Entry) -> torch.nn.Module:
    names = _named(entry, n_kv_heads="", head_dim="")
    rows = {"max_position_embeddings": entry["position"]["rows"], "type_vocab_size": entry["segments"]}
    config = transformers.BertConfig(**names, **rows, intermediate_size=entry["ffn"]["width"])
    return transformers.BertModel(config, add_pooling_layer=entry["pooler"])


def _gpt2(entry: Entry) -> torch.nn.Module:
    names = _named(entry, n_layers="n_layer", d_model="n_embd", n_heads="n_head", n_kv_heads="", head_dim="")
    rows = entry["position"]["rows"]
    config = transformers.GPT2Config(**names, n_positions=rows, n_inner=entry["ffn"]["width"])
    return transformers.GPT2LMHeadModel(config)


def _t5(entry: Entry) -> torch.nn.Module:
    names = _named(entry, n_layers="num_decoder_layers", d_model="d_model", n_heads="num_heads")
    del names["num_key_value_heads"]
    names["d_kv"] = names.pop("head_dim")
    layers = {"num_layers": entry["n_encoder_layers"], "d_ff": entry["ffn"]["width"]}
    config = transformers.T5Config(
        **names, **layers, relative_attention_num_buckets=entry["position"]["rows"]
    )
    return transformers.T5ForConditionalGeneration(config)


def _gptj(entry: Entry) -> torch.nn.Module:
    names = _named(entry, n_layers="n_layer", d_model="n_embd", n_heads="n_head", n_kv_heads="", head_dim="")
    config = transformers.GPTJConfig(**names, n_inner=entry["ffn"]["width"])
    return transformers.GPTJForCausalLM(config)


def _neox(entry: Entry) -> torch.nn.Module:
    names = _named(entry, n_kv_heads="", head_dim="")
    config = transformers.GPTNeoXConfig(**names, intermediate_size=entry["ffn"]["width"])
    return transformers.GPTNeoXForCausalLM(config)


def _opt(entry: Entry) -> torch.nn.Module:
    names = _named(entry, n_kv_heads="", head_dim="")
    unused = 2  # rows that the library adds to the table by itself, as the released one has them
    config = transformers.OPTConfig(
        **names,
        ffn_dim=entry["ffn"]["width"],
        word_embed_proj_dim=entry["d_model"],
        max_position_embeddings=entry["position"]["rows"] - unused,
    )
    return transformers.OPTForCausalLM(config)


def _bloom(entry: Entry) -> torch.nn.Module:
    names = _named(entry, n_layers="n_layer", n_heads="n_head", n_kv_heads="", head_dim="")
    return transformers.BloomForCausalLM(transformers.BloomConfig(**names))


def _mpt(entry: Entry) -> torch.nn.Module:
    names = _named(
        entry, n_layers="n_layers", d_model="d_model", n_heads="n_heads", n_kv_heads="", head_dim=""
    )
    ratio = entry["ffn"]["width"] // entry["d_model"]
    return transformers.MptForCausalLM(transformers.MptConfig(**names, expansion_ratio=ratio))


def _falcon(entry: Entry) -> torch.nn.Module:
    names = _named(entry, n_kv_heads="num_kv_heads", head_dim="")
    grouped = entry["n_kv_heads"] > 1
    config = transformers.FalconConfig(
        **names,
        ffn_hidden_size=entry["ffn"]["width"],
        multi_query=not grouped,
        new_decoder_architecture=grouped,
        bias=False,
    )
    return transformers.FalconForCausalLM(config)


FAMILIES: dict[str, Callable[[Entry], torch.nn.Module]] = {
    "Transformer ": _vaswani,
    "BERT": _bert,
    "GPT-[23]": _gpt2,
    "T5": _t5,
    "GPT-J": _gptj,
    "GPT-NeoX|Pythia": _neox,
    "OPT": _opt,
    "BLOOM": _bloom,
    "MPT": _mpt,
    "Falcon": _falcon,
    "LLaMA|Llama": _llama_like("LlamaConfig", "LlamaForCausalLM"),
    "Mistral": _llama_like("MistralConfig", "MistralForCausalLM"),
    "Mixtral": _llama_like("MixtralConfig", "MixtralForCausalLM"),
    "Gemma 2 ": _llama_like("Gemma2Config", "Gemma2ForCausalLM"),
    "Gemma 3 ": _llama_like("Gemma3TextConfig", "Gemma3ForCausalLM"),
    "Gemma": _llama_like("GemmaConfig", "GemmaForCausalLM"),
    "Phi-3": _llama_like("Phi3Config", "Phi3ForCausalLM"),
    "OLMo 2": _llama_like("Olmo2Config", "Olmo2ForCausalLM"),
    "Qwen2-57B": _llama_like("Qwen2MoeConfig", "Qwen2MoeForCausalLM"),
    "Qwen2": _llama_like("Qwen2Config", "Qwen2ForCausalLM"),
    r"Qwen3-\d+B-A": _llama_like("Qwen3MoeConfig", "Qwen3MoeForCausalLM"),
    "Qwen3": _llama_like("Qwen3Config", "Qwen3ForCausalLM"),
    "DeepSeek-V2": _llama_like("DeepseekV2Config", "DeepseekV2ForCausalLM"),
    "DeepSeek-V3": _llama_like("DeepseekV3Config", "DeepseekV3ForCausalLM"),
    "gpt-oss": _llama_like("GptOssConfig", "GptOssForCausalLM"),
}
