"""data/models.yml: its form, the relations between fields, and its agreement with what others published."""

import json
import math
import warnings

import jsonschema
import pytest
import yaml

from llm_questions.parameters.architecture import from_entry
from llm_questions.parameters.count import TABLES, active, buffers, parameter_terms, total
from scripts.check import citations, truth
from scripts.pages import ROOT

MODELS = yaml.safe_load((ROOT / "data/models.yml").read_text(encoding="utf-8"))
BY_NAME = {model["name"]: model for model in MODELS}

# h · d_k differs from d_model: published so, each in the paper's table or the released configuration.
HEADS_DO_NOT_FILL_THE_WIDTH = {
    "T5-11B": 16384,
    "T5-3B": 4096,
    "Gemma 7B": 4096,
    "DeepSeek-V2": 24576,
    "DeepSeek-V2-Lite": 3072,
    "Gemma 2 27B": 4096,
    "Gemma 2 2B": 2048,
    "Gemma 2 9B": 4096,
    "DeepSeek-V3": 24576,
    "Gemma 3 27B": 4096,
    "Gemma 3 1B": 1024,
    "Gemma 3 4B": 2048,
    "Gemma 3 12B": 4096,
    "Qwen3-32B": 8192,
    "Qwen3-0.6B": 2048,
    "Qwen3-30B-A3B": 4096,
    "Qwen3-235B-A22B": 8192,
    "gpt-oss-120b": 4096,
    "gpt-oss-20b": 4096,
}

SCALES = {
    "1": lambda model: 1,
    "1/√d_k": lambda model: model["head_dim"] ** -0.5,
    "1/√(d_model/h)": lambda model: (model["d_model"] / model["n_heads"]) ** -0.5,
    "(0.0707 ln 40 + 1)² / √d_k": lambda model: (0.0707 * math.log(40) + 1) ** 2 * model["head_dim"] ** -0.5,
    "(0.1 ln 40 + 1)² / √d_k": lambda model: (0.1 * math.log(40) + 1) ** 2 * model["head_dim"] ** -0.5,
    "(0.1 ln 32 + 1)² / √d_k": lambda model: (0.1 * math.log(32) + 1) ** 2 * model["head_dim"] ** -0.5,
}

