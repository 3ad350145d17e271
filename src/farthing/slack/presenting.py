"""What use cases answer, as what views draw."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from farthing.core.explaining import Explainer
from farthing.core.invoicing.invoice import Invoice
from farthing.core.metering.differences import differing
from farthing.core.metering.words import adds_up
from farthing.core.money import Money
from farthing.core.notices import ConflictsFound, DataNotice, DayAudited, SourcesBack, SourcesSilent
from farthing.core.parties import Customer
from farthing.core.period import zone
from farthing.slack.views.alerts import BudgetShown, alert_card
from farthing.slack.views.blocks import Card
from farthing.slack.views.charts import DailyUsage
from farthing.slack.views.drafts import DraftShown, Seen
from farthing.slack.views.explain import Day, EventShown, LineExplained
from farthing.slack.views.home import Spender
from farthing.slack.views.invoices import invoice_card
from farthing.slack.views.quality import SilentSource, TwoEvents, audit_card, back_card, conflicts_card, silent_card
from farthing.slack.views.runs import Run, RunInvoice
from farthing.slack.views.usage import RunningPlan, UsageShown
from farthing.slack.views.words import arithmetic_writing
from farthing.usecases.alerts import AlertView
from farthing.usecases.audit_usage import AUDITED_FROM, show_audit
from farthing.usecases.budgets import BudgetView
from farthing.usecases.drafts import DraftView
from farthing.usecases.explain_line import Explanation
from farthing.usecases.ports import Conflict, KeptEvent, RunTotals, SellerStore
from farthing.usecases.show_invoices import InvoiceView
from farthing.usecases.show_quality import SilencesView, show_conflicts, show_silences
from farthing.usecases.show_usage import Spend, UsageView


def card_of_invoice(view: InvoiceView) -> Card:
    """An invoice's card with its chart."""
    by_key = {line.price_key: line for line in view.invoice.draft.lines}
    explainer = Explainer(view.invoice.draft)
    usage = [
        DailyUsage(by_key[key].name, by_key[key].unit, list(days), adds_up=explainer.days_add_up(by_key[key]))
        for key, days in view.days.items()
    ]
    return invoice_card(view.customer, view.invoice, usage)


def card_of_alert(view: AlertView) -> Card:
    """A budget's alert."""
    return alert_card(view.customer, view.budget, view.alert, unit=view.unit)


def budgets_shown(views: Sequence[BudgetView]) -> list[BudgetShown]:
    """Budgets as views draw them."""
    return [BudgetShown(view.customer, view.budget, view.unit, view.standing) for view in views]


def draft_shown(view: DraftView) -> DraftShown:
    """A draft that waits, with what an approval of just this carries."""
    seen = Seen(view.pending.invoice_id, view.position, view.fingerprint)
    return DraftShown(
        view.customer, view.draft, seen, view.pending.state, view.pending.reasons, issue_at=view.pending.issue_at
    )


def shown_usage(view: UsageView, *, asked_for: str = "", budgets: Sequence[BudgetView] = ()) -> UsageShown:
    """A customer's usage as the card shows it."""
    running = [
        RunningPlan(
            name=each.plan.name,
            period=each.period,
            in_zone=each.subscription.cycle.in_zone,
            draft=each.draft,
            usage=[
                DailyUsage(
                    meter.name,
                    meter.meter.unit,
                    [(day.day, day.quantity) for day in meter.days],
                    adds_up=adds_up(meter.meter.measure),
                )
                for meter in each.meters
            ],
        )
        for each in view.running
    ]
    return UsageShown(
        view.customer,
        running,
        view.recent_invoices,
        as_of=view.as_of,
        asked_for=asked_for,
        budgets=budgets_shown(budgets),
    )


