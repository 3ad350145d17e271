"""Money: one rounding, shares that add up, numbers kept exactly."""

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.money import (
    EXACT,
    MOST_DECIMALS,
    MOST_DIGITS,
    Currency,
    Money,
    currency,
    exact_decimal,
    plain,
    round_to_money,
    spread,
    total,
    zero,
)
from farthing.core.refused import Refused
from tests.core.core_values import USD, currencies


@given(st.fractions(), currencies)
def test_rounding_goes_to_the_nearest_minor_unit_and_halves_go_away_from_zero(exact: Fraction, of: Currency) -> None:
    """INV-17, the law."""
    exact_minor = exact * 10**of.minor_digits
    rounded = round_to_money(exact, of).minor
    assert abs(rounded - exact_minor) <= Fraction(1, 2)
    if abs(rounded - exact_minor) == Fraction(1, 2):
        assert abs(rounded) > abs(exact_minor)


@given(st.fractions(), currencies)
def test_rounding_treats_debts_and_credits_alike(exact: Fraction, of: Currency) -> None:
    assert round_to_money(-exact, of) == -round_to_money(exact, of)


@given(st.integers(), currencies)
def test_money_is_rounded_to_itself(minor: int, of: Currency) -> None:
    assert round_to_money(Money(minor, of).amount, of) == Money(minor, of)


@pytest.mark.parametrize(
    ("code", "exact", "written"),
    [
        ("USD", "1.23556789", "1.24 USD"),
        ("USD", "-1622.835", "-1622.84 USD"),
        ("USD", "0.005", "0.01 USD"),
        ("USD", "0.0049999999", "0.00 USD"),
        ("JPY", "1.23456789", "1 JPY"),
        ("JPY", "1000.5", "1001 JPY"),
        ("KRW", "1000.5", "1001 KRW"),
        ("VND", "25000", "25000 VND"),
        ("BHD", "1.2344", "1.234 BHD"),
        ("KWD", "0.005", "0.005 KWD"),
        ("JOD", "7", "7.000 JOD"),
        ("UYW", "3.0001", "3.0001 UYW"),
        ("TWD", "100", "100.00 TWD"),
        ("ISK", "0.5", "1 ISK"),
    ],
)
def test_each_currency_has_its_own_minor_unit(code: str, exact: str, written: str) -> None:
    assert str(round_to_money(Decimal(exact), currency(code))) == written


@pytest.mark.parametrize("code", ["", "DOLLAR", "$", "US D", "XAU", "XXX"])
def test_what_is_no_currency_is_refused_in_a_sentence(code: str) -> None:
    with pytest.raises(Refused) as refusal:
        currency(code)
    assert refusal.value.sentence.endswith(".")
    assert "give" in refusal.value.sentence


parts_of_a_line = st.lists(st.fractions(min_value=-(10**6), max_value=10**6), min_size=1, max_size=30)


@given(parts_of_a_line, currencies)
def test_shares_add_up_to_the_whole_and_stay_within_one_minor_unit(parts: list[Fraction], of: Currency) -> None:
    whole = round_to_money(sum(parts, start=Fraction(0)), of)
    shares = spread(whole, parts)
    assert total(shares, in_currency=of) == whole
    for share, part in zip(shares, parts, strict=True):
        off = abs(share.minor - part * 10**of.minor_digits)
        assert off <= 1
        if (part * 10**of.minor_digits).denominator == 1:
            assert off == 0


@given(st.integers(-(10**6), 10**6), parts_of_a_line)
def test_shares_add_up_even_to_a_sum_that_is_not_theirs(minor: int, parts: list[Fraction]) -> None:
    assert sum(share.minor for share in spread(Money(minor, USD), parts)) == minor


def test_a_thousand_keys_at_four_tenths_of_a_cent_are_four_dollars() -> None:
    shares = spread(Money(400, USD), [Fraction(4, 1000)] * 1000)
    assert sorted({share.minor for share in shares}) == [0, 1]
    assert sum(share.minor for share in shares) == 400


def test_nothing_is_spread_over_nobody() -> None:
    assert spread(zero(USD), []) == ()
    with pytest.raises(AssertionError, match=r"1\.00 USD has no parts"):
        spread(Money(100, USD), [])


def test_money_of_two_currencies_is_never_added() -> None:
    with pytest.raises(AssertionError, match="cannot add"):
        Money(1, USD) + Money(1, currency("EUR"))


@given(st.lists(st.integers()))
def test_a_total_is_the_sum(minors: list[int]) -> None:
    assert total([Money(minor, USD) for minor in minors], in_currency=USD).minor == sum(minors)


@st.composite
def numbers_in_limits(draw: st.DrawFn) -> Decimal:
    decimals = draw(st.integers(0, MOST_DECIMALS))
    whole = draw(st.integers(-(10**MOST_DIGITS) + 1, 10**MOST_DIGITS - 1))
    return Decimal(whole).scaleb(-decimals, context=EXACT)


@given(numbers_in_limits())
def test_a_number_in_the_limits_is_kept_exactly_as_number_and_as_text(number: Decimal) -> None:
    assert exact_decimal(number) == number
    assert exact_decimal(str(number)) == number
    assert exact_decimal(f" {number:f}\n") == number


@given(st.integers(10**MOST_DIGITS, 10 ** (MOST_DIGITS + 5)), st.sampled_from([1, -1]))
def test_a_number_of_more_digits_is_refused(whole: int, sign: int) -> None:
    for written in (whole * sign, Decimal(whole * sign), str(whole * sign)):
        with pytest.raises(Refused, match="too long"):
            exact_decimal(written)


