"""Calculators as readers use them."""

import re

import pytest
import yaml
from playwright.sync_api import Page, expect

from tests.built_site import ROOT

KV_CACHE = "calculators/kv-cache/"
PARAMETERS = "calculators/parameters/"
LORA = "calculators/lora/"
COUNTS = {
    model["name"]: model["parameters"]
    for model in yaml.safe_load((ROOT / "data/models.yml").read_text(encoding="utf-8"))
}


@pytest.fixture
def calculator(page: Page):
    page.goto(KV_CACHE)
    expect(page.locator(".calculator__title")).to_be_visible()
    return page


def title(page: Page):
    return page.locator(".calculator__title")


def test_llama_3_70b_at_8193_tokens(calculator: Page):
    expect(title(calculator)).to_have_text("KV cache: 2.50 GiB")
    expect(calculator.locator(".calculator__steps")).to_contain_text("2,684,682,240")


def test_a_preset_fills_the_fields(calculator: Page):
    calculator.get_by_label("Model", exact=True).select_option("DeepSeek-V3")
    expect(calculator.get_by_label("Latent size")).to_have_value("512")
    expect(calculator.get_by_label("Key/value heads")).to_be_hidden()
    calculator.get_by_label("Tokens in the sequence").fill("1")
    expect(title(calculator)).to_have_text("KV cache: 68.6 KiB")
    calculator.get_by_label("Units").select_option("GB")
    expect(title(calculator)).to_have_text("KV cache: 70.3 kB")


def test_a_wrong_value_withholds_the_result_and_loses_nothing(calculator: Page):
    tokens = calculator.get_by_label("Tokens in the sequence")
    tokens.fill("-5")
    expect(title(calculator)).to_contain_text("No result yet")
    expect(tokens).to_have_attribute("aria-invalid", "true")
    expect(tokens).to_have_accessible_description(re.compile("must be at least 1"))
    expect(calculator.get_by_label("Layers L")).to_have_value("80")
    tokens.fill("8192")
    expect(title(calculator)).to_have_text("KV cache: 2.50 GiB")
    expect(tokens).not_to_have_attribute("aria-invalid", "true")


def test_heads_that_do_not_divide_are_reported_beside_the_field(calculator: Page):
    heads = calculator.get_by_label("Key/value heads")
    heads.fill("7")
    expect(heads).to_have_accessible_description(re.compile("must divide the 64 query heads"))
    expect(title(calculator)).to_contain_text("No result yet. Mend: Key/value heads")


def test_the_address_holds_the_state(calculator: Page):
    calculator.get_by_label("Model", exact=True).select_option("Gemma 3 27B")
    calculator.get_by_label("Tokens in the sequence").fill("131072")
    calculator.get_by_label("Units").select_option("GB")
    shown = title(calculator).inner_text()
    calculator.wait_for_url("**unit=GB*")  # a moment after the last edit
    address = calculator.url
    calculator.goto("")
    calculator.goto(address)
    expect(title(calculator)).to_have_text(shown)
    expect(calculator.get_by_label("Model", exact=True)).to_have_value("Gemma 3 27B")


def test_it_works_after_instant_navigation(page: Page):
    page.goto("calculators/")
    page.locator("article li").get_by_role("link", name="KV cache").click()
    expect(title(page)).to_have_text("KV cache: 2.50 GiB")


def test_it_is_used_with_the_keyboard_alone(calculator: Page):
    calculator.get_by_label("Model", exact=True).focus()
    calculator.keyboard.press("Tab")
    expect(calculator.get_by_label("Tokens in the sequence")).to_be_focused()
    calculator.keyboard.press("Control+A")
    calculator.keyboard.type("1")
    expect(title(calculator)).to_have_text("KV cache: 320 KiB")


def step(page: Page, label: str):
    return page.locator(".calculator__steps tr").filter(has=page.get_by_role("rowheader", name=label))


def test_compute_of_gpt_3_and_its_optimum(page: Page):
    page.goto("calculators/compute/?n_parameters=174600000000&n_tokens=300e9&n_layers=96&n_heads=96&n=2048")
    expect(step(page, "Matrices alone")).to_contain_text("3.14 × 10²³")
    expect(title(page)).to_have_text("Training: 3.23 × 10²³ operations")
    expect(step(page, "Best use of it: Besiroglu")).to_contain_text("53.7B parameters, 1.00T tokens")
    page.get_by_label("Training tokens D").fill("1e")
    expect(page.get_by_label("Training tokens D")).to_have_accessible_description(
        re.compile("must be a number")
    )


def test_a_format_that_an_accelerator_lacks_is_reported_beside_the_field(page: Page):
    page.goto("calculators/compute/?device=A100+80+GB+SXM&format=fp8")
    numbers = page.get_by_label("Number format of the products")
    expect(numbers).to_have_accessible_description(re.compile("A100 80 GB SXM has no fp8"))
    numbers.select_option("bf16")
    expect(title(page)).to_contain_text("operations")


def test_memory_of_zero_as_published(page: Page):
    """arXiv:1910.02054, Figure 1: 7.5B parameters on 64 devices."""
    page.goto(
        "calculators/training-memory/?n_parameters=7500000000&n_devices=64&tensor_parallel=1&stage=1&unit=GB"
    )
    expect(step(page, "Parameters")).to_contain_text("15.0 GB")
    expect(step(page, "Gradients")).to_contain_text("15.0 GB")
    expect(step(page, "Optimizer states")).to_contain_text("1.41 GB")
    page.get_by_label("ZeRO stage").select_option("3")
    expect(step(page, "Parameters")).to_contain_text("234 MB")


