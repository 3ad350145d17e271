"""A decision of money or roles: who makes it is looked at in the very transaction that keeps it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from farthing.core.deciding_alone import decided_by
from farthing.core.people import Ask, Person
from farthing.core.period import local_date
from farthing.core.refused import Forbidden
from farthing.core.saying import message
from farthing.usecases.joined import joined
from farthing.usecases.people_ports import Account
from farthing.usecases.ports import SellerStore

T = TypeVar("T")
NO_ROLE = message("You have no role here yet. Open the app's Home tab to see how to get one.")


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, and how that is written with what they decide: under solo it says so."""

    person: Person
    name: str


def decide(
    store: SellerStore, account: Account, ask: Ask, act: Callable[[SellerStore, Decider], T], *, now: datetime
) -> T:
    """Do it as whoever this account is now, if they may.

    Until it is kept their role is not taken, and their account does not lapse: whoever does that waits, or comes first.
    """
    with store.transaction():
        return act(joined(store), decider(store, account, ask, now=now))


def decider(store: SellerStore, account: Account, ask: Ask, *, now: datetime) -> Decider:
    """Who this is, held until the open transaction ends; refuses who may not."""
    person = store.person_to_decide(account)
    if person is None:
        raise Forbidden(NO_ROLE)
    person.must(ask)
    today = local_date(now, in_zone=store.seller().entity.in_zone)
    return Decider(person, decided_by(person.name, store.solo(), day=today))


def note_standing(store: SellerStore, account: Account, *, is_full: bool, now: datetime) -> None:
    """Slack said whether an account is a full member of the seller's workspace; decisions go by it at once."""
    with store.transaction():
        store.note_standing(account, is_full=is_full, at=now)
