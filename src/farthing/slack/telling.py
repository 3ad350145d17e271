"""Cards of what is told by the clock: digests, what comes, credit that runs low, and many notices in one message."""

from __future__ import annotations

from collections.abc import Callable

from slack_sdk.errors import SlackApiError
from slack_sdk.web.client import WebClient

from farthing.core.notices import CreditLow, DigestMade, Foretold, Meanwhile, Notice, WouldHaveTold, ear_of
from farthing.core.parties import Customer
from farthing.core.people import Person
from farthing.slack.standing import is_full_member
from farthing.slack.troubles import LATER, code_of
from farthing.slack.views.blocks import Card
from farthing.slack.views.digests import digest_card
from farthing.slack.views.folds import FoldedLine, meanwhile_card, would_have_told_card
from farthing.slack.views.foretold import credit_low_card, foretold_card
from farthing.usecases.digests import DigestView, show_digest
from farthing.usecases.foretelling import show_foretold
from farthing.usecases.ports import NotNow, SellerStore
from farthing.usecases.quiet_mode import show_folded
from farthing.usecases.watch_credit import show_credit

ByTheClock = DigestMade | Foretold | CreditLow | WouldHaveTold | Meanwhile
CardOf = Callable[[SellerStore, Notice], Card]


def card_by_the_clock(store: SellerStore, notice: ByTheClock, card_of: CardOf) -> Card:
    """Its card; `card_of` draws the notices that one message holds."""
    match notice:
        case DigestMade(digest_id=digest_id):
            return card_of_digest(show_digest(store, digest_id))
        case Foretold(foretold_id=foretold_id):
            view = show_foretold(store, foretold_id)
            return foretold_card(view.customer, view.told, settings=view.settings)
        case CreditLow(customer_id=customer_id, currency=code, number=number):
            credit = show_credit(store, customer_id, code, number)
            return credit_low_card(credit.customer, credit.standing, at=credit.noted_at)
        case WouldHaveTold():
            lines, many = _lines(store, notice, card_of)
            customers = {line.customer.key: line.customer for line in lines if line.customer is not None}
            with store.transaction():
                quiet = {hearing.customer_id for hearing in store.quiet_customers()}
            still = [customer for customer in customers.values() if customer.customer_id in quiet]
            return would_have_told_card(lines, many=many, quiet=still)
        case Meanwhile(ear=ear):
            lines, many = _lines(store, notice, card_of)
            return meanwhile_card(lines, many=many, ear=ear)


def card_of_digest(view: DigestView) -> Card:
    """A digest's card."""
    return digest_card(view.digest, ear=view.ear, called=view.called, in_zone=view.in_zone, settings=view.settings)


def direct_channel(client: WebClient, person: Person, slack_user: str, *, home_team: str) -> str:
    """Where one person is told something by themselves; refused while a member of staff is no full member."""
    if person.role.is_staff:
        try:
            user = client.users_info(user=slack_user)["user"]
        except SlackApiError as error:
            if code_of(error) not in ("user_not_found", "user_not_visible"):
                raise
            user = {"deleted": True}
        if not is_full_member(user, home_team=home_team):
            raise NotNow(
                f"{person.name} is no full member of the workspace now, so nothing is told to them.", wait=LATER
            )
    return str(client.conversations_open(users=slack_user)["channel"]["id"])


def _lines(store: SellerStore, notice: Notice, card_of: CardOf) -> tuple[list[FoldedLine], int]:
    folded = show_folded(store, notice)
    lines = [FoldedLine(_whose(store, one), card_of(store, one)) for one, _ in folded.lines]
    return lines, folded.many


def _whose(store: SellerStore, notice: Notice) -> Customer | None:
    customer_id = ear_of(notice).customer_id
    if customer_id is None:
        return None
    with store.transaction():
        return store.customer(customer_id)
