"""Who carries letters: a mail server by SMTP, or a folder on this machine into which they are laid."""

from __future__ import annotations

import os
import smtplib
import ssl
from contextlib import suppress
from pathlib import Path

from farthing.mail.letters import message_of
from farthing.usecases.mail_ports import Letter, MailAccount, MailLost, MailNotNow, MailRefused, MailSecurity

TIMEOUT_SECONDS = 20.0


class Carrier:
    """Hands letters over as the account says."""

    def send(self, account: MailAccount, letter: Letter) -> None:
        """Hand it over once; raises MailNotNow, MailRefused or MailLost."""
        if account.folder is not None:
            _lay(Path(account.folder), account, letter)
        else:
            _hand_over(account, letter)

    def is_there(self, account: MailAccount, letter: Letter) -> bool | None:
        """Whether it was handed over. A mail server cannot be asked; a folder can."""
        return None if account.folder is None else _file(Path(account.folder), letter).exists()


def _file(folder: Path, letter: Letter) -> Path:
    return folder / f"{letter.mail_id}.eml"


def _lay(folder: Path, account: MailAccount, letter: Letter) -> None:
    written = message_of(account, letter).as_bytes()
    draft = folder / f".{letter.mail_id}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft.unlink(missing_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(written)
        draft.replace(_file(folder, letter))
    except OSError as fault:
        why = (fault.strerror or "no reason given").lower()
        raise MailNotNow(f"The folder {folder} takes no letters ({why}).") from None


def _hand_over(account: MailAccount, letter: Letter) -> None:
    assert account.host is not None, "a server or a folder"
    where = f"The mail server {account.host}"
    message = message_of(account, letter).as_bytes()
    try:
        server = _opened(account)
    except smtplib.SMTPAuthenticationError:
        raise MailNotNow(f"{where} does not take the user and password; run farthing mail connect again.") from None
    except (OSError, smtplib.SMTPException) as fault:
        raise MailNotNow(f"{where} cannot be reached ({_why(fault)}).") from None
    handing_over = False
    try:
        _asked(server.mail(account.sender), where, "the sender")
        taken = [_is_taken(server.rcpt(recipient), where) for recipient in letter.recipients]
        if not any(taken):
            raise MailRefused(f"{where} knows none of {', '.join(letter.recipients)}.")
        handing_over = True
        _asked(server.data(message), where, "the letter")
    except smtplib.SMTPDataError as fault:
        said = fault.smtp_error.encode() if isinstance(fault.smtp_error, str) else fault.smtp_error
        _asked((fault.smtp_code, said), where, "the letter")
        raise MailNotNow(f"{where} does not take the letter ({fault.smtp_code}).") from None
    except (OSError, smtplib.SMTPException) as fault:
        if handing_over:
            raise MailLost from fault
        raise MailNotNow(f"{where} broke off ({_why(fault)}).") from None
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.quit()


def _opened(account: MailAccount) -> smtplib.SMTP:
    assert account.host is not None, "a server or a folder"
    server: smtplib.SMTP
    if account.security is MailSecurity.TLS:
        server = smtplib.SMTP_SSL(
            account.host, account.port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(account.host, account.port, timeout=TIMEOUT_SECONDS)
    try:
        if account.security is MailSecurity.STARTTLS:
            server.starttls(context=ssl.create_default_context())
        server.ehlo_or_helo_if_needed()
        if account.user is not None:
            server.login(account.user, account.password or "")
    except BaseException:
        server.close()
        raise
    return server


def _asked(answer: tuple[int, bytes], where: str, what: str) -> None:
    code, said = answer
    if code >= 500:
        raise MailRefused(f"{where} refuses {what}: {_words(said)} ({code}).")
    if code >= 400:
        raise MailNotNow(f"{where} does not take {what} now: {_words(said)} ({code}).")


def _is_taken(answer: tuple[int, bytes], where: str) -> bool:
    code, said = answer
    if 400 <= code < 500:
        raise MailNotNow(f"{where} does not take the recipient now: {_words(said)} ({code}).")
    return code < 400


def _words(said: bytes) -> str:
    return " ".join(said.decode("utf-8", "replace").split())[:200].rstrip(".")


def _why(fault: Exception) -> str:
    return " ".join(str(fault).split())[:200].rstrip(".") or type(fault).__name__
