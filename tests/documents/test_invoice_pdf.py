"""What is written on an invoice's pages, read back from the PDF."""

from __future__ import annotations

import hashlib
import io
import os
import random
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import psutil
import pytest
from pypdf import PageObject, PdfReader
from pypdf.generic import DictionaryObject, StreamObject

from farthing.core.invoicing.invoice import Series, issue
from farthing.core.metering.count import Count
from farthing.core.metering.meter import Measured
from farthing.core.money import Money
from farthing.core.parties import Mode
from farthing.core.pricing.graduated import Graduated, Tier
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.plan import CustomUnit
from farthing.core.rating.line import Cell, round_parts
from farthing.documents.annex import Days
from farthing.documents.display import number, short_day
from farthing.documents.fonts import CANNOT_DRAW, drawable, legible
from farthing.documents.invoice import invoice_pdf
from tests.core.core_values import ENTITY
from tests.core.core_values import at as instant
from tests.core.every_line import every_price, invoice_of, many_groups, usage, used_of
from tests.core.invoicing.reckoned import DRAFT as ITEMS
from tests.core.invoicing.reckoned import RECKONING
from tests.documents.samples import DAYS_OF_JANUARY, Sample, sample, some_usage


def rendered(of: Sample, *, with_days: bool = False) -> bytes:
    return invoice_pdf(of.invoice, of.customer, of.seller, of.days if with_days else None)


