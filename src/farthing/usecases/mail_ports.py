"""What we ask of mail: an account to send by, letters that wait until they are sent, and somebody who carries them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class MailState(StrEnum):
    """How far a letter came. Refused: the server will not take it, however often it is asked."""

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class MailSecurity(StrEnum):
    """How the way to the mail server is kept from others."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class MailAccount:
    """By whom mail is sent: a server, or a folder on this machine for trying things out. Never print this.

    `finance` is where finance hears by mail; without it, owners and finance people whose address is known do.
    """

    sender: str
    finance: str | None
    connected_at: datetime
    host: str | None = None
    port: int = 0
    security: MailSecurity = MailSecurity.STARTTLS
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    folder: str | None = None

    def __post_init__(self) -> None:
        assert (self.host is None) != (self.folder is None), "a server or a folder"


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter; `text` is None once it was sent or withdrawn, since it may hold a code."""

    mail_id: UUID
    about: UUID
    recipients: tuple[str, ...]
    subject: str
    text: str | None = field(repr=False)
    message_id: str
    written_at: datetime
    state: MailState = MailState.WAITING
    attempts: int = 0
    sending_since: datetime | None = None
    sent_at: datetime | None = None
    trouble: str | None = None


class MailNotNow(Exception):
    """It was surely not sent, and may be later; the text says what is in the way and how to mend it."""


class MailRefused(Exception):
    """The server will never take it; the text says why."""


class MailLost(Exception):
    """The letter was handed over and no answer came back: it may or may not be on its way."""


class Mailer(Protocol):
    """Carries letters."""

    def send(self, account: MailAccount, letter: Letter) -> None:
        """Hand it over once; raises MailNotNow, MailRefused or MailLost."""

    def is_there(self, account: MailAccount, letter: Letter) -> bool | None:
        """Whether it was handed over, by its Message-ID; None where nobody can say."""


class MailStore(Protocol):
    """The mail of one seller."""

    def mail_account(self) -> MailAccount | None:
        """By whom it is sent, its secrets in clear text."""

    def keep_mail_account(self, account: MailAccount) -> None:
        """Keep it, in place of an earlier one."""

    def forget_mail_account(self) -> None:
        """Take it and its secrets away."""

    def write_letter(self, letter: Letter) -> bool:
        """A letter to be sent; False for one that is there already, which stays as it is."""

    def letters(self, *, limit: int, stuck: bool = False) -> Sequence[Letter]:
        """The newest first, without their text; only those that met with trouble and are not sent when `stuck`."""

    def letter(self, mail_id: UUID) -> Letter | None:
        """One, without its text; held until the transaction ends."""

    def take_letter(self, *, now: datetime, unsure_before: datetime) -> Letter | None:
        """The oldest that is due, marked as being sent; nobody else takes it meanwhile.

        It is as it was before: its `sending_since` is set when an earlier sending had no answer.
        """

    def letter_sent(self, mail_id: UUID, *, at: datetime) -> None:
        """It is on its way; its text is taken away."""

    def put_off_letter(self, mail_id: UUID, *, until: datetime, trouble: str, lost: bool) -> None:
        """Try again later; `lost` says that it may have been handed over."""

    def refuse_letter(self, mail_id: UUID, *, trouble: str) -> None:
        """The server will not take it."""

    def send_letter_again(self, mail_id: UUID) -> None:
        """It is due at once, whatever was in the way."""

    def withdraw_letters(self, about: UUID) -> None:
        """Those about this that wait or were refused are not sent any more."""
