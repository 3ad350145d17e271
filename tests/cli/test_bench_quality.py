"""Planted faults are found, and streams without any are left alone: what docs/data_quality.md shows, on fewer seeds."""

from __future__ import annotations

import pytest

from farthing.cli.bench_quality import notice, table_of
from farthing.cli.quality_streams import STREAMS, Stream, play

SEEDS = 2
WITH_RHYTHM = [stream for stream in STREAMS if not stream.name.startswith("by chance")]
STEADY = STREAMS[0]


@pytest.mark.parametrize("stream", WITH_RHYTHM, ids=lambda stream: stream.name)
def test_a_silence_of_three_expected_hours_is_told_while_it_lasts_and_seldom_without_one(stream: Stream) -> None:
    seen = notice(stream, seeds=SEEDS)
    assert seen.found["silent for 3 expected hours"] == SEEDS
    assert seen.found["silent for 6 expected hours"] == SEEDS
    assert seen.false_silences < 1
    assert seen.false_oddities < 1
    for fault in ("everything sent twice", "clock two hours ahead", "clock two hours behind", "30% quarantined"):
        assert seen.found[fault] == SEEDS, fault


def test_half_and_twice_the_volume_of_a_steady_source_are_told() -> None:
    seen = notice(STEADY, seeds=SEEDS)
    assert (seen.found["half the volume"], seen.found["twice the volume"]) == (SEEDS, SEEDS)


def test_a_source_without_a_rhythm_is_not_cried_over() -> None:
    assert notice(STREAMS[-1], seeds=SEEDS).false_silences < 1


def test_a_seed_makes_the_same_stream_again() -> None:
    assert play(STEADY, 1) == play(STEADY, 1) != play(STEADY, 2)


def test_the_table_has_a_row_for_each_kind_of_stream() -> None:
    head, _, row = table_of([notice(STEADY, seeds=1)])
    assert head.count("|") == row.count("|")
    assert row.startswith("| steady, 200 an hour | 1/1 | 1/1 |")
