"""farthing price: a plan in a file and quantities in, every sum out; no installation, no database."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.commands import Commands
from tests.documents.test_usage_chart import png_size

EXAMPLE = str(Path(__file__).parents[2] / "examples" / "catalog.yaml")
CATALOGUE = """
meters:
  tokens: {event_type: inference, measure: sum, property: tokens, unit: tokens, groups: [model]}
  depth: {event_type: queue, measure: maximum, property: depth, unit: jobs}
  payments: {event_type: payment, measure: sum, property: amount, unit: USD}
plans:
  team:
    name: Team
    currencies: [USD, EUR]
    units: {credits: {USD: 0.02, EUR: 0.018}}
    prices:
      setup: {name: Setup, shape: flat, fee: {USD: 100, EUR: 90}, charged: once}
      seats: {name: Seats, quantity: seats, shape: volume, tiers: [{up_to: 5, unit: 12}, {unit: 8}]}
      large:
        name: Large model
        meter: tokens
        where: {model: large}
        group_by: [region]
        in: credits
        divide_by: 1000
        round: ceil
        shape: per_unit
        unit: 2
      rest:
        name: Other models
        meter: tokens
        shape: graduated
        included: 100
        discount: {percent: 10}
        tiers: [{up_to: 1000, unit: 0.02, flat: 1}, {unit: 0.015}]
      queue: {name: Queue, meter: depth, shape: stairstep, tiers: [{up_to: 10, total: 5}, {total: 30}]}
      cards: {name: Cards, meter: payments, shape: percentage, rate: 0.029, per_event: 0.3, minimum_per_event: 1}
    commitments: {floor: {name: Minimum spend, amount: 200, prices: [rest, queue], overage: 2}}
    phases:
      trial: {name: Trial, lasts: 14 days, trial: true, usage: free}
      ramp: {name: Ramp, lasts: 3 months, change: {queue: {discount: {amount: 2}}}, without: [setup]}
addons:
  support: {name: Support, currencies: [USD, EUR], prices: {fee: {name: Care, shape: flat, fee: {USD: 99, EUR: 89}}}}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Runs commands where nothing is installed, in a folder with a catalogue."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "team.yaml").write_text(CATALOGUE, encoding="utf-8")
    return Commands(tmp_path / "nothing here")


def results(printed: str) -> list[tuple[str, str]]:
    """Each sum that stands between digits and signs alone, with what it says it equals."""
    rows = re.findall(r"  +([0-9][0-9,.x +]*[0-9])  =  +(-?[0-9,.]+)$", printed, flags=re.MULTILINE)
    return [(sums.replace(",", ""), equals.replace(",", "")) for sums, equals in rows]


def worked_out(sums: str) -> Decimal:
    """The sum, on a pocket calculator that knows + and x."""
    added = Decimal(0)
    for term in sums.split("+"):
        product = Decimal(1)
        for factor in term.split("x"):
            product *= Decimal(factor.strip())
        added += product
    return added


def test_the_example_is_priced_where_nothing_is_installed(run: Commands) -> None:
    printed = run.well("price", EXAMPLE, "--plan", "starter", "--usage", "input_tokens=1234567")
    assert "Starter: one whole period, in USD" in printed
    assert "1. Platform fee, in advance: 49.00 USD" in printed
    assert "1,234,567 tokens, measured by input_tokens" in printed
    assert "That is rounded once to 3.59 USD (3.00 + 0.59)." in printed
    assert printed.endswith("Total 49.00 + 3.59 + 0.00 = 52.59 USD\n")


def test_every_sum_that_is_printed_can_be_redone_with_a_pocket_calculator(run: Commands) -> None:
    printed = run.well("price", EXAMPLE, "--plan", "starter", "--usage", "input_tokens=12345678.5",
                       "--usage", "output_tokens=1_000_000")  # fmt: skip
    found = results(printed)
    assert len(found) == 5
    assert [worked_out(sums) for sums, _ in found] == [Decimal(equals) for _, equals in found]


def test_conversion_included_units_discount_and_rounding_are_shown(run: Commands) -> None:
    printed = run.well("price", "team.yaml", "--usage", "rest=2346", "--group", "large:region=eu=1234", "--usage",
                       "large=1", "--usage", "depth=7", "--quantity", "seats=10")  # fmt: skip
    for said in (
        "1. Setup, once: 100.00 USD",
        "seats: 10, as agreed",
        "2,346 - 100 included",
        "1,000 x 0.02 + 1 flat",
        "1,246 x 0.015",
        "-10 % of 39.69",
        "That is rounded once to 35.72 USD (21.00 + 18.69 - 3.97).",
        "1,234 / 1,000 = 1.234, rounded up to a whole number",
        "region=eu: 1,234 tokens\n",
        "region missing: 1 token",
        "6 credits x 0.02",
        "6. Cards: 0.00 USD",
        "7. Minimum spend: 159.28 USD",
        "What is missing to a commitment of 200, on rest, queue",
        "-(35.72 for Other models + 5 for Queue)",
        "Total 100.00 + 80.00 + 0.12 + 35.72 + 5.00 + 0.00 + 159.28 = 380.12 USD",
        "--phase trial or ramp prices what comes before.",
    ):
        assert said in printed, (said, printed)


