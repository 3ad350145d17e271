"""How many documents a second are printed, beside the same number of words set by the typesetter alone."""

from __future__ import annotations

import json
import os
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import click

from farthing.cli.machine import machine
from farthing.cli.say import progress, table
from farthing.core.billing import draft_of
from farthing.core.invoicing.invoice import Invoice, LegalEntity, Series, issue
from farthing.core.metering.count import Count
from farthing.core.metering.meter import Measured, Measurement, Meter, Reading
from farthing.core.metering.sample import whole
from farthing.core.money import USD
from farthing.core.parties import Customer, Mode, Seller
from farthing.core.period import Cycle, Period
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.plan import Plan, Price
from farthing.core.rating.agreement import Agreement
from farthing.core.rating.rate import Used
from farthing.core.subscriptions.subscription import Subscription

_USAGE_LINES = 5
_ENTITY = LegalEntity("main", "Example", in_zone="UTC", number_prefix="EX")
_SOMEONE = UUID(int=1)
_CYCLE = Cycle.monthly(anchor_day=1, in_zone="UTC")
_STARTS = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rate:
    """Documents a second on all cores: the median of the rounds, and every round; and processor time of one."""

    per_second: float
    rounds: list[float]
    cpu_milliseconds: float


@dataclass(frozen=True, slots=True)
class Pressed:
    """What was measured: an invoice of six lines on one page, with an annex of five charts and days, and the floor."""

    documents: int
    threads: int
    plain: Rate
    annexed: Rate
    raw: Rate
    part_of_raw: float
    kib_of_a_document: float
    peak_mib: float
    machine: str


@click.command("pdf")
@click.option("--documents", type=click.IntRange(1), default=100, show_default=True, help="How many in each round.")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--threads", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="one a core")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(documents: int, rounds: int, threads: int, as_json: bool) -> None:
    """Invoices printed a second: as they are, with an annex, and text of the same length without any layout."""
    # The typesetter is only loaded where something is printed.
    from farthing.documents.invoice import invoice_pdf
    from farthing.documents.typeset import bare_pdf

    invoices = [_invoice(number) for number in range(documents)]
    days = {price: _days(nth) for nth, price in enumerate(_prices())}

    def plain(number: int) -> bytes:
        invoice, customer, seller = invoices[number]
        return invoice_pdf(invoice, customer, seller)

    def annexed(number: int) -> bytes:
        invoice, customer, seller = invoices[number]
        return invoice_pdf(invoice, customer, seller, days)

    def raw(number: int) -> bytes:
        return bare_pdf(" ".join(f"{number} {place} 1,234,567" for place in range(_WORDS // 3)))

    sizes = len(plain(0))
    rates = [
        _rate(name, act, documents=documents, rounds=rounds, threads=threads)
        for name, act in (("plain", plain), ("with annex", annexed), ("raw", raw))
    ]
    pressed = Pressed(
        documents=documents,
        threads=threads,
        plain=rates[0],
        annexed=rates[1],
        raw=rates[2],
        part_of_raw=round(rates[0].per_second / rates[2].per_second, 3),
        kib_of_a_document=round(sizes / 1024, 1),
        peak_mib=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        machine=machine(),
    )
    if as_json:
        click.echo(json.dumps(asdict(pressed)))
        return
    click.echo(f"{pressed.machine}; {threads} threads; the median of {rounds} rounds")
    rows = [["", "PDFS A SECOND", "ROUNDS", "CPU MS EACH"]]
    for name, rate in zip(("invoice", "with annex", "raw text"), rates, strict=True):
        spread = f"{min(rate.rounds)} to {max(rate.rounds)}"
        rows.append([name, str(rate.per_second), spread, str(rate.cpu_milliseconds)])
    click.echo(table(rows, right=[1, 3]))
    click.echo(
        f"an invoice is {pressed.kib_of_a_document} KiB and {pressed.part_of_raw:.0%} as fast as the "
        f"same words without any layout; at most {pressed.peak_mib} MiB of memory."
    )


# About as many words as stand on the invoice's one page.
_WORDS = 150


def _rate(name: str, act: Callable[[int], bytes], *, documents: int, rounds: int, threads: int) -> Rate:
    act(0)
    found, started = list[float](), time.process_time()
    with ThreadPoolExecutor(threads) as pool, progress() as bar:
        for _ in bar.track(range(rounds), description=f"Printing, {name}"):
            began = time.perf_counter()
            for _ in pool.map(act, range(documents)):
                pass
            found.append(round(documents / (time.perf_counter() - began), 1))
    each = (time.process_time() - started) / (documents * rounds) * 1000
    return Rate(round(statistics.median(found), 1), found, round(each, 1))


def _prices() -> list[str]:
    return [f"m{number}" for number in range(_USAGE_LINES)]


def _days(seed: int) -> Sequence[tuple[date, Decimal]]:
    return [(date(2026, 3, 1) + timedelta(day), Decimal((day * 7919 + seed * 104729) % 2_000_000)) for day in range(31)]


def _invoice(number: int) -> tuple[Invoice, Customer, Seller]:
    """An invoice of a fee and five lines of usage; no two say the same, so that nothing is laid out from memory."""
    meters = [Meter(key, 1, key, Count(), "calls") for key in _prices()]
    prices = [Price(meter.key, f"Endpoint {meter.key}", PerUnit(Decimal("0.0013")), meter) for meter in meters]
    plan = Plan("growth", 1, "Growth", USD, (Price("platform", "Platform fee", Flat(Decimal(49))), *prices))
    subscription = Subscription(_SOMEONE, _SOMEONE, "growth", 1, _CYCLE, _STARTS)
    moment = next(
        due for due in subscription.moments_due(through=_STARTS + timedelta(days=90)) if due.ended is not None
    )
    assert moment.ended is not None, "it ends a period"
    used = {
        (meter.key, moment.ended.start): Used(_measured(meter, number * 1_000 + place, moment.ended))
        for place, meter in enumerate(meters)
    }
    draft = draft_of(Agreement.plain(subscription, plan), moment, used)
    issued = issue(draft, _ENTITY, Series(last=number), now=moment.at)
    customer = Customer(_SOMEONE, "acme", f"Customer {number}", "UTC")
    return issued, customer, Seller(_SOMEONE, "Example", Mode.LIVE, _ENTITY)


def _measured(meter: Meter, quantity: int, period: Period) -> Measurement:
    return Measurement(_SOMEONE, Reading(meter, whole(period)), 98_765, (Measured((), Decimal(quantity), 1_234),))
