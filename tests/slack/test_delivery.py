"""Notices in Slack: told once whatever becomes of the answer, updated in place, and only where they belong (INV-14)."""

from datetime import timedelta

import pytest

from farthing.slack.abilities import Abilities
from farthing.slack.clients import web_client
from farthing.slack.delivery import SlackNotifier, Telling
from farthing.slack.places import shared_with_others
from farthing.slack.views.blocks import Card, header, table
from farthing.usecases.bind_channel import bind_customer_channel
from farthing.usecases.ports import NotNow
from tests.slack.telling import another_customer, later, summary_row
from tests.slack.world import World, kinds, texts


def test_a_close_is_one_message_to_finance_and_a_card_to_each_customer_with_a_channel(quiet_world: World) -> None:
    world = quiet_world
    world.closed_january()

    world.deliver()

    assert [m.text.split(".")[0] for m in world.said_in("finance")] == [
        "Billing run through 31 Jan 2026: 4 invoices, 198"
    ]
    assert len(world.said_in("acme")) == 2
    assert "Globex Corporation has no channel" in world.said_in("finance")[0].text
    assert world.said_in("lobby") == []


def test_telling_again_tells_nothing_new(quiet_world: World) -> None:
    quiet_world.closed_january()
    quiet_world.deliver()

    later(quiet_world, hours=2)

    assert quiet_world.deliver() == 0
    assert len(quiet_world.said_in("finance")) == 1


def test_a_run_that_grew_changes_its_summary_in_place(quiet_world: World) -> None:
    world = quiet_world
    world.close("2026-01-31")
    world.deliver()
    before = world.said_in("finance")[0]
    assert "4 invoices" in before.text
    another_customer(world)

    world.close("2026-01-31")
    world.deliver()

    assert [m.ts for m in world.said_in("finance")] == [before.ts]
    assert "6 invoices" in world.said_in("finance")[0].text


def test_a_summary_that_cannot_be_changed_gets_a_reply(quiet_world: World) -> None:
    world = quiet_world
    world.close("2026-01-31")
    world.deliver()
    before = world.said_in("finance")[0]
    before.app_id = "A0OTHER"
    another_customer(world)
    world.close("2026-01-31")

    world.deliver()

    assert [m.thread_ts for m in world.said_in("finance")] == [None, before.ts]
    assert "6 invoices" in world.said_in("finance")[1].text


def test_a_summary_that_was_deleted_is_posted_anew(quiet_world: World) -> None:
    world = quiet_world
    world.close("2026-01-31")
    world.deliver()
    world.sim.workspace.delete(world.said_in("finance")[0])
    another_customer(world)
    world.close("2026-01-31")

    world.deliver()

    assert ["6 invoices" in m.text for m in world.said_in("finance")] == [True]


def test_slack_asks_for_patience_and_gets_as_much_as_it_asked_for(quiet_world: World) -> None:
    world = quiet_world
    world.close("2026-01-31")
    world.sim.faults.rate_limit("chat.postMessage", retry_after=17)

    with pytest.raises(NotNow) as later_please:
        world.notifier.tell(world.store, summary_row(world))

    assert later_please.value.wait == timedelta(seconds=17)
    assert world.said_in("finance") == []


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        ("kicked", "type /invite @Farthing there"),
        ("archived", "That channel is archived"),
        ("revoked", "run farthing slack connect again"),
        ("gone", "Slack cannot be reached"),
    ],
)
def test_what_is_in_the_way_is_said_with_how_to_mend_it(quiet_world: World, harm: str, sentence: str) -> None:
    world = quiet_world
    world.close("2026-01-31")
    finance = world.sim.workspace.channels[world.channels["finance"]]
    notifier = world.notifier
    match harm:
        case "kicked":
            world.sim.workspace.kick(finance.id, world.app.bot_user_id)
        case "archived":
            finance.archived = True
        case "revoked":
            world.app.bot_token = "xoxb-another"
        case "gone":
            notifier = SlackNotifier(slack_api_url="http://127.0.0.1:9/api/")

    with pytest.raises(NotNow) as told:
        notifier.tell(world.store, summary_row(world))

    assert sentence in told.value.sentence
    assert world.said_in("finance") == []


@pytest.mark.parametrize("flag", ["is_ext_shared", "is_pending_ext_shared", "is_org_shared", "is_shared"])
def test_a_channel_with_others_in_it_hears_no_amounts(flag: str) -> None:
    alone = {"is_ext_shared": False, "is_pending_ext_shared": False, "is_org_shared": False, "is_shared": False}

    assert not shared_with_others(alone)
    assert shared_with_others(alone | {flag: True})
    assert shared_with_others({"id": "C1"}), "unknown counts as shared"


def test_a_channel_that_changes_hands_is_told_nothing_of_the_old_customer(quiet_world: World) -> None:
    world = quiet_world
    world.closed_january()
    bind_customer_channel(world.store, customer_key="acme", channel_id=world.channels["lobby"])

    world.deliver()

    assert world.said_in("acme") == []
    assert len(world.said_in("lobby")) == 2


def test_where_charts_are_not_known_the_same_is_told_in_text_and_that_is_remembered(quiet_world: World) -> None:
    world = quiet_world
    world.close("2026-01-31")
    row, abilities = summary_row(world), Abilities()
    unknown_here = {"type": "data_visualization", "title": "a kind of chart not known here", "chart": _strange_chart()}
    card = Card("text", [header("Heading"), unknown_here, table([["Name", "Sum"], ["acme", "2.45"]], right=(1,))])
    client = web_client(world.install.bot_token, slack_api_url=world.sim.api_url)
    telling = Telling(client, row, world.channels["finance"], card, world.install.team_id, abilities)

    telling.tell()

    message = world.said_in("finance")[0]
    assert kinds(message.blocks) == ["header", "rich_text", "rich_text"]
    assert "acme  2.45" in texts(message.blocks)
    assert not abilities.draws_natively(world.install.team_id)
    assert [entry.answer.get("error") for entry in world.sim.traffic.of("chat.postMessage")] == ["invalid_blocks", None]


def test_metadata_holds_ids_only(quiet_world: World) -> None:
    quiet_world.closed_january()
    quiet_world.deliver()

    for message in quiet_world.said_in("acme") + quiet_world.said_in("finance"):
        assert message.metadata is not None
        assert set(message.metadata["event_payload"]) == {"notice_id", "revision"}


def test_uninstalling_deletes_the_tokens_and_stops_the_posts(world: World) -> None:
    world.closed_january()

    world.sim.workspace.tell_app(world.app, {"type": "app_uninstalled", "event_ts": "1.1"})

    assert world.sim.traffic.wait_for("app_uninstalled"), "acknowledged, and so kept"
    assert world.deliver() == 0
    assert world.said_in("finance") == []


def _strange_chart() -> dict[str, object]:
    point = {"label": "1 Jan", "value": 3}
    return {"type": "radar", "series": [{"name": "Tokens", "data": [point]}], "axis_config": {"categories": ["1 Jan"]}}
