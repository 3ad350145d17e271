"""Mail: an account to send by, letters written with what they tell of, and sent once each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.inviting import address_from
from farthing.core.refused import Refused, Unknown
from farthing.core.saying import message
from farthing.usecases.mail_ports import (
    Letter,
    MailAccount,
    Mailer,
    MailLost,
    MailNotNow,
    MailRefused,
    MailState,
)
from farthing.usecases.ports import SellerStore

UNSURE_AFTER = timedelta(minutes=5)
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)
LOST = "The mail server did not answer; if the letter is not known to be there, it is sent again as the same message."


def connect_mail(store: SellerStore, account: MailAccount) -> None:
    """Keep the account, encrypted, in place of an earlier one."""
    with store.transaction():
        store.keep_mail_account(account)


def write_letter(
    store: SellerStore,
    *,
    about: UUID,
    revision: object,
    recipients: Sequence[str],
    subject: str,
    text: str,
    now: datetime,
) -> bool:
    """In the transaction that decides: a letter to be sent, once for what it is about and in which revision.

    Refuses where no account is connected. False when it was written already.
    """
    account = store.mail_account()
    if account is None:
        raise Refused(message("No mail account is connected; run farthing mail connect first."))
    mail_id = id_of("mail", store.seller_id, about, revision)
    domain = account.sender.rpartition("@")[2].rstrip(">")
    return store.write_letter(
        Letter(
            mail_id=mail_id,
            about=about,
            recipients=tuple(recipients),
            subject=" ".join(subject.split()),
            text=text,
            message_id=f"<{mail_id.hex}@{domain}>",
            written_at=now,
        )
    )


def try_mail(store: SellerStore, *, to: str, now: datetime) -> None:
    """A letter that says that mail works."""
    address = address_from(to)
    with store.transaction():
        seller = store.seller()
        about = id_of("mail test", store.seller_id, now.isoformat())
        text = f"This is how {seller.name} sends mail from Farthing. Nothing needs to be done."
        write_letter(store, about=about, revision=1, recipients=[address], subject="Mail works", text=text, now=now)


def send_letters(store: SellerStore, mailer: Mailer, *, world_now: datetime, most: int = 50) -> int:
    """Send what is due; how many were sent. What may be on its way already is looked for first."""
    sent = 0
    for _ in range(most):
        with store.transaction():
            account = store.mail_account()
            letter = (
                None if account is None else store.take_letter(now=world_now, unsure_before=world_now - UNSURE_AFTER)
            )
        if account is None or letter is None:
            break
        sent += _send(store, mailer, account, letter, world_now=world_now)
    return sent


def resend_letter(store: SellerStore, mail_id: UUID) -> Letter:
    """A letter that met with trouble is due at once; twice is as good as once."""
    with store.transaction():
        letter = store.letter(mail_id)
        if letter is None:
            raise Unknown(f"There is no letter {mail_id}; see farthing outbox list.", field="letter")
        if letter.state is MailState.WITHDRAWN:
            raise Refused(message("That letter was withdrawn; what it told of is over."), field="letter")
        store.send_letter_again(mail_id)
    return letter


def _send(store: SellerStore, mailer: Mailer, account: MailAccount, letter: Letter, *, world_now: datetime) -> int:
    put_off: tuple[str, bool] | None = None
    refused: str | None = None
    # An earlier sending had no answer.
    is_there = letter.sending_since is not None and mailer.is_there(account, letter) is True
    if not is_there:
        try:
            mailer.send(account, letter)
        except MailNotNow as later:
            put_off = str(later), False
        except MailLost:
            put_off = LOST, True
        except MailRefused as never:
            refused = str(never)
    with store.transaction():
        if refused is not None:
            store.refuse_letter(letter.mail_id, trouble=refused)
        elif put_off is not None:
            trouble, lost = put_off
            until = world_now + (UNSURE_AFTER if lost else _patience(letter.attempts))
            store.put_off_letter(letter.mail_id, until=until, trouble=trouble, lost=lost)
        else:
            store.letter_sent(letter.mail_id, at=world_now)
    return int(put_off is None and refused is None)


def _patience(attempts: int) -> timedelta:
    doubled: timedelta = _FIRST_WAIT * (1 << min(attempts, 10))
    return min(doubled, _LONGEST_WAIT)
