"""A letter as mail programs read it."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from farthing.usecases.mail_ports import Letter, MailAccount


def message_of(account: MailAccount, letter: Letter) -> EmailMessage:
    """The message; the same letter makes the same Message-ID, by which a second copy of it is known."""
    assert letter.text is not None, f"letter {letter.mail_id} says something"
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(addr_spec=account.sender)
    message["To"] = [Address(addr_spec=recipient) for recipient in letter.recipients]
    message["Subject"] = letter.subject
    message["Date"] = letter.written_at
    message["Message-ID"] = letter.message_id
    # So that no holiday answers it (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message
