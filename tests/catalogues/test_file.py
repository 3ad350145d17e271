"""Reading a catalogue file: all of the format is read, and every mistake is told at once, at its line and column."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from farthing.catalogues.file import Catalogue, Mistakes, read_catalogue
from farthing.catalogues.text import catalogue_text
from farthing.core.metering.filter import All
from farthing.core.pricing.graduated import Graduated, Tier
from farthing.core.pricing.percentage import Percentage
from farthing.core.pricing.plan import Ladder
from farthing.core.pricing.terms import meter_from, plan_terms, price_from
from tests.cli.catalogues import EVERYTHING, as_yaml, spoiled


def told(written: str) -> list[tuple[int, int, str]]:
    with pytest.raises(Mistakes) as caught:
        read_catalogue(written.encode(), known={})
    return [(mistake.line, mistake.column, mistake.sentence) for mistake in caught.value.found]


def changed(right: str, wrong: str) -> list[str]:
    """What is told of the file that says everything, with a change, each mistake with what stands at its place."""
    assert EVERYTHING.count(right) == 1, right
    written = EVERYTHING.replace(right, wrong)
    lines = written.splitlines()
    return [f"{lines[line - 1][column - 1 :]} -> {sentence}" for line, column, sentence in told(written)]


def test_all_of_the_format_is_read() -> None:
    catalogue = read_catalogue(EVERYTHING.encode(), known={})
    assert [meter.measure.kind for meter in catalogue.meters.values()] == [
        "sum", "sum", "count", "seats", "time_weighted", "increase", "percentile", "bucketed", "count",
    ]  # fmt: skip
    assert isinstance(catalogue.meters["nights"].where, All)
    (starter,) = catalogue.plans
    in_euros = starter.in_currency("EUR")
    assert [price.key for price in starter.prices] == ["platform", "seats", "input", "rest", "calls"]
    assert in_euros.prices[0].shape.terms()["fee"] == "45"
    tokens = in_euros.prices[2]
    assert tokens.ladder is Ladder.SHARED
    assert tokens.shape == Graduated(
        (Tier(Decimal(1000), Decimal("0.009"), Decimal(1), Decimal(10)), Tier(None, Decimal("0.005")))
    )
    assert [phase.key for phase in starter.phases] == ["trial", "ramp"]
    assert [each.feature for each in starter.entitlements] == ["sso", "region", "api_calls", "retention"]
    (backup,) = catalogue.add_ons
    assert [currency.code for currency in backup.currencies] == ["USD", "EUR"]


def test_every_number_is_taken_as_it_is_written() -> None:
    catalogue = read_catalogue(
        b"meters: {m: {event_type: 2026, measure: count}}\n"
        b"plans: {p: {currency: USD, prices: {x: {meter: m, shape: per_unit, unit: 0.100000000000000005}}}}",
        known={},
    )
    assert catalogue.meters["m"].event_type == "2026"
    assert plan_terms(catalogue.plans[0])["prices"][0]["unit"] == "0.100000000000000005"


def test_a_country_is_no_truth_and_a_plan_may_stand_on_meters_there_are_already() -> None:
    first = read_catalogue(b"meters: {m: {event_type: x, measure: count, where: {country: no}}}", known={})
    assert first.meters["m"].matches({"country": "no"}, None, "UTC")  # type: ignore[arg-type]
    more = b"plans: {p: {currency: USD, prices: {x: {meter: m, shape: per_unit, unit: 1}}}}"
    assert read_catalogue(more, known=first.meters).plans[0].meters == first.meters


def test_parts_may_be_written_once_and_taken_up_again() -> None:
    written = """
meters: {m: {event_type: x, measure: count}, n: {event_type: y, measure: count}}
plans:
  p:
    currency: USD
    prices:
      m: &price {meter: m, shape: graduated, tiers: &tiers [{up_to: 5, unit: 1}, {unit: 2}]}
      n: {<<: *price, meter: n}
      seats: {quantity: seats, shape: volume, tiers: *tiers}
