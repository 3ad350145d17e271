"""The page in a real browser, with a real slack_bolt app behind it: what a person does, and what they see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from slack_sdk import WebClient

from tests.slacksim.chromium import assert_readable, open_page, opened_browser
from tests.slacksim.page_sample import Sample, cells, invoice_card, run_summary, sample_workspace

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened_browser() as found:
        yield found


@pytest.fixture
def sample() -> Iterator[Sample]:
    with sample_workspace() as found:
        yield found


@pytest.fixture
def fay(sample: Sample, browser: Any) -> Iterator[Page]:
    page = open_page(browser, sample.address())
    yield page
    page.close()


def slack(sample: Sample) -> WebClient:
    client = WebClient(token=sample.app.bot_token, base_url=sample.sim.api_url)
    client.proxy = None
    return client


def say(page: Page, text: str) -> None:
    page.fill("#composer", text)
    page.press("#composer", "Enter")


def test_a_message_posted_by_the_app_appears_without_a_reload(sample: Sample, fay: Page) -> None:
    slack(sample).chat_postMessage(channel=sample.finance, text="August is closed", blocks=run_summary())
    expect(fay.locator(".block-header")).to_have_text("August is closed 🎉")
    amounts = fay.locator(".block-table tbody td:nth-child(3)")
    expect(amounts).to_have_count(4)
    right_edges = amounts.evaluate_all("cells => cells.map((cell) => cell.getBoundingClientRect().right)")
    assert len(set(right_edges)) == 1
    assert amounts.first.evaluate("cell => getComputedStyle(cell).textAlign") == "right"
    assert_readable(fay)


def test_a_command_is_suggested_typed_and_answered_only_to_this_person(sample: Sample, fay: Page, browser: Any) -> None:
    fay.type("#composer", "/sp")
    option = fay.locator(".suggestions [role=option]:visible")
    expect(option).to_have_count(1)
    expect(option).to_contain_text("What a customer used so far")
    fay.press("#composer", "Tab")
    assert fay.input_value("#composer") == "/spend "
    fay.type("#composer", "Kestrel")
    fay.press("#composer", "Enter")
    answer = fay.locator(".ephemeral")
    expect(answer).to_contain_text("Only visible to you")
    expect(answer).to_contain_text("Kestrel has used 6,204.10 USD")
    assert sample.heard == [("command", "Kestrel")]
    expect(fay.locator('[data-step="spend"]')).to_have_attribute("data-done", "yes")
    assert_readable(fay)
    omar = open_page(browser, sample.address(sample.omar, sample.northwind))
    expect(omar.locator(".ephemeral")).to_have_count(0)
    omar.close()


def test_an_ephemeral_stays_when_one_goes_elsewhere_and_vanishes_on_reload(fay: Page) -> None:
    say(fay, "/spend Kestrel")
    expect(fay.locator(".ephemeral")).to_have_count(1)
    fay.click(".side a:has-text('cust-northwind')")
    expect(fay.locator("h1")).to_contain_text("cust-northwind")
    fay.click(".side a:has-text('finance')")
    expect(fay.locator(".ephemeral")).to_have_count(1)
    fay.reload()
    fay.wait_for_selector("body[data-live=yes]")
    expect(fay.locator(".messages")).to_be_attached()
    expect(fay.locator(".ephemeral")).to_have_count(0)


def test_a_button_asks_first_then_acts_and_the_message_changes_in_place(sample: Sample, fay: Page) -> None:
    slack(sample).chat_postMessage(channel=sample.finance, text="Invoice", blocks=invoice_card())
    fay.click("button:has-text('Approve')")
    dialog = fay.locator("#confirm")
    expect(dialog).to_contain_text("12,480.50 USD to Northwind Traders")
    dialog.get_by_role("button", name="Not yet").click()
    expect(dialog).not_to_be_visible()
    assert sample.heard == []
    fay.click("button:has-text('Approve')")
    dialog.get_by_role("button", name="Approve").click()
    expect(fay.locator(".message")).to_contain_text("✅ Approved")
    expect(fay.locator(".message button[data-click]")).to_have_count(0)
    assert sample.heard == [("approve", "INV-2026-0031")]


def test_a_form_shows_errors_at_fields_keeps_what_was_typed_and_is_sent(sample: Sample, fay: Page) -> None:
    say(fay, "/refund")
    form = fay.get_by_role("dialog", name="Ask for a refund")
    expect(form).to_be_visible()
    amount = form.get_by_label("Amount in USD")
    expect(amount).to_be_focused()
    assert_readable(fay)
    form.get_by_role("button", name="Send to finance").click()
    expect(form.locator(".error")).to_have_count(2)
    amount.fill("99999")
    form.get_by_label("Reason").select_option("twice")
    form.get_by_label("Account manager").check()
    form.get_by_role("button", name="Send to finance").click()
    expect(form.locator(".error")).to_have_count(1)
    expect(form.locator(".error")).to_have_text("At most 12,480.50 can be given back.")
    expect(amount).to_have_attribute("aria-invalid", "true")
    expect(amount).to_be_focused()
    expect(amount).to_have_value("99999")
    expect(form.get_by_label("Account manager")).to_be_checked()
    assert_readable(fay)
    amount.fill("12.50")
    fay.keyboard.press("Enter")
    expect(form).not_to_be_visible()
    kind, values = sample.heard[-1]
    assert kind == "refund"
    assert values["amount"]["amount"]["value"] == "12.50"
    assert values["reason"]["reason"]["selected_option"]["value"] == "twice"
    assert [option["value"] for option in values["tell"]["tell"]["selected_options"]] == ["manager"]
    expect(fay.locator(".message").last).to_contain_text("@Fay Finance asks to give back 12.50 USD: Billed twice")


def test_a_long_list_is_searched_as_one_types(sample: Sample, fay: Page) -> None:
    say(fay, "/refund")
    form = fay.get_by_role("dialog", name="Ask for a refund")
    form.get_by_label("Search: Customer").type("kes")
    customer = form.get_by_role("combobox", name="Customer (optional)", exact=True)
    expect(customer.locator("option", has_text="Kestrel & Sons")).to_have_count(1)
    customer.select_option("kestrel")
    form.get_by_role("button", name="Send to finance").click()
    expect(form.locator(".error")).to_have_count(2)
    expect(customer).to_have_value("kestrel")
    form.get_by_label("Amount in USD").fill("1")
    form.get_by_label("Reason").select_option("down")
    form.get_by_role("button", name="Send to finance").click()
    expect(form).not_to_be_visible()
    chosen = sample.heard[-1][1]["customer"]["customer"]["selected_option"]
    assert (chosen["value"], chosen["text"]["text"]) == ("kestrel", "Kestrel & Sons")


def test_a_long_table_is_read_page_by_page(sample: Sample, fay: Page) -> None:
    rows = [cells("Day", "Units"), *(cells(f"{day} August", str(day * 10)) for day in range(1, 8))]
    block = {"type": "data_table", "caption": "Days", "page_size": 3, "rows": rows}
    slack(sample).chat_postMessage(channel=sample.finance, text="Days", blocks=[block])
    shown = fay.locator(".block-table tbody tr:visible th")
    expect(shown).to_have_text(["1 August", "2 August", "3 August"])
    fay.get_by_role("button", name="Next").click()
    fay.get_by_role("button", name="Next").click()
    expect(shown).to_have_text(["7 August"])
    expect(fay.locator("[data-page-text]")).to_have_text("7–7 of 7")
    expect(fay.get_by_role("button", name="Next")).to_be_disabled()
    fay.get_by_role("button", name="Previous").click()
    expect(shown).to_have_text(["4 August", "5 August", "6 August"])


def test_escape_cancels_a_form_and_the_focus_goes_back(sample: Sample, fay: Page) -> None:
    say(fay, "/refund")
    expect(fay.locator("#modal form")).to_be_visible()
    fay.keyboard.press("Escape")
    expect(fay.locator("#modal")).not_to_be_visible()
    expect(fay.locator("#composer")).to_be_focused()
    assert sample.sim.person(sample.fay).modal is None


def test_home_is_filled_on_opening_and_hears_what_is_chosen(sample: Sample, fay: Page) -> None:
    fay.click(".side a:has-text('Sample Books') >> nth=-1")
    expect(fay.locator(".home-view")).to_contain_text("Good morning, Fay")
    fay.get_by_label("Digest").select_option("week")
    sample.sim.workspace.wait_until(lambda: ("digest", "week") in sample.heard)
    expect(fay.get_by_label("Digest")).not_to_have_attribute("aria-busy", "true")
    assert sample.heard == [("digest", "week")]
    assert_readable(fay)


def test_a_step_is_pressed_and_ticks_itself(sample: Sample, fay: Page) -> None:
    fay.click('[data-try="close"]')
    expect(fay.locator(".try > .notice")).to_have_text("September is closed: 4 invoices were issued.")
    expect(fay.locator('[data-step="close"]')).to_have_attribute("data-done", "yes")
    assert sample.heard == [("closed", "close")]


def test_two_people_write_to_each_other_side_by_side(sample: Sample, browser: Any) -> None:
    fay = open_page(browser, sample.address(sample.fay, sample.northwind))
    omar = open_page(browser, sample.address(sample.omar, sample.northwind))
    say(fay, "@omar can you look at <this>?")
    line = omar.locator(".message").last
    expect(line).to_contain_text("@Omar Okafor can you look at <this>?")
    expect(line.locator(".mention-me")).to_have_count(1)
    line.hover()
    omar.get_by_role("link", name="Reply in a thread to Fay Finance").click()
    expect(omar.locator("#thread-composer")).to_be_focused()
    omar.fill("#thread-composer", "On it")
    omar.press("#thread-composer", "Enter")
    expect(omar.locator("#thread .message").last).to_contain_text("On it")
    expect(fay.locator(".replies")).to_have_text("1 reply")
    assert_readable(omar)
    omar.close()
    fay.close()


def test_new_messages_elsewhere_are_marked_until_they_are_read(sample: Sample, fay: Page) -> None:
    entry = fay.locator(".side a:has-text('cust-northwind')")
    slack(sample).chat_postMessage(channel=sample.northwind, text="Something new")
    expect(entry).to_contain_text("(new messages)")
    entry.click()
    expect(fay.locator(".message")).to_contain_text("Something new")
    expect(fay.locator(".side a:has-text('cust-northwind')")).not_to_contain_text("(new messages)")


def test_what_stopped_answering_is_told_in_a_sentence(sample: Sample, fay: Page) -> None:
    sample.sim.stop()
    say(fay, "hello?")
    expect(fay.locator(".composer .notice")).to_contain_text("The simulator does not answer")
    assert fay.input_value("#composer") == "hello?"


def test_the_page_is_used_with_the_keyboard_alone(sample: Sample, browser: Any) -> None:
    slack(sample).chat_postMessage(channel=sample.finance, text="Invoice", blocks=invoice_card())
    page = open_page(browser, sample.address())
    page.locator("body").press("Tab")
    reached: list[str] = []
    for _ in range(40):
        reached.append(page.evaluate("() => document.activeElement.dataset.action || document.activeElement.id || ''"))
        page.keyboard.press("Tab")
    assert {"explain", "question", "approve", "composer"} <= set(reached)
    page.focus("[data-action=approve]")
    page.keyboard.press("Enter")
    expect(page.locator("#confirm")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-action=approve]")).to_be_focused()
    page.focus(".overflow summary")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="History")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="History")).not_to_be_visible()
    page.close()


def test_the_page_is_whole_on_a_narrow_screen(sample: Sample, browser: Any) -> None:
    client = slack(sample)
    client.chat_postMessage(channel=sample.finance, text="Closed", blocks=run_summary())
    client.chat_postMessage(channel=sample.finance, text="Invoice", blocks=invoice_card())
    page = open_page(browser, sample.address(), width=380, height=780)
    expect(page.locator(".block-table")).to_have_count(1)
    assert_readable(page)
    table = page.locator(".block-table").evaluate("box => box.scrollWidth - box.clientWidth")
    assert table <= 0, "The table of four columns fits without scrolling"
    page.click(".menu-toggle")
    expect(page.locator("#side")).to_be_visible()
    page.click(".side a:has-text('Sample Books') >> nth=-1")
    expect(page.locator(".home-view")).to_be_visible()
    assert_readable(page)
    page.close()