# Counts that their authors published: (model, what is counted, published number, relative tolerance).
# "blocks" leaves out all embedding tables, "no input" the input table alone. Those with a tolerance are
# rounded by their authors, some by much. Those without a source are counts that others made from the
# released configurations.
REPORTED = [
    ("Transformer (base)", "total", 65e6, 0.05),  # 1706.03762 Table 3
    ("Transformer (big)", "total", 213e6, 0.01),  # the same
    ("BERT-base", "total", 110e6, 0.01),  # 1810.04805 §3
    ("BERT-large", "total", 340e6, 0.02),  # the same; GPT-3's Table D.1 prints 355M, which misses by more
    ("GPT-2 (XL)", "total", 1542e6, 0.02),  # Radford et al. 2019 Table 2; its other sizes miss by 3 % to 6 %
    ("T5-base", "total", 220e6, 0.02),  # 1910.10683 §3.7
    ("T5-3B", "total", 2.8e9, 0.02),  # the same
    ("T5-11B", "total", 11e9, 0.03),  # the same
    ("GPT-3 175B", "total", 174_600e6, 1e-4),  # 2005.14165 Table D.1
    ("BLOOM-176B", "total", 176_247_271_424, 0),  # model card
    ("Pythia-6.9B", "blocks", 6_444_163_072, 0),  # 2304.01373 Table 1
    ("Pythia-12B", "blocks", 11_327_027_200, 0),  # the same
    ("LLaMA 7B", "total", 6.7e9, 0.01),  # 2302.13971 Table 2
    ("LLaMA 65B", "total", 65.2e9, 0.002),  # the same
    ("Llama 2 7B", "total", 6_738_415_616, 0),
    ("Llama 2 13B", "total", 13_015_864_320, 0),
    ("Llama 2 70B", "total", 68_976_648_192, 0),
    ("Llama 3 8B", "total", 8_030_261_248, 0),
    ("Llama 3 70B", "total", 70_553_706_496, 0),
    ("Llama 3.1 405B", "total", 405_853_388_800, 0),
    ("Mistral 7B v0.1", "total", 7_241_732_096, 0),
    ("Mixtral 8x7B v0.1", "total", 47e9, 0.01),  # 2401.04088 abstract
    ("Mixtral 8x7B v0.1", "active", 13e9, 0.01),  # the same
    ("Gemma 2B", "blocks", 1_981_884_416, 0),  # 2403.08295 Table 2
    ("Gemma 7B", "blocks", 7_751_248_896, 0),  # the same
    ("DeepSeek-V2", "total", 236e9, 0.002),  # 2405.04434 §3.1.2
    ("DeepSeek-V2", "active", 21e9, 0.02),  # the same
    ("DeepSeek-V2-Lite", "total", 15.7e9, 0.002),  # 2405.04434 Appendix B
    ("DeepSeek-V2-Lite", "no input", 2.4e9, 0.03),  # the same
    ("DeepSeek-V3", "total", 671e9, 1e-4),  # 2412.19437 §4.2
    ("DeepSeek-V3", "active", 37e9, 0.02),  # the same
    ("Qwen2-0.5B", "total", 494_032_768, 0),
    ("Qwen2-7B", "total", 7_615_616_512, 0),
    ("Qwen2-72B", "total", 72_706_203_648, 0),
    ("Qwen2-57B-A14B", "total", 57_408_658_944, 0),
    ("Gemma 3 1B", "blocks", 698e6, 0.001),  # 2503.19786 Table 1
    ("Gemma 3 4B", "blocks", 3209e6, 0.001),  # the same
    ("Gemma 3 12B", "blocks", 10_759e6, 0.001),  # the same
    ("Gemma 3 27B", "blocks", 25_600e6, 0.001),  # the same
    ("Qwen3-30B-A3B", "total", 30.5e9, 0.002),  # model card
    ("Qwen3-30B-A3B", "blocks", 29.9e9, 0.001),  # the same
    ("Qwen3-30B-A3B", "active", 3.3e9, 0.02),  # the same
    ("Qwen3-235B-A22B", "total", 235e9, 0.001),  # 2505.09388 §2
    ("Qwen3-235B-A22B", "active", 22e9, 0.01),  # the same
    (
        "gpt-oss-120b",
        "total",
        116.83e9,
        1e-4,
    ),  # 2508.10925 Table 1, which leaves the input table out of "active"
    ("gpt-oss-120b", "no input", 5.13e9, 0.001),  # the same
    ("gpt-oss-20b", "total", 20.91e9, 0.001),  # the same
    ("gpt-oss-20b", "no input", 3.61e9, 0.001),  # the same
]

# Names of a field in the configuration classes of transformers; the first that a class has counts, else its
# dictionary `rope_parameters` is asked.
FIELDS = {
    "n_layers": ("num_hidden_layers",),
    "d_model": ("hidden_size",),
    "n_heads": ("num_attention_heads",),
    "vocab_size": ("vocab_size",),
    "eps": ("rms_norm_eps", "layer_norm_epsilon", "layer_norm_eps"),
    "rope_theta": (),
    "n_kv_heads": ("num_key_value_heads",),
    "head_dim": ("head_dim",),
}
# Defaults of the class that are not those of the released model, each with its reason.
NOT_THE_MODELS = {
    ("MistralConfig", "eps"): "the released config.json says 1e-5",
    ("DeepseekV3Config", "head_dim"): "the class keeps the rotary part of a key there",
}


def params(models: list[dict]) -> list:
    return [pytest.param(model, id=model["name"]) for model in models]