"""
    prices = read_catalogue(written.encode(), known={}).plans[0].prices
    assert prices[0].shape == prices[1].shape
    assert [price.meter.key for price in prices if price.meter] == ["m", "n"]


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("measure: percentile", "measure: percentle", "percentle,* -> * did you mean “percentile”?"),
        ("value: input + 4 * output", "value: input + 4 *", "input + 4 *} -> The meter “weighed”*ends too soon*"),
        ("value: input + 4 * output", "value: a, property: b", "a, property* -> *has both a property and a value*"),
        (
            "measure: percentile, property: mbit",
            "property: mbit",
            "{event_type: bw* -> *needs “measure”: one of count*",
        ),
        ("event_type: bw, ", "", "{measure: percentile* -> The meter “p95” needs “event_type”: the type of*"),
        ("percent: 95", "percent: 195", "195} -> “percent” of the meter “p95” is at most 100; this one is 195."),
        ("inner: {measure: maximum", "inner: {measure: maxmum", "maxmum, prop* -> *inner measure*“maximum”?"),
        ("window: 1h", "window: 99h", "99h -> *A window lasts from*"),
        ("counts: average", "counts: averages", "averages, c* -> *did you mean “average”?"),
        ("carries_over: true}", "carries_over: maybe}", "maybe} -> *is true or false, not “maybe”."),
        ("a: {gt: 5, le: 9}", "a: {gt: big, lee: 9}", "big, lee* -> *compares “a” with “big”*"),
        ("a: {gt: 5, le: 9}", "a: {gt: 5, lee: 9}", "9} -> *asks “lee” of “a”; did you mean “le”?"),
        ("{c: {prefix: gpt}}", "{c: {prefix: 5.5}, d: []}", "*"),
        ('from: "22:00"', 'from: "24:00"', "{from: * -> *the time of day “24:00”*"),
        ("region: [eu, us]}\n", "region: [eu, ~]}\n", "~]} -> *gives “region” no value*"),
        ("currencies: [USD, EUR]\n    units", "currencies: [USD, EUB]\n    units", "EUB] -> “EUB” is not a currency*"),
        ("currencies: [USD, EUR]\n    units", "currency: US\n    units", "US -> “US” is not a currency*"),
        ("units: {credits: 0.02}", "units: {credits: 0}", "0} -> The unit “credits” must be above 0*"),
        (
            "fee: {USD: 49, EUR: 45}",
            "fee: {USD: 49}",
            "{USD: 49}* -> “fee” of the price “platform” is not given in EUR*",
        ),
        ("fee: {USD: 49, EUR: 45}", "fee: {USD: 49, EUR: -1}", "-1}* -> *in EUR may not be negative; this one is -1."),
        ("fee: {USD: 49, EUR: 45}", "fee: {USD: 4, EUR: 5, EURO: 6}", "EURO: 6}* -> *did you mean “EUR”?"),
        ("fee: {USD: 49, EUR: 45}", "unit: 3", "unit: 3* -> *means nothing with the shape flat; it is for per_unit*"),
        ("in: credits", "in: credit", "credit -> *names “credit”, which does not exist; did you mean “credits”?"),
        ("meter: tokens\n        where", "meter: token\n        where", "token -> *did you mean “tokens”?"),
        ("ladder: shared", "ladder: shred", "shred -> *did you mean “shared”?"),
        ("        group_by: [api_key]\n", "", "shared -> *shares one ladder between groups, but has no group_by."),
        ("minimum: 10\n", "minimum: 1000\n", "1000 -> *The minimum of 1000 is above the maximum of 100*"),
        ("precision: 2", "precision: 2.5", "2.5 -> *is a whole number; this one is 2.5."),
        ("round: half_up", "round: none", "2 -> *has a precision but does not round*"),
        (
            "discount: {percent: 10}",
            "discount: {percent: 10, amount: 5}",
            "{percent* -> *either a percent or an amount*",
        ),
        (
            "up_to: 1_000, ",
            "up_to: [5], ",
            "[5], unit* -> “up_to” of tier 1 of the price “input” must be a single value*",
        ),
        ("up_to: 1_000, ", "", "{unit: {USD* -> Tier 1 of the price “input” needs an “up_to”; only the last*"),
        ("{up_to: 3, unit: 1}", "{up_to: 3, unti: 1}", "unti: 1}* -> Tier 1 of cell 2*did you mean “unit”?"),
        (
            "{up_to: 3, unit: 1}, {unit",
            "{up_to: 3, unit: 1}, {up_to: 2, unit: 1}, {unit",
            "2, unit* -> *which is not above 3*",
        ),
        ("when: [eu, large]", "when: [eu]", "{when: [eu]* -> *Cell 1 names 1 values*"),
        ("when: [eu, large]", "when: eu, shap: free", "shap: free* -> *did you mean “shape”?"),
        (
            "default: {shape: package, price: 5, size: 100}",
            "default: {shape: package}",
            "{shape: package} -> *“price”*",
        ),
        ("      rest: {meter: tokens, shape: free}\n", "", "input: -> *has a “where”, so the rest would be dropped*"),
        ("        where: {model: gpt-large}\n", "", "{meter: tokens, shape: free} -> *both price the same usage*"),
        ("prices: [input], overage", "prices: [inputs], overage", "inputs], * -> *did you mean “input”?"),
        ("{amount: 500}", "{amount: 0}", "0}* -> *needs an amount above 0*"),
        ("lasts: 14 days", "lasts: fortnight", "fortnight* -> *how long it “lasts”*"),
        ("trial: true, usage", "trial: yes, usage", "yes, usage* -> *is true or false, not “yes”."),
        ("trial: true, usage", "trial: false, usage", "free} -> *says what usage costs in a trial, but is none*"),
        ("change: {input:", "change: {inptu:", "inptu: * -> *names the price “inptu”*did you mean “input”?"),
        ("change: {input: {shape: per_unit, unit: 0.02", "change: {input: {tiers: [{unit: -1}]", "-1}]* -> *negative*"),
        ("unit: 0.02, minimum: null", "unit: 0.02, minimum: 200", "* -> *The minimum of 200 is above*"),
        ("without: [platform]", "without: [platforms]", "platforms] -> *did you mean “platform”?"),
        ("without: [platform]", "without: [input]", "[input] -> *both changes a price and leaves it out*"),
        ("{limit: 100000, meter: calls}", "{limit: -1, meter: cals}", "-1, meter* -> *may not be negative*"),
        ("{limit: 100000, meter: calls}", "{limits: 1}", "limits: 1}* -> *did you mean “limit”?"),
        ("sso: true, ", "sso: , ", "sso: * -> The entitlement “sso” says nothing*"),
        ("name: Backup\n", "name: Backup\n    phases: {}\n", "phases: {} -> The add-on “backup” has “phases”*"),
        ("fee: {shape: flat, fee: 5, charged: once}", "fee: 5", "5} -> The price “fee” must be names*"),
        ("{type: integer, minimum: 0}", "{type: intger}", "intger}* -> The schema of the meter “tokens”*one of array*"),
        ("{type: integer, minimum: 0}", "{minimum: '0'}", "'0'}* -> *is “0”; write a number."),
        ("{type: integer, minimum: 0}", "{minimun: 0}", "0}* -> *did you mean minimum?*"),
        ("{type: integer, minimum: 0}", "{minimum: 010}", "010}* -> *has 010, which is no number in JSON*"),
        ("required: [region]", "$ref: http://example.com/s", "schema: -> *nothing is fetched*"),
        ("retries: 0}", "retries: ~}", "~}* -> The property “retries” says nothing*"),
        ("{promptTokens: input_tokens}", "{a: c, b: c}", "c, b: c}* -> *makes “c” of two properties*"),
        ("subject_from: customer", "subjectfrom: customer", "subjectfrom* -> *did you mean “subject_from”?"),
    ],
)
def test_a_mistake_anywhere_is_told_where_it_stands(right: str, wrong: str, says: str) -> None:
    found = changed(right, wrong)
    pattern = re.escape(says).replace(r"\*", ".*")
    assert any(re.fullmatch(pattern, one) for one in found), found
    assert len(found) <= 2, found


def test_what_stands_behind_a_misspelt_name_is_read_as_what_was_meant() -> None:
    found = changed("tiers: [{up_to: 3, unit: 1}, {unit: 2}]", "tierz: [{upto: 0, unit: -1}, {unit: 2}]")
    assert [one.partition(" -> ")[2].rpartition(";")[2] for one in found] == [
        " did you mean “tiers”?",
        " did you mean “up_to”?",
        " this one is 0.",
        " this one is -1.",
    ]


def test_no_mistake_hides_another() -> None:
    written = """meters:
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
      fee: {shape: flat, fee: 5, meter: calls, minimum: 9, maximum: 3, divide_by: 0, multiply_by: 2}
      rungs:
        quantity: seats
        shape: stairstep
        tiers: [{up_to: 5, total: 1}, {up_to: 4, total: 1}, {total: 1}, {up_to: 9, total: 1}]
    phases: {p: {lasts: 1 day, without: [fees], change: {callz: {unit: 2}}}}
  no spaces: {currency: USD, prices: {}}
