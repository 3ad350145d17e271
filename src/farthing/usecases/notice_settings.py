"""Who hears what: settings of an ear, set by somebody and read by all; those that hold where nobody set any."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from uuid import UUID

from farthing.core.people import Ask, Person
from farthing.core.refused import Forbidden, Refused, Unknown
from farthing.core.saying import message
from farthing.core.telling.due_days import Span
from farthing.core.telling.ear import DATA, FINANCE, Ear, Hearer, customer_ear, person_ear
from farthing.core.telling.settings import Kind, QuietHours, Settings, usual_settings
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore

# Where no workspace is connected, nothing is due.
_NEVER = datetime(9990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """What is to be different; what is None stays as it is. `no_quiet` takes quiet hours away."""

    spans: frozenset[Span] | None = None
    switched_off: frozenset[Kind] | None = None
    at: time | None = None
    in_zone: str | None = None
    quiet: QuietHours | None = None
    no_quiet: bool = False
    days_ahead: int | None = None


@dataclass(frozen=True, slots=True)
class SettingsView:
    """An ear's settings, and what the ear is called."""

    settings: Settings
    called: str


def settings_of(store: SellerStore, ear: Ear) -> Settings:
    """Those in force; to be called in a transaction."""
    kept = store.notice_settings(ear)
    if kept is not None:
        return kept
    install = store.slack_install()
    since = _NEVER if install is None else install.installed_at
    return usual_settings(ear, in_zone=_zone_of(store, ear), since=since)


def show_settings(store: SellerStore, ear: Ear, *, person: Person | None) -> SettingsView:
    """An ear's settings, for who may see them; `person` is None for the operator."""
    with store.transaction():
        _must_reach(ear, person)
        return SettingsView(settings_of(store, ear), called(store, ear))


def list_settings(store: SellerStore, *, person: Person | None) -> list[SettingsView]:
    """Finance's and data's settings, and all that somebody set; of these what this person may see."""
    with store.transaction():
        kept = [settings.ear for settings in store.all_notice_settings()]
        ears = [FINANCE, DATA, *(ear for ear in kept if ear not in (FINANCE, DATA))]
        return [SettingsView(settings_of(store, ear), called(store, ear)) for ear in ears if _reaches(ear, person)]


def change_settings(
    store: SellerStore, ear: Ear, change: SettingsChange, *, by: str, person: Person | None, now: datetime
) -> SettingsView:
    """Set them from now on; the same again is answered as done."""
    with store.transaction():
        _must_reach(ear, person)  # Read.
        if person is not None and ear.hearer is not Hearer.PERSON:
            person.must(Ask.SET_NOTICES)
        before = settings_of(store, ear)
        after = replace(  # Decide.
            before,
            spans=before.spans if change.spans is None else change.spans,
            switched_off=before.switched_off if change.switched_off is None else change.switched_off,
            at=before.at if change.at is None else change.at,
            in_zone=before.in_zone if change.in_zone is None else change.in_zone,
            quiet=None if change.no_quiet else change.quiet or before.quiet,
            days_ahead=before.days_ahead if change.days_ahead is None else change.days_ahead,
        )
        if after != before or before.is_usual:
            after = replace(after, set_by=by, since=now)
            store.keep_notice_settings(after)  # Write.
        return SettingsView(after, called(store, ear))


def find_ear(store: SellerStore, written: str, *, person: Person | None) -> Ear:
    """The ear that somebody means: finance, data, a customer by key, or a person by Slack user.

    To be called in a transaction.
    """
    word = written.strip()
    if word.casefold() in (Hearer.FINANCE.value, Hearer.DATA.value):
        return Ear(Hearer(word.casefold()))
    for known, _, slack_user in store.people():
        if slack_user == word:
            return person_ear(known.person_id)
    return customer_ear(find_customer(store, word, person=person).customer_id)


def called(store: SellerStore, ear: Ear) -> str:
    """What people call it; to be called in a transaction."""
    match ear.hearer:
        case Hearer.FINANCE | Hearer.DATA:
            return ear.hearer.value
        case Hearer.CUSTOMER:
            customer = None if ear.whose is None else store.customer(ear.whose)
            return "" if customer is None else customer.name
        case Hearer.PERSON:
            person = find_person(store, ear)
            return "" if person is None else person[0].name


def find_person(store: SellerStore, ear: Ear) -> tuple[Person, str, str] | None:
    """Whose ear it is, with their Slack team and user; None when they have no role any more."""
    return next((each for each in store.people() if each[0].person_id == ear.whose), None)


def whose_customer(store: SellerStore, ear: Ear) -> UUID | None:
    """The one customer whose figures may be told there; None for all. To be called in a transaction."""
    if ear.hearer is Hearer.CUSTOMER:
        return ear.whose
    if ear.hearer is Hearer.PERSON:
        found = find_person(store, ear)
        if found is None:
            raise Unknown("They have no role here any more.")
        return found[0].customer_id
    return None


def _zone_of(store: SellerStore, ear: Ear) -> str:
    customer_id = ear.customer_id
    if ear.hearer is Hearer.PERSON:
        found = find_person(store, ear)
        customer_id = None if found is None else found[0].customer_id
    customer = None if customer_id is None else store.customer(customer_id)
    return store.seller().entity.in_zone if customer is None else customer.in_zone


def _reaches(ear: Ear, person: Person | None) -> bool:
    if person is None:
        return True
    if ear.hearer is Hearer.PERSON:
        return ear.whose == person.person_id
    if ear.customer_id is not None:
        return person.may_see(ear.customer_id)
    return person.may(Ask.SEE_ALL_CUSTOMERS)


def _must_reach(ear: Ear, person: Person | None) -> None:
    if not _reaches(ear, person):
        raise Forbidden(message("These settings are somebody else's."))


def time_from(written: str, *, field: str) -> time:
    """A time of day as people type it.

    >>> time_from("9", field="at"), time_from("22:30", field="at")
    (datetime.time(9, 0), datetime.time(22, 30))
    """
    hours, _, minutes = written.strip().partition(":")
    if not (hours.isdecimal() and (minutes.isdecimal() or not minutes) and int(hours) < 24 and int(minutes or 0) < 60):
        raise Refused(f"“{written[:20]}” is no time of day; write it like 9:00 or 22:30.", field=field)
    return time(int(hours), int(minutes or 0))


def quiet_from(written: str) -> QuietHours:
    """Quiet hours as people type them.

    >>> quiet_from("22:00-7:30")
    QuietHours(begins=datetime.time(22, 0), ends=datetime.time(7, 30))
    """
    begins, dash, ends = written.replace("–", "-").partition("-")
    if not dash:
        raise Refused("Write quiet hours like 22:00-7:30.", field="quiet")
    return QuietHours(time_from(begins, field="quiet"), time_from(ends, field="quiet"))
