"""The real slack_bolt over Socket Mode: commands, clicks, forms and Home."""

import asyncio
from typing import Any

from slack_bolt.async_app import AsyncApp

from farthing_slacksim.model import Json
from tests.slacksim.bolt import Office, connected


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def button(action_id: str, value: str, text: str = "Go") -> Json:
    return {"type": "button", "action_id": action_id, "value": value, "text": plain(text)}


def card(*buttons: Json) -> list[Json]:
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Northwind* 41.20 USD"}},
        {"type": "actions", "block_id": "acts", "elements": list(buttons)},
    ]


def form(**more: Any) -> Json:
    return {
        "type": "modal",
        "callback_id": "refund",
        "title": plain("Refund"),
        "submit": plain("Send"),
        "private_metadata": "INV-7",
        "blocks": [
            {
                "type": "input",
                "block_id": "amount",
                "label": plain("Amount"),
                "element": {"type": "plain_text_input", "action_id": "typed"},
            }
        ],
        **more,
    }


def test_a_command_is_acknowledged_and_answered_through_its_response_url(office: Office) -> None:
    heard: list[Json] = []

    def register(app: AsyncApp) -> None:
        @app.command("/usage")
        async def usage(ack: Any, respond: Any, command: Json) -> None:
            heard.append(command)
            await ack()
            await respond(text=f"Usage of {command['text']}", blocks=card(button("explain", "7")))

    with connected(office.sim, office.app, register):
        result = office.sim.person(office.fay).command("/usage northwind & co", channel=office.finance)

    assert result.ok
    assert [shown.text for shown in result.ephemerals] == ["Usage of northwind &amp; co"]
    assert office.sim.person(office.omar).ephemerals(office.finance) == []
    assert heard[0]["text"] == "northwind &amp; co"
    assert heard[0]["channel_name"] == "finance"
    assert heard[0]["user_id"] == office.fay


def test_a_command_may_be_answered_in_its_acknowledgement(office: Office) -> None:
    def register(app: AsyncApp) -> None:
        @app.command("/usage")
        async def usage(ack: Any) -> None:
            await ack({"response_type": "in_channel", "text": "for all to see"})

    with connected(office.sim, office.app, register):
        result = office.sim.person(office.fay).command("/usage", channel=office.finance)

    assert result.ephemerals == []
    assert [message.text for message in result.messages] == ["for all to see"]
    assert [message.text for message in office.sim.workspace.messages(office.finance)] == ["for all to see"]


def test_a_command_nobody_answers_times_out_and_one_nobody_knows_is_refused(office: Office) -> None:
    office.sim.deliverer.ack_timeout_seconds = 0.1
    hands = office.sim.person(office.fay)

    def register(app: AsyncApp) -> None:
        @app.command("/usage")
        async def usage() -> None:
            await asyncio.sleep(0.3)

    assert hands.command("/usage", channel=office.finance).error == "dispatch_failed"
    with connected(office.sim, office.app, register):
        late = hands.command("/usage", channel=office.finance)
    assert late.error == "operation_timeout"
    assert late.notice == '/usage failed with the error "operation_timeout"'
    assert hands.command("/weather", channel=office.finance).error == "not_a_command"


def test_a_click_updates_the_message_in_place(office: Office) -> None:
    heard: list[Json] = []

    def register(app: AsyncApp) -> None:
        @app.action("approve")
        async def approve(ack: Any, body: Json, client: Any) -> None:
            await ack()
            heard.append(body)
            channel, ts = body["container"]["channel_id"], body["container"]["message_ts"]
            await client.chat_update(channel=channel, ts=ts, text="Approved", blocks=card(button("undo", "7")))

    with connected(office.sim, office.app, register) as loop:
        posted = loop.run(
            office.web.chat_postMessage(
                channel=office.finance,
                text="Approve?",
                blocks=card(button("approve", "7"), button("reject", "7")),
            )
        )
        outcome = office.sim.person(office.omar).click(office.finance, posted["ts"], "approve")

    message = office.sim.workspace.messages(office.finance)[0]
    assert outcome.ok
    assert message.text == "Approved"
    assert message.edited is not None
    assert [element["action_id"] for element in message.blocks[1]["elements"]] == ["undo"]
    body = heard[0]
    assert body["actions"][0]["value"] == "7"
    assert body["user"]["id"] == office.omar
    assert body["message"]["text"] == "Approve?"
    assert body["channel"] == {"id": office.finance, "name": "finance"}


def test_of_buttons_with_one_action_id_the_value_says_which(office: Office) -> None:
    values: list[str] = []

    def register(app: AsyncApp) -> None:
        @app.action("pdf")
        async def pdf(ack: Any, action: Json) -> None:
            await ack()
            values.append(action["value"])

    blocks = [
        {"type": "actions", "elements": [button("pdf", "INV-1")]},
        {"type": "actions", "elements": [button("pdf", "INV-2")]},
    ]
    with connected(office.sim, office.app, register) as loop:
        posted = loop.run(office.web.chat_postMessage(channel=office.finance, text="Two", blocks=blocks))
        hands = office.sim.person(office.fay)
        hands.settle_seconds = 0
        assert hands.click(office.finance, posted["ts"], "pdf", "INV-2").ok

    assert values == ["INV-2"]