"""
    expected = [
        (2, 45, "did you mean “sum”?"),
        (3, 45, "“colour”, which means nothing here"),
        (6, 15, "“DOLLARS” is not a currency"),
        (8, 36, "may not be negative"),
        (8, 49, "“sometimes”"),
        (13, 33, "“unit” of tier 1 of the price “tokens” may not be negative"),
        (14, 20, "is no number: “cheap”; write it like 1234.5."),
        (14, 27, "“up”, which means nothing here"),
        (15, 22, "did you mean “calls”?"),
        (16, 20, "no quantity to convert"),
        (16, 41, "takes no meter"),
        (16, 57, "above the maximum"),
        (16, 83, "must be above 0"),
        (20, 47, "Tier 2 of the price “rungs” ends at 4, which is not above 5"),
        (20, 61, "Tier 3 of the price “rungs” needs an “up_to”"),
        (20, 81, "Tier 4 of the price “rungs” is the last"),
        (21, 42, "“fees”, which does not exist; did you mean “fee”?"),
        (21, 58, "“callz”, which does not exist; did you mean “calls”?"),
        (22, 3, "cannot be a key"),
    ]
    found = told(written)

    for line, column, says in expected:
        assert any((line, column) == one[:2] and says in one[2] for one in found), (line, column, says, found)
    assert len(found) == len(expected) + 1, found  # divide_by and multiply_by are told to be two, too.


@pytest.mark.parametrize(
    ("written", "line", "column", "says"),
    [
        ("", 1, 1, "is empty"),
        ("# nothing\n", 1, 1, "is empty"),
        ("- a\n- b", 1, 1, "must be names"),
        ("meters: 7", 1, 9, "must be names"),
        ("meters:\n  a: 7", 2, 6, "must be names"),
        ("metres: {}", 1, 1, "“metres”, which means nothing here; did you mean “meters”?"),
        ("{}", 1, 1, "neither meters nor plans"),
        ("meters:\n\ta: 1", 2, 1, "not YAML"),
        (
            "meters: {a: {event_type: x, measure: count}, a: {event_type: y, measure: count}}",
            1,
            46,
            "stands here twice",
        ),
        ("plans: {p: {currency: USD}}", 1, 12, "needs “prices”"),
        ("plans: {p: {currency: USD, prices: {}}}", 1, 36, "is empty; give at least one price"),
        ("plans: {p: {prices: {f: {shape: flat, fee: 1}}}}", 1, 12, "needs a “currency”"),
        ("plans:\n  p:\n    currency: USD", 2, 3, "needs “prices”"),
        ("plans: {p: {currency: USD, prices: {f: {shape: flat}}}}", 1, 40, "needs “fee”"),
        ("plans: {p: {currency: USD, prices: {f: {shape: cone}}}}", 1, 48, "cannot be “cone”; it may be flat"),
        ("plans: {p: {currency: USD, prices: {f: {shape: [flat]}}}}", 1, 48, "is a single word"),
        ("plans: {p: {currency: USD, prices: {f: {shape: flat, fee: 1e999999}}}}", 1, 59, "too long"),
        ("plans: {p: {currency: USD, prices: {f: {shape: flat, fee: .nan}}}}", 1, 59, "“.nan”"),
        ("plans: {p: {currency: USD, prices: {f: {shape: flat, fee: 0x10}}}}", 1, 59, "“0x10”"),
        ("plans: {p: {currency: USD, prices: {f: {shape: flat, fee: yes}}}}", 1, 59, "“yes”"),
        ("plans: {p: {currency: USD, prices: {f: {name: true, shape: flat, fee: 1}}}}", 1, 47, "in quotes"),
        ("plans: {p: {currency: USD, prices: {f: {name: , shape: flat, fee: 1}}}}", 1, 41, "says nothing"),
        ("plans: &p {p: *p}", 1, 8, "write it out"),
        ("meters: &m {a: *m}", 1, 9, "write it out"),
        ("a: \x07", 1, 1, "characters"),
        ("meters: " + "[" * 5000, 1, 1, ""),
    ],
)
def test_what_is_no_catalogue_is_told_where_it_stands(written: str, line: int, column: int, says: str) -> None:
    found = told(written)
    assert any((line, says in sentence) == (at, True) for at, _, sentence in found), found
    if says:
        assert (line, column) in [(at_line, at_column) for at_line, at_column, _ in found], found
    assert all(sentence[-1] in ".?" for _, _, sentence in found)


def test_references_that_grow_beyond_reason_are_told() -> None:
    layers = "".join(f"  l{n}: &l{n} {{{', '.join(f'k{i}: *l{n - 1}' for i in range(9))}}}\n" for n in range(1, 9))
    found = told(f"meters:\n  l0: &l0 {{a: b}}\n{layers}")
    assert any("write it out" in sentence for _, _, sentence in found)


@settings(max_examples=200, deadline=None)
@given(spoiled())
def test_any_file_however_spoiled_is_read_or_told_in_sentences(words: dict[str, Any]) -> None:
    found: Catalogue | Mistakes
    try:
        found = read_catalogue(as_yaml(words), known={})
    except Mistakes as mistakes:
        found = mistakes
    if isinstance(found, Mistakes):
        assert found.found
        for mistake in found.found:
            assert mistake.line >= 1 <= mistake.column
            assert mistake.sentence[-1] in ".?", mistake


_PRICE = "plans: {p: {currency: USD, prices: {a: {quantity: seats, shape: %s}}}}"
_RATES = """meters: {paid: {event_type: payment, measure: sum, property: amount}}
plans: {p: {currency: USD, prices: {a: {meter: paid, shape: %s}}}}"""


@pytest.mark.parametrize(
    ("shape", "says"),
    [
        ("per_unit, unit: 1,5", ["“unit” of the price “a” is no number: “1,5” has a comma; write 1.5."]),
        (
            "per_unit, unit: 1,000,000",
            ["“unit” of the price “a” is no number: “1,000,000” has a comma; write 1000000."],
        ),
        (
            "per_unit, unit: $1,5",
            ["“unit” of the price “a” is no number: “$1,5” has a currency sign and a comma; write 1.5."],
        ),
        (
            "graduated, tiers: [{up_to: 1,5, unit: 1}, {up_to: 1,7, unit: 1}, {unit: 2}]",
            [
                "“up_to” of tier 1 of the price “a” is no number: “1,5” has a comma; write 1.5.",
                "“up_to” of tier 2 of the price “a” is no number: “1,7” has a comma; write 1.7.",
            ],
        ),
        (
            "per_unit, unit: {USD: 1,5}",
            ["“USD” of “unit” of the price “a” is no number: “1,5” has a comma; write 1.5."],
        ),
        ("per_unit, unit: $1.50", ["“unit” of the price “a” is no number: “$1.50” has a currency sign; write 1.50."]),
        (
            "per_unit, unit: 1, discount: {percent: 10%}",
            ["“percent” of the discount of the price “a” is no number: “10%” has a percent sign; write 10."],
        ),
        ("per_unit, unit: 1, min: 5", ["The price “a” has “min”, which means nothing here; did you mean “minimum”?"]),
        ("per_unit, unit: 1, max: 5", ["The price “a” has “max”, which means nothing here; did you mean “maximum”?"]),
        (
            "volume, tiers: {up_to: 5, unit: 1}",
            ["“tiers” of the price “a” must be a list, with a dash before each tier, or as [{…}, {…}]."],
        ),
        ("volume, tiers: []", ["“tiers” of the price “a” is empty; it needs at least one tier."]),
    ],
)
def test_what_is_easily_written_amiss_is_told_with_what_to_write(shape: str, says: list[str]) -> None:
    assert [sentence for _, _, sentence in told(_PRICE % shape)] == says


def test_a_rate_above_1_is_told_to_be_a_share_and_not_percent() -> None:
    assert [sentence for _, _, sentence in told(_RATES % "percentage, rate: 2.9")] == [
        "“rate” of the price “a” is 2.9, which is 290 %; write 0.029 for 2.9 %."
    ]
    assert [
        sentence for _, _, sentence in told(_RATES % "graduated_percentage, tiers: [{up_to: 9, rate: 3}, {rate: 1}]")
    ] == ["“rate” of tier 1 of the price “a” is 3, which is 300 %; write 0.03 for 3 %."]
    assert read_catalogue((_RATES % "percentage, rate: 1").encode(), known={}).plans


def test_a_rate_above_1_that_is_agreed_already_still_reads() -> None:
    paid = {"paid": meter_from("paid", {"event_type": "payment", "measure": "sum", "property": "amount"}, version=1)}
    terms = {"shape": "percentage", "meter": "paid", "rate": "2.9"}
    assert price_from("a", terms, meters=paid, units={}).shape == Percentage(Decimal("2.9"))


def test_seats_say_which_property_adds_and_removes_and_those_kept_without_still_read() -> None:
    terms = {"event_type": "seat", "measure": "seats", "property": "user"}
    assert [sentence for _, _, sentence in told(f"meters: {{m: {json.dumps(terms)}}}")] == [
        "The meter “m” needs “action”: the property of the events that says add or remove, such as action: op. "
        "An event without it adds."
    ]
    kept = meter_from("m", terms, version=1)
    assert read_catalogue(catalogue_text({"m": kept}, [], []).encode(), known={}).meters["m"] == kept


@pytest.mark.parametrize(
    ("written", "line", "says"),
    [
        (
            "plans:\n  p:\n    name: Pro: the best\n",
            3,
            'put a text with a colon in quotes, such as name: "Pro: the best".',
        ),
        (
            "plans:\n  p:\n    name: Pro\n      currency: USD\n",
            4,
            "is read as more of the one above it; indent both alike",
        ),
        ("plans:\n  p:\n      name: Pro\n    currency: USD\n", 4, "is indented otherwise than those it belongs to"),
        ("plans:\n  p:\n    name: Pro\n   currency: USD\n", 4, "is indented otherwise than those it belongs to"),
        ("plans:\n\tp: 1", 2, "a tab stands here; indent with spaces"),
        ("plans:\n  p:\n\t  a: 1", 3, "a tab stands here; indent with spaces"),
        (
            "plans:\n  p: {a: 1\n  q: 2\n",
            3,
            "the brace { that opens in line 2 is not closed before this; put a comma or }.",
        ),
        ("a: [1, 2\nb: 3", 2, "the bracket [ that opens in line 1 is not closed before this; put a comma or ]."),
        ("a: 'b\n", 2, "the quote that opens in line 1 is not closed"),
        ("a: 'b' c\n", 1, "something stands behind a value that has ended"),
        ('a: "\\d"', 1, "put the text in single quotes"),
        ("a: %x", 1, "may not begin with this character; put the text in quotes"),
        ("a: @x", 1, "may not begin with this character; put the text in quotes"),
        ("a: {b: *}", 1, "may not begin with this character; put the text in quotes"),
        ("a: *b", 1, "written nowhere above with &"),
        ("a:\n  b: 1\n  c\n", 4, "a name without a value; write “name: value”"),
        ("a: 1\n---\nb: 2", 2, "a second document begins here; keep one"),
    ],
)
def test_what_is_no_yaml_is_told_with_how_to_mend_it(written: str, line: int, says: str) -> None:
    ((at, _, sentence),) = told(written)
    assert (at, says in sentence, sentence.startswith("This is not YAML: ")) == (line, True, True), sentence
