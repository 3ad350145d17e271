"""An audit is said in words: one verdict, the gravest first, and no name can pretend to be anything else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from farthing.core.quality.arrivals import SourceHour
from farthing.core.quality.audit import Audit, NoOnes, audit_now, audit_sources
from farthing.core.quality.days import ClockAhead, Jumped, Silent
from farthing.core.quality.words import concerns, source_name, source_verdict, verdict
from tests.core.quality.hours import MONDAY, hours

DAY = date(2026, 2, 1)
MORNING = datetime.fromisoformat("2026-02-02T08:00:00+00:00")


def audit(known: list[SourceHour], **more: object) -> Audit:
    sources = audit_sources(known, day=DAY, in_zone="UTC", at=MORNING)
    usual = Audit(DAY, "UTC", sources, quarantine=(), conflicts=0, unattributed=())
    return replace(usual, **more)  # type: ignore[arg-type]


def test_a_day_like_all_others_is_all_clear() -> None:
    told = audit([*hours(28 * 24 + 8), *hours(28 * 24 + 8, source="eu-2")])
    assert told.is_clear
    assert verdict(told) == "On 1 February 2026 4,800 events from 2 sources; all clear."
    assert verdict(told, day_name="Yesterday").startswith("Yesterday 4,800 events")


def test_what_needs_somebody_is_told_with_the_gravest_first() -> None:
    quiet = [one for one in hours(28 * 24, source="eu-2") if one.hour < MONDAY + timedelta(days=27, hours=14)]
    apart = [
        replace(one, source="eu-3", accepted=50, quarantined=50) if one.hour.date() == DAY else one
        for one in hours(28 * 24 + 8, source="eu-3")
    ]
    told = audit(
        [*hours(28 * 24 + 8), *quiet, *apart],
        quarantine=(("No meter counts events of type “x”; add one.", 1200),),
        conflicts=3,
        unattributed=(NoOnes("globex", "call", 7, first_on=DAY, last_on=DAY),),
    )
    assert not told.is_clear
    assert concerns(told) == [
        "eu-2 sent nothing since 13:59",
        "eu-3 has 1,200 events in quarantine, 50% of what came (0% is usual)",
        "7 events of globex fall outside every subscription and will not be billed",
        "3 events in conflict with another of the same source and id",
        "1,200 events in quarantine because: No meter counts events of type “x”; add one",
    ]
    assert verdict(told).startswith("On 1 February 2026 5,000 events from 3 sources; all clear but: eu-2 sent nothing")


def test_one_that_is_back_by_the_morning_is_told_as_back() -> None:
    known = [one for one in hours(28 * 24 + 8) if not 14 <= (one.hour - MONDAY) / timedelta(hours=1) - 27 * 24 < 29]
    (one,) = audit(known).sources
    assert one.oddities == (
        Silent(MONDAY + timedelta(days=27, hours=13, minutes=59), MONDAY + timedelta(days=28, hours=5, minutes=1)),
    )
    assert source_verdict(one, in_zone="UTC", read_on=DAY) == (
        "sent nothing since 13:59, and is back since 05:01 on 2 February"
    )


def test_a_source_stands_as_its_last_whole_day_was_and_by_whether_it_is_silent_now() -> None:
    known = hours(27 * 24 + 10)
    (well,) = audit_now(known, in_zone="UTC", at=MONDAY + timedelta(days=27, hours=10))
    assert source_verdict(well, in_zone="UTC", read_on=DAY) == "as usual"
    (silent,) = audit_now(known, in_zone="UTC", at=MONDAY + timedelta(days=27, hours=13))
    assert source_verdict(silent, in_zone="UTC", read_on=DAY) == "sent nothing since 09:59"
    (new,) = audit_now(hours(3), in_zone="UTC", at=MONDAY + timedelta(hours=3))
    assert source_verdict(new, in_zone="UTC", read_on=MONDAY.date()) == "new"


def test_every_oddity_reads_as_a_sentence() -> None:
    (one,) = audit(hours(28 * 24 + 8)).sources
    for odd, said in [
        (Jumped(0, 24), "sent nothing new, where 24 is usual"),
        (Jumped(1, 24), "sent only 1 event, 4.1% of the usual 24"),
        (Jumped(5000, 0), "sent 5,000 events, where none is usual"),
        (Jumped(5000, 2000), "sent 5,000 events, 2.5 times the usual 2,000"),
        (ClockAhead(timedelta(hours=2), 1, 1), "has a clock 2 hours ahead of ours (in 1 of 1 hour)"),
    ]:
        assert source_verdict(replace(one, oddities=(odd,)), in_zone="UTC", read_on=DAY) == said


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("/inference/eu-1", "/inference/eu-1"),
        ("a\x1b[31mb\r\n\tc", "a⟨1B⟩[31mb⟨D⟩⟨A⟩⟨9⟩c"),
        ("eu-1\u200b", "eu-1⟨200B⟩"),
        ("evil\u202etxt", "evil⟨202E⟩txt"),
        ("\u2066x\u2069", "⟨2066⟩x⟨2069⟩"),
        ("מקור-1", "\u2068מקור-1\u2069"),
        ("ёлка 東京", "ёлка 東京"),
        ("x" * 300, "x" * 59 + "…"),
    ],
)
def test_a_source_is_shown_so_that_it_can_pretend_nothing(source: str, shown: str) -> None:
    assert source_name(source) == shown