def test_an_ephemeral_answer_is_replaced_and_then_deleted(office: Office) -> None:
    def register(app: AsyncApp) -> None:
        @app.command("/usage")
        async def usage(ack: Any, respond: Any) -> None:
            await ack()
            await respond(text="Choose", blocks=card(button("more", "1"), button("gone", "1")))

        @app.action("more")
        async def more(ack: Any, respond: Any, body: Json) -> None:
            await ack()
            assert body["container"]["is_ephemeral"]
            await respond(text="More", blocks=card(button("gone", "1")), replace_original=True)

        @app.action("gone")
        async def gone(ack: Any, respond: Any) -> None:
            await ack()
            await respond(delete_original=True)

    hands = office.sim.person(office.fay)
    with connected(office.sim, office.app, register):
        shown = hands.command("/usage", channel=office.finance).ephemerals[0]
        hands.click_ephemeral(shown.id, "more")
        assert [each.text for each in hands.ephemerals(office.finance)] == ["More"]
        hands.click_ephemeral(shown.id, "gone")
        assert office.sim.workspace.wait_until(lambda: hands.ephemerals(office.finance) == [])


def test_a_form_shows_errors_keeps_its_hash_and_is_then_accepted(office: Office) -> None:
    seen: list[Json] = []

    def register(app: AsyncApp) -> None:
        @app.command("/billing")
        async def billing(ack: Any, body: Json, client: Any) -> None:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=form())

        @app.view("refund")
        async def refund(ack: Any, view: Json) -> None:
            seen.append(view)
            if view["state"]["values"]["amount"]["typed"]["value"] == "12":
                await ack()
            else:
                await ack(response_action="errors", errors={"amount": "At most 12.00 can be refunded."})

    hands = office.sim.person(office.fay)
    with connected(office.sim, office.app, register):
        hands.command("/billing refund", channel=office.finance)
        assert hands.modal is not None
        assert hands.submit() == {"amount": "Please complete this required field."}
        assert seen == []
        assert hands.submit({"amount": {"typed": "99"}}) == {"amount": "At most 12.00 can be refunded."}
        assert hands.modal is not None
        assert hands.modal.errors == {"amount": "At most 12.00 can be refunded."}
        assert hands.submit({"amount": {"typed": {"type": "plain_text_input", "value": "12"}}}) is None
        assert hands.modal is None

    assert [view["private_metadata"] for view in seen] == ["INV-7", "INV-7"]
    assert seen[0]["hash"] == seen[1]["hash"]


def test_a_form_can_be_pushed_updated_and_cleared(office: Office) -> None:
    def register(app: AsyncApp) -> None:
        @app.command("/billing")
        async def billing(ack: Any, body: Json, client: Any) -> None:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=form(callback_id="first"))

        @app.view("first")
        async def first(ack: Any) -> None:
            await ack(response_action="push", view=form(callback_id="second", title=plain("Sure?")))

        @app.view("second")
        async def second(ack: Any) -> None:
            await ack(response_action="update", view=form(callback_id="third", title=plain("Quite?")))

        @app.view("third")
        async def third(ack: Any) -> None:
            await ack(response_action="clear")

    hands = office.sim.person(office.fay)
    views = office.sim.workspace.views
    with connected(office.sim, office.app, register):
        hands.command("/billing", channel=office.finance)
        assert hands.submit({"amount": {"typed": "1"}}) is None
        assert [view.body["callback_id"] for view in views.stack(office.fay)] == ["first", "second"]
        assert hands.submit({"amount": {"typed": "2"}}) is None
        assert [view.body["callback_id"] for view in views.stack(office.fay)] == ["first", "third"]
        assert hands.submit() is None
        assert views.stack(office.fay) == []


def test_home_is_published_when_it_is_opened_and_its_buttons_work(office: Office) -> None:
    def home(text: str) -> Json:
        return {"type": "home", "blocks": [*card(button("refresh", "1")), {"type": "header", "text": plain(text)}]}

    def register(app: AsyncApp) -> None:
        @app.event("app_home_opened")
        async def opened(event: Json, client: Any) -> None:
            await client.views_publish(user_id=event["user"], view=home("Spend so far"))

        @app.action("refresh")
        async def refresh(ack: Any, body: Json, client: Any) -> None:
            await ack()
            await client.views_publish(user_id=body["user"]["id"], view=home("Refreshed"), hash=body["view"]["hash"])

    hands = office.sim.person(office.fay)
    with connected(office.sim, office.app, register):
        opened = hands.open_home()
        assert opened is not None
        assert opened["blocks"][2]["text"]["text"] == "Spend so far"
        assert hands.click_view("refresh").ok
        shown = hands.home()
        assert shown is not None
        assert shown.blocks[2]["text"]["text"] == "Refreshed"
        assert office.sim.person(office.omar).home() is None


