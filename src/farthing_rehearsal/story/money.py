"""How a story tells money: coupons, credit, taxes, credit notes, voids, payments, and what goes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from farthing.core.invoicing.credit_note import CreditKind
from farthing.core.invoicing.crediting import Why
from farthing.core.invoicing.credits import GrantKind
from farthing.core.invoicing.invoice import Invoice
from farthing.core.invoicing.letterhead import address_in
from farthing.core.money import Money, currency, exact_decimal, exact_money
from farthing.core.refused import Refused
from farthing.usecases.coupons import add_coupon, apply_coupon
from farthing.usecases.credit_invoice import CreditWish, LineWish, credit_invoice, list_credit_notes
from farthing.usecases.credits import expire_credit, grant_credit
from farthing.usecases.entities import EntityChange, change_entity
from farthing.usecases.late_usage import bill_late_usage, look_for_late
from farthing.usecases.payments import Paid, list_payments, record_payment, refund_payment
from farthing.usecases.release_revenue import release_revenue
from farthing.usecases.show_invoices import list_invoices
from farthing.usecases.tax_details import DetailsChange, change_details
from farthing.usecases.tax_rules import apply_tax_rules
from farthing.usecases.void_invoice import reissue_invoice, void_invoice
from farthing_rehearsal.story.expect import Unmet, expect_money
from farthing_rehearsal.story.script import Cue
from farthing_rehearsal.story.stage import Stage
from farthing_rehearsal.story.usage import SOURCE
from farthing_rehearsal.story.wishes import read_day


def _coupon(stage: Stage, cue: Cue) -> None:
    """A coupon is made and given; its terms are words in pairs."""
    match list(cue.words):
        case [key, name, off, *more] if len(more) % 2 == 0 and off.endswith("%"):
            terms: dict[str, object] = {"percent": off[:-1]}
        case [key, name, amount, code, *more] if len(more) % 2 == 0:
            terms = {"amounts": {code: amount}}
        case _:
            raise Unmet(
                expected="coupon CUSTOMER KEY PERCENT%|AMOUNT CURRENCY [periods N|forever] [price KEY]",
                happened=cue.text,
            )
    for word, said in zip(more[::2], more[1::2], strict=True):
        terms |= {"prices": [said]} if word == "price" else {word: int(said) if said.isdigit() else said}
    add_coupon(stage.store, key=name, terms=terms, now=cue.at)
    apply_coupon(stage.store, coupon_key=name, customer_key=key, now=cue.at)


def _grant(stage: Stage, cue: Cue) -> None:
    match cue.words:
        case [key, amount, code, kind] | [key, amount, code, kind, "until", _] if kind in set(GrantKind):
            grant_credit(
                stage.store,
                customer_key=key,
                kind=GrantKind(kind),
                amount=_money(amount, code),
                key=f"line {cue.number}",
                by=SOURCE,
                now=cue.at,
                expires_on=read_day(cue.words[-1]) if len(cue.words) == 6 else None,
            )
        case _:
            raise Unmet(expected="grant CUSTOMER AMOUNT CURRENCY promotional|prepaid [until DATE]", happened=cue.text)


def _expire(stage: Stage, cue: Cue) -> None:
    """What is left of credit whose time is over is booked, where no usage is to come that it could pay."""
    _none(cue, "expire (what is left of credit that is over)")
    expire_credit(stage.store, now=cue.at)


def _tax(stage: Stage, cue: Cue) -> None:
    """The seller and this customer live in one country, which has this tax."""
    match cue.words:
        case [key, rate] | [key, rate, "included"] if rate.endswith("%"):
            address = address_in(lines=["Main Street 1"], postcode="10115", city="Berlin", country="DE")
            included = len(cue.words) == 3
            change_entity(stage.store, "main", EntityChange(address=address, tax_included=included))
            apply_tax_rules(stage.store, {"rules": [{"tax": "vat", "place": "DE", "percent": rate[:-1]}]}, now=cue.at)
            change_details(stage.store, key, DetailsChange(address=address))
        case _:
            raise Unmet(expected="tax CUSTOMER PERCENT% [included]", happened=cue.text)


def _credit(stage: Stage, cue: Cue) -> None:
    """A credit note on the newest invoice."""
    words = list(cue.words)
    kind = CreditKind.GOODWILL if words[-1:] == ["goodwill"] else CreditKind.CORRECTION
    if kind is CreditKind.GOODWILL:
        words.pop()
    match words:
        case [_, "full"]:
            wish = CreditWish(in_full=True)
        case [_, "line", number]:
            wish = CreditWish(lines=[LineWish(int(number))])
        case [_, "line", number, "units", units]:
            wish = CreditWish(lines=[LineWish(int(number), units=exact_decimal(units))])
        case [_, "line", number, amount, code]:
            wish = CreditWish(lines=[LineWish(int(number), amount=_money(amount, code).amount)])
        case [_, amount, code]:
            wish = CreditWish(amount=_money(amount, code).amount)
        case _:
            usage = "credit CUSTOMER full|AMOUNT CURRENCY|line N [units N|AMOUNT CURRENCY] [goodwill]"
            raise Unmet(expected=usage, happened=cue.text)
    why = Why(kind, cue.text, SOURCE)
    credit_invoice(stage.store, _newest(stage, words[0]).number, wish, why, now=cue.at)


def _note(stage: Stage, cue: Cue) -> None:
    if len(cue.words) != 3:
        raise Unmet(expected="note CUSTOMER AMOUNT CURRENCY", happened=cue.text)
    notes = list_credit_notes(stage.store, customer_key=cue.words[0], limit=1)
    if not notes:
        raise Unmet(expected=" ".join(cue.words[1:]), happened="no credit note")
    expect_money(cue.words[1:], notes[0][1].total)


def _annul(stage: Stage, cue: Cue) -> None:
    """The newest invoice is voided; `void` is for events."""
    number = _newest(stage, _one(cue, "annul CUSTOMER (the newest invoice is voided)")).number
    void_invoice(stage.store, number, reason=cue.text, by=SOURCE, now=cue.at)


def _reissue(stage: Stage, cue: Cue) -> None:
    number = _newest(stage, _one(cue, "reissue CUSTOMER (the newest invoice, voided where it is not yet)")).number
    reissue_invoice(stage.store, number, now=cue.at, reason=cue.text, by=SOURCE)


def _pay(stage: Stage, cue: Cue) -> None:
    if len(cue.words) != 3:
        raise Unmet(expected="pay CUSTOMER AMOUNT CURRENCY", happened=cue.text)
    key, amount, code = cue.words
    paid = Paid(key, _money(amount, code).amount, code, reference=f"line {cue.number}")
    record_payment(stage.store, paid, by=SOURCE, now=cue.at)


def _refund(stage: Stage, cue: Cue) -> None:
    """The newest payment is paid back in part; what it paid is open again where that is said."""
    match cue.words:
        case [key, amount, code] | [key, amount, code, "reopen"]:
            payments = list_payments(stage.store, customer_key=key, limit=1)
            if not payments:
                raise Refused(f"{key} has paid nothing yet.")
            refund_payment(
                stage.store,
                payments[0].standing.payment.payment_id,
                _money(amount, code).amount,
                reason=cue.text,
                by=SOURCE,
                now=cue.at,
                reopen=len(cue.words) == 4,
            )
        case _:
            raise Unmet(expected="refund CUSTOMER AMOUNT CURRENCY [reopen]", happened=cue.text)


def _late(stage: Stage, cue: Cue) -> None:
    """What was said about billed time is noted, for the next invoice, or for one of its own after thirty days."""
    _none(cue, "late (what came after its invoice is noted, and billed by itself where no invoice comes soon)")
    look_for_late(stage.store, now=cue.at)
    bill_late_usage(stage.store, now=cue.at)


def _release(stage: Stage, cue: Cue) -> None:
    """What was paid ahead becomes revenue as far as its days have passed."""
    _none(cue, "release (revenue of the days that have passed)")
    release_revenue(stage.store, now=cue.at)


def _none(cue: Cue, usage: str) -> None:
    if cue.words:
        raise Unmet(expected=usage, happened=cue.text)


def _one(cue: Cue, usage: str) -> str:
    if len(cue.words) != 1:
        raise Unmet(expected=usage, happened=cue.text)
    return cue.words[0]


def _newest(stage: Stage, key: str) -> Invoice:
    invoices: Sequence[tuple[object, Invoice]] = list_invoices(stage.store, person=None, customer_key=key, limit=1)
    if not invoices:
        raise Refused(f"{key} has no invoice yet.")
    return invoices[0][1]


def _money(amount: str, code: str) -> Money:
    return exact_money(exact_decimal(amount), currency(code), field="amount")


VERBS: Mapping[str, Callable[[Stage, Cue], None]] = {
    "annul": _annul,
    "coupon": _coupon,
    "credit": _credit,
    "expire": _expire,
    "grant": _grant,
    "late": _late,
    "note": _note,
    "pay": _pay,
    "refund": _refund,
    "reissue": _reissue,
    "release": _release,
    "tax": _tax,
}
