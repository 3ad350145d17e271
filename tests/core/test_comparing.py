"""Comparing: two accounts of the same customers side by side, to the cent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from farthing.core.comparing import Billed, BilledLine, Both, Comparison, billed_by, compare
from farthing.core.money import USD, Money, currency, total, zero
from farthing.core.period import Period
from tests.core.every_line import every_price, invoice_of

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)


def line(key: str, amount: int, *, quantity: int = 1, days: int = 31, code: str = "USD") -> BilledLine:
    period = Period(JANUARY, JANUARY + timedelta(days=days))
    return BilledLine(key, key.title(), period, Decimal(quantity), Money(amount, currency(code)))


def bill(*lines: BilledLine, who: str = "acme", number: str = "EX-1", at: datetime = FEBRUARY, tax: int = 0) -> Billed:
    of = lines[0].amount.currency
    whole = total([each.amount for each in lines], in_currency=of) + Money(tax, of)
    return Billed(who, number, at, "UTC", whole, lines)


documents = st.builds(
    bill,
    st.builds(
        line,
        st.sampled_from(["fee", "tokens", "seats"]),
        st.integers(-500, 5000),
        quantity=st.integers(0, 9),
        days=st.integers(1, 3),
    ),
    who=st.sampled_from(["acme", "bold"]),
    at=st.sampled_from([JANUARY, FEBRUARY]),
    tax=st.integers(0, 50),
)
books = st.lists(st.one_of(documents, documents.map(lambda of: in_yen(of))), max_size=6)


def in_yen(of: Billed) -> Billed:
    yen = currency("JPY")
    return replace(
        of,
        total=Money(of.total.minor, yen),
        lines=tuple(replace(each, amount=Money(each.amount.minor, yen)) for each in of.lines),
    )


def test_an_upgrade_shows_in_the_lines_it_changed_and_nowhere_else() -> None:
    stayed = [bill(line("fee", 4900), line("tokens", 245, quantity=1300)), bill(line("fee", 4900), who="bold")]
    upgraded = [bill(line("fee", 9900), line("tokens", 245, quantity=1300)), bill(line("fee", 4900), who="bold")]
    found = compare(stayed, upgraded)
    (changed,) = found.differing
    assert (changed.customer_key, changed.totals.difference) == ("acme", Money(5000, USD))
    assert [(each.price_key, each.amounts.difference.minor) for each in changed.lines] == [("fee", 5000)]
    assert changed.beside == zero(USD)
    assert found.totals == (Both(Money(10045, USD), Money(15045, USD), USD),)
    assert found.of_customers()["bold"][0].difference == zero(USD)


def test_a_bill_that_is_missing_on_one_side_is_told_with_all_of_its_lines() -> None:
    (only,) = compare([], [bill(line("fee", 4900), line("tokens", 0, quantity=0))]).differing
    assert (only.totals.left, only.totals.right) == (None, Money(4900, USD))
    assert [each.quantities for each in only.lines] == [(None, Decimal(1)), (None, Decimal(0))]
    assert only.numbers == ((), ("EX-1",))


def test_a_quantity_may_differ_where_the_money_does_not() -> None:
    (changed,) = compare([bill(line("calls", 0, quantity=3))], [bill(line("calls", 0, quantity=4))]).differing
    assert changed.totals.difference == zero(USD)
    assert changed.lines[0].quantities == (Decimal(3), Decimal(4))


def test_what_stands_in_no_line_is_told_beside_them() -> None:
    (changed,) = compare([bill(line("fee", 100))], [bill(line("fee", 100), tax=20)]).differing
    assert (changed.lines, changed.beside) == ((), Money(20, USD))


def test_two_bills_of_one_instant_are_one_and_numbers_are_not_compared() -> None:
    apart = [bill(line("fee", 100), number="EX-1"), bill(line("fee", 200), number="EX-2")]
    together = [bill(line("fee", 300, quantity=2), number="EX-9")]
    found = compare(apart, together)
    assert found.differing == ()
    assert found.bills[0].numbers == (("EX-1", "EX-2"), ("EX-9",))


def test_an_invoice_is_compared_by_what_it_says() -> None:
    invoice = invoice_of(every_price())
    billed = billed_by("acme", invoice)
    assert (billed.total, billed.at, len(billed.lines)) == (invoice.total, invoice.draft.at, len(invoice.draft.lines))
    assert compare([billed], [billed]).differing == ()


@given(books)
def test_nothing_differs_from_itself(one: list[Billed]) -> None:
    found = compare(one, reversed(one))
    assert found.differing == ()
    assert not any(both.difference for both in found.totals)


@given(books, books)
def test_the_differences_of_bills_and_lines_add_up_to_that_of_the_whole(one: list[Billed], other: list[Billed]) -> None:
    found = compare(one, other)
    for code in ("USD", "JPY"):
        of = currency(code)
        whole = _sum(other, code) - _sum(one, code)
        assert sum((each.difference for each in found.totals if each.currency == of), start=zero(of)) == whole
        bills = [each for each in found.bills if each.totals.currency == of]
        assert sum((each.totals.difference for each in bills), start=zero(of)) == whole
        told = [line.amounts.difference for each in bills for line in each.lines] + [each.beside for each in bills]
        assert sum(told, start=zero(of)) == whole
        per_customer = [both for all_of in found.of_customers().values() for both in all_of if both.currency == of]
        assert sum((both.difference for both in per_customer), start=zero(of)) == whole


@given(books, books)
def test_seen_from_the_other_side_every_difference_is_turned_round(one: list[Billed], other: list[Billed]) -> None:
    there, back = compare(one, other), compare(other, one)
    assert [each.totals.difference for each in there.bills] == [-each.totals.difference for each in back.bills]
    assert _lines(there) == {(key, right, left) for key, left, right in _lines(back)}


def _sum(of: list[Billed], code: str) -> Money:
    return total([each.total for each in of if each.total.currency.code == code], in_currency=currency(code))


def _lines(found: Comparison) -> set[tuple[object, Money | None, Money | None]]:
    return {
        ((bill.customer_key, bill.at, line.price_key, line.period), line.amounts.left, line.amounts.right)
        for bill in found.bills
        for line in bill.lines
    }