def test_a_mention_is_heard_only_where_the_app_is(office: Office) -> None:
    heard: list[str] = []

    def register(app: AsyncApp) -> None:
        @app.event("app_mention")
        async def mention(event: Json, say: Any) -> None:
            heard.append(event["channel"])
            await say(text="Here I am", thread_ts=event["ts"])

    elsewhere = office.sim.workspace.add_channel(name="elsewhere", members=[office.fay])
    hands = office.sim.person(office.fay)
    with connected(office.sim, office.app, register):
        hands.say(f"<@{office.app.bot_user_id}> there?", channel=elsewhere)
        asked = hands.say(f"<@{office.app.bot_user_id}> here?", channel=office.finance)
        assert office.sim.workspace.wait_until(lambda: len(office.sim.workspace.messages(office.finance)) == 2)

    assert heard == [office.finance]
    assert office.sim.workspace.messages(office.finance)[1].thread_ts == asked.ts


def test_a_command_that_asks_for_it_gets_people_and_channels_as_mentions(office: Office) -> None:
    heard: list[str] = []

    def register(app: AsyncApp) -> None:
        @app.command("/billing")
        async def billing(ack: Any, command: Json) -> None:
            heard.append(command["text"])
            await ack("heard")

    with connected(office.sim, office.app, register):
        assert office.sim.connections == 1
        office.sim.person(office.fay).command("/billing @omar in #finance, @nobody", channel=office.finance)

    assert heard == [f"<@{office.omar}|omar> in <#{office.finance}|finance>, @nobody"]


def test_an_external_select_offers_what_the_app_suggests(office: Office) -> None:
    select = {"type": "external_select", "action_id": "customer", "min_query_length": 1}
    block = {"type": "input", "block_id": "who", "label": plain("Customer"), "element": select}
    sent: list[Json] = []

    def register(app: AsyncApp) -> None:
        @app.command("/billing")
        async def billing(ack: Any, body: Json, client: Any) -> None:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=form(blocks=[block]))

        @app.options("customer")
        async def customers(ack: Any, payload: Json) -> None:
            await ack(options=[{"text": plain(payload["value"] + "thwind"), "value": "c-1"}])

        @app.view("refund")
        async def refund(ack: Any, view: Json) -> None:
            sent.append(view["state"]["values"]["who"]["customer"]["selected_option"])
            await ack()

    hands = office.sim.person(office.fay)
    with connected(office.sim, office.app, register):
        hands.command("/billing", channel=office.finance)
        (offered,) = hands.suggestions("customer", "nor")
        assert offered["text"]["text"] == "northwind"
        assert hands.submit({"who": {"customer": {"type": "external_select", "selected_option": offered}}}) is None

    assert sent == [offered]


def test_an_error_at_a_block_that_is_no_input_is_refused(office: Office) -> None:
    def register(app: AsyncApp) -> None:
        @app.command("/billing")
        async def billing(ack: Any, body: Json, client: Any) -> None:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=form())

        @app.view("refund")
        async def refund(ack: Any) -> None:
            await ack(response_action="errors", errors={"total": "No such field."})

    hands = office.sim.person(office.fay)
    with connected(office.sim, office.app, register):
        hands.command("/billing", channel=office.finance)
        assert hands.submit({"amount": {"typed": "1"}}) == {"": "We had some trouble connecting. Try again?"}
        assert hands.modal is not None


def test_closing_a_form_is_told_to_the_app_that_asked(office: Office) -> None:
    closed: list[Json] = []

    def register(app: AsyncApp) -> None:
        @app.command("/billing")
        async def billing(ack: Any, body: Json, client: Any) -> None:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=form(notify_on_close=True))

        @app.view_closed("refund")
        async def gone(ack: Any, body: Json) -> None:
            await ack()
            closed.append(body)

    hands = office.sim.person(office.fay)
    with connected(office.sim, office.app, register):
        hands.command("/billing", channel=office.finance)
        hands.close_modal()
        assert hands.modal is None
        assert office.sim.traffic.wait_for("view_closed")

    assert [(body["user"]["id"], body["is_cleared"]) for body in closed] == [(office.fay, False)]


def test_picks_in_a_message_reach_the_app_in_slacks_own_words(office: Office) -> None:
    heard: list[Json] = []

    def register(app: AsyncApp) -> None:
        @app.action("period")
        async def period(ack: Any, body: Json) -> None:
            await ack()
            heard.append({**body["actions"][0], "state": body["state"]["values"]["acts"]["period"]})

    options = [{"text": plain(month), "value": month} for month in ("March", "April")]
    select = {"type": "static_select", "action_id": "period", "options": options, "initial_option": options[0]}
    with connected(office.sim, office.app, register) as loop:
        posted = loop.run(office.web.chat_postMessage(channel=office.finance, text="Period?", blocks=card(select)))
        hands = office.sim.person(office.fay)
        hands.settle_seconds = 0
        assert hands.click(office.finance, posted["ts"], "period", "April").ok

    assert heard[0]["selected_option"] == options[1]
    assert heard[0]["initial_option"] == options[0]
    assert heard[0]["state"]["selected_option"] == options[1]