def test_what_lies_beyond_a_commitment_is_shown(run: Commands) -> None:
    printed = run.well("price", "team.yaml", "--usage", "rest=20000", "--usage", "depth=7")
    assert "(279.05 charged - 200 committed) x (2 - 1)" in printed
    assert "7. Minimum spend: 79.05 USD" in printed


def test_a_currency_and_a_phase_are_chosen_by_name(run: Commands) -> None:
    in_euro = run.well("price", "team.yaml", "--currency", "eur", "--group", "large:region=eu=1000000")
    assert "Setup, once: 90.00 EUR" in in_euro
    assert "2,000 credits x 0.018" in in_euro
    ramp = run.well("price", "team.yaml", "--phase", "ramp", "--usage", "depth=11")
    assert ramp.startswith("Team, in its phase “Ramp” of 3 months: one whole period, in USD")
    assert "Setup" not in ramp
    assert "Queue: 28.00 USD" in ramp
    assert "Total 0.00 + 0.00 + 0.00 + 0.00 = 0.00 USD" in run.well("price", "team.yaml", "--phase", "trial")


def test_events_are_priced_one_by_one(run: Commands) -> None:
    printed = run.well("price", "team.yaml", "--amounts", "payments=50,10,250")
    assert "310 USD in 3 events, measured by payments" in printed
    assert "1 - (2.9 % of 10 + 0.3)" in printed
    assert "Cards: 10.30 USD" in printed


def test_an_agreed_quantity_that_is_not_said_is_one_and_the_way_to_say_it_is_shown(run: Commands) -> None:
    assert "seats: 1; --quantity seats=NUMBER says how many" in run.well("price", "team.yaml")


def test_a_thousand_groups_are_cut_and_all_of_them_count(run: Commands) -> None:
    used = [word for key in range(60) for word in ("--group", f"large:region=r{key:02}=1000")]
    printed = run.well("price", "team.yaml", *used)
    assert re.search(r"10 more groups.*--cells 60", printed)
    assert "120 credits x 0.02" in printed
    assert "r59: 1,000" in run.well("price", "team.yaml", *used, "--cells", "60")


def test_json_says_the_same_to_the_digit(run: Commands) -> None:
    told = json.loads(run.well("price", "team.yaml", "--usage", "rest=2346", "--json"))
    (rest,) = [line for line in told["lines"] if line["price"] == "rest"]
    assert (rest["exact"], rest["amount"]["amount"]) == ("35.721", "35.72")
    assert rest["cells"][0]["quantities"][0]["equals"] == "2246"
    assert told["total"]["amount"] == str(sum(Decimal(line["amount"]["amount"]) for line in told["lines"]))


def test_quantities_of_any_size_and_below_zero_are_priced(run: Commands) -> None:
    huge = run.well("price", "team.yaml", "--usage", f"rest={'9' * 38}", "--plot", "rest")
    assert f"Other models: {135 * 10**34 + 4:,}.04 USD" in huge
    below = run.well("price", "team.yaml", "--usage", "rest=-50", "--plot", "rest")
    assert "-50 x 0.02" in below
    assert "Other models: -1.00 USD" in below


def test_a_price_is_drawn_in_the_terminal(run: Commands) -> None:
    printed = run.well("price", "team.yaml", "--quantity", "seats=7", "--plot", "seats")
    drawn = printed[printed.index("\nSeats\n") :].splitlines()
    assert drawn[-1] == "● 7 seats: 56 USD"
    assert len([row for row in drawn if "│" in row or "┤" in row]) == 14
    assert drawn[-2].endswith(" seats")


def test_a_plot_of_one_group_is_of_the_whole_line_and_says_so(run: Commands) -> None:
    printed = run.well("price", "team.yaml", "--group", "large:region=eu=3000", "--group", "large:region=us=5000",
                       "--plot", "large:region=us")  # fmt: skip
    assert "Large model: 0.32 USD" in printed
    assert "\nLarge model, region us\nWith region eu held at 3,000\n" in printed
    assert printed.endswith("● 5,000 tokens: 0.32 USD in all\n")


