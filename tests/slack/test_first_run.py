"""The first run by the hands of the first owner: goals, channel, example, customer, event, invoice; in any sitting."""

from __future__ import annotations

from farthing.usecases.record_usage import record_usage
from farthing_slacksim.hands import Person as Hands
from tests.slack.world import World, texts


def home_of(hands: Hands) -> str:
    home = hands.open_home()
    assert home is not None
    return texts(home["blocks"])


def goal_form(owner: str, *, target: str = "1") -> dict[str, dict[str, str]]:
    typed = {"title": "Days until the month is invoiced", "unit": "days", "baseline": "9", "target": target}
    return {block: {"typed": value} for block, value in typed.items()} | {
        "by_day": {"typed": "2031-01-31"},
        "owner": {"typed": owner},
    }


def test_a_goal_is_set_signed_read_and_printed_from_home(world: World) -> None:
    fay = world.person("fay")
    assert "⬜ *Goals*" in home_of(fay)
    fay.click_view("goals_open")
    world.window("fay", "Set up to three goals")
    fay.click_view("goal_new")
    world.window("fay", "What is to be better")

    same = fay.submit(goal_form(world.people["fay"], target="9"))
    assert same == {"target": "A goal's number is to change: the one to reach is another than the one now."}
    assert fay.submit(goal_form(world.people["fay"])) is None

    shown = world.window("fay", "has not signed it off yet")
    assert "from 9 to 1 days by 31 Jan 2031" in texts(shown.blocks)
    fay.click_view("goal_sign")
    world.window("fay", "signed it off on")
    fay.click_view("goal_read")
    world.window("fay", "It is now, in days")
    assert fay.submit({"value": {"typed": "5"}}) is None
    assert "50%" in texts(world.window("fay", "5 on 22 Jan 2026").blocks)
    fay.click_view("goals_pdf")
    world.until(lambda: any(message.files for message in fay.direct_messages()))
    assert "✅ *Goals*" in home_of(fay)


def test_from_an_example_to_the_first_invoice_the_card_turns_green_by_itself(world: World) -> None:
    fay = world.person("fay")
    home_of(fay)
    fay.click_view("first_run_example")
    world.window("fay", "A catalogue says what is measured")
    assert fay.submit({"example": {"chosen": "calls"}, "currency": {"chosen": "EUR"}}) is None
    world.window("fay", "2 meters and plans are new")
    fay.close_modal()

    fay.click_view("first_run_customer")
    world.window("fay", "They start on the first of this month")
    nothing = fay.submit({"name": {"chosen": "мир"}, "plan": {"chosen": "example-calls"}})
    assert nothing == {"name": "Write some letters from a to z too; the customer's key is made from them."}
    assert fay.submit({"name": {"chosen": "Northwind & Co"}, "plan": {"chosen": "example-calls"}}) is None
    told = texts(world.window("fay", "Paste this into a terminal").blocks)
    assert '"subject": "northwind-co"' in told
    assert "$FARTHING_API_KEY" in told
    fay.close_modal()

    assert "🟡 *First event*" in home_of(fay)
    fay.click_view("first_run_event")
    world.window("fay", "turns green by itself")
    event = {"id": "first-1", "source": "first-run", "type": "example.call", "subject": "northwind-co", "data": {}}
    record_usage(world.store, [event], now=world.clock())
    world.until(lambda: "✅ *First event*" in texts(fay.home().blocks))
    fay.close_modal()

    fay.click_view("first_run_preview")
    shown = texts(world.window("fay", "the next invoice, as it stands").blocks)
    assert "29.00 EUR" in shown
    assert "Total" in shown
    world.until(lambda: "✅ *First invoice, as it stands*" in texts(fay.home().blocks))


def test_the_same_form_twice_makes_one_customer_and_one_version(world: World) -> None:
    fay = world.person("fay")
    home_of(fay)
    for _ in range(2):
        fay.click_view("first_run_example")
        world.window("fay", "A catalogue says what is measured")
        assert fay.submit({"example": {"chosen": "seats"}, "currency": {"chosen": "USD"}}) is None
        world.window("fay", "in the catalogue")
        fay.close_modal()
        fay.click_view("first_run_customer")
        world.window("fay", "They start on the first of this month")
        assert fay.submit({"name": {"chosen": "Seat Ltd"}, "plan": {"chosen": "example-seats"}}) is None
        world.window("fay", "Paste this into a terminal")
        fay.close_modal()
    with world.store.transaction():
        customer = world.store.customer_by_key("seat-ltd")
        assert customer is not None
        assert len(world.store.subscriptions(customer_id=customer.customer_id)) == 1
        plan = world.store.plan("example-seats")
        assert plan is not None
        assert plan.version == 1


def test_the_finance_channel_is_chosen_in_home_and_only_one_that_the_app_is_in(world: World) -> None:
    fay, workspace = world.person("fay"), world.sim.workspace
    mine = workspace.add_channel(name="money", private=True, members=[world.people["fay"]])
    home_of(fay)
    fay.click_view("first_run_channel", mine)
    world.window("fay", "The app is not in that channel")
    fay.close_modal()
    workspace.invite(mine, world.app.bot_user_id)
    fay.click_view("first_run_channel", mine)
    world.until(lambda: f"<#{mine}>" in texts(fay.home().blocks))


def test_put_away_it_is_one_line_that_brings_it_back(world: World) -> None:
    fay = world.person("fay")
    home_of(fay)
    fay.click_view("first_run_put_away")
    world.until(lambda: "The first run is put away." in texts(fay.home().blocks))
    assert "*Finance channel*" not in texts(fay.home().blocks)
    fay.click_view("first_run_take_out")
    world.until(lambda: "*Finance channel*" in texts(fay.home().blocks))


def test_a_customers_person_sees_nothing_of_it_and_can_do_nothing_with_it(world: World) -> None:
    ann = world.person("ann")
    assert "Set up" not in home_of(ann)
    said = world.answered(ann.command("/billing goals", channel=world.channels["acme"]))
    assert "may not see all customers" in said.text
