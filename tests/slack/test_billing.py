"""`/billing`, *Explain* down to one event, and *PDF*, by the hands of people."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from farthing.core.metering.count import Count
from farthing.core.metering.meter import Meter
from farthing.core.money import USD
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.plan import Plan, Price
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.customers import add_customer
from farthing.usecases.record_usage import record_usage
from farthing.usecases.subscribe import subscribe
from tests.slack.world import World, kinds, texts


def test_unknown_words_get_help(world: World) -> None:
    answer = world.answered(world.person("fay").command("/billing dance", channel=world.channels["lobby"]))

    assert "“dance” is not something /billing knows" in texts(answer.blocks)


def test_invoices_are_listed_for_those_who_may_see_them(world: World) -> None:
    world.closed_january()
    lobby = world.channels["lobby"]

    staff = world.answered(world.person("fay").command("/billing invoices", channel=lobby))
    own = world.answered(world.person("ann").command("/billing invoices", channel=lobby))

    assert "Globex" in texts(staff.blocks)
    assert "Acme" in texts(own.blocks)
    assert "Globex" not in texts(own.blocks)


def test_a_card_is_explained_down_to_one_event(world: World) -> None:
    world.closed_january()
    world.deliver()
    fay, card = world.person("fay"), world.card_of("acme", "Tokens")

    assert fay.click(world.channels["acme"], card.ts, "explain_invoice").ok
    first = world.window("fay", "Choose a line")
    assert "2.45 USD" in texts(first.blocks)
    lines = [block["accessory"]["value"] for block in first.blocks if "accessory" in block]
    fay.click_view("explain_line", lines[1])
    assert "Worked out again just now: the same to the digit" in texts(world.window("fay", "Worked out").blocks)
    fay.click_view("explain_days")
    days = world.window("fay", "by day")
    assert "20 Jan       1    900,000" in texts(days.blocks)
    options = next(e["options"] for e in days.blocks[-1]["elements"] if e["type"] == "static_select")
    fay.click_view("explain_day", options[1]["value"])
    assert "`second`" in texts(world.window("fay", "the events on 20 Jan 2026").blocks)
    assert "`first`" not in texts(world.window("fay", "the events on 20 Jan 2026").blocks)
    fay.click_view("explain_event")
    said = texts(world.window("fay", "this event").blocks)
    assert "*Tokens*: this event *adds 900,000 tokens*." in said
    assert '{"model":"small","tokens":900000}' in said
    assert len(world.sim.workspace.views.stack(world.people["fay"])) == 1


def test_many_events_are_paged_and_none_is_left_out(world: World) -> None:
    for number in range(23):
        world.use("acme", 1, at="2026-01-05T10:00:00Z", event_id=f"event-{number:02d}")
    world.close("2026-01-31")
    world.deliver()
    fay, card = world.person("fay"), world.card_of("acme", "Tokens")
    fay.click(world.channels["acme"], card.ts, "explain_invoice")
    first = world.window("fay", "Choose a line")
    fay.click_view("explain_line", [b["accessory"]["value"] for b in first.blocks if "accessory" in b][1])
    world.window("fay", "Worked out")
    fay.click_view("explain_events")

    seen = texts(world.window("fay", "event-00").blocks)
    fay.click_view("explain_events_next")
    seen += texts(world.window("fay", "event-10").blocks)
    fay.click_view("explain_events_next")
    seen += texts(world.window("fay", "event-20").blocks)

    assert all(f"event-{number:02d}" in seen for number in range(23))
    assert "Next page" not in texts(world.window("fay", "event-20").blocks)


def test_many_groups_are_paged_by_hand(world: World) -> None:
    keys = Meter("keys", 1, "keyed", Count(), unit="calls")
    price = Price("keys", "API keys", PerUnit(Decimal("0.004")), keys, group_by=("api_key",))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    apply_catalogue(world.store, meters={"keys": keys}, plans=[Plan("keyed", 1, "Keyed", USD, (price,))], now=now)
    add_customer(world.store, key="many", name="Many", in_zone="UTC", now=now)
    subscribe(world.store, customer_key="many", plan_key="keyed", starts_on=date(2026, 1, 1))
    told = [
        {"id": f"k{n}", "source": "test", "type": "keyed", "subject": "many", "time": "2026-01-05T10:00:00Z"}
        | {"data": {"api_key": f"key-{n:02d}"}}
        for n in range(45)
    ]
    record_usage(world.store, told, now=world.clock())
    world.close("2026-01-31")
    with world.store.transaction():
        customer = world.store.customer_by_key("many")
        assert customer is not None
        (invoice,) = world.store.invoices(customer_id=customer.customer_id)
    fay = world.person("fay")

    fay.command(f"/billing explain {invoice.number} 1", channel=world.channels["lobby"])
    seen = texts(world.window("fay", "Groups 1 to 20 of 45").blocks)
    fay.click_view("explain_cells_next")
    seen += texts(world.window("fay", "Groups 21 to 40 of 45").blocks)
    fay.click_view("explain_cells_next")
    seen += texts(world.window("fay", "Groups 41 to 45 of 45").blocks)
    assert all(seen.count(f"api_key=key-{n:02d}") == 1 for n in range(45))
    assert "0.18 USD" in seen
    fay.click_view("explain_cells_first")
    world.window("fay", "Groups 1 to 20 of 45")


def test_an_explanation_can_be_asked_for_by_number(world: World) -> None:
    world.closed_january()
    world.deliver()
    number = next(w for w in world.card_of("acme", "Tokens").text.split() if w.startswith("EX-"))
    fay = world.person("fay")

    fay.command(f"/billing explain {number.lower()} 2", channel=world.channels["lobby"])

    assert "Tier 1, 0 to 1,000,000" in texts(world.window("fay", "Worked out").blocks)


def test_an_invoice_is_looked_at_from_the_summary(world: World) -> None:
    world.closed_january()
    world.deliver()
    fay, finance = world.person("fay"), world.channels["finance"]
    summary = world.said_in("finance")[0]
    option = summary.blocks[-1]["elements"][0]["options"][0]["value"]

    card = world.answered(fay.click(finance, summary.ts, "show_invoice", option))

    assert "Invoice EX-" in card.text
    assert "Explain" in texts(card.blocks)
    assert len(world.said_in("finance")) == 1


def test_the_pdf_comes_below_the_card_in_the_customers_channel(world: World) -> None:
    world.closed_january()
    world.deliver()
    card = world.card_of("acme", "Tokens")

    world.person("ann").click(world.channels["acme"], card.ts, "invoice_pdf")

    world.until(lambda: any(message.files for message in world.said_in("acme")))
    reply = next(message for message in world.said_in("acme") if message.files)
    assert reply.thread_ts == card.ts
    assert "51.45 USD, due" in reply.text
    stored = world.sim.workspace.files.get(reply.files[0]["id"])
    assert stored is not None
    assert stored.content.startswith(b"%PDF-")


def test_elsewhere_the_pdf_comes_as_a_direct_message(world: World) -> None:
    world.closed_january()
    world.deliver()
    fay, finance = world.person("fay"), world.channels["finance"]
    summary = world.said_in("finance")[0]
    option = summary.blocks[-1]["elements"][0]["options"][0]["value"]
    card = world.answered(fay.click(finance, summary.ts, "show_invoice", option))

    fay.click_ephemeral(card.id, "invoice_pdf")

    world.until(lambda: any(message.files for message in fay.direct_messages()))
    assert [message for message in world.said_in("finance") if message.files] == []


def test_two_clicks_on_pdf_bring_one_file(world: World) -> None:
    world.closed_january()
    world.deliver()
    ann, card = world.person("ann"), world.card_of("acme", "Tokens")

    ann.click(world.channels["acme"], card.ts, "invoice_pdf")
    ann.click(world.channels["acme"], card.ts, "invoice_pdf")

    world.until(lambda: any(message.files for message in world.said_in("acme")))
    assert len(world.sim.traffic.of("invoice_pdf")) == 0
    assert world.sim.traffic.wait_for("files.completeUploadExternal")
    assert len(world.sim.traffic.of("files.getUploadURLExternal")) == 1


def test_a_strangers_click_is_refused_and_shows_nothing(world: World) -> None:
    world.closed_january()
    world.deliver()
    sam, card = world.person("sam"), world.card_of("acme", "Tokens")

    answer = world.answered(sam.click(world.channels["acme"], card.ts, "explain_invoice"))

    assert answer.text == "You have no role here yet. Open the app's Home tab to see how to get one."
    assert sam.modal is None


def test_a_customer_cannot_look_at_anothers_invoice(world: World) -> None:
    world.closed_january()
    with world.store.transaction():
        globex = world.store.customer_by_key("globex")
        assert globex is not None
        theirs = world.store.invoices(customer_id=globex.customer_id)[0].number

    theirs_told = world.answered(
        world.person("ann").command(f"/billing invoice {theirs}", channel=world.channels["lobby"])
    )
    unknown_told = world.answered(
        world.person("ann").command("/billing invoice EX-999999", channel=world.channels["lobby"])
    )

    assert theirs_told.text.replace(theirs, "EX-999999") == unknown_told.text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/billing invoice", "Which invoice?"),
        ("/billing explain EX-000001 first", "“first” is not a line"),
        ("/billing explain EX-000001 99", "there is no line 99"),
        ("/billing bind nobody", "There is no customer “nobody” here."),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(world: World, line: str, said: str) -> None:
    world.closed_january()
    fay = world.person("fay")

    outcome = fay.command(line, channel=world.channels["lobby"])

    world.until(
        lambda: (
            said
            in texts([e.blocks for e in outcome.ephemerals])
            + (texts(fay.modal.blocks) if fay.modal is not None else "")
        )
    )


def test_an_owner_binds_a_channel_and_the_waiting_invoice_is_told_there(world: World) -> None:
    world.closed_january()
    world.deliver()

    answer = world.answered(world.person("fay").command("/billing bind globex", channel=world.channels["lobby"]))
    world.clock.at = world.clock.at.replace(hour=12)
    world.deliver()

    assert "told in this channel from now on" in answer.text
    assert [m.text.split(":")[0].split(" for ")[1] for m in world.said_in("lobby")] == ["Globex Corporation"] * 2


def test_only_owners_bind_channels(world: World) -> None:
    answer = world.answered(world.person("ann").command("/billing bind acme", channel=world.channels["lobby"]))

    assert "may not bind channels" in answer.text


def test_a_window_that_cannot_be_filled_says_why(world: World) -> None:
    fay = world.person("fay")

    fay.command("/billing explain EX-999999", channel=world.channels["lobby"])

    assert "There is no invoice “EX-999999” here" in texts(world.window("fay", "There is no invoice").blocks)
    assert kinds(world.window("fay", "There is no invoice").blocks) == ["section"]
