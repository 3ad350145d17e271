"""An answer from Slack that is lost, and a run that is cut off: told all the same, and told once (INV-14)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from farthing.usecases.bind_channel import bind_finance_channel
from farthing.usecases.close_period import close_period
from tests.slack.telling import another_customer, hear_of, later, summary_row, told_revision, untold
from tests.slack.world import World, in_socket_mode


def test_a_post_whose_answer_was_lost_is_one_message(world: World) -> None:
    world.closed_january()
    world.sim.faults.drop_after_accept("chat.postMessage", times=3)

    world.deliver()
    world.until(lambda: len(untold(world)) <= 3)  # The summary and acme's first are seen; its second waited for that.
    world.deliver()
    world.until(lambda: len(untold(world)) == 2)  # Only globex, who has no channel.
    later(world, hours=1)
    world.deliver()

    assert len(world.said_in("finance")) == 1
    assert len(world.said_in("acme")) == 2


@pytest.mark.parametrize("anew", ["in another channel", "where it was deleted", "below what cannot be changed"])
def test_a_later_post_whose_answer_was_lost_is_one_message_too(world: World, anew: str) -> None:
    world.close("2026-01-31")
    world.deliver()
    assert world.sim.traffic.wait_for("message_metadata_posted", 3)
    first = world.said_in("finance")[0]
    place = "finance"
    match anew:
        case "in another channel":
            place = "lobby"
            bind_finance_channel(world.store, channel_id=world.channels[place])
        case "where it was deleted":
            world.sim.workspace.delete(first)
        case "below what cannot be changed":
            first.app_id = "A0OTHER"
    another_customer(world)
    world.close("2026-01-31")
    world.sim.faults.drop_after_accept("chat.postMessage")

    world.deliver()
    world.until(lambda: told_revision(world) == 2)
    later(world, hours=1)
    world.deliver()

    grown = [message for message in world.said_in(place) if "6 invoices" in message.text]
    assert [m.thread_ts for m in grown] == [first.ts if anew.startswith("below") else None]


def test_a_post_that_slack_tells_of_after_a_later_hindrance_is_one_message(quiet_world: World) -> None:
    """The answer was lost, the second try was asked for patience, and only then comes Slack's word."""
    world = quiet_world
    world.close("2026-01-31")
    world.sim.faults.drop_after_accept("chat.postMessage", times=2)
    world.deliver()
    (summary,) = world.said_in("finance")
    (card,) = world.said_in("acme")
    later(world, seconds=91)
    world.sim.faults.rate_limit("chat.postMessage", retry_after=17, times=2)
    world.deliver()
    later(world, seconds=60)
    assert world.deliver() == 0, "patience is over, but the doubt is not"

    with in_socket_mode(world.wired, world.store, world.sim, world.install):
        hear_of(world, summary)
        hear_of(world, card)
        world.until(lambda: len(untold(world)) == 3)  # Acme's second invoice waited for the first.
    later(world, hours=1)
    world.deliver()

    assert len(world.said_in("finance")) == 1
    assert len(world.said_in("acme")) == 2


def test_hearing_of_an_older_summary_does_not_keep_the_newer_from_being_told(quiet_world: World) -> None:
    world = quiet_world
    world.close("2026-01-31")
    world.sim.faults.drop_after_accept("chat.postMessage", times=9)
    world.deliver()
    (older,) = world.said_in("finance")
    assert "4 invoices" in older.text
    another_customer(world)
    world.close("2026-01-31")
    later(world, seconds=91)
    summary_row(world)  # Whoever took the newer one is cut off.

    with in_socket_mode(world.wired, world.store, world.sim, world.install):
        hear_of(world, older)
        world.until(lambda: told_revision(world) == 1)
    later(world, seconds=91)
    world.deliver()

    assert [(m.ts, "6 invoices" in m.text) for m in world.said_in("finance")] == [(older.ts, True)]


def test_without_hearing_from_slack_it_is_told_again_rather_than_never(quiet_world: World) -> None:
    quiet_world.closed_january()
    quiet_world.sim.faults.drop_after_accept("chat.postMessage", times=3)

    quiet_world.deliver()
    later(quiet_world, seconds=30)
    quiet_world.deliver()
    assert len(quiet_world.said_in("finance")) == 1
    later(quiet_world, hours=1)
    quiet_world.deliver()

    assert len(quiet_world.said_in("finance")) == 2


def test_the_summary_of_a_run_that_was_cut_off_before_its_end_is_told_once(quiet_world: World) -> None:
    world = quiet_world
    world.clock.at = datetime(2026, 2, 2, tzinfo=UTC)

    class Cut(Exception):
        """Ends the run after its last bill, as a kill would."""

    def cut(done: int, of: int) -> None:
        if done == of:
            raise Cut

    with pytest.raises(Cut):
        close_period(world.store, through=date(2026, 1, 31), now=world.clock(), progress=cut)
    world.clock.at = datetime.now(UTC) + timedelta(hours=1)  # By the database's clock, it has waited long enough.
    world.deliver()
    later(world, hours=1)
    world.deliver()

    assert [m.text.split(",")[0] for m in world.said_in("finance")] == ["Billing run through 31 Jan 2026: 4 invoices"]


def test_another_apps_word_about_a_notice_is_not_believed(world: World) -> None:
    world.closed_january()
    row = summary_row(world)
    metadata = {"event_type": "farthing_notice", "event_payload": {"notice_id": str(row.notice_id), "revision": 1}}
    event = {
        "type": "message_metadata_posted",
        "app_id": "A0OTHER",
        "bot_id": "B0OTHER",
        "user_id": world.people["sam"],
        "team_id": world.sim.workspace.team_id,
        "channel_id": world.channels["lobby"],
        "message_ts": "1.1",
        "event_ts": "1.1",
        "metadata": metadata,
    }

    world.sim.workspace.tell_app(world.app, event)

    assert world.sim.traffic.wait_for("message_metadata_posted")
    assert row.notice_id in untold(world)