def test_models_have_the_form_of_their_schema() -> None:
    schema = json.loads((ROOT / "data/models.schema.json").read_text(encoding="utf-8"))
    dates_as_text = json.loads(json.dumps(MODELS, default=str))
    errors = jsonschema.Draft202012Validator(schema).iter_errors(dates_as_text)
    found = [
        f"{MODELS[e.path[0]]['name']}: {'.'.join(map(str, list(e.path)[1:]))}: {e.message}" for e in errors
    ]
    assert not found, "\n".join(found)


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(MODELS)


def test_models_stand_in_order_of_their_year() -> None:
    years = [model["year"] for model in MODELS]
    assert years == sorted(years)


@pytest.mark.parametrize("model", params(MODELS))
def test_query_heads_fill_the_width_but_for_known_models(model: dict) -> None:
    filled = model["n_heads"] * model["head_dim"]
    assert filled == HEADS_DO_NOT_FILL_THE_WIDTH.get(model["name"], model["d_model"])


def test_known_exceptions_are_exceptions() -> None:
    assert all(BY_NAME[name]["d_model"] != width for name, width in HEADS_DO_NOT_FILL_THE_WIDTH.items())


@pytest.mark.parametrize("model", params(MODELS))
def test_each_key_value_head_serves_equally_many_query_heads(model: dict) -> None:
    assert model["n_heads"] % model["n_kv_heads"] == 0


@pytest.mark.parametrize("model", params(MODELS))
def test_attention_scale_is_what_its_formula_gives(model: dict) -> None:
    scale = model["attn_scale"]
    assert scale["value"] == pytest.approx(SCALES[scale["formula"]](model), rel=5e-4)


@pytest.mark.parametrize("model", params(MODELS))
def test_rotary_fields_stand_with_rotary_positions_only(model: dict) -> None:
    position = model["position"]
    rotary = position["method"].startswith("RoPE")
    assert (position["theta"] is not None) == rotary
    assert (position["dims"] is not None) == rotary
    assert not rotary or position["dims"] <= model["head_dim"]


@pytest.mark.parametrize("model", params(MODELS))
def test_sources_are_entries_of_the_bibliography(model: dict) -> None:
    known = {key for _, key, _ in citations.read_entries(ROOT / "references.bib")}
    assert {source["ref"] for source in model["sources"] if "ref" in source} <= known


def test_values_are_those_of_the_papers() -> None:
    assert truth.published_problems() == []


@pytest.mark.parametrize("model", params([model for model in MODELS if model["transformers"]]))
def test_values_are_the_defaults_of_transformers(model: dict) -> None:
    transformers = pytest.importorskip("transformers")
    config = getattr(transformers, model["transformers"])()
    rope = getattr(config, "rope_parameters", None) or {}
    ours = {**model, "eps": model["norm"]["eps"], "rope_theta": model["position"]["theta"]}
    published = {
        field: next((getattr(config, name) for name in names if getattr(config, name, None)), rope.get(field))
        for field, names in FIELDS.items()
        if (model["transformers"], field) not in NOT_THE_MODELS
    }
    published = {field: value for field, value in published.items() if value is not None}
    assert len(published) >= 5
    assert published == {field: ours[field] for field in published}


@pytest.mark.parametrize("model", params(MODELS))
def test_parameters_are_the_sum_of_their_terms(model: dict) -> None:
    terms = parameter_terms(from_entry(model))
    counted = {"total": total(terms), "active": active(terms)}
    assert counted == {"active": model["parameters"]["total"], **model["parameters"]}


@pytest.mark.parametrize("model", params(MODELS))
def test_active_parameters_stand_with_experts_only(model: dict) -> None:
    assert ("active" in model["parameters"]) == ("experts" in model)


