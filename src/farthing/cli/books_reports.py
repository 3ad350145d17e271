"""What the books say: trial balance, aging, journal, and the file for the accountant's own program."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import click

from farthing.cli.days import DAY
from farthing.cli.months import MONTH
from farthing.cli.opened import opened
from farthing.cli.say import Sentence, amount, showable, table
from farthing.cli.yaml_file import read_yaml
from farthing.core.ledger.chart import CHART, Chart, chart_from
from farthing.core.ledger.month import Month
from farthing.core.ledger.plain_text import Format
from farthing.core.money import Money
from farthing.usecases.export_books import export_books
from farthing.usecases.report_books import Bucket, aging, journal_entries, trial_balance

_MONTH = click.option("--month", type=MONTH, help="Only this month; without it all of the books.")
_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON, amounts as text.")
_CHART = click.option(
    "--chart",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A YAML file that gives accounts numbers and names of your own.",
)
_BUCKETS = {
    Bucket.NOT_DUE: "NOT DUE",
    Bucket.DAYS_30: "1-30 DAYS",
    Bucket.DAYS_60: "31-60",
    Bucket.DAYS_90: "61-90",
    Bucket.OLDER: "OVER 90",
}


@click.command("trial-balance")
@_MONTH
@_CHART
@_JSON
def trial_balance_command(month: Month | None, chart: Path | None, as_json: bool) -> None:
    """Each account in each currency: where it began, debits, credits, where it ended."""
    names = _chart(chart)
    with opened() as at:
        balance = trial_balance(at.store, month)
    if as_json:
        accounts = [
            {
                "account": one.account.value,
                "number": names[one.account].number,
                "name": names[one.account].name,
                "currency": one.opening.currency.code,
                "opening": _plain(one.opening),
                "debit": _plain(one.debit),
                "credit": _plain(one.credit),
                "closing": _plain(one.closing),
            }
            for one in balance.accounts
        ]
        through = None if balance.locked_through is None else str(balance.locked_through)
        _tell({"month": _text(month), "locked_through": through, "accounts": accounts})
        return
    if not balance.accounts:
        click.echo("Nothing is booked yet.")
        return
    rows = [["NUMBER", "ACCOUNT", "OPENING", "DEBIT", "CREDIT", "CLOSING", ""]]
    for one in balance.accounts:
        name = names[one.account]
        amounts = [amount(money) for money in (one.opening, one.debit, one.credit, one.closing)]
        rows.append([name.number, name.name, *amounts, one.opening.currency.code])
    click.echo(table(rows, right=[2, 3, 4, 5]))
    if balance.locked_through is not None:
        click.echo(f"The books are locked through {balance.locked_through}.")


@click.command("aging")
@click.option("--as-of", type=DAY, help="On this day; without it today.")
@click.option("--customer", help="Only this customer.")
@_JSON
def aging_command(as_of: date | None, customer: str | None, as_json: bool) -> None:
    """What is still to be paid, by customer and currency, and how long it is overdue."""
    with opened() as at:
        day, aged = aging(at.store, as_of=as_of, customer_key=customer, now=at.now)
    if as_json:
        customers = [
            {
                "customer": one.customer_key,
                "currency": one.currency.code,
                "total": _plain(one.total),
                "buckets": {bucket.value: _plain(one.within(bucket)) for bucket in Bucket},
                "items": [
                    {"number": item.number, "due_on": str(item.due_on), "open": _plain(item.open)} for item in one.items
                ],
            }
            for one in aged
        ]
        _tell({"as_of": str(day), "customers": customers})
        return
    if not aged:
        click.echo(f"Nothing is to be paid as of {day}.")
        return
    rows = [["CUSTOMER", "", *_BUCKETS.values(), "TOTAL"]]
    for one in aged:
        within = [amount(one.within(bucket)) for bucket in _BUCKETS]
        rows.append([one.customer_key, one.currency.code, *within, amount(one.total)])
    click.echo(table(rows, right=[2, 3, 4, 5, 6, 7]))


@click.command("journal")
@_MONTH
@_CHART
@_JSON
def journal_command(month: Month | None, chart: Path | None, as_json: bool) -> None:
    """Every transaction, in the order of booking dates. As JSON, one on each line."""
    names = _chart(chart)
    with opened() as at, at.store.snapshot():
        for entry in journal_entries(at.store, month):
            booked = entry.transaction
            if as_json:
                postings = [
                    {
                        "account": posting.account.value,
                        "number": names[posting.account].number,
                        "amount": _plain(posting.amount),
                        "currency": posting.amount.currency.code,
                    }
                    for posting in booked.postings
                ]
                told = {
                    "transaction_id": str(booked.transaction_id),
                    "booked_on": str(booked.booked_on),
                    "kind": booked.kind.value,
                    "customer": entry.customer.key,
                    "narration": entry.narration,
                    "postings": postings,
                }
                click.echo(json.dumps(told, ensure_ascii=False))
                continue
            click.echo(showable(f"{booked.booked_on}  {entry.customer.key}  {entry.narration}"))
            rows = [
                [names[one.account].numbered, amount(one.amount), one.amount.currency.code] for one in booked.postings
            ]
            click.echo(table(rows, right=[1], indent="    "))


@click.command("export")
@click.option("--format", "form", type=click.Choice([each.value for each in Format]), required=True)
@_MONTH
@_CHART
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to; without it to the terminal.")
def export_command(form: str, month: Month | None, chart: Path | None, out: Path | None) -> None:
    """The journal as a file that Beancount or hledger reads."""
    names = _chart(chart)
    with opened() as at:
        lines = export_books(at.store, Format(form), month=month, chart=names)
        if out is None:
            for line in lines:
                click.echo(line)
            return
        try:
            with out.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(f"{line}\n" for line in lines)
        except OSError as fault:
            raise Sentence(f"{out} cannot be written: {(fault.strerror or 'no reason given').lower()}.") from None
    click.echo(str(out))


def _chart(file: Path | None) -> Chart:
    return CHART if file is None else chart_from(read_yaml(file))


def _plain(money: Money) -> str:
    return f"{money.amount:f}"


def _text(month: Month | None) -> str | None:
    return None if month is None else str(month)


def _tell(told: object) -> None:
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))
