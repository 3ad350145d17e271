"""What a digest says, read from the books and the usage: of all customers, or of the one whose ear it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from farthing.core.exact import Exact
from farthing.core.metering.meter import Meter
from farthing.core.metering.sample import Window, whole
from farthing.core.metering.words import adds_up
from farthing.core.money import Currency, Money, zero
from farthing.core.period import Period, local_date
from farthing.core.rating.line import added
from farthing.core.subscriptions.subscription import Subscription
from farthing.core.telling.digest import (
    Changes,
    Coming,
    Counted,
    Digest,
    Happening,
    MeterUsed,
    Need,
    Needs,
    Spender,
    in_order,
    largest,
)
from farthing.core.telling.due_days import DueDays
from farthing.core.telling.settings import USUAL_HOUR
from farthing.usecases.agreed import agreement_of
from farthing.usecases.coming import Ahead, coming_of
from farthing.usecases.notice_settings import whose_customer
from farthing.usecases.ports import SellerStore
from farthing.usecases.show_usage import local_days, preview
from farthing.usecases.telling_ports import DigestRow

MOST_METERS = 4
MOST_SPENDERS = 6
# Beyond so many subscriptions, what they come to so far is not worked out for a digest.
MOST_PREVIEWED = 500
MOST_ALIKE = 3
MOST_CUSTOMERS_MEASURED = 2_000
_CUSTOMERS_AT_ONCE = 100


def draw_digest(store: SellerStore, row: DigestRow, *, days_ahead: int) -> Digest:
    """What it says; to be called in `snapshot()`. Refuses (Unknown) where its reader has no role any more."""
    due_days = DueDays(row.span, USUAL_HOUR, row.in_zone)
    window, before = due_days.window(row.due.day), due_days.window_before(row.due.day)
    customer_id = whose_customer(store, row.ear)
    subscriptions = store.subscriptions(customer_id=customer_id)
    names = {} if customer_id is not None else {one.customer_id: one.name for one in store.customers()}
    through = max(due_days.ahead(row.due.day).end, window.end + timedelta(days=days_ahead))
    ahead = Period(window.end, through)
    return Digest(
        span=row.span,
        due=row.due,
        window=window,
        changes=Changes(
            invoiced=Counted.of(store.invoiced_in(window, customer_id=customer_id)),
            invoiced_before=Counted.of(store.invoiced_in(before, customer_id=customer_id)),
            paid=Counted.of(store.paid_in(window, customer_id=customer_id)),
            paid_before=Counted.of(store.paid_in(before, customer_id=customer_id)),
            usage=tuple(_usage(store, window, before, in_zone=row.in_zone, customer_id=customer_id)),
            spenders=_spenders(store, subscriptions, names, customer_id, now=row.made_at),
            started=_named(store, subscriptions, names, [one.starts_at in window for one in subscriptions]),
            ended=_named(store, subscriptions, names, [one.ends_at and one.ends_at in window for one in subscriptions]),
            alerts=store.alerts_raised_in(window, customer_id=customer_id),
        ),
        needs=_needs(store, row, customer_id),
        coming=in_order(_coming(store, subscriptions, names, ahead, customer_id, row=row)),
    )


def _needs(store: SellerStore, row: DigestRow, customer_id: UUID | None) -> Needs:
    today = local_date(row.made_at, in_zone=row.in_zone)
    past_due = [left for _, _, due_on, left in store.unpaid(customer_id=customer_id) if due_on < today]
    found = [
        (Need.ALERT, Counted(store.open_alerts(customer_id=customer_id))),
        (Need.PAST_DUE, Counted.of(past_due)),
        (Need.COLLECTION, Counted.of(store.failed_collections(customer_id=customer_id))),
    ]
    if customer_id is None:
        found.append((Need.DRAFT, Counted(len(store.held_drafts()))))
        found.append((Need.QUARANTINE, Counted(sum(one.events for one in store.quarantine_by_reason(limit=1000)))))
    return Needs.of(found)


def _usage(
    store: SellerStore, window: Period, before: Period, *, in_zone: str, customer_id: UUID | None
) -> Iterator[MeterUsed]:
    """What was used, meter by meter; of all customers only what adds up."""
    customers = [customer_id] if customer_id is not None else [one.customer_id for one in store.customers()]
    if len(customers) > MOST_CUSTOMERS_MEASURED:
        return
    meters = [meter for meter in store.meters_in_use() if customer_id is not None or adds_up(meter.measure)]
    called = {price.meter.key: price.name for plan in store.plans() for price in plan.prices if price.meter is not None}
    for meter in list({meter.key: meter for meter in meters}.values())[:MOST_METERS]:
        days = [(day, whole(period, in_zone=in_zone)) for day, period in local_days(window, in_zone=in_zone)]
        of_days = _measured(store, meter, customers, [each for _, each in days])
        whole_window, window_before = (whole(each, in_zone=in_zone) for each in (window, before))
        totals = _measured(store, meter, customers, [whole_window, window_before])
        now, earlier = totals[whole_window.segment.start], totals[window_before.segment.start]
        if now or earlier:
            drawn = tuple((day, of_days[each.segment.start]) for day, each in days)
            yield MeterUsed(
                called.get(meter.key, meter.key), meter.unit, now, earlier, drawn, adds_up=adds_up(meter.measure)
            )


def _measured(
    store: SellerStore, meter: Meter, customers: Sequence[UUID], windows: Sequence[Window]
) -> dict[datetime, Exact]:
    sums: dict[datetime, list[Exact]] = {each.segment.start: [Decimal(0)] for each in windows}
    for first in range(0, len(customers), _CUSTOMERS_AT_ONCE):
        some = customers[first : first + _CUSTOMERS_AT_ONCE]
        for row in store.usage_in(meter, customer_ids=some, windows=windows).rows:
            sums[row.window.segment.start].append(row.measured.quantity)
    return {start: added(quantities) for start, quantities in sums.items()}


def _spenders(
    store: SellerStore,
    subscriptions: Sequence[Subscription],
    names: dict[UUID, str],
    customer_id: UUID | None,
    *,
    now: datetime,
) -> tuple[Spender, ...]:
    running = [one for one in subscriptions if one.period_at(now) is not None]
    if len(running) > MOST_PREVIEWED:
        return ()
    sums: dict[str, dict[Currency, Money]] = {}
    for subscription in running:
        draft = preview(store, subscription, now=now)
        if draft is None or not draft.accrued:
            continue
        name = _plan_name(store, subscription, now) if customer_id is not None else names[subscription.customer_id]
        of_name = sums.setdefault(name, {})
        of_name[draft.currency] = of_name.get(draft.currency, zero(draft.currency)) + draft.accrued
    spenders = [Spender(name, tuple(money.values())) for name, money in sums.items()]
    return largest(spenders, most=MOST_SPENDERS, others=f"{len(spenders) - MOST_SPENDERS + 1:,} …")


def _named(
    store: SellerStore, subscriptions: Sequence[Subscription], names: dict[UUID, str], wanted: Sequence[object]
) -> tuple[str, ...]:
    found = [one for one, is_wanted in zip(subscriptions, wanted, strict=True) if is_wanted and not one.withdrawn]
    return tuple(names.get(one.customer_id) or _plan_name(store, one, one.starts_at) for one in found)


def _coming(
    store: SellerStore,
    subscriptions: Sequence[Subscription],
    names: dict[UUID, str],
    ahead: Period,
    customer_id: UUID | None,
    *,
    row: DigestRow,
) -> Iterator[Coming]:
    found = coming_of(store, subscriptions, ahead=ahead, customer_id=customer_id, in_zone=row.in_zone)
    alike: dict[tuple[date, Happening], list[Ahead]] = {}
    for one in found:
        alike.setdefault((one.day, one.happening), []).append(one)
    for (day, happening), several in alike.items():
        if customer_id is None and len(several) > MOST_ALIKE:
            sums = Counted.of(one.amount for one in several if one.amount is not None).sums
            yield Coming(day, happening, "", "", sums[0] if len(sums) == 1 else None, many=len(several))
            continue
        for one in several:
            amount = one.amount if one.after is None or one.before is None else one.after - one.before
            yield Coming(day, happening, names.get(one.customer_id, ""), one.about, amount)
    today = local_date(row.made_at, in_zone=row.in_zone)
    last = local_date(ahead.end, in_zone=row.in_zone)
    for whose, number, due_on, left in store.unpaid(customer_id=customer_id):
        if today <= due_on <= last:
            yield Coming(due_on, Happening.PAYMENT_DUE, names.get(whose, ""), number, left)


def _plan_name(store: SellerStore, subscription: Subscription, at: datetime) -> str:
    return agreement_of(store, subscription).plan_at(max(at, subscription.starts_at)).name
