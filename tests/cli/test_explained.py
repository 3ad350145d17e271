"""A line's explanation in the terminal: columns that line up, groups as far as asked for, nothing lost."""

from farthing.cli.explained import CELLS_SHOWN, arithmetic_lines, line_quantity
from farthing.core.explaining import Explainer
from tests.core.every_line import every_price, invoice_of, many_groups

INVOICE = invoice_of([*every_price(), many_groups(1000)])


def printed(key: str, *, cells: int = CELLS_SHOWN) -> list[str]:
    line = next(each for each in INVOICE.draft.lines if each.price_key == key)
    return arithmetic_lines(line, Explainer(INVOICE.draft).arithmetic_of(line, most=cells))


def test_quantities_and_amounts_stand_point_below_point_and_end_with_the_one_rounding() -> None:
    assert printed("tokens") == [
        "  Counted in credits.",
        "  Converted              48,345 / 1,000 = 48.345, rounded up to a whole number  =  49",
        "  Included               49 - 20 included                                       =  29",
        "  Usage                  29 x 0.7                                               =  20.3000",
        "  Discount               -12.5 % of 20.3                                        =  -2.5375",
        "  Raised to the minimum  31 - 17.7625                                           =  13.2375",
        "  Together                                                                         31.0000",
        "  In USD                 31 credits x 0.02                                      =   0.6200",
        "  That is 0.62 USD (0.41 - 0.05 + 0.26).",
    ]


def test_a_group_with_several_sums_has_a_heading_and_its_own_sum() -> None:
    said = "\n".join(printed("machines"))
    assert "  region=eu, size=small: 150 hours in 5 events\n    Tier 1, 0 to 100 " in said
    assert "    Sum of the group" in said
    assert "  region=us, size missing: 0.666666666666… (2/3) hours in 1 event\n" in said
    assert "0.666666666666… (2/3) x 3  =  2" in said


def test_a_thousand_groups_are_cut_at_fifty_and_say_how_to_see_the_others() -> None:
    short, whole = printed("keys"), printed("keys", cells=1000)
    assert len(short) == CELLS_SHOWN + 3
    assert short[0].split() == ["api_key=key-0000", "1", "x", "0.004", "=", "0.004"]
    assert short[-3].startswith("  950 more groups together (see each with --cells 1000)  ")
    assert short[-3].endswith(" 3.800")
    assert [short[-2].split(), short[-1]] == [["Sum", "4.000"], "  That is 4.00 USD."]
    assert len(whole) == 1002
    assert not any("more group" in line for line in whole)


def test_a_quantity_that_never_ends_is_cut_off_and_told_as_a_fraction() -> None:
    assert printed("seats")[0] == "  Usage  3.032258064516… (94/31) x 10  =  30.322580645161… (940/31)"


def test_a_lines_quantity_is_told_in_few_words() -> None:
    told = {line.price_key: line_quantity(line) for line in INVOICE.draft.lines}
    assert told["base"] == "28 of 28 days"
    assert told["users"] == "1 user"
    assert told["calls"] == "23,456 calls"
    assert told["seats"] == "3.032258064516… (94/31) seats"
    assert told["floor"] == "commitment"