def test_exactly_one_is_written_as_one(run: Commands) -> None:
    printed = run.well("price", "team.yaml", "--usage", "depth=1", "--plot", "queue")
    assert "\n  1 job, measured by depth\n" in printed
    assert "● 1 job: 5 USD" in printed


def test_an_add_on_is_priced_by_itself(run: Commands) -> None:
    printed = run.well("price", "team.yaml", "--add-on", "support", "--currency", "eur")
    assert printed.startswith("Support: one whole period, in EUR")
    assert printed.endswith("Total 89.00 EUR\n")


def test_a_price_is_drawn_into_a_file(run: Commands, tmp_path: Path) -> None:
    printed = run.well("price", "team.yaml", "--usage", "depth=7", "--png", "queue.png")
    png = (tmp_path / "queue.png").read_bytes()
    assert png_size(png) == (1200, 600)
    assert printed.endswith(f"queue.png ({len(png):,} bytes)\n")
    quietly = run.well("price", "team.yaml", "--usage", "depth=7", "--png", "again.png", "--plot-to", "50", "--json")
    assert json.loads(quietly)["plan"] == "team"
    assert (tmp_path / "again.png").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--usage", "tokn=1"], "no meter “tokn”; did you mean tokens?"),
        (["--usage", "cpu=1"], "there are: tokens, depth, payments."),
        (["--usage", "tokens=1"], "name one of them instead: large, rest."),
        (["--usage", "rest=many"], "is no number: “many”; write it like 1234.5."),
        (["--usage", "rest=1e99"], "too long: at most 38 digits"),
        (["--usage", "rest=nan"], "must be finite"),
        (["--usage", "rest"], "--usage takes a name and a number, such as tokens=1000"),
        (["--usage", "rest=1", "--usage", "rest=2"], "“rest” is given twice"),
        (["--usage", "payments=5"], "give the amounts one by one"),
        (["--usage", "setup=1"], "is a fee"),
        (["--group", "rest:region=eu=5"], "has no group “region”; it has none."),
        (["--group", "large:=5"], "no meter “large:”"),
        (["--group", ":region=eu=5"], "names no group"),
        (["--events", "rest=1.5"], "takes a whole number"),
        (["--amounts", "payments=1,,2"], "The number of --amounts payments is missing"),
        (["--before", "rest=1"], "starts again with each period"),
        (["--quantity", "seats"], "such as seats=10"),
        (["--quantity", "chairs=1"], "no agreed quantity “chairs”; there is: seats."),
        (["--quantity", "seats=1", "--quantity", "seats=2"], "given twice"),
        (["--plan", "teem"], "no plan “teem”; there is: team."),
        (["--phase", "rampe"], "did you mean ramp?"),
        (["--currency", "GBP"], "it has them in USD, EUR."),
        (["--plot", "setup"], "nothing to draw"),
        (["--plot", "nope"], "no price “nope”; there are: seats, large, rest, queue, cards."),
        (["--plot", "quue"], "did you mean queue?"),
        (["--quantity", "seats=-5"], "There cannot be -5 of “seats”; give 0 or more."),
        (["--png", "x.jpg"], "A picture is written as PNG; name the file x.png instead."),
        (["--plan", "support"], "“support” is an add-on; price it with --add-on support."),
        (["--add-on", "suport"], "no add-on “suport”; there is: support."),
        (["--add-on", "support", "--plan", "team"], "one at a time"),
        (["--plot", "tokens"], "name one of them instead: large, rest."),
        (["--plot", "rest", "--plot-to", "0"], "shows nothing"),
        (["--plot-to", "10"], "--plot or --png"),
        (["--png", "x.png"], "Say which price to draw, with --plot: seats, large, rest, queue, cards."),
        (["--usage", "depth=1", "--png", "no/such/folder.png"], "cannot be written"),
        (["--json", "--plot", "rest"], "JSON holds no picture"),
    ],
)
def test_a_mistake_is_told_in_words(run: Commands, arguments: list[str], says: str) -> None:
    assert says in run.refused("price", "team.yaml", *arguments)


def test_several_plans_are_told_apart_by_name(run: Commands) -> None:
    assert "choose one with --plan: starter, pay-as-you-go, team." in run.refused("price", EXAMPLE)


def test_a_file_with_mistakes_tells_them_all_where_they_stand(run: Commands, tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text(CATALOGUE.replace("total: 5", "total: -5").replace("unit: 8", "unit: dear"))
    lines = run.refused("price", "wrong.yaml").splitlines()
    assert [line.split(":")[0] for line in lines[:-1]] == ["wrong.yaml", "wrong.yaml"]
    assert lines[-1] == "2 mistakes; nothing was priced."
    (tmp_path / "empty.yaml").write_text("meters: {m: {event_type: e, measure: count}}")
    assert "has no plans" in run.refused("price", "empty.yaml")
