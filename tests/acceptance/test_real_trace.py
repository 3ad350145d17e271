"""A real trace of model calls, imported and billed, against a calculation that knows nothing of the product."""

import csv
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from farthing.core.invoicing.invoice import Invoice
from farthing.usecases.customers import add_customer
from farthing.usecases.ports import SellerStore
from farthing.usecases.show_invoices import list_invoices
from farthing.usecases.subscribe import subscribe
from tests.acceptance.processes import BEGIN, home_in

TRACE = Path(__file__).parents[2].parent / "shared" / "data" / "llm_inference_code.csv"
WITHOUT_IT = "The trace llm_inference_code.csv is not beside this checkout, in shared/data."

CATALOGUE = """
meters:
  input: {event_type: call, measure: sum, property: input, unit: tokens}
  output: {event_type: call, measure: sum, property: output, unit: tokens}
plans:
  inference:
    name: Inference
    currency: USD
    prices:
      platform: {name: Platform fee, shape: flat, fee: 49, charged: advance}
      input:
        name: Input tokens
        meter: input
        shape: graduated
        tiers: [{up_to: 1000000, unit: 0.000003}, {up_to: 10000000, unit: 0.00000237}, {unit: 0.0000019}]
      output:
        name: Output tokens
        meter: output
        shape: graduated
        tiers: [{up_to: 100000, unit: 0.0000151}, {unit: 0.0000123, flat: 5}]
"""
# The same prices in whole units of a hundred-millionth of a dollar: (up to, each, on reaching it).
INPUT_TIERS = [(1_000_000, 300, 0), (10_000_000, 237, 0), (None, 190, 0)]
OUTPUT_TIERS = [(100_000, 1510, 0), (None, 1230, 500_000_000)]


def tiered(quantity: int, tiers: list[tuple[int | None, int, int]]) -> int:
    """What the units come to, a tier at a time."""
    left, below, price = quantity, 0, 0
    for up_to, each, on_reaching in tiers:
        if left == 0:
            break
        here = left if up_to is None else min(left, up_to - below)
        price += here * each + on_reaching
        left, below = left - here, below if up_to is None else up_to
    return price


def in_cents(hundred_millionths: int) -> int:
    """To whole cents, half a cent up."""
    exact = Fraction(hundred_millionths, 1_000_000)
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


@pytest.fixture(scope="module")
def rows() -> list[list[str]]:
    """The trace's rows, its header first."""
    if not TRACE.is_file():
        pytest.skip(WITHOUT_IT)
    with TRACE.open(newline="", encoding="utf-8") as opened:
        return list(csv.reader(opened))


def import_of(file: Path, customer: str, *more: str) -> list[str]:
    """The command that imports the trace's columns for a customer."""
    return ["usage", "import", str(file), "--customer", customer, "--type", "call", "--time", "TIMESTAMP",
            "--value", "input=ContextTokens", "--value", "output=GeneratedTokens", "--zone", "UTC", *more]  # fmt: skip


def written(file: Path, rows: Sequence[Sequence[str]]) -> Path:
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened).writerows(rows)
    return file


def november_of(store: SellerStore, customer: str) -> Invoice:
    """The invoice for what was used in November."""
    at = datetime(2023, 12, 1, tzinfo=UTC)
    (found,) = [one for _, one in list_invoices(store, person=None, customer_key=customer) if one.draft.at == at]
    return found


def test_a_real_month_comes_to_the_cent_however_it_is_imported(
    rows: list[list[str]], empty_database: str, tmp_path: Path
) -> None:
    header, *body = rows
    inputs, outputs = (
        sum(int(row[header.index(name)]) for row in body) for name in ("ContextTokens", "GeneratedTokens")
    )
    cents = [4900, in_cents(tiered(inputs, INPUT_TIERS)), in_cents(tiered(outputs, OUTPUT_TIERS))]
    shuffled = random.Random(7).sample(body, len(body))
    numbered = [[str(number), *row] for number, row in enumerate(body)]
    halves = [numbered[: len(body) * 2 // 3], numbered[len(body) // 3 :]]
    (tmp_path / "catalogue.yaml").write_text(CATALOGUE)
    files = {name: written(tmp_path / f"{name}.csv", [["row", *header], *half])
             for name, half in zip(("first", "second"), halves, strict=True)}  # fmt: skip
    files["shuffled"] = written(tmp_path / "shuffled.csv", [header, *shuffled])

    with home_in(tmp_path / "home", owner_url=empty_database) as home, home.store() as store:
        assert home.here("catalog", "apply", str(tmp_path / "catalogue.yaml")).exit_code == 0
        for customer in ("whole", "shuffled", "halves"):
            add_customer(store, key=customer, name=customer.title(), in_zone="UTC", now=BEGIN)
            subscribe(store, customer_key=customer, plan_key="inference", starts_on=date(2023, 11, 1))
        said = home.run(*import_of(TRACE, "whole"))
        assert f"{len(body):,} rows read." in said
        assert f"The sum of input over what was accepted now is {inputs:,}." in said
        assert f"The sum of output over what was accepted now is {outputs:,}." in said
        assert f"{len(body):,}  accepted" in said
        for command, accepted in (
            (import_of(TRACE, "whole"), 0),
            (import_of(files["shuffled"], "shuffled"), len(body)),
            (import_of(files["second"], "halves", "--id", "row"), len(halves[1])),
            (import_of(files["first"], "halves", "--id", "row"), len(body) - len(halves[1])),
        ):
            told = home.here(*command)
            assert told.exit_code == 0, told.output
            assert f"{accepted:,}  accepted" in told.output

        home.run("period", "close", "--through", "2023-11-30")
        invoices = {customer: november_of(store, customer) for customer in ("whole", "shuffled", "halves")}
        for invoice in invoices.values():
            assert [line.amount.minor for line in invoice.draft.lines] == cents
            assert invoice.total.minor == sum(cents)
            assert [line.quantity for line in invoice.draft.lines] == [1, inputs, outputs]
            assert [line.slice.events for line in invoice.draft.lines if line.slice] == [len(body)] * 2

        number = invoices["whole"].number
        explained = home.here("invoice", "explain", number).output
        assert explained.count("the same to the digit") == 3
        for line, tiers, quantity in (("Input", INPUT_TIERS, inputs), ("Output", OUTPUT_TIERS, outputs)):
            below = 0
            part = explained.split(f": {line} tokens,", 1)[1].split("Worked out again", 1)[0]
            for at, (up_to, each, _) in enumerate(tiers, start=1):
                units = quantity - below if up_to is None else min(quantity, up_to) - below
                if units <= 0:
                    break
                assert f"Tier {at}," in part
                assert f"{units:,} x {Decimal(each).scaleb(-8):f} ".rstrip("0 ") in part
                below = up_to or below
        assert home.here("period", "close", "--through", "2023-11-30").exit_code == 0
        assert home.here("invoice", "explain", number).output == explained
        home.check()
