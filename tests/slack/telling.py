"""What the tests of delivery do: time passes, a run grows, Slack says again what it saw; and how far was told."""

from datetime import date, timedelta

from farthing.core.notices import RunClosed
from farthing.usecases.customers import add_customer
from farthing.usecases.ports import NoticeRow
from farthing.usecases.subscribe import subscribe
from farthing_slacksim.model import Message
from tests.slack.world import World


def later(world: World, **by: float) -> None:
    """The world's clock goes on."""
    world.clock.at += timedelta(**by)


def summary_row(world: World) -> NoticeRow:
    """The summary's notice, taken to be sent."""
    while (row := world.store.outbox.take(now=world.clock(), unsure_after=timedelta(minutes=1))) is not None:
        if isinstance(row.notice, RunClosed):
            return row
    raise AssertionError("there is no summary to tell")


def untold(world: World) -> list[object]:
    """The notices that are still to be told."""
    with world.store.transaction():
        rows = world.store.connection.execute(  # type: ignore[attr-defined]
            "SELECT notice_id FROM farthing.notice WHERE told_revision < revision"
        ).fetchall()
    return [row.notice_id for row in rows]


def told_revision(world: World) -> int:
    """How far the one summary was told."""
    with world.store.transaction():
        row = world.store.connection.execute(  # type: ignore[attr-defined]
            "SELECT told_revision FROM farthing.notice WHERE kind = 'run closed'"
        ).fetchone()
    return int(row.told_revision)


def hear_of(world: World, message: Message) -> None:
    """Slack sends once more what it has to say of this message's metadata."""
    world.sim.workspace.tell_app(
        world.app,
        {
            "type": "message_metadata_posted",
            "app_id": message.app_id,
            "bot_id": message.bot_id,
            "user_id": message.user,
            "team_id": world.sim.workspace.team_id,
            "channel_id": message.channel,
            "message_ts": message.ts,
            "event_ts": message.ts,
            "metadata": message.metadata,
        },
    )


def another_customer(world: World) -> None:
    """Initech, from the beginning of 2026, so that a run that was closed makes two invoices more."""
    add_customer(world.store, key="initech", name="Initech", in_zone="UTC", now=world.clock())
    subscribe(world.store, customer_key="initech", plan_key="starter", starts_on=date(2026, 1, 1))
