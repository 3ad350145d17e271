"""The books on the command line: a month is closed, told of, exported, and taken over from another system."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from tests.cli.commands import Commands

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "books.md").read_text(encoding="utf-8")


def test_a_month_is_billed_closed_and_told_of(acme: Commands) -> None:
    assert "Nothing is booked yet." in acme.well("books", "trial-balance")
    assert "acme is not billed for “starter”" in acme.refused("books", "close", "2026-02", "--dry-run", code=1)
    acme.well("period", "close", "--through", "2026-02-28")
    assert "2026-01 has bookings" not in acme.refused("books", "close", "2026-03")
    closed = acme.well("books", "close", "2026-02", "--by", "Ada")
    assert "2026-02 is closed and locked: 1 release and 0 accruals booked." in closed
    assert "locked already" in acme.refused("books", "close", "2026-02")
    assert "2026-02  locked  2026-03-15" in acme.well("books", "locks")

    told = json.loads(acme.well("books", "trial-balance", "--json"))
    assert told["locked_through"] == "2026-02-28"
    assert sum(Decimal(one["closing"]) for one in told["accounts"]) == 0
    assert "1200    Receivables" in acme.well("books", "trial-balance", "--month", "2026-03")
    assert "acme      USD" in acme.well("books", "aging")
    aged = json.loads(acme.well("books", "aging", "--as-of", "2026-04-20", "--json"))
    assert aged["customers"][0]["buckets"]["1-30"] == aged["customers"][0]["total"]
    assert "2026-03-15  acme  Invoice EX-000001" in acme.well("books", "journal")
    lines = acme.well("books", "journal", "--json").splitlines()
    assert {json.loads(line)["kind"] for line in lines} == {"invoice", "release"}

    assert "2026-02 is open again." in acme.well("books", "unlock", "2026-02", "--because", "A mistake")
    assert "2026-02 is locked" in acme.well("books", "lock", "2026-02", "--because", "Audited")
    acme.well("check")


def test_the_books_are_exported_under_the_accountants_own_names(acme: Commands, tmp_path: Path) -> None:
    acme.well("period", "close", "--through", "2026-02-28")
    (tmp_path / "chart.yaml").write_text("revenue: {number: 8400, name: Erlöse}\n", encoding="utf-8")
    acme.well("books", "export", "--format", "beancount", "--chart", "chart.yaml", "--out", "books.beancount")
    checked = subprocess.run(
        [Path(sys.executable).parent / "bean-check", "books.beancount"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "Income:8400-Erlöse" in (tmp_path / "books.beancount").read_text(encoding="utf-8")
    assert "account income:4000 Revenue" in acme.well("books", "export", "--format", "hledger", "--month", "2026-03")
    assert "no account “sales”" in _with_chart(acme, tmp_path, "sales: {number: 1}")
    assert "is not YAML" in _with_chart(acme, tmp_path, "revenue: {number: 1")


def test_books_begin_with_the_file_of_the_guide_and_are_told_under_its_chart(acme: Commands, tmp_path: Path) -> None:
    chart, opening = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "chart.yaml").write_text(chart, encoding="utf-8")
    (tmp_path / "opening.yaml").write_text(opening, encoding="utf-8")
    opened = acme.well("books", "open", "--from", "opening.yaml")
    assert opened == "The books begin on 2025-12-31 with 2 open items; the next invoice has the number 4711.\n"
    assert "begun already" in acme.refused("books", "open", "--from", "opening.yaml")
    acme.well("period", "close", "--through", "2026-01-31")
    assert "EX-004711" in acme.well("invoice", "list")
    told = acme.well("books", "trial-balance", "--chart", "chart.yaml")
    assert "0980    Passive Rechnungsabgrenzung" in told
    assert "R-4702" in acme.well("books", "aging", "--json")
    acme.well("check")


def test_a_month_that_is_none_is_refused_in_a_sentence(run: Commands) -> None:
    assert "“2026-13” is not a month; write it like 2026-10." in run.refused("books", "close", "2026-13")
    assert "no month is" in run.refused("books", "unlock", "2026-01", "--because", "x")
    assert "No month was ever locked" in run.well("books", "locks")
    assert "Nothing is to be paid" in run.well("books", "aging")


def _with_chart(run: Commands, folder: Path, chart: str) -> str:
    (folder / "other.yaml").write_text(chart, encoding="utf-8")
    return run.refused("books", "trial-balance", "--chart", "other.yaml")
