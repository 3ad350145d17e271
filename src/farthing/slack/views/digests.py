"""A digest as a message: what needs you first, then what changed, with a chart, then what comes."""

from __future__ import annotations

from collections.abc import Sequence

from farthing.core.metering.words import unit_of
from farthing.core.money import Money
from farthing.core.telling.digest import Changes, Coming, Counted, Digest, Happening, Need
from farthing.core.telling.due_days import Span
from farthing.core.telling.ear import Ear
from farthing.core.telling.settings import Settings
from farthing.slack.views.blocks import Block, Card, actions, button, escaped, header, section, small_print, table
from farthing.slack.views.charts import DailyUsage, charts
from farthing.slack.views.words import (
    change_text,
    day_text,
    money_text,
    number_text,
    period_text,
    quantity_change_text,
    quantity_text,
    say,
    several,
    short_day,
)

MOST_COMING = 12
MOST_NAMED = 5


def digest_card(digest: Digest, *, ear: Ear, called: str, in_zone: str, settings: Settings) -> Card:
    """What somebody asked to be told on some mornings; the text alone says all that matters."""
    title = _title(digest, called=called, of_customer=ear.customer_id is not None)
    period = period_text(digest.window, in_zone=in_zone)
    blocks: list[Block] = [header(f"{title}: {period}")]
    if digest.due.late:
        blocks.append(section(f"_{escaped(_late(digest))}_"))
    if digest.needs.waiting:
        needs = "\n".join(f"• {escaped(_need(need, counted))}" for need, counted in digest.needs.waiting)
        blocks.append(section(f"*{escaped(say('Needs you'))}*\n{needs}"))
    if digest.changes.happened or digest.changes.spenders:
        blocks.append(section(f"*{escaped(say('What changed'))}*"))
        blocks.append(table(_rows(digest.changes), right=(1, 2, 3)))
        blocks += [section(escaped(line)) for line in _names(digest.changes)]
        blocks += charts([DailyUsage(one.name, one.unit, one.days, one.adds_up) for one in digest.changes.usage])[:1]
    if digest.coming:
        lines = [_coming(one) for one in digest.coming[:MOST_COMING]]
        left = len(digest.coming) - MOST_COMING
        lines += [several("and {n} more", "and {n} more", left, n=number_text(left))] if left > 0 else []
        text = "\n".join(f"• {escaped(line)}" for line in lines)
        blocks.append(section(f"*{escaped(say('What comes'))}*\n{text}"))
    if digest.needs.waiting:
        blocks.append(actions(*_openers(digest), _settings_button(ear)))
    else:
        blocks.append(actions(_settings_button(ear)))
    blocks.append(small_print(escaped(who_set_up(settings))))
    return Card(escaped(_in_short(digest, title, period)), blocks)


def who_set_up(settings: Settings) -> str:
    """Why this is told here, in a sentence."""
    if settings.is_usual:
        return say("Told here by Farthing's usual settings; Settings changes that.")
    return say("Set up by {name}; Settings changes that.", name=settings.set_by)


def span_text(span: Span) -> str:
    """How often."""
    match span:
        case Span.DAILY:
            return say("every day")
        case Span.WEEKLY:
            return say("every Monday")
        case Span.MONTHLY:
            return say("on the 1st of every month")


def _title(digest: Digest, *, called: str, of_customer: bool) -> str:
    match digest.span:
        case Span.DAILY:
            title = say("Daily digest")
        case Span.WEEKLY:
            title = say("Weekly digest")
        case Span.MONTHLY:
            title = say("Monthly digest")
    return say("{title} for {name}", title=title, name=called) if of_customer else title


def _late(digest: Digest) -> str:
    day = day_text(digest.due.day)
    if not digest.due.missed:
        return say("Late: it was due on {day}.", day=day)
    return several(
        "Late: it was due on {day}, and {n} before it was missed.",
        "Late: it was due on {day}, and {n} before it were missed.",
        digest.due.missed,
        day=day,
        n=number_text(digest.due.missed),
    )


def _in_short(digest: Digest, title: str, period: str) -> str:
    said = [say("{title}: {period}.", title=title, period=period)]
    if digest.due.late:
        said.append(_late(digest))
    changes = digest.changes
    if changes.invoiced.many:
        said.append(say("Invoiced: {counted}.", counted=_counted(changes.invoiced)))
    if changes.paid.many:
        said.append(say("Paid: {counted}.", counted=_counted(changes.paid)))
    said += [
        say("Used: {quantity}.", quantity=quantity_text(one.quantity, one.unit)) for one in changes.usage[:MOST_NAMED]
    ]
    if digest.needs.waiting:
        needs = "; ".join(_need(need, counted) for need, counted in digest.needs.waiting)
        said.append(say("Needs you: {needs}.", needs=needs))
    else:
        said.append(say("Nothing waits for you."))
    if digest.coming:
        said.append(say("Next: {what}.", what=_coming(digest.coming[0])))
    return " ".join(said)