def test_groups_that_do_not_divide_are_reported_beside_the_field(page: Page):
    page.goto("calculators/training-memory/")
    group = page.get_by_label("Accelerators in a group")
    group.fill("7")
    expect(group).to_have_accessible_description(re.compile("must divide the 64 accelerators"))
    expect(title(page)).to_contain_text("No result yet")


def test_a_token_of_70_billion_parameters_on_an_h100(page: Page):
    page.goto(
        "calculators/inference/?n_total=70000000000&n_parameters=70000000000&n_devices=1&prompt=1&answer=1"
    )
    expect(step(page, "Does it fit?")).to_contain_text("no")
    expect(title(page)).to_have_text("The last token: at least 41.8 ms")
    page.get_by_label("Precision of the weights").select_option("0.5")
    expect(step(page, "Does it fit?")).to_contain_text("yes")


@pytest.fixture
def parameters(page: Page):
    page.goto(PARAMETERS)
    expect(title(page)).to_be_visible()
    return page


@pytest.fixture
def lora(page: Page):
    page.goto(LORA)
    expect(title(page)).to_be_visible()
    return page


def test_every_preset_has_the_exact_number_of_parameters(parameters: Page):
    model = parameters.get_by_label("Model", exact=True)
    assert set(model.locator("option").all_inner_texts()) == {*COUNTS, "Your own"}
    for name, counts in COUNTS.items():
        model.select_option(name)
        assert title(parameters).inner_text() == f"Parameters: {counts['total']:,}", name
        steps = parameters.locator(".calculator__steps").inner_text()
        assert ("Active: what one token uses" in steps) == ("active" in counts), name
        assert f"{counts.get('active', counts['total']):,}" in (
            steps if "active" in counts else title(parameters).inner_text()
        )


def test_the_address_of_a_changed_model_gives_it_back(parameters: Page):
    parameters.get_by_label("Model", exact=True).select_option("Mixtral 8x7B v0.1")
    parameters.get_by_text("Feed-forward network and experts").click()
    parameters.get_by_label("Routed experts per layer").fill("16")
    parameters.get_by_text("Norms, biases and tables").click()
    parameters.get_by_label("output matrix is the token table").check()
    shown = title(parameters).inner_text()
    assert shown != f"Parameters: {COUNTS['Mixtral 8x7B v0.1']['total']:,}"
    parameters.wait_for_url("**options=tied*")
    address = parameters.url
    parameters.goto("")
    parameters.goto(address)
    expect(title(parameters)).to_have_text(shown)
    expect(parameters.get_by_label("Model", exact=True)).to_have_value("Your own")
    parameters.get_by_text("Norms, biases and tables").click()
    expect(parameters.get_by_label("output matrix is the token table")).to_be_checked()


def test_a_problem_in_a_folded_group_opens_it(parameters: Page):
    parameters.get_by_label("Model", exact=True).select_option("DeepSeek-V3")
    expect(parameters.get_by_label("Rotary part of the head")).to_be_hidden()
    parameters.get_by_label("Layers L").fill("2")
    dense = parameters.get_by_label("First layers without experts")
    expect(dense).to_be_visible()
    expect(dense).to_have_accessible_description(re.compile("must be at most the 2 layers"))
    expect(title(parameters)).to_contain_text("No result yet")


def test_lora_trains_the_published_number_of_parameters(lora: Page):
    expect(title(lora)).to_have_text("Trained parameters: 4,194,304")
    for target in ("key", "output", "up", "gate", "down"):
        lora.get_by_label(target, exact=True).check()
    lora.get_by_label("Rank r").fill("16")
    expect(title(lora)).to_have_text("Trained parameters: 39,976,960")
    lora.get_by_label("Units").select_option("GB")
    for text in ("14.1 GB", "4.51 GB", "108 GB", "16 · 6,738,415,616"):
        expect(lora.locator(".calculator__steps")).to_contain_text(text)


@pytest.mark.parametrize(("rank", "trained"), [("1", "4,718,592"), ("8", "37,748,736")])
def test_lora_on_gpt_3_as_in_its_paper(page: Page, rank: str, trained: str):
    page.goto(f"{LORA}?preset=GPT-3+175B&rank={rank}")
    expect(title(page)).to_have_text(f"Trained parameters: {trained}")


def test_a_rank_above_the_width_is_reported_beside_the_field(lora: Page):
    lora.get_by_label("Model", exact=True).select_option("Falcon-7B")  # one key/value head of 64
    rank = lora.get_by_label("Rank r")
    rank.fill("65")
    expect(rank).to_have_attribute("aria-invalid", "true")
    expect(rank).to_have_accessible_description(
        re.compile('at most 64, the smaller width of the matrix "value"')
    )
    expect(title(lora)).to_have_text("No result yet. Mend: Rank r.")
    lora.get_by_label("value", exact=True).uncheck()
    expect(title(lora)).to_contain_text("Trained parameters")
    lora.get_by_label("query", exact=True).uncheck()
    targets = lora.get_by_role("group", name="Adapted matrices")
    expect(targets).to_have_accessible_description(re.compile("must name a matrix"))
    expect(title(lora)).to_contain_text("No result yet. Mend: Adapted matrices")
