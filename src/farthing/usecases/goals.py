"""The seller's goals: set, signed off by their owners, looked at again, and dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from farthing.core.goals import MOST_GOALS, CheckIn, Goal, Signature, check_by_day
from farthing.core.ids import id_of
from farthing.core.metering.event import is_text
from farthing.core.people import Ask, Person
from farthing.core.period import local_date
from farthing.core.refused import Clash, Forbidden, Refused, Unknown
from farthing.core.saying import message
from farthing.usecases.document_ports import Documents
from farthing.usecases.ports import SellerStore
from farthing.usecases.print_documents import Printed


@dataclass(frozen=True, slots=True)
class Wanted:
    """A goal as somebody words it; without a `place` it takes the first that is free."""

    title: str
    unit: str
    baseline: Decimal
    target: Decimal
    by_day: date
    owner: str
    owner_slack_user: str = ""
    place: int | None = None


def set_goal(store: SellerStore, wanted: Wanted, *, by: str, person: Person | None, now: datetime) -> Goal:
    """Set a goal, or word the one at its place anew; a goal that says the same already stays, with its signature."""
    if person is not None:
        person.must(Ask.SET_UP)
    for text, field in ((wanted.title, "title"), (wanted.unit, "unit"), (wanted.owner, "owner")):
        if not is_text(text):
            raise Refused(message("That is no text that can be kept; type it again."), field=field)
    with store.transaction():
        store.lock_goals()  # Read.
        there = {goal.place: goal for goal in store.goals()}
        place = wanted.place or next((at for at in range(1, MOST_GOALS + 1) if at not in there), None)
        if place is None or not 1 <= place <= MOST_GOALS:
            raise Clash(
                message("There are {most} goals already; change or drop one of them."), most=MOST_GOALS, field="title"
            )
        goal = Goal(  # Decide.
            goal_id=id_of("goal", store.seller().seller_id, place, now.isoformat()),
            place=place,
            title=" ".join(wanted.title.split()),
            unit=" ".join(wanted.unit.split()),
            baseline=wanted.baseline,
            target=wanted.target,
            by_day=wanted.by_day,
            owner=" ".join(wanted.owner.split()),
            owner_slack_user=wanted.owner_slack_user,
            set_by=by,
            set_at=now,
        )
        before = there.get(place)
        if before is not None and before.says_the_same(goal):
            return before
        check_by_day(goal.by_day, set_on=_today(store, now))
        if before is not None:  # Write.
            store.end_goal(before.goal_id, by=by, at=now)
        store.keep_goal(goal)
    return goal


def sign_goal(
    store: SellerStore, goal_id: UUID, *, by: str, person: Person | None, slack_user: str = "", now: datetime
) -> Goal:
    """Its owner stands by a goal as they saw it; a second signature of the same changes nothing.

    Where the owner was picked in Slack, only they sign. Refuses (Clash) a goal that was worded anew meanwhile.
    """
    with store.transaction():
        store.lock_goals()  # Read.
        goal = _in_force(store, goal_id)
        if person is not None:  # Decide.
            if goal.owner_slack_user and goal.owner_slack_user != slack_user:
                raise Forbidden(message("{owner} owns this goal, and signs it."), owner=goal.owner)
            if not goal.owner_slack_user:
                person.must(Ask.SET_UP)
        if goal.signature is None:
            store.sign_goal(goal_id, Signature(by, _today(store, now), now))  # Write.
        return _in_force(store, goal_id)


def read_goal(
    store: SellerStore, goal_id: UUID, value: Decimal, *, by: str, person: Person | None, now: datetime
) -> Goal:
    """Keep how a goal's number stands now; the same value again on the same day is kept once."""
    if person is not None:
        person.must(Ask.SEE_ALL_CUSTOMERS)
    with store.transaction():
        store.lock_goals()
        goal, today = _in_force(store, goal_id), _today(store, now)
        if not goal.check_ins or (goal.check_ins[-1].value, goal.check_ins[-1].on) != (value, today):
            store.keep_goal_check_in(goal_id, CheckIn(value, today, by, now))
        return _in_force(store, goal_id)


def drop_goal(store: SellerStore, goal_id: UUID, *, by: str, person: Person | None, now: datetime) -> Goal:
    """Take a goal away; it stays in the books."""
    if person is not None:
        person.must(Ask.SET_UP)
    with store.transaction():
        store.lock_goals()
        goal = _in_force(store, goal_id)
        store.end_goal(goal_id, by=by, at=now)
    return goal


def list_goals(store: SellerStore, *, person: Person | None) -> list[Goal]:
    """The goals in force, for the seller's own people."""
    if person is not None:
        person.must(Ask.SEE_ALL_CUSTOMERS)
    with store.transaction():
        return store.goals()


def goal_at(store: SellerStore, place: int) -> Goal:
    """One goal, by its place."""
    with store.transaction():
        for goal in store.goals():
            if goal.place == place:
                return goal
    raise Unknown(f"There is no goal {place}; farthing goal list shows those there are.", field="place")


def _in_force(store: SellerStore, goal_id: UUID) -> Goal:
    for goal in store.goals():
        if goal.goal_id == goal_id:
            return goal
    raise Clash(message("That goal was worded anew or dropped meanwhile; look at the goals again."))


def _today(store: SellerStore, now: datetime) -> date:
    return local_date(now, in_zone=store.seller().entity.in_zone)


def print_goals(store: SellerStore, documents: Documents, *, person: Person | None, now: datetime) -> Printed:
    """The goals on one page, to be hung up or sent around."""
    goals = list_goals(store, person=person)
    if not goals:
        raise Refused(message("No goal is set yet, so there is nothing to print."))
    with store.transaction():
        seller, today = store.seller(), _today(store, now)
        speaks = seller.entity.language
    return Printed("goals.pdf", documents.goals_pdf(goals, seller, today, language=speaks))