def _rows(changes: Changes) -> list[list[str]]:
    rows = [[say("What"), say("Now"), say("Before"), say("Change")]]
    for name, now, before in (
        (say("Invoiced"), changes.invoiced, changes.invoiced_before),
        (say("Paid"), changes.paid, changes.paid_before),
    ):
        if now.many or before.many:
            rows.append([name, _counted(now), _counted(before), _change(now, before)])
    for used in changes.usage:
        unit = unit_of(used.quantity, used.unit)
        says_unit = not unit or unit.casefold() in used.name.casefold()
        label = used.name if says_unit else say("{name}, {unit}", name=used.name, unit=unit)
        rows.append(
            [
                label,
                number_text(used.quantity),
                number_text(used.before),
                quantity_change_text(used.quantity, used.before),
            ]
        )
    if changes.alerts:
        rows.append([say("Alerts raised"), number_text(changes.alerts), "–", "–"])
    for spender in changes.spenders:
        rows.append([say("{name} so far", name=spender.name), _sums(spender.so_far), "–", "–"])
    return rows


def _names(changes: Changes) -> list[str]:
    said = []
    if changes.started:
        said.append(say("Began: {names}.", names=_named(changes.started)))
    if changes.ended:
        said.append(say("Ended: {names}.", names=_named(changes.ended)))
    return said


def _named(names: Sequence[str]) -> str:
    left = len(names) - MOST_NAMED
    shown = ", ".join(names[:MOST_NAMED])
    return shown if left <= 0 else say("{names} and {n} more", names=shown, n=number_text(left))


def _need(need: Need, counted: Counted) -> str:
    n, sums = number_text(counted.many), _sums(counted.sums)
    match need:
        case Need.COLLECTION:
            return several(
                "{n} collection failed: {sums}", "{n} collections failed: {sums}", counted.many, n=n, sums=sums
            )
        case Need.ALERT:
            return several("{n} alert waits", "{n} alerts wait", counted.many, n=n)
        case Need.DRAFT:
            return several("{n} draft is held", "{n} drafts are held", counted.many, n=n)
        case Need.PAST_DUE:
            return several(
                "{n} invoice is past due: {sums}", "{n} invoices are past due: {sums}", counted.many, n=n, sums=sums
            )
        case Need.QUARANTINE:
            return several("{n} event is in quarantine", "{n} events are in quarantine", counted.many, n=n)


def _coming(one: Coming) -> str:
    day = short_day(one.day)
    what = _happening(one)
    if one.amount is not None:
        return say("{day}: {what}, {amount}", day=day, what=what, amount=_signed(one))
    return say("{day}: {what}", day=day, what=what)


def _happening(one: Coming) -> str:
    if one.many > 1:
        return _several_happen(one.happening, one.many)
    whose = say("{name}, {about}", name=one.name, about=one.about) if one.name and one.about else one.name or one.about
    match one.happening:
        case Happening.TRIAL_END:
            return say("the trial of {whose} ends", whose=whose)
        case Happening.RENEWAL:
            return say("{whose} renews", whose=whose)
        case Happening.PERIOD_END:
            return say("the billing period of {whose} closes", whose=whose)
        case Happening.PRICE_CHANGE:
            return say("the prices of {whose} change", whose=whose)
        case Happening.CREDIT_EXPIRES:
            return say("the last day of credit {whose}", whose=whose)
        case Happening.PAYMENT_DUE:
            return say("payment of {whose} is due", whose=whose)
        case Happening.ENDS:
            return say("{whose} ends", whose=whose)


def _several_happen(happening: Happening, many: int) -> str:
    n = number_text(many)
    match happening:
        case Happening.TRIAL_END:
            return several("{n} trial ends", "{n} trials end", many, n=n)
        case Happening.RENEWAL:
            return several("{n} subscription renews", "{n} subscriptions renew", many, n=n)
        case Happening.PERIOD_END:
            return several("{n} billing period closes", "{n} billing periods close", many, n=n)
        case Happening.PRICE_CHANGE:
            return several("prices change for {n} customer", "prices change for {n} customers", many, n=n)
        case Happening.CREDIT_EXPIRES:
            return several("the last day of {n} credit", "the last day of {n} credits", many, n=n)
        case Happening.PAYMENT_DUE:
            return several("payment of {n} invoice is due", "payment of {n} invoices is due", many, n=n)
        case Happening.ENDS:
            return several("{n} subscription ends", "{n} subscriptions end", many, n=n)


def _signed(one: Coming) -> str:
    assert one.amount is not None, "what has an amount is written with it"
    plus = "+" if one.happening is Happening.PRICE_CHANGE and one.amount.minor > 0 else ""
    return f"{plus}{money_text(one.amount)}"


def _counted(counted: Counted) -> str:
    if not counted.many:
        return "–"
    return say("{sums} ({n})", sums=_sums(counted.sums), n=number_text(counted.many))


def _sums(sums: Sequence[Money]) -> str:
    return " + ".join(money_text(money) for money in sums) or "–"


def _change(now: Counted, before: Counted) -> str:
    if len(now.sums) != 1 or len(before.sums) != 1:
        return "–"
    return change_text(now.sums[0], before.sums[0])


def _openers(digest: Digest) -> list[Block]:
    needs = {need for need, _ in digest.needs.waiting}
    found = []
    if Need.DRAFT in needs:
        found.append(button(say("Review drafts"), "drafts_open", "digest", style="primary"))
    if needs & {Need.ALERT, Need.PAST_DUE, Need.COLLECTION}:
        found.append(button(say("Show what waits"), "needs_open", "digest"))
    return found


def _settings_button(ear: Ear) -> Block:
    return button(say("Settings"), "notice_settings_open", str(ear))
