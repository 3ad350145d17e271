"""A catalogue file: applied as versions, and every mistake told at once, at its line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from farthing.cli.catalogue_file import Mistakes, read_catalogue
from farthing.core.pricing.terms import plan_terms
from farthing.postgres.database import PostgresStore
from tests.cli.commands import CATALOGUE, Commands

EXAMPLE = Path(__file__).parents[2] / "examples" / "catalog.yaml"


def told(written: str) -> list[tuple[int, int, str]]:
    with pytest.raises(Mistakes) as caught:
        read_catalogue(written.encode(), known={})
    return [(mistake.line, mistake.column, mistake.sentence) for mistake in caught.value.found]


def test_the_example_applies_and_again_changes_nothing(run: Commands, books: PostgresStore) -> None:
    assert "plan starter: version 1" in run.well("catalog", "apply", str(EXAMPLE))
    assert "Nothing changed" in run.well("catalog", "apply", str(EXAMPLE))
    with books.transaction():
        starter = books.plan("starter")
    assert starter is not None
    prices = plan_terms(starter)["prices"]
    assert [price["key"] for price in prices] == ["platform", "input", "output"]
    assert prices[1]["tiers"] == [
        {"up_to": "1000000", "unit": "0.000003"},
        {"up_to": "10000000", "unit": "0.0000025"},
        {"unit": "0.000002"},
    ]


def test_a_dry_run_tells_what_would_change_and_changes_nothing(run: Commands, books: PostgresStore) -> None:
    assert "plan starter: version 1 (not kept)" in run.well("catalog", "apply", str(EXAMPLE), "--dry-run")
    with books.transaction():
        assert (books.meters(), books.plans()) == ({}, [])


def test_what_changes_becomes_a_version_and_subscriptions_stay(
    acme: Commands, books: PostgresStore, tmp_path: Path
) -> None:
    (tmp_path / "dearer.yaml").write_text(CATALOGUE.replace("fee: 49", "fee: 59"), encoding="utf-8")
    assert acme.well("catalog", "apply", "dearer.yaml") == "plan starter: version 2\n"
    with books.transaction():
        assert [subscription.plan_version for subscription in books.subscriptions()] == [1]


def test_a_plan_may_name_a_meter_that_is_there_already(acme: Commands, tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text(
        "plans: {more: {currency: EUR, prices: {tokens: {meter: tokens, shape: per_unit, unit: 1}}}}", encoding="utf-8"
    )
    assert acme.well("catalog", "apply", "more.yaml") == "plan more: version 1\n"


def test_every_number_is_taken_as_it_is_written() -> None:
    catalogue = read_catalogue(
        b"meters: {m: {event_type: 2026, measure: count}}\n"
        b"plans: {p: {currency: USD, prices: {x: {meter: m, shape: per_unit, unit: 0.100000000000000005}}}}",
        known={},
    )
    assert catalogue.meters["m"].event_type == "2026"
    assert plan_terms(catalogue.plans[0])["prices"][0]["unit"] == "0.100000000000000005"


def test_all_mistakes_are_told_at_once_and_nothing_is_changed(
    run: Commands, books: PostgresStore, tmp_path: Path
) -> None:
    (tmp_path / "wrong.yaml").write_text(
        """meters:
  tokens: {event_type: completion, measure: summ, property: tokens}
  calls: {event_type: call, measure: count, colour: red}
plans:
  starter:
    currency: DOLLARS
    prices:
      platform: {shape: flat, fee: -5, charged: sometimes}
      tokens:
        meter: tokens
        shape: graduated
        tiers:
          - {up_to: 1000, unit: -1}
          - {unit: cheap, up: 7}
      calls: {meter: cals, shape: per_unit, unit: 0.01}
  no spaces: {currency: USD, prices: {}}
