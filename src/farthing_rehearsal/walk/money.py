"""What a walk does with money: close, credit, void, pay, refund, grant, discount, release, and lock months."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from random import Random

from farthing.core.invoicing.credit_note import CreditKind
from farthing.core.invoicing.crediting import Why
from farthing.core.invoicing.credits import GrantKind
from farthing.core.invoicing.invoice import Invoice
from farthing.core.ledger.month import Month
from farthing.core.money import Money
from farthing.core.refused import Refused
from farthing.usecases.close_month import close_month, lock_month, unlock_month
from farthing.usecases.close_period import close_period
from farthing.usecases.coupons import apply_coupon, remove_coupon
from farthing.usecases.credit_invoice import CreditWish, LineWish, credit_invoice
from farthing.usecases.credits import expire_credit, grant_credit
from farthing.usecases.drafts import approve_draft, edit_draft, hold_draft, list_drafts
from farthing.usecases.invoice_once import Item, invoice_once
from farthing.usecases.late_usage import bill_late_usage, look_for_late
from farthing.usecases.payments import Paid, list_payments, record_payment, refund_payment, use_balance
from farthing.usecases.release_revenue import release_revenue
from farthing.usecases.show_invoices import list_invoices
from farthing.usecases.void_invoice import reissue_invoice, void_invoice
from farthing_rehearsal.walk.shop import COUPONS, CUSTOMER, Shop

Act = Callable[[Shop, Random], str]


def _invoice(shop: Shop, dice: Random) -> Invoice:
    """One of the newest more often than an old one."""
    found = [invoice for _, invoice in list_invoices(shop.store, person=None, customer_key=CUSTOMER)]
    if not found:
        raise Refused("There is no invoice yet.")
    return dice.choice(found[: dice.choice([2, 5, len(found)])])


def close(shop: Shop, dice: Random) -> str:
    """Bill what is due, mostly up to yesterday."""
    through = (shop.now - timedelta(days=dice.choice([1, 1, 2, 9]))).date()
    close_period(shop.store, through=through, now=shop.now)
    return f"closes through {through}"


def _late(shop: Shop, dice: Random) -> str:
    look_for_late(shop.store, now=shop.now)
    if dice.random() < 0.5:
        return f"{bill_late_usage(shop.store, now=shop.now)} invoices of late usage"
    return "looks for late usage"


def _draft(shop: Shop, dice: Random) -> str:
    drafts = list_drafts(shop.store)
    if not drafts:
        return "no draft waits"
    view = dice.choice(drafts)
    invoice_id = view.draft.invoice_id
    chosen = dice.choice(["hold", "edit", "approve", "approve"])
    if chosen == "hold":
        hold_draft(shop.store, invoice_id, why="To look at.", by="walk")
        return f"holds the draft of {view.draft.at}"
    if chosen == "edit":
        amount = shop.money(dice, 30)
        amount = dice.choice([amount, -amount])
        edit_draft(shop.store, invoice_id, name="By hand", amount=amount, why="Agreed.", by="walk", now=shop.now)
        return f"puts {amount} on the draft of {view.draft.at}"
    position = dice.choice([None, view.position])
    seen = None if position is None else view.fingerprint
    issued = approve_draft(shop.store, invoice_id, by="walk", now=shop.now, seen=seen, position=position)
    return f"approves {issued.number}"


def _credit(shop: Shop, dice: Random) -> str:
    invoice = _invoice(shop, dice)
    why = Why(dice.choice(list(CreditKind)), "So it is right.", "walk")
    lines = invoice.draft.lines
    chosen = dice.sample(range(1, len(lines) + 1), dice.randint(1, min(2, len(lines))))
    match dice.choice(["lines", "units", "amounts", "amount", "full"]):
        case "lines":
            wish = CreditWish(lines=[LineWish(number) for number in chosen])
        case "units":
            wish = CreditWish(lines=[LineWish(number, units=Decimal(dice.randint(1, 60))) for number in chosen])
        case "amounts":
            wish = CreditWish(lines=[LineWish(n, amount=_part(lines[n - 1].amount, dice).amount) for n in chosen])
        case "amount":
            wish = CreditWish(amount=_part(invoice.draft.subtotal, dice).amount)
        case _:
            wish = CreditWish(in_full=True)
    note = credit_invoice(shop.store, invoice.number, wish, why, now=shop.now)
    return f"{note.number} of {note.total} ({why.kind}) on {invoice.number}: {wish}"


def _void(shop: Shop, dice: Random) -> str:
    invoice = _invoice(shop, dice)
    void_invoice(shop.store, invoice.number, reason="Wrong.", by="walk", now=shop.now)
    return f"voids {invoice.number}"


def _reissue(shop: Shop, dice: Random) -> str:
    invoice = _invoice(shop, dice)
    reason = dice.choice([None, "Wrong."])
    done = reissue_invoice(shop.store, invoice.number, now=shop.now, reason=reason, by="walk")
    return f"reissues {invoice.number} as {done.number}"


def _once(shop: Shop, dice: Random) -> str:
    items = [Item("Workshop", shop.money(dice, 90)) for _ in range(dice.randint(1, 3))]
    key = f"{shop.now.isoformat()} {dice.random()}"
    done = invoice_once(shop.store, customer_key=CUSTOMER, items=items, key=key, by="walk", now=shop.now)
    return f"{done.number} of {done.total}, by hand"


def _pay(shop: Shop, dice: Random) -> str:
    named: list[str] = []
    amount = shop.money(dice, 150)
    if dice.random() < 0.6:
        invoice = _invoice(shop, dice)
        named = [invoice.number] if dice.random() < 0.7 else []
        amount = dice.choice([invoice.due, _part(invoice.due, dice), invoice.due + shop.money(dice, 20)])
    paid = Paid(CUSTOMER, amount.amount, amount.currency.code, reference=f"{shop.now.isoformat()} {dice.random()}")
    record_payment(shop.store, paid, by="walk", now=shop.now, invoices=named, allocate=dice.random() < 0.8)
    return f"pays {amount} for {named}"


def _use_balance(shop: Shop, _dice: Random) -> str:
    return f"{len(use_balance(shop.store, CUSTOMER, now=shop.now))} payments pay what is open"


def _refund(shop: Shop, dice: Random) -> str:
    payments = list_payments(shop.store, customer_key=CUSTOMER)
    if not payments:
        return "no payment to refund"
    standing = dice.choice(payments).standing
    amount = dice.choice([standing.free, standing.refundable, _part(standing.payment.amount, dice)])
    refund_payment(
        shop.store,
        standing.payment.payment_id,
        amount.amount,
        reason="Asked for.",
        by="walk",
        now=shop.now,
        reopen=dice.random() < 0.5,
    )
    return f"pays {amount} back"


def _grant(shop: Shop, dice: Random) -> str:
    kind, amount = dice.choice(list(GrantKind)), shop.money(dice, 60)
    expires_on = dice.choice([None, (shop.now + timedelta(days=dice.randint(0, 60))).date()])
    key = f"{shop.now.isoformat()} {dice.random()}"
    grant_credit(
        shop.store,
        customer_key=CUSTOMER,
        kind=kind,
        amount=amount,
        key=key,
        by="walk",
        now=shop.now,
        expires_on=expires_on,
        priority=dice.randint(0, 1),
    )
    return f"{amount} of {kind} credit until {expires_on}"


def _expire(shop: Shop, _dice: Random) -> str:
    return f"{len(expire_credit(shop.store, now=shop.now))} grants expire"


def _coupon(shop: Shop, dice: Random) -> str:
    key = dice.choice(COUPONS)
    if dice.random() < 0.2:
        remove_coupon(shop.store, coupon_key=key, customer_key=CUSTOMER, now=shop.now, by="walk")
        return f"loses the coupon {key}"
    apply_coupon(shop.store, coupon_key=key, customer_key=CUSTOMER, now=shop.now)
    return f"gets the coupon {key}"


def _release(shop: Shop, _dice: Random) -> str:
    return f"{release_revenue(shop.store, now=shop.now)} releases"


def _month(shop: Shop, dice: Random) -> str:
    month = Month.holding(shop.now.date()).before
    match dice.choice(["close", "close", "lock", "unlock"]):
        case "close":
            closed = close_month(shop.store, month, by="walk", now=shop.now)
            return f"closes {month}: {'; '.join(closed.in_the_way) or 'locked'}"
        case "lock":
            lock_month(shop.store, month, by="walk", because="Filed.", now=shop.now)
            return f"locks {month}"
        case _:
            unlock_month(shop.store, month, by="walk", because="Forgotten.", now=shop.now)
            return f"unlocks {month}"


def _part(whole: Money, dice: Random) -> Money:
    """Some of it, to the minor unit."""
    return Money(round(whole.minor * dice.randint(1, 99) / 100), whole.currency)


ACTS: Mapping[str, Act] = {
    "close": close,
    "late": _late,
    "draft": _draft,
    "credit": _credit,
    "void": _void,
    "reissue": _reissue,
    "once": _once,
    "pay": _pay,
    "use balance": _use_balance,
    "refund": _refund,
    "grant": _grant,
    "expire": _expire,
    "coupon": _coupon,
    "release": _release,
    "month": _month,
}