def pages(pdf: bytes) -> list[str]:
    return [one_line(page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


def text_of(of: Sample, *, with_days: bool = False) -> str:
    return " ".join(pages(rendered(of, with_days=with_days)))


def one_line(text: str) -> str:
    return " ".join(text.split())


def squeezed(text: str) -> str:
    """Without the spaces: where a line ends is not part of what is said."""
    return "".join(text.split())


def test_the_invoice_says_who_owes_what_to_whom_and_when() -> None:
    said = text_of(sample())
    for expected in (
        "Lumen Inference GmbH",
        "Invoice number LI-000042",
        "Billed to Northwind Traders northwind",
        # Issued on 1 February at 00:00 in Los Angeles and eight hours more: later that day in Tokyo, the entity's zone.
        "Issue date 2 February 2026",
        "Due date 4 March 2026",
        "Period 1–31 Jan 2026",
        "Amount due by 4 March 2026",
        "Amount (USD)",
        "Total USD 186.33",
    ):
        assert expected in said, (expected, said)


def test_every_line_shows_its_quantity_price_and_amount() -> None:
    of = sample()
    said = text_of(of)
    assert "Platform fee 1–28 Feb 2026 1 49.00 flat, in advance 49.00" in said
    assert "Support 1–31 Jan 2026 1 120.50 flat, in arrears 120.50" in said
    assert "Input tokens 1–31 Jan 2026 · 1,234 events 1,300,000 tokens graduated, by tier 7.45" in said
    assert "Requests 1–31 Jan 2026 · 1,234 events 23,456 requests 0.0004 per unit 9.38" in said
    for line in of.invoice.draft.lines:
        assert f"{line.amount.amount:,f}" in said


def test_every_tier_shows_its_exact_arithmetic_and_its_share_of_the_rounded_amount() -> None:
    said = text_of(sample())
    assert "Tier 1, 0 to 1,000,000 1,000,000 × 0.000002 = 2.00 2.00" in said
    assert "Tier 2, 1,000,000 to 5,000,000 300,000 × 0.0000015 + 5.00 flat = 5.45 5.45" in said
    assert "Usage 23,456 × 0.0004 = 9.3824 9.38" in said


def test_a_part_of_a_period_is_shown_in_days() -> None:
    said = text_of(sample(starts_on=date(2026, 1, 10)))
    assert "Period 10–31 Jan 2026" in said
    # 120.50 x 22 / 31 = 85.51612..., which no decimal can write: cut off, and said to be.
    assert "Fee 120.50 × 22 / 31 days = 85.516129… 85.52" in said


def test_periods_are_shown_in_the_zone_of_the_subscription() -> None:
    assert "Period 1–31 Jan 2026" in text_of(sample(in_zone="Pacific/Kiritimati"))
    assert "Period 1–31 Jan 2026" in text_of(sample(in_zone="Pacific/Pago_Pago"))


def test_each_page_says_what_it_rests_on_and_which_page_it_is() -> None:
    of = sample(more_lines=40)
    read = pages(rendered(of))
    assert len(read) > 2
    for place, said in enumerate(read, start=1):
        assert "Invoice LI-000042 · Plan growth, version 3" in said
        assert "Periods in America/Los_Angeles · Issue and due dates in Asia/Tokyo" in said
        assert f"Time zones of tzdata {of.invoice.draft.frozen['zone_database']}" in said
        assert f"Page {place} of {len(read)}" in said


@pytest.mark.parametrize(
    ("code", "total"),
    [("EUR", "EUR 186.33"), ("JPY", "JPY 186"), ("KWD", "KWD 186.332"), ("IQD", "IQD 186.332")],
)
def test_amounts_have_the_decimals_of_their_currency(code: str, total: str) -> None:
    said = text_of(sample(in_currency=code))
    assert f"Total {total}" in said
    assert f"Amount ({code})" in said


def test_nothing_used_and_less_than_nothing_are_shown_plainly() -> None:
    nothing = text_of(sample(tokens=Decimal(0), requests=Decimal(0)))
    assert "0 requests 0.0004 per unit 0.00" in nothing
    corrected = sample(tokens=Decimal(-500_000_000))
    said = text_of(corrected)
    assert "-500,000,000 × 0.000002 = -1,000.00 -1,000.00" in said
    assert "In your favour USD\N{NO-BREAK SPACE}-821.12".replace("\N{NO-BREAK SPACE}", " ") in said
    assert "due by" not in said


def test_a_total_of_zero_asks_for_nothing() -> None:
    of = sample()
    fee = of.invoice.draft.lines[0]
    cell = replace(fee.cells[0], amounts=tuple(-part for part in fee.step_amounts))
    given_back = replace(fee, amount=-fee.amount, cells=(cell,))
    draft = replace(of.invoice.draft, lines=(fee, given_back))
    invoice = replace(of.invoice, draft=draft, total=Money(0, draft.currency))
    said = text_of(replace(of, invoice=invoice))
    assert "Nothing to pay USD 0.00" in said


def test_a_sandbox_invoice_says_that_it_is_none() -> None:
    assert "Sandbox: not a real document" in text_of(sample(mode=Mode.SANDBOX))
    assert "Sandbox" not in text_of(sample(mode=Mode.LIVE))


def test_the_longest_numbers_are_written_out() -> None:
    longest = Decimal("12345678901234567890.123456789012345678")
    said = squeezed(text_of(sample(tokens=longest)))
    assert "12,345,678,901,234,567,890.123456789012345678tokens" in said
    assert "12,345,678,901,229,567,890.123456789012345678×0.000001=12,345,678,901,229.567890123456789012345678" in said


@pytest.mark.parametrize(
    "name",
    [
        '#panic() *bold* $x^2$ _it_ `code` @ref <label> = Heading // gone /* gone */ \\ #import "x"',
        "\"}]} {{0}} %s ' & <b>",
        "ООО «Рога и копыта», Ёлкино",
        "Ελληνικά Αθήνα",
        "Łódź Đường São Nguyễn",
    ],
)
def test_a_name_is_printed_as_it_is_written(name: str) -> None:
    said = text_of(sample(customer_name=name, price_name=name, unit=name), with_days=True)
    # The customer, the price on its line and in the annex, and its unit beside quantities.
    assert squeezed(said).count(squeezed(name)) >= 4


def test_what_the_typeface_lacks_does_not_stop_an_invoice() -> None:
    said = text_of(sample(customer_name="Acme \U0001f680\U0001f468\u200d\U0001f469 東京 \ud800\x00\u202e Ltd"))
    assert f"Acme {CANNOT_DRAW * 2} {CANNOT_DRAW} Ltd northwind" in said
    assert "Billed to northwind" in text_of(sample(customer_name="\u200b"))


def test_any_text_makes_an_invoice() -> None:
    everything = "".join(map(chr, sorted(drawable())))
    rendered(sample(customer_name=everything))
    chance = random.Random(20260222)
    ranges = [(0, 0x2FF), (0x300, 0x36F), (0x370, 0x52F), (0x1E00, 0x206F), (0, 0x10FFFF)]
    for _ in range(15):
        letters = "".join(chr(chance.randint(*chance.choice(ranges))) for _ in range(200))
        said = text_of(sample(customer_name=letters))
        assert " 186.33 Invoice LI-000042 " in said
        assert all(ord(letter) in drawable() for letter in legible(letters))


def test_very_long_names_wrap_and_stay_on_the_page() -> None:
    name = "ОченьДлинноеИмя" * 30 + " and " + "many words " * 40
    pdf = rendered(sample(customer_name=name, price_name=name, unit="gigabyte-seconds-of-something-long"))
    assert squeezed(name) in squeezed(" ".join(pages(pdf)))
    right_edges: list[float] = []
    for page in PdfReader(io.BytesIO(pdf)).pages:
        page.extract_text(visitor_text=lambda _text, _cm, tm, _font, _size: right_edges.append(tm[4]))
    assert right_edges
    assert max(right_edges) < 595 - 40


def test_the_total_stands_on_the_page_of_the_last_line() -> None:
    # Over a run of lengths, some end just where a page does.
    for more_lines in range(8, 26):
        read = pages(rendered(sample(more_lines=more_lines)))
        with_total = [place for place, said in enumerate(read) if "Total USD" in said]
        with_last = [place for place, said in enumerate(read) if f"Endpoint m{more_lines - 1} " in said]
        assert with_total == with_last == [len(read) - 1], more_lines


def test_a_line_with_more_tiers_than_a_page_holds_runs_on_and_ends_with_the_total() -> None:
    tiers = [Tier(Decimal(100 * place), Decimal(place)) for place in range(1, 120)]
    price = Graduated((*tiers, Tier(None, Decimal(120))))
    of = sample()
    line = of.invoice.draft.lines[-1]
    assert line.slice is not None
    used = Decimal(12_345)
    steps = price.steps(used)
    whole, parts = round_parts([step.exact for step in steps], in_currency=of.invoice.draft.currency)
    piece = replace(line.slice, quantity=used)
    cell = Cell(of=(), measured=used, quantity=used, events=1, steps=steps, amounts=parts)
    long_line = replace(line, quantity=used, slice=piece, cells=(cell,), amount=whole)
    draft = replace(of.invoice.draft, lines=(long_line,))
    read = pages(rendered(replace(of, invoice=replace(of.invoice, draft=draft, total=draft.total))))
    said = " ".join(read)
    for place in range(1, 119):
        assert f"{100 * place:,} to {100 * (place + 1):,} 100 × {place + 1}.00 = {100 * (place + 1):,}.00" in said
    assert "Tier above 11,900 445 × 120.00 = 53,400.00 53,400.00 Total" in read[-1]


def test_two_thousand_lines_are_all_there_with_the_columns_named_on_each_page() -> None:
    of = sample(more_lines=1996)
    read = pages(rendered(of))
    said = " ".join(read)
    assert len(of.invoice.draft.lines) == 2000
    for place, line in enumerate(of.invoice.draft.lines[4:]):
        assert f"Endpoint m{place} 1–31 Jan 2026 · 1,234 events {1000 + place:,} calls" in said
        assert f"{1000 + place:,} × 0.0013 = {(Decimal(1000 + place) * Decimal('0.0013')).normalize()}" in said
        assert str(line.amount.amount) in said
    assert all("Description Quantity Price Amount (USD)" in page for page in read)
    assert "Total USD" in read[-1]


def test_printing_long_invoices_again_and_again_takes_no_more_memory() -> None:
    def memory_after(number_of: int) -> int:
        of = sample(more_lines=300, starts_on=date(2020 + number_of % 5, 1, 1))
        rendered(of)
        return psutil.Process().memory_info().rss

    first = [memory_after(number_of) for number_of in range(2)][-1]
    last = [memory_after(number_of) for number_of in range(2, 6)][-1]
    # Each leaves more than 50 MB behind when it is not forgotten.
    assert last - first < 100 * 2**20, (first, last)


def test_the_annex_shows_the_usage_of_each_day() -> None:
    of = sample()
    read = pages(rendered(of, with_days=True))
    annex = " ".join(read[1:])
    assert "Usage behind each line" in annex
    assert "Usage by local day in America/Los_Angeles." in annex
    assert "Billed for 1–31 Jan 2026: 1,300,000 tokens, from 1,234 events (positions 1 to 98,765)." in annex
    for days in of.days.values():
        for on, quantity in days:
            assert re.search(rf"\b{short_day(on)} {number(quantity)}\b", annex), on
    assert "Usage behind" not in text_of(of)


def test_the_annex_draws_a_single_day_no_usage_and_corrections() -> None:
    of = sample()
    usage: dict[str, Sequence[tuple[date, Decimal]]] = {
        "tokens": [(DAYS_OF_JANUARY[0], Decimal("0.013"))],
        "requests": [(on, Decimal(0)) for on in DAYS_OF_JANUARY],
    }
    said = text_of(replace(of, days=usage), with_days=True)
    assert "1 Jan 0.013" in said
    assert "No usage on any of these days. Billed for" in said
    assert "31 Jan 0" not in said
    below: dict[str, Sequence[tuple[date, Decimal]]] = {
        "requests": [(on, Decimal(on.day * 100 - 1500)) for on in DAYS_OF_JANUARY],
        "tokens": [],
    }
    assert "1 Jan -1,400" in text_of(replace(of, days=below), with_days=True)
    over_new_year: dict[str, Sequence[tuple[date, Decimal]]] = {
        "tokens": [(date(2025, 12, 31), Decimal(1)), (date(2026, 1, 1), Decimal(2))]
    }
    assert "31 Dec 2025 1" in text_of(replace(of, days=over_new_year), with_days=True)


def every_line(*, name: str = "", groups: int = 1000, days: Days | None = None, value: str = "key") -> list[str]:
    """The pages of an invoice with lines of every kind."""
    priced = [*every_price(name), many_groups(groups, value=value)]
    made = invoice_of(priced, starts_on=date(2026, 1, 17))
    of = sample()
    whose = replace(of.customer, customer_id=made.draft.customer_id)
    return pages(invoice_pdf(made, whose, of.seller, days, used_of(priced, made)))


def test_a_line_of_every_kind_shows_its_sums() -> None:
    said = " ".join(every_line())
    for expected in (
        "All in tier 1, 0 to 100 (1 × 0.01 + 1.00 flat) × 15 / 31 days = 0.488709… 0.49",
        "Converted 48,345 / 1,000 = 48.345, rounded up to a whole number = 49",
        "Usage 29 × 0.70 = 20.30 Discount -12.5 % of 20.3 = -2.5375 Together",
        "In USD 17.7625 credits × 0.02 = 0.35525 0.36",
        "Blocks of tier 2, above 100 76.285714… (534/7) / 25 = 3.051428… (534/175), each begun one whole = 4",
        "Packages begun (250 - 30 included) / 100 = 2.2, each begun one whole = 3",
        "Fee per event 4 paid events × 0.10 = 0.40 0.40",
        "Lowered to the maximum of 10.00 per event (10.00 - (1.3 % of 900 + 0.10)) = -1.80 -1.80",
        "region=eu, size=small 150 hours 3.00",
        "region=us, size missing 0.666666… (2/3) × 3.00 = 2.00 2.00",
        "Committed 5,000.00 × 15 / 31 days = 2,419.354838… 2,419.35",
        "3.032258… (94/31) × 10.00 = 30.322580… 30.32",
    ):
        assert expected in said, (expected, said)


def test_many_groups_are_listed_in_the_annex_as_far_as_a_reader_looks() -> None:
    read = every_line()
    said = " ".join(read)
    assert "1,000 groups each in the annex" in said
    assert "1,000 groups, 17–31 Jan 2026 api_key=key-0000 1 × 0.004 = 0.004" in said
    assert "api_key=key-0099" in said
    assert "api_key=key-0100" not in said
    # The cents of 4.00 go to the groups that come first: 400 of 1,000 have one.
    assert read[-1].split(" Invoice LI-")[0].endswith("900 more groups 3.60 3.00")


def in_groups(groups: int, *, more: int = 0, **of: Any) -> list[str]:
    """The pages of an invoice with so many groups of four rows each, above them so many lines more."""
    tiers = (Tier(Decimal(10), Decimal(1)), Tier(Decimal(20), Decimal(2)), Tier(None, Decimal(3)))
    price = usage("hosts", "Hosts", Graduated(tiers), Count(), "calls", group_by=("host",), **of)
    measured = [Measured((f"h{at:03d}",), Decimal(30 + at), 1) for at in range(groups)]
    above = [
        (usage(f"k{at}", f"Line {at}", PerUnit(Decimal(1)), Count()), [Measured((), Decimal(1), 1)])
        for at in range(more)
    ]
    made = invoice_of([*above, (price, measured)], commitments=())
    whose = replace(sample().customer, customer_id=made.draft.customer_id)
    return pages(invoice_pdf(made, whose, sample().seller))


@pytest.mark.parametrize(("groups", "more"), [(60, 0), *((4, more) for more in range(4, 18, 2))])
def test_no_group_is_torn_apart_between_two_pages(groups: int, more: int) -> None:
    read = in_groups(groups, more=more)
    for at in range(groups):
        (page,) = (each for each in read if f"host=h{at:03d} " in each)
        assert f"Tier 3, above 20 {10 + at} × 3.00" in page, at
    if groups == 4:
        assert "host=h003 33 calls" in read[-1], "the last group stays with the total"


def test_groups_in_credits_are_told_in_credits_and_once_in_money() -> None:
    for groups, where in ((3, "host=h000 30 calls Tier 1"), (7, "7 groups, 1–31 Jan 2026, in credits host=h000 30")):
        said = " ".join(in_groups(groups, unit_of_account=CustomUnit("credits", Decimal("0.02"))))
        assert where in said
        assert "Tier 3, above 20 10 × 3.00 = 30.00 host=h001" in said
        assert re.search(r"In USD \d+ credits × 0.02 = (\d+\.\d\d) \1 ", said)


def test_days_without_usage_take_no_room() -> None:
    of = sample(more_lines=12)
    seldom = [(on, Decimal(7 if on.day in (9, 30) else 0)) for on in DAYS_OF_JANUARY]
    never = [(on, Decimal(0)) for on in DAYS_OF_JANUARY]
    few = pages(rendered(replace(of, days={f"m{at}": never for at in range(12)}), with_days=True))
    assert len(few) - len(pages(rendered(of))) == 2
    said = text_of(replace(of, days={"m0": seldom}), with_days=True)
    assert "9 Jan 7 30 Jan 7 No usage on the other 29 days." in said


def test_days_that_never_end_and_names_without_end_stay_on_the_page() -> None:
    days = {"seats": [(on, Fraction(on.day, 3)) for on in DAYS_OF_JANUARY]}
    said = " ".join(every_line(name=" " + "nameless " * 20, groups=6, days=days, value="k" * 300))
    assert "31 Jan 10.333333… (31/3)" in said
    assert "The seats data.user that events of type “events.seats” add and remove" in said
    assert squeezed("k" * 300 + "-5") in squeezed(said)


def test_a_group_of_any_length_is_named_by_its_beginning() -> None:
    said = squeezed(" ".join(every_line(groups=6, value="k" * 100_000)))
    assert "k" * 900 in said
    assert "k" * 1001 not in said


def test_the_same_invoice_gives_the_same_bytes() -> None:
    of = sample()
    first = rendered(of, with_days=True)
    rendered(sample(customer_name="Someone else"))
    assert rendered(of, with_days=True) == first
    shuffled: dict[str, Sequence[tuple[date, Decimal]]] = {
        key: list(reversed(usage)) for key, usage in reversed(of.days.items())
    }
    assert rendered(replace(of, days=shuffled), with_days=True) == first


def test_another_process_on_another_day_gives_the_same_bytes() -> None:
    program = (
        "import hashlib; from tests.documents.samples import sample; "
        "from farthing.documents.invoice import invoice_pdf; of = sample(); "
        "print(hashlib.sha256(invoice_pdf(of.invoice, of.customer, of.seller, of.days)).hexdigest())"
    )
    surroundings = os.environ | {"PYTHONHASHSEED": "5", "TZ": "Asia/Kolkata", "PYTHONPATH": os.getcwd()}
    other = subprocess.run(
        [sys.executable, "-c", program], env=surroundings, check=True, capture_output=True, text=True
    ).stdout.strip()
    assert other == hashlib.sha256(rendered(sample(), with_days=True)).hexdigest()


def test_invoices_are_printed_side_by_side() -> None:
    several = [sample(customer_name=f"Customer {place}") for place in range(8)]
    with ThreadPoolExecutor(4) as threads:
        printed = list(threads.map(rendered, several))
    assert printed == [rendered(of) for of in several]


def test_the_file_is_for_the_archive_and_dated_when_the_invoice_was_issued() -> None:
    of = sample()
    reader = PdfReader(io.BytesIO(rendered(of)))
    metadata = reader.root_object["/Metadata"].get_object()
    assert isinstance(metadata, StreamObject)
    marked = metadata.get_data().decode()
    assert re.search(r'pdfaid:part(="|>)3', marked)
    assert re.search(r'pdfaid:conformance(="|>)A', marked)
    assert reader.metadata is not None
    assert reader.metadata.title == "Invoice LI-000042"
    assert reader.metadata.creation_date == of.invoice.issued_at
    width, height = (float(side) for side in reader.pages[0].mediabox[2:])
    assert (round(width), round(height)) == (595, 842)
    fonts = {str(font["/BaseFont"]) for page in reader.pages for font in page_fonts(page)}
    assert fonts
    assert all("NotoSans" in name for name in fonts), fonts


def page_fonts(page: PageObject) -> list[DictionaryObject]:
    resources = page["/Resources"]
    assert isinstance(resources, DictionaryObject)
    fonts = resources["/Font"]
    assert isinstance(fonts, DictionaryObject)
    return [font.get_object() for font in fonts.values()]


def test_another_customers_invoice_is_not_printed() -> None:
    of = sample()
    with pytest.raises(AssertionError, match="LI-000042 is not for"):
        invoice_pdf(of.invoice, replace(of.customer, customer_id=of.invoice.invoice_id), of.seller)


def test_days_of_a_price_that_is_not_on_the_invoice_are_left_out() -> None:
    of = sample()
    stray: dict[str, Sequence[tuple[date, Decimal]]] = {"gone": some_usage(seed=3), "platform": some_usage(seed=4)}
    assert text_of(replace(of, days=stray), with_days=True) == text_of(of)


def test_what_stands_below_the_lines_leads_from_them_to_what_is_due() -> None:
    issued = issue(replace(ITEMS, reckoning=RECKONING), ENTITY, Series(), now=instant("2026-02-01"))
    of = sample()
    said = " ".join(pages(invoice_pdf(issued, replace(of.customer, customer_id=ITEMS.customer_id), of.seller)))
    below = [
        "Subtotal 150.00",
        "Launch -10.00",
        "Sorry -5.00",
        "(FR) on 135.00 27.00",
        "Paid by Top-up -40.00",
        "Left to pay 122.00",
    ]
    places = [said.index(row) for row in below]
    assert places == sorted(places)
    assert "Agreed by mail (Ada)." in said
    assert "USD 162.00" in said
    assert "USD 122.00" in said