""",
        encoding="utf-8",
    )
    sentence = run.refused("catalog", "apply", "wrong.yaml")
    lines = sentence.splitlines()
    assert lines[-1] == f"{len(lines) - 1} mistakes; nothing was changed."
    for place, word in (
        ("wrong.yaml:2:45: ", "needs a measure: count, sum"),
        ("wrong.yaml:3:53: ", "“colour”"),
        ("wrong.yaml:6:15: ", "“DOLLARS” is not a currency"),
        ("wrong.yaml:8:36: ", "negative"),
        ("wrong.yaml:8:49: ", "sometimes"),
        ("wrong.yaml:13:13: ", "Tier 1 has a negative price"),
        ("wrong.yaml:14:20: ", "Tier 2 of the price “tokens”: “unit”"),
        ("wrong.yaml:14:31: ", "“up”, which means nothing here"),
        ("wrong.yaml:15:22: ", "“cals”, which does not exist"),
        ("wrong.yaml:16:3: ", "cannot be a key"),
    ):
        assert any(line.startswith(place) and word in line for line in lines), (place, word, sentence)
    with books.transaction():
        assert (books.meters(), books.plans()) == ({}, [])


@pytest.mark.parametrize(
    ("written", "line", "column", "says"),
    [
        ("", 1, 1, "is empty"),
        ("# nothing\n", 1, 1, "is empty"),
        ("- a\n- b", 1, 1, "must be names"),
        ("meters: 7", 1, 9, "must be names"),
        ("meters:\n  a: 7", 2, 6, "must be names"),
        ("metres: {}", 1, 1, "“metres”, which means nothing here"),
        ("{}", 1, 1, "neither meters nor plans"),
        ("meters:\n\ta: 1", 2, 1, "not YAML"),
        (
            "meters: {a: {event_type: x, measure: count}, a: {event_type: y, measure: count}}",
            1,
            46,
            "stands here twice",
        ),
        ("plans: {p: {currency: USD}}", 1, 12, "has no prices"),
        ("plans: {p: {currency: USD, prices: {}}}", 1, 36, "has no prices"),
        ("plans: {p: {prices: {f: {shape: flat, fee: 1}}}}", 1, 12, "needs a “currency”"),
        ("plans: {p: {currency: USD, prices: {f: {shape: flat}}}}", 1, 40, "has no “fee”"),
        ("plans: {p: {currency: USD, prices: {f: {shape: cone}}}}", 1, 48, "the shape “cone”"),
        ("plans: {p: {currency: USD, prices: {f: {shape: flat, fee: 1e999999}}}}", 1, 59, "too long"),
        ("plans: {p: {currency: USD, prices: {f: {shape: flat, fee: .nan}}}}", 1, 59, "“.nan”"),
        ("plans: {p: {currency: USD, prices: {f: {shape: flat, fee: 0x10}}}}", 1, 59, "“0x10”"),
        ("plans: &p {p: *p}", 1, 12, "“p”, which means nothing here"),
        ("meters: &m {a: *m}", 1, 9, "write it out"),
        ("a: \x07", 1, 1, "characters"),
        ("meters: " + "[" * 5000, 1, 1, ""),
    ],
)
def test_a_mistake_is_told_where_it_stands(written: str, line: int, column: int, says: str) -> None:
    found = told(written)
    assert any((line, says in sentence) == (at, True) for at, _, sentence in found), found
    if says:
        assert (line, column) in [(at_line, at_column) for at_line, at_column, _ in found], found
    assert all(sentence.endswith(".") for _, _, sentence in found)


def test_references_that_grow_beyond_reason_are_told() -> None:
    layers = "".join(f"  l{n}: &l{n} {{{', '.join(f'k{i}: *l{n - 1}' for i in range(9))}}}\n" for n in range(1, 9))
    found = told(f"meters:\n  l0: &l0 {{a: b}}\n{layers}")
    assert any("write it out" in sentence for _, _, sentence in found)


@pytest.mark.parametrize("content", [b"\xff\xfe", bytes(range(256)) * 10, b"x" * 2_000_000, b"\x00"])
def test_a_file_that_is_no_text_is_told(run: Commands, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "noise.yaml").write_bytes(content)
    assert "nothing was changed" in run.refused("catalog", "apply", "noise.yaml")


def test_a_file_that_is_not_there_is_told(run: Commands) -> None:
    assert "does not exist" in run.refused("catalog", "apply", "none.yaml")
