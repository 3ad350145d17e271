"""What we ask of the store about people: their accounts and roles, what became of both, invitations, and solo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from farthing.core.deciding_alone import Solo
from farthing.core.inviting import Ended, Invitation
from farthing.core.people import Person


@dataclass(frozen=True, slots=True)
class Account:
    """An account in Slack: the workspace it belongs to, and its id there."""

    slack_team: str
    slack_user: str


@dataclass(frozen=True, slots=True)
class Member:
    """A person with a role: since when, by whom, and all the accounts by which they come."""

    person: Person
    email: str | None
    since: datetime
    given_by: str
    accounts: tuple[Account, ...]


class PersonAct(StrEnum):
    """What was done about somebody's role."""

    LET_IN = "let in"
    ROLE_CHANGED = "role changed"
    ACCOUNT_LINKED = "account linked"
    REVOKED = "revoked"


class PeopleStore(Protocol):
    """The people of one seller."""

    def person(self, *, slack_team: str, slack_user: str) -> Person | None:
        """Who an account is to us."""

    def people(self) -> list[tuple[Person, str, str]]:
        """Each account with its person, team and user, by name."""

    def lock_people(self) -> None:
        """Until the transaction ends nobody else changes anybody's role."""

    def person_to_decide(self, account: Account) -> Person | None:
        """Who it is, held as they are until the transaction ends; None where a role of staff counts no more."""

    def members(self) -> Sequence[Member]:
        """Everyone who has a role, by name."""

    def keep_person(
        self,
        person: Person,
        *,
        slack_team: str,
        slack_user: str,
        since: datetime,
        given_by: str = "the operator",
        email: str | None = None,
    ) -> None:
        """Keep who an account is; one that is known gets the new name and role, and stays who it is."""

    def keep_role(self, person: Person, *, since: datetime, given_by: str) -> None:
        """From now on this is their role."""

    def end_person(self, person_id: UUID, *, at: datetime) -> None:
        """They have no role any more."""

    def erase_person(self, person_id: UUID, *, pseudonym: str) -> None:
        """Their name, address and accounts are nowhere any more: not here, not in letters, not in the audit log."""

    def link_account(self, account: Account, person_id: UUID, *, at: datetime) -> None:
        """This account is that person's from now on."""

    def note_standing(self, account: Account, *, is_full: bool, at: datetime) -> None:
        """What Slack said of an account: whether it is a full member of the seller's workspace."""

    def keep_person_act(self, person: Person, act: PersonAct, *, by: str, at: datetime) -> None:
        """What was done, for later readers."""

    def invitation_to(self, email: str) -> tuple[Invitation, bytes] | None:
        """The one that was not ended, with its code's fingerprint; held until the transaction ends."""

    def invitation(self, invitation_id: UUID) -> Invitation | None:
        """One, held until the transaction ends."""

    def invitations(self) -> Sequence[Invitation]:
        """Those that were not ended, newest first."""

    def keep_invitation(self, invitation: Invitation, *, code_mac: bytes) -> None:
        """A new one."""

    def note_wrong_try(self, invitation_id: UUID) -> None:
        """Somebody guessed."""

    def end_invitation(self, invitation_id: UUID, ended: Ended, *, at: datetime, person_id: UUID | None = None) -> None:
        """What became of it."""

    def solo(self) -> Solo | None:
        """What was said of it last."""

    def keep_solo(self, solo: Solo) -> None:
        """What holds from now on."""
