"""The journal as plain text: the programs it is written for read it, whatever names and amounts stand in it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from beancount import loader
from beancount.core.data import Open, Transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farthing.core.ledger.chart import CHART, Chart, chart_from
from farthing.core.ledger.plain_text import Declared, Entry, Format, written
from farthing.core.ledger.transaction import Account
from farthing.core.money import Money, currency
from farthing.core.refused import Refused

HLEDGER = shutil.which("hledger")
AWKWARD = [
    "Acme GmbH",
    'ООО «Ромашка» и "сыновья"',
    'Back\\slash "quote" \\" end\\',
    "Two\nlines\tand a\r\nthird",
    "; a comment | a bar",
    "(brackets",
    "* ! = @ {1} 100 USD",
    "日本語　株式会社",
    "",
]
OWN = chart_from(
    {"revenue": {"number": "84.00", "name": "Erlöse:  19 % (Inland); §1"}, "receivable": {"name": "Дебиторы"}}
)


def entries(payees: list[str], minors: list[int]) -> list[Entry]:
    return [
        Entry(
            date(2026, 1, 1 + place % 28),
            "invoice",
            payee,
            f"Invoice “EX-1” {payee}",
            "5d0c",
            [
                (Account.RECEIVABLE, Money(minor, currency(code))),
                (Account.REVENUE, Money(-minor, currency(code))),
            ],
            "acme",
        )
        for place, (payee, minor) in enumerate(zip(payees, minors, strict=False))
        for code in ("USD", "JPY", "KWD")
    ]


def file_of(form: Format, told: list[Entry], chart: Chart) -> str:
    declared = Declared("Bücher “Ltd”", date(2026, 1, 1), [currency(code) for code in ("JPY", "KWD", "USD")])
    return "".join(f"{line}\n" for line in written(form, declared, told, chart))


@pytest.mark.parametrize("chart", [CHART, OWN], ids=["ours", "own"])
def test_bean_check_finds_nothing_wrong(chart: Chart, tmp_path: Path) -> None:
    file = tmp_path / "books.beancount"
    file.write_text(file_of(Format.BEANCOUNT, entries(AWKWARD, [123456789, -5, 0, 1, 2, 3, 4, 5, 6]), chart), "utf-8")
    bean_check = Path(sys.executable).parent / "bean-check"
    done = subprocess.run([bean_check, file], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(HLEDGER is None, reason="There is no hledger here (apt install hledger).")
@pytest.mark.parametrize("chart", [CHART, OWN], ids=["ours", "own"])
def test_hledger_finds_nothing_wrong(chart: Chart, tmp_path: Path) -> None:
    file = tmp_path / "books.journal"
    told = entries(AWKWARD, [123456789, -5, 0, 1, 2, 3, 4, 5, 6])
    file.write_text(file_of(Format.HLEDGER, told, chart), "utf-8")
    assert HLEDGER is not None
    hledger = [HLEDGER, "-f", str(file)]
    done = subprocess.run([*hledger, "check", "--strict", "ordereddates"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    total = subprocess.run([*hledger, "balance", "-N", "assets"], capture_output=True, text=True, check=True).stdout
    assert "1234568.05 USD" in total
    assert "123456805 JPY" in total or "123456805. JPY" in total
    assert "123456.805 KWD" in total


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(), min_size=1, max_size=4), st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=4))
def test_beancount_reads_back_every_amount_and_every_name(payees: list[str], minors: list[int]) -> None:
    told = entries(payees, minors)
    read, errors, _ = loader.load_string(file_of(Format.BEANCOUNT, told, CHART))
    assert errors == []
    transactions = [one for one in read if isinstance(one, Transaction)]
    assert sum(isinstance(one, Open) for one in read) == len(CHART)
    amounts = sorted((str(one.postings[0].units.number), one.postings[0].units.currency) for one in transactions)
    assert amounts == sorted((f"{one.rows[0][1].amount:f}", one.rows[0][1].currency.code) for one in told)
    on_one_line = ["".join(character if character.isprintable() else " " for character in one.payee) for one in told]
    assert sorted(one.payee or "" for one in transactions) == sorted(on_one_line)


def test_every_account_has_a_number_of_its_own() -> None:
    assert set(CHART) == set(Account)
    assert len({name.number for name in CHART.values()}) == len(CHART)


@pytest.mark.parametrize(
    ("mapped", "says"),
    [
        ([], "maps our accounts"),
        ({"sales": {"number": 1}}, "There is no account “sales”"),
        ({"revenue": {"no": 1}}, "needs a number, a name or both"),
        ({"revenue": {"number": "1200"}}, "both have the number 1200"),
        ({"revenue": {"number": "a b"}}, "up to 20 letters"),
        ({"revenue": {"name": "two\nlines"}}, "on one line"),
    ],
)
def test_a_chart_that_means_nothing_is_refused(mapped: object, says: str) -> None:
    with pytest.raises(Refused, match=says):
        chart_from(mapped)