@pytest.mark.parametrize(
    "written",
    [
        None,
        True,
        1.5,
        [],
        {"a": 1},
        "",
        " ",
        "twelve",
        "1,5",
        "1_000",
        "１２",
        "٣",
        "1\u00a0",
        "0x10",
        "--1",
        "1e",
        "NaN",
        "-inf",
        "Infinity",
        "1e999",
        "1e-19",
        "0e999999999",
        "1e99999999999999999999",
        "9" * 39,
        "0.0000000000000000001",
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("-Infinity"),
        Decimal("1E+400"),
        Decimal("0E+999999"),
        10**5000,
    ],
    ids=lambda written: ascii(written)[:24] if not isinstance(written, int) else "int",
)
def test_what_is_no_exact_number_is_refused_in_one_short_sentence(written: object) -> None:
    with pytest.raises(Refused) as refusal:
        exact_decimal(written, what="data.tokens")
    assert refusal.value.sentence.startswith("data.tokens ")
    assert refusal.value.sentence.endswith(".")
    assert len(refusal.value.sentence) < 200


@pytest.mark.parametrize("written", ["+5", "5.", ".5", "1e3", "1E-3", "-0", "007"])
def test_the_usual_ways_to_write_a_number_are_read(written: str) -> None:
    assert exact_decimal(written) == Decimal(written)


@given(st.decimals(allow_nan=False, allow_infinity=False).filter(lambda number: abs(number.adjusted()) < 100))
def test_a_plain_decimal_reads_back_and_has_no_exponent(number: Decimal) -> None:
    written = plain(number)
    assert Decimal(written) == number
    assert not set(written.lower()) - set("-0123456789.")


@given(st.fractions())
def test_a_plain_fraction_reads_back(number: Fraction) -> None:
    assert Fraction(plain(number)) == number


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (None, "Its fee is missing; write it like 1234.5."),
        ("  ", "Its fee is missing; write it like 1234.5."),
        ("cheap", "Its fee is no number: “cheap”; write it like 1234.5."),
        ("yes", "Its fee is no number: “yes”; write it like 1234.5."),
        (False, "Its fee is no number: it is false; write it like 1234.5."),
        (["1"], "Its fee is no number: it is a list; write one number, like 1234.5."),
        ({"USD": "1"}, "Its fee is no number: it is names with values; write one number, like 1234.5."),
        (1.5, 'Its fee is no exact number; write it as a text, such as "0.1", so that no digit is lost.'),
        ("1,5", "Its fee is no number: “1,5” has a comma; write 1.5."),
        ("-,5", "Its fee is no number: “-,5” has a comma; write -.5."),
        ("1,000", "Its fee is no number: “1,000” has a comma; write 1000, or 1.000 if the comma is a decimal point."),
        ("1,000,000", "Its fee is no number: “1,000,000” has a comma; write 1000000."),
        ("1,234.56", "Its fee is no number: “1,234.56” has a comma; write 1234.56."),
        ("1.234,56", "Its fee is no number: “1.234,56” has a comma; write 1234.56."),
        ("1,2,3", "Its fee is no number: “1,2,3”; write it like 1234.5."),
        ("$1.50", "Its fee is no number: “$1.50” has a currency sign; write 1.50."),
        ("-$1.50", "Its fee is no number: “-$1.50” has a currency sign; write -1.50."),
        ("1,50 €", "Its fee is no number: “1,50 €” has a currency sign and a comma; write 1.50."),
        ("1.50 USD", "Its fee is no number: “1.50 USD” has a currency; write 1.50."),
        ("$", "Its fee is no number: “$”; write it like 1234.5."),
        ("2.9%", "Its fee is no number: “2.9%” has a percent sign; write 0.029."),
        ("2,9 %", "Its fee is no number: “2,9 %” has a percent sign and a comma; write 0.029."),
        ("100%", "Its fee is no number: “100%” has a percent sign; write 1."),
        ("0%", "Its fee is no number: “0%” has a percent sign; write 0."),
        ("1_000", "Its fee is no number: “1_000” has an underscore; write 1000."),
        ("1 000", "Its fee is no number: “1 000” has a space; write 1000."),
        ("1'000", "Its fee is no number: “1'000” has an apostrophe; write 1000."),
    ],
    ids=lambda value: ascii(value)[:24],
)
def test_what_is_no_number_is_told_to_be_none_and_how_to_write_the_one_that_was_meant(
    written: object, told: str
) -> None:
    with pytest.raises(Refused) as refusal:
        exact_decimal(written, what="Its fee")
    assert refusal.value.sentence == told


def test_where_percent_are_asked_for_the_percent_sign_alone_goes() -> None:
    with pytest.raises(Refused, match=r"“2,9 %” has a percent sign and a comma; write 2\.9\.$"):
        exact_decimal("2,9 %", what="Its discount", in_percent=True)


@given(st.text(alphabet="0123456789.,%$€ _'+-USDe", max_size=20), st.booleans())
def test_what_is_proposed_instead_is_a_number(written: str, in_percent: bool) -> None:
    try:
        exact_decimal(written, in_percent=in_percent)
    except Refused as fault:
        proposed = re.search(r"; write ([^ ]+?)(?:, or ([^ ]+) if .*)?\.$", fault.sentence)
        for number in proposed.groups() if proposed is not None else ():
            if number is not None:
                assert exact_decimal(number).is_finite()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("usd", "“usd” is not a currency; did you mean “USD”?"),
        (" Eur", "“ Eur” is not a currency; did you mean “EUR”?"),
        ("US", "“US” is not a currency; give a code of ISO 4217, such as USD or EUR."),
    ],
)
def test_a_currency_in_small_letters_is_told_which_was_meant(code: str, told: str) -> None:
    with pytest.raises(Refused) as refusal:
        currency(code)
    assert refusal.value.sentence == told