def run_of(store: SellerStore, totals: RunTotals) -> Run:
    """A closing run as finance reads it; to be called in a transaction."""
    unheard: list[tuple[Customer, Invoice]] = []
    customers = {customer.customer_id: customer for customer in store.customers()}
    for invoice in store.invoices(run_id=totals.run_id):
        customer = customers[invoice.draft.customer_id]
        if store.customer_channel(customer.customer_id) is None:
            unheard.append((customer, invoice))
    held = [(customers[customer_id], pending.reasons) for pending, customer_id in store.held_drafts()]
    return Run(
        held=held,
        through=totals.through,
        invoices=totals.invoices,
        totals=totals.totals,
        largest=[RunInvoice(customer, invoice, _before(store, invoice)) for customer, invoice in totals.largest],
        unheard=sorted(unheard, key=lambda each: (each[0].key, each[1].sequence)),
    )


def card_of_data(store: SellerStore, notice: DataNotice) -> Card:
    """How usage arrives, as it stands now."""
    match notice:
        case DayAudited(day=day):
            return audit_card(show_audit(store, day=day, now=_morning_after(store, day)))
        case SourcesSilent(found_at=at):
            view = show_silences(store, told_at=at)
            return silent_card(_silent(view), at=at, in_zone=view.in_zone)
        case SourcesBack(found_at=at):
            view = show_silences(store, told_at=at, over=True)
            return back_card(_silent(view), at=at, in_zone=view.in_zone)
        case ConflictsFound(hour=hour):
            found = show_conflicts(store, since=hour, until=hour + timedelta(hours=1), limit=20)
            return conflicts_card(_two_events(found.newest), count=found.count, hour=hour, in_zone=found.in_zone)


def line_shown(explanation: Explanation) -> LineExplained:
    """A line and the days behind it."""
    return LineExplained(
        customer=explanation.customer,
        invoice=explanation.invoice,
        number=explanation.line_number,
        line=explanation.line,
        days=[Day(day.day, day.quantity, day.events) for day in explanation.days],
        holds=explanation.holds,
        used=explanation.used,
        held=""
        if explanation.held is None
        else explanation.explainer.held_sentence(explanation.line, explanation.held, arithmetic_writing()),
    )


def events_shown(explanation: Explanation, events: Sequence[KeptEvent]) -> list[EventShown]:
    """Events, each with what it does to the line."""
    explainer, writing = explanation.explainer, arithmetic_writing()
    return [
        EventShown(
            position=kept.position,
            event=kept.event,
            happened_at=kept.happened_at,
            accepted_at=kept.accepted_at,
            does=explainer.event_in_words(explanation.line, kept.event.data, kept.happened_at, writing),
        )
        for kept in events
    ]


def spenders(spends: Sequence[Spend]) -> list[Spender]:
    """Customers and what they come to."""
    return [Spender(spend.customer, spend.so_far) for spend in spends]


def day_of(written: str) -> date | None:
    """The day that a button carries; None when it carries none."""
    return date.fromisoformat(written) if written else None


def _silent(view: SilencesView) -> list[SilentSource]:
    return [
        SilentSource(one.silence.source, one.silence.since, one.silence.back_at, one.hours) for one in view.silences
    ]


def _two_events(conflicts: Sequence[Conflict]) -> list[TwoEvents]:
    return [
        TwoEvents(str(one.accepted["source"]), str(one.accepted["id"]), differing(one.accepted, one.other.event))
        for one in conflicts
    ]


def _morning_after(store: SellerStore, day: date) -> datetime:
    """When the audit of a day is due: whenever it is told, it tells what was known then."""
    with store.transaction():
        in_zone = store.seller().entity.in_zone
    return datetime.combine(day + timedelta(days=1), AUDITED_FROM, tzinfo=zone(in_zone)).astimezone(UTC)


def _before(store: SellerStore, invoice: Invoice) -> Money | None:
    """What the subscription's invoice before this one came to; a first fee charged ahead is nothing to compare with."""
    earlier = [
        other
        for other in store.invoices(customer_id=invoice.draft.customer_id)
        if other.draft.subscription_id == invoice.draft.subscription_id
        and other.draft.at < invoice.draft.at
        and any(not line.advance for line in other.draft.lines)
    ]
    return max(earlier, key=lambda other: other.draft.at).total if earlier else None
