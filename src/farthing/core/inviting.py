"""An invitation: who is asked to take which role, by a code that is mailed to them and works once, for a while."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from farthing.core.people import Ask, Person, Role
from farthing.core.refused import Forbidden, Refused
from farthing.core.saying import message

VALID_FOR = timedelta(days=7)
MOST_WRONG_TRIES = 10
LONGEST_ADDRESS = 254  # RFC 5321 takes no longer path than 256, with its brackets.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")

# One sentence for every reason, so that it tells nobody whether there is an invitation, or whose.
NO_SUCH_INVITATION = message(
    "That address and code do not belong together, or the code is too old or was used; "
    "ask who invited you to invite you again."
)


class Ended(StrEnum):
    """What became of an invitation."""

    USED = "used"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Invitation:
    """A role offered to an address. The code itself is nowhere but in the mail; `email` is None once erased."""

    invitation_id: UUID
    email: str | None
    role: Role
    customer_id: UUID | None
    invited_by: str
    invited_at: datetime
    expires_at: datetime
    wrong_tries: int = 0
    ended: Ended | None = None

    def __post_init__(self) -> None:
        assert self.role.is_staff == (self.customer_id is None), f"{self.role} of {self.customer_id}"
        assert self.invited_at < self.expires_at, f"over at {self.expires_at}, from {self.invited_at} on"

    def is_open(self, *, now: datetime) -> bool:
        """Whether its code still works."""
        return self.ended is None and now < self.expires_at and self.wrong_tries < MOST_WRONG_TRIES


def address_from(written: str) -> str:
    """An e-mail address as it is kept, in small letters, so that it is one however it is typed.

    >>> address_from("  Ann@Acme.example ")
    'ann@acme.example'
    """
    address = written.strip()
    if len(address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        raise Refused(message("That is no e-mail address; write one like ann@example.com."), field="email")
    return address.lower()


def refuse_to_give(by: Person, role: Role, customer_id: UUID | None) -> None:
    """Refuses a role that is not this person's to give, change or take."""
    by.must(Ask.INVITE_PEOPLE)
    if not by.may_give(role, customer_id):
        own = message("Your role here sees to your own company's people; ask an owner.")
        most = message("Your role here sees to all but owners and approvers; ask an owner.")
        raise Forbidden(most if by.role.is_staff else own, field="role")
