"""How usage arrives is told in Slack: once, changed in place, where it belongs, harmless whatever a sender wrote."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest

from farthing.core.metering.differences import differing
from farthing.core.quality.arrivals import HOUR, arrived
from farthing.core.quality.audit import Audit, NoOnes, SourceAudit, audit_sources
from farthing.jobs.watch_usage import watch_everywhere
from farthing.slack.views.blocks import Card
from farthing.slack.views.charts import without_native
from farthing.slack.views.quality import SilentSource, TwoEvents, audit_card, back_card, conflicts_card, silent_card
from farthing.usecases.audit_usage import audit_if_due
from farthing.usecases.bind_channel import bind_data_channel
from farthing.usecases.watch_sources import watch_sources
from farthing_slacksim.blocks import message_faults
from tests.core.quality.hours import MONDAY, hour, hours
from tests.slack.world import BEGIN, World, kinds, texts

NASTY = "<!channel> `x` *b* \u202eтскат\x07 https://evil.example/<@U1|pay> " + "y" * 200
DAY = date(2026, 2, 1)
ENDS = MONDAY + timedelta(days=28)


def hear(world: World, source: str, *, since: datetime, until: datetime) -> None:
    """One event an hour, received as it happens."""
    with world.store.transaction():
        at = since
        while at < until:
            world.store.note_sources(arrived([source], ["accepted"], [at], received_at=at), received_at=at)
            at += HOUR


def look(world: World) -> None:
    """What the worker does once a minute; then what there is to tell is told."""
    watch_sources(world.store, now=world.clock(), world=BEGIN)
    audit_if_due(world.store, now=world.clock())
    world.deliver()


def audit(*names: str) -> Audit:
    known = [one for name in names for one in hours(28 * 24 - 10, source=name)]
    sources = audit_sources(known, day=DAY, in_zone="Europe/Paris", at=ENDS)
    left = NoOnes("<!here>", "call", 7, first_on=DAY, last_on=DAY)
    return Audit(
        DAY,
        "Europe/Paris",
        sources,
        quarantine=((f"No meter counts events of type “{NASTY}”; add one.", 3),),
        conflicts=2,
        unattributed=(left,) * (1 if names else 0),
    )


def silences(*names: str, back: bool = False) -> list[SilentSource]:
    drawn = [(ENDS + number * HOUR, 0 if number > 20 else 100, 100) for number in range(24)]
    back_at = ENDS + 30 * HOUR if back else None
    return [SilentSource(name, ENDS + 20 * HOUR, back_at, drawn) for name in names]


def conflicts(many: int) -> list[TwoEvents]:
    said = {"source": NASTY, "id": NASTY, "type": "call", "subject": NASTY, "time": None, "data": {NASTY: NASTY}}
    return [TwoEvents(NASTY, NASTY, differing({**said, "data": {}}, said)) for _ in range(many)]


def cards() -> list[Card]:
    many = [f"{number} {NASTY}" for number in range(70)]
    at = ENDS + 24 * HOUR
    return [
        audit_card(audit()),
        audit_card(audit("eu-1")),
        audit_card(audit(NASTY)),
        audit_card(audit(*many)),
        silent_card(silences("eu-1"), at=at, in_zone="UTC"),
        silent_card(silences(*many), at=at, in_zone="Asia/Kolkata"),
        silent_card([*silences("eu-1"), *silences("eu-2", back=True)], at=at, in_zone="UTC"),
        back_card(silences(*many, back=True), at=at, in_zone="UTC"),
        conflicts_card(conflicts(1), count=1, hour=ENDS, in_zone="UTC"),
        conflicts_card(conflicts(20), count=90_000, hour=ENDS, in_zone="UTC"),
    ]


@pytest.mark.parametrize("card", cards())
def test_every_card_keeps_slacks_limits_and_is_harmless(card: Card) -> None:
    for blocks in (card.blocks, without_native(card.blocks)):
        assert message_faults(blocks) == []
    everything = texts([block for block in card.blocks if block["type"] in ("section", "context")]) + card.text
    for forbidden in ("<!", "<@", "\u202e", "\x07"):
        assert forbidden not in everything
    assert "\u202e" not in str(card.blocks)
    assert "\x07" not in str(card.blocks)


def test_a_verdict_holds_all_that_matters_in_its_text() -> None:
    card = audit_card(audit("eu-1"))
    assert card.text.startswith("On 1 February 2026 1,500 events from 1 source; all clear but: eu-1 sent nothing since")
    assert "7 events of &lt;!here&gt; fall outside every subscription" in card.text
    assert kinds(card.blocks) == ["header", "section", "data_visualization", "table", "context"]


def test_a_day_of_23_or_25_hours_is_drawn_whole() -> None:
    for day, bars in ((date(2026, 3, 29), 12), (date(2026, 10, 25), 13)):
        noon = datetime.combine(day, datetime.min.time(), tzinfo=MONDAY.tzinfo)
        known = [hour(noon - timedelta(hours=6) + number * HOUR) for number in range(40)]
        made = Audit(day, "Europe/Paris", _audited(known, day), (), 0, ())
        (chart,) = [block for block in audit_card(made).blocks if block["type"] == "data_visualization"]
        (series,) = chart["chart"]["series"]
        assert len(series["data"]) == bars
        assert sum(point["value"] for point in series["data"]) == made.sources[0].day.events
        assert message_faults([chart]) == []


def _audited(known: list, day: date) -> tuple[SourceAudit, ...]:  # type: ignore[type-arg]
    return audit_sources(known, day=day, in_zone="Europe/Paris", at=known[-1].hour + HOUR)


def test_a_silence_is_told_once_and_changed_in_place_when_it_is_over(quiet_world: World) -> None:
    world = quiet_world
    begins = world.clock.at
    hear(world, "eu-1", since=begins - timedelta(days=14), until=begins)
    world.clock.at = begins + 3 * HOUR
    look(world)
    look(world)
    (told,) = world.said_in("finance")
    assert "fell silent" in told.text
    assert kinds(told.blocks) == ["header", "section", "data_visualization", "section"]
    hear(world, "eu-1", since=begins + 3 * HOUR, until=begins + 5 * HOUR)
    world.clock.at = begins + 5 * HOUR
    look(world)
    changed, back = world.said_in("finance")
    assert changed.ts == told.ts
    assert "was silent" in changed.text
    assert "A source of usage is back: eu-1 sends again" in back.text


def test_the_daily_audit_and_conflicts_go_to_the_data_channel_once_there_is_one(quiet_world: World) -> None:
    world = quiet_world
    bind_data_channel(world.store, channel_id=world.channels["lobby"])
    world.use("acme", 5, at="2026-01-21T10:00:00Z", event_id="one")
    with pytest.raises(AssertionError, match="conflict"):
        world.use("acme", 6, at="2026-01-21T10:00:00Z", event_id="one")
    look(world)
    (conflict,) = world.said_in("lobby")
    assert "1 event in conflict" in conflict.text
    assert "data.tokens" in str(conflict.blocks)
    assert "6" in str(conflict.blocks)
    world.clock.at += timedelta(days=1, hours=9)
    look(world)
    look(world)
    _, told = world.said_in("lobby")
    assert "1 event from 1 source; all clear but: 1 event in conflict" in told.text
    assert world.said_in("finance") == []


def test_where_slack_draws_nothing_yet_the_audit_is_told_in_letters() -> None:
    told = without_native(audit_card(audit("eu-1", "eu-2")).blocks)
    assert kinds(told) == ["header", "section", "rich_text", "rich_text", "context"]
    assert "     02:00 ████████████████████████ 200" in texts(told)
    assert re.search(r"eu-2 +sent nothing since 14:59 +1,500 +0 +0 +0", texts(told))


def test_the_worker_looks_after_every_seller(quiet_world: World) -> None:
    world = quiet_world
    hear(world, "eu-1", since=world.clock.at - timedelta(days=14), until=world.clock.at)
    world.clock.at += timedelta(days=1, hours=9)
    watch_everywhere(world.wired)
    with world.store.transaction():
        assert [one.source for one in world.store.open_silences()] == ["eu-1"]
    world.deliver()
    assert len(world.said_in("finance")) == 2


def test_bind_data_by_command(world: World) -> None:
    said = world.answered(world.person("fay").command("/billing bind data", channel=world.channels["finance"]))
    assert "how usage arrives is told in this channel" in said.text
    with world.store.transaction():
        install = world.store.slack_install()
    assert install is not None
    assert install.data_channel == world.channels["finance"]


def test_what_was_told_before_is_no_alarm_again() -> None:
    left = (NoOnes("globex", "call", 7, first_on=DAY, last_on=DAY),)
    known = hours(28 * 24 + 8)
    made = Audit(DAY, "UTC", audit_sources(known, day=DAY, in_zone="UTC", at=ENDS), (), 0, left, told_before=left)
    card = audit_card(made)
    assert card.text.endswith("all clear.")
    assert "As before: 7 events of globex fall outside every subscription" in texts(card.blocks)
