"""Mail in PostgreSQL: the account with its secrets sealed, and letters, whose words are sealed until they are sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from farthing.postgres.session import Session
from farthing.postgres.written import read_json, storable, write_json
from farthing.usecases.mail_ports import Letter, MailAccount, MailSecurity, MailState

_ACCOUNT = "mail account"
_LETTER = "letter"


class Mail(Session):
    """How mail is sent, and what is to be sent."""

    def mail_account(self) -> MailAccount | None:
        """By whom it is sent, its secrets in clear text."""
        row = self._row("SELECT * FROM farthing.mail_account")
        if row is None:
            return None
        opened = read_json(self._vault.decrypt(bytes(row.secrets), seller_id=self._seller_id, purpose=_ACCOUNT))
        return MailAccount(
            sender=row.sender,
            finance=row.finance,
            connected_at=row.connected_at,
            host=opened["host"],
            port=opened["port"],
            security=MailSecurity(opened["security"]),
            user=opened["user"],
            password=opened["password"],
            folder=opened["folder"],
        )

    def keep_mail_account(self, account: MailAccount) -> None:
        """Keep it, in place of an earlier one."""
        secrets = {
            "host": account.host,
            "port": account.port,
            "security": account.security.value,
            "user": account.user,
            "password": account.password,
            "folder": account.folder,
        }
        sealed = self._vault.encrypt(write_json(secrets).encode(), seller_id=self._seller_id, purpose=_ACCOUNT)
        self._run(
            """
            INSERT INTO farthing.mail_account (sender, finance, secrets, connected_at)
            VALUES (%(sender)s, %(finance)s, %(secrets)s, %(connected_at)s)
            ON CONFLICT (seller_id) DO UPDATE
            SET sender = excluded.sender, finance = excluded.finance, secrets = excluded.secrets,
                connected_at = excluded.connected_at
            """,
            {
                "sender": account.sender,
                "finance": account.finance,
                "secrets": sealed,
                "connected_at": account.connected_at,
            },
        )

    def forget_mail_account(self) -> None:
        """Take it and its secrets away."""
        self._run("DELETE FROM farthing.mail_account")

    def write_letter(self, letter: Letter) -> bool:
        """A letter to be sent; False for one that is there already, which stays as it is."""
        assert letter.text is not None, f"letter {letter.mail_id} says something"
        sealed = self._vault.encrypt(storable(letter.text).encode(), seller_id=self._seller_id, purpose=_LETTER)
        written = self._run(
            """
            INSERT INTO farthing.mail (mail_id, written_at, about, recipients, subject, sealed, message_id)
            VALUES (%(mail_id)s, %(written_at)s, %(about)s, %(recipients)s, %(subject)s, %(sealed)s, %(message_id)s)
            ON CONFLICT (seller_id, mail_id) DO NOTHING
            """,
            {
                "mail_id": letter.mail_id,
                "written_at": letter.written_at,
                "about": letter.about,
                "recipients": list(letter.recipients),
                "subject": storable(letter.subject),
                "sealed": sealed,
                "message_id": letter.message_id,
            },
        )
        return written == 1

    def letters(self, *, limit: int, stuck: bool = False) -> Sequence[Letter]:
        """The newest first, without their text; only those that met with trouble and are not sent when `stuck`."""
        rows = self._rows(
            """
            SELECT * FROM farthing.mail
            WHERE NOT %(stuck)s OR (state IN ('waiting', 'refused') AND trouble IS NOT NULL)
            ORDER BY written DESC LIMIT %(limit)s
            """,
            {"stuck": stuck, "limit": limit},
        )
        return [_letter(row) for row in rows]

    def letter(self, mail_id: UUID) -> Letter | None:
        """One, without its text; held until the transaction ends."""
        row = self._row("SELECT * FROM farthing.mail WHERE mail_id = %(mail_id)s FOR UPDATE", {"mail_id": mail_id})
        return None if row is None else _letter(row)

    def take_letter(self, *, now: datetime, unsure_before: datetime) -> Letter | None:
        """The oldest that is due, marked as being sent; nobody else takes it meanwhile."""
        row = self._row(
            """
            SELECT * FROM farthing.mail
            WHERE state = 'waiting' AND next_try_at <= %(now)s
              AND (sending_since IS NULL OR sending_since <= %(unsure_before)s)
            ORDER BY written LIMIT 1 FOR UPDATE SKIP LOCKED
            """,
            {"now": now, "unsure_before": unsure_before},
        )
        if row is None:
            return None
        self._run(
            """
            UPDATE farthing.mail SET sending_since = %(now)s, attempts = attempts + 1 WHERE mail_id = %(mail_id)s
            """,
            {"now": now, "mail_id": row.mail_id},
        )
        clear = self._vault.decrypt(bytes(row.sealed), seller_id=self._seller_id, purpose=_LETTER)
        return _letter(row, text=clear.decode())

    def letter_sent(self, mail_id: UUID, *, at: datetime) -> None:
        """It is on its way; its text is taken away."""
        self._run(
            """
            UPDATE farthing.mail
            SET state = 'sent', sent_at = %(at)s, sealed = NULL, sending_since = NULL, trouble = NULL
            WHERE mail_id = %(mail_id)s AND state = 'waiting'
            """,
            {"mail_id": mail_id, "at": at},
        )

    def put_off_letter(self, mail_id: UUID, *, until: datetime, trouble: str, lost: bool) -> None:
        """Try again later; `lost` says that it may have been handed over."""
        self._run(
            """
            UPDATE farthing.mail
            SET next_try_at = %(until)s, trouble = %(trouble)s,
                sending_since = CASE WHEN %(lost)s THEN sending_since END
            WHERE mail_id = %(mail_id)s AND state = 'waiting'
            """,
            {"mail_id": mail_id, "until": until, "trouble": storable(trouble), "lost": lost},
        )

    def refuse_letter(self, mail_id: UUID, *, trouble: str) -> None:
        """The server will not take it."""
        self._run(
            """
            UPDATE farthing.mail SET state = 'refused', trouble = %(trouble)s, sending_since = NULL
            WHERE mail_id = %(mail_id)s AND state = 'waiting'
            """,
            {"mail_id": mail_id, "trouble": storable(trouble)},
        )

    def send_letter_again(self, mail_id: UUID) -> None:
        """It is due at once, whatever was in the way; one that is being sent is left to it."""
        self._run(
            """
            UPDATE farthing.mail SET state = 'waiting', next_try_at = to_timestamp(0), attempts = 0
            WHERE mail_id = %(mail_id)s AND state IN ('waiting', 'refused') AND sending_since IS NULL
            """,
            {"mail_id": mail_id},
        )

    def withdraw_letters(self, about: UUID) -> None:
        """Those about this that wait or were refused are not sent any more."""
        self._run(
            """
            UPDATE farthing.mail SET state = 'withdrawn', sealed = NULL, sending_since = NULL
            WHERE about = %(about)s AND state IN ('waiting', 'refused')
            """,
            {"about": about},
        )


def _letter(row: Any, *, text: str | None = None) -> Letter:
    return Letter(
        mail_id=row.mail_id,
        about=row.about,
        recipients=tuple(row.recipients),
        subject=row.subject,
        text=text,
        message_id=row.message_id,
        written_at=row.written_at,
        state=MailState(row.state),
        attempts=row.attempts,
        sending_since=row.sending_since,
        sent_at=row.sent_at,
        trouble=row.trouble,
    )