@pytest.mark.parametrize("model", params(MODELS))
def test_parameters_are_those_of_the_model_that_transformers_builds(model: dict) -> None:
    pytest.importorskip("transformers")
    from tests.content import meta_models

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library, about its own configurations
        built = meta_models.build(model)
    sizes = {name: parameter.numel() for name, parameter in built.named_parameters()}
    assert sum(sizes.values()) == model["parameters"]["total"]
    if experts := model.get("experts"):
        routed = sum(size for name, size in sizes.items() if ".experts." in name)
        asleep = routed * (experts["routed"] - experts["top_k"]) // experts["routed"]
        assert routed
        assert model["parameters"]["total"] - asleep == model["parameters"]["active"]
    balancing = [buffer.numel() for name, buffer in built.named_buffers() if "correction_bias" in name]
    assert sum(balancing) == buffers(parameter_terms(from_entry(model)))


@pytest.mark.parametrize(("name", "kind", "published", "tolerance"), REPORTED)
def test_parameters_are_those_that_their_authors_published(
    name: str, kind: str, published: float, tolerance: float
) -> None:
    terms = parameter_terms(from_entry(BY_NAME[name]))
    counted = {
        "total": total(terms),
        "active": active(terms),
        "blocks": total(terms, without=TABLES),
        "no input": active(terms, without=["token embedding"]),
    }[kind]
    assert counted == pytest.approx(published, rel=tolerance, abs=0)


@pytest.mark.parametrize(
    ("n_layers", "d_model", "published"),
    [  # 2005.14165 Table 2.1, which prints 5140 for 5120; the number of heads does not count
        (12, 768, 125e6),
        (24, 1024, 350e6),
        (24, 1536, 760e6),
        (24, 2048, 1.3e9),
        (32, 2560, 2.7e9),
        (32, 4096, 6.7e9),
        (40, 5120, 13e9),
        (96, 12288, 175e9),
    ],
)
def test_sizes_of_gpt_3_are_those_of_its_table(n_layers: int, d_model: int, published: float) -> None:
    one_head = {"n_heads": 1, "n_kv_heads": 1, "head_dim": d_model}
    sizes = {"n_layers": n_layers, "d_model": d_model, "ffn": {"kind": "plain", "width": 4 * d_model}}
    terms = parameter_terms(from_entry(BY_NAME["GPT-3 175B"] | sizes | one_head))
    assert total(terms) == pytest.approx(published, rel=0.02)


@pytest.mark.parametrize(
    ("name", "blocks"),
    [
        ("Gemma 3 1B", 697_896_064),
        ("Gemma 3 4B", 3_209_010_688),
        ("Gemma 3 12B", 10_759_155_456),
        ("Gemma 3 27B", 25_599_716_096),
    ],
)
def test_blocks_of_gemma_3(name: str, blocks: int) -> None:
    """Exact numbers behind the millions of 2503.19786, Table 1."""
    assert total(parameter_terms(from_entry(BY_NAME[name])), without=TABLES) == blocks


def test_the_balancing_bias_of_deepseek_v3_is_no_parameter() -> None:
    terms = parameter_terms(from_entry(BY_NAME["DeepSeek-V3"]))
    assert (total(terms), buffers(terms)) == (671_026_404_352, 14_848)


def test_papers_disagree_about_bert_large() -> None:
    """1810.04805 §3 says 340M, 2005.14165 Table D.1 says 355M; both are off, the second by more."""
    counted = BY_NAME["BERT-large"]["parameters"]["total"]
    assert counted == 335_141_888
    assert abs(counted - 340e6) < abs(counted - 355e6)


def test_rows_of_tables_stand_with_the_positions_that_have_tables() -> None:
    for model in MODELS:
        has_table = model["position"]["method"] in ("learned", "T5 relative bias")
        assert ("rows" in model["position"]) == has_table, model["name"]


def test_a_window_is_shorter_than_the_context() -> None:
    for model in MODELS:
        if window := model.get("window"):
            assert window["tokens"] < model["context_length"], model["name"]
            assert window["local"] + window["full"] <= model["n_layers"], model["name"]
