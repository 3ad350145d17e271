"""What could not be delivered: who sees it, why it is stuck, how it goes by mail instead, and how it is sent again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from farthing.core.inviting import address_from
from farthing.core.notices import BudgetReached, CaughtUp, InvoiceIssued, Notice, RunClosed, ear_of
from farthing.core.people import Ask, Person, Role
from farthing.core.refused import Refused, Unknown
from farthing.core.saying import message
from farthing.core.telling.ear import Ear, Hearer
from farthing.usecases.mail import resend_letter, write_letter
from farthing.usecases.mail_ports import MailState
from farthing.usecases.ports import NoticeRow, SellerStore

MOST = 200


@dataclass(frozen=True, slots=True)
class Stuck:
    """A message of Slack's, or a letter, that met with trouble; `by_mail` is when a letter said it instead."""

    key: UUID
    what: str
    why: str
    attempts: int
    since: datetime
    is_letter: bool
    by_mail: datetime | None = None


def list_stuck(store: SellerStore, *, person: Person | None) -> Sequence[Stuck]:
    """All of them, oldest first. `person` is None for the operator's own tools."""
    if person is not None:
        person.must(Ask.SEE_DELIVERIES)
    rows = store.outbox.stuck(limit=MOST)
    with store.transaction():
        letters = store.letters(limit=MOST, stuck=True)
        found = [
            Stuck(
                row.notice_id,
                _what(store, row.notice),
                row.trouble or "",
                row.attempts,
                row.written_at,
                is_letter=False,
                by_mail=row.mailed_at,
            )
            for row in rows
        ]
    found += [
        Stuck(
            one.mail_id,
            f"Letter to {', '.join(one.recipients)}: {one.subject}",
            one.trouble or "",
            one.attempts,
            one.written_at,
            is_letter=True,
        )
        for one in letters
        if one.state is not MailState.SENT
    ]
    return sorted(found, key=lambda one: (one.since, one.key))


def resend(store: SellerStore, key: UUID, *, person: Person | None) -> str:
    """It is due at once; asked twice, it is sent once. What was sent again, in words."""
    if person is not None:
        person.must(Ask.SEE_DELIVERIES)
    with store.transaction():
        again = store.tell_again(key)
    if again is None:
        letter = resend_letter(store, key)
        return f"The letter to {', '.join(letter.recipients)} is sent again."
    return "It is sent again." if again else "It was delivered already."


def mail_instead(store: SellerStore, row: NoticeRow, *, words: str, why: str, now: datetime) -> bool:
    """Slack does not take it, so a letter says it, once: to the customer's address, or to finance.

    False where nobody can be written to, or it was told meanwhile.
    """
    with store.transaction():
        if store.mail_account() is None:
            return False
        recipients = _recipients(store, ear_of(row.notice))
        if not recipients or not store.told_by_mail(row.notice_id, revision=row.revision, why=why, at=now):
            return False
        seller = store.seller()
        text = f"{words}\n\nThis comes by mail because {seller.name} could not post it in Slack.\n"
        subject = words.split(". ")[0].splitlines()[0][:120]
        write_letter(
            store,
            about=row.notice_id,
            revision=row.revision,
            recipients=recipients,
            subject=f"{seller.name}: {subject}",
            text=text,
            now=now,
        )
    return True


def _recipients(store: SellerStore, ear: Ear) -> list[str]:
    if ear.customer_id is not None:
        written = store.customer_email(ear.customer_id)
        return [] if written is None else _addresses([written])
    if ear.hearer is Hearer.PERSON:
        theirs = [one.email for one in store.members() if one.person.person_id == ear.whose and one.email is not None]
        return _addresses(theirs)
    account = store.mail_account()
    if account is not None and account.finance is not None:
        return [account.finance]
    hear = (Role.OWNER, Role.FINANCE)
    return _addresses([one.email for one in store.members() if one.email is not None and one.person.role in hear])


def _addresses(written: Sequence[str]) -> list[str]:
    """Those that are addresses: a customer's was kept as it was typed."""
    found = []
    for one in written:
        try:
            found.append(address_from(one))
        except Refused:
            continue
    return found


def _what(store: SellerStore, notice: Notice) -> str:
    """What it tells of, in a few words."""
    customer_id = ear_of(notice).customer_id
    customer = None if customer_id is None else store.customer(customer_id)
    whom = "finance" if customer is None else customer.key
    match notice:
        case InvoiceIssued(invoice_id=invoice_id):
            invoice = store.invoice(invoice_id)
            return f"Invoice {'' if invoice is None else invoice.number} to {whom}"
        case BudgetReached():
            return f"Budget alert to {whom}"
        case RunClosed():
            return "Summary of a billing run to finance"
        case CaughtUp():
            return f"Messages that waited, to {whom}"
        case _:
            return "How usage arrives, to who looks after the data"


def check_known(key: str) -> UUID:
    """The id of something stuck, as it was typed."""
    try:
        return UUID(key)
    except ValueError:
        said = message("“{key}” is no id of a message; see farthing outbox list.")
        raise Unknown(said, field="message", key=key[:40]) from None
