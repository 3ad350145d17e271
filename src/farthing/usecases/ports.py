"""What we ask of the outside: a place for the books, a place for usage, and a way to keep and tell notices.

Everything here belongs to one seller: an implementation is opened for one and can reach no other (INV-19).
Every call happens inside `transaction()`; calls in one transaction are kept together or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from farthing.core.billing import Bill, Issued
from farthing.core.exact import Exact
from farthing.core.invoicing.invoice import Invoice, Series
from farthing.core.ledger.transaction import Account, Transaction
from farthing.core.metering.columns import Columns
from farthing.core.metering.event import UsageEvent
from farthing.core.metering.filter import Filter
from farthing.core.metering.meter import Group, Measured, Measurement, Meter, Reading
from farthing.core.metering.rule import EventRule
from farthing.core.metering.sample import Window
from farthing.core.metering.screen import Accepted, Mapped, Quarantined
from farthing.core.money import Currency, Money
from farthing.core.notices import Notice
from farthing.core.parties import Customer, Seller
from farthing.core.people import Person
from farthing.core.period import Period
from farthing.core.pricing.plan import AddOn, Plan
from farthing.core.quality.arrivals import Arrived, SourceHour
from farthing.core.quality.audit import NoOnes
from farthing.core.rating.line import Slice
from farthing.core.subscriptions.subscription import Subscription
from farthing.usecases.alert_ports import AlertStore
from farthing.usecases.audit_ports import AuditStore
from farthing.usecases.batch_ports import BatchStore
from farthing.usecases.collecting_ports import CollectingStore
from farthing.usecases.correction_ports import CorrectionStore
from farthing.usecases.coupon_ports import CouponStore
from farthing.usecases.credit_ports import CreditStore
from farthing.usecases.cycle_ports import CycleStore
from farthing.usecases.draft_ports import DraftStore
from farthing.usecases.entity_ports import EntityStore
from farthing.usecases.language_ports import LanguageStore
from farthing.usecases.late_ports import LateStore
from farthing.usecases.ledger_ports import LedgerStore
from farthing.usecases.lifecycle_ports import LifecycleStore
from farthing.usecases.payment_ports import Gateway, PaymentStore
from farthing.usecases.reservation_ports import ReservationStore
from farthing.usecases.sandbox_ports import SandboxStore
from farthing.usecases.slice_ports import SliceStore
from farthing.usecases.tax_ports import TaxStore
from farthing.usecases.telling_ports import TellingStore


class Outcome(StrEnum):
    """What became of one event that was sent."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    QUARANTINED = "quarantined"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An accepted event as it is measured, and as it was sent where a rule changed it."""

    position: int
    event: UsageEvent
    customer_id: UUID
    happened_at: datetime
    accepted_at: datetime
    mapped: Mapped | None = None


@dataclass(frozen=True, slots=True)
class ApartEvent:
    """An event kept apart: quarantined for a reason, or in conflict with the one that holds its key.

    What could not be read for sure has `text` in place of `data`.
    """

    key: UUID
    content: UUID
    received_at: datetime
    reason: str
    event: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ApartPlace:
    """A place in a list of events kept apart, newest first: after the one that this names."""

    received_at: datetime
    key: UUID
    content: UUID


@dataclass(frozen=True, slots=True)
class Conflict:
    """An event whose key another event holds, and that one: as it was sent, and where it counts."""

    other: ApartEvent
    accepted: Mapping[str, Any]
    position: int
    accepted_at: datetime
    rule_version: int | None


@dataclass(frozen=True, slots=True)
class Discarding:
    """Who discards, when, and why."""

    at: datetime
    by: str
    because: str


@dataclass(frozen=True, slots=True)
class DiscardedEvent:
    """An event that a person took out of quarantine for good; `number` rises with each."""

    number: int
    was: ApartEvent
    discarding: Discarding


@dataclass(frozen=True, slots=True)
class ApartWhich:
    """Which events in quarantine are meant: those of which all that is given is true."""

    key: UUID | None = None
    reason: str | None = None
    """What its reason contains, in capitals or not."""
    type: str | None = None
    subject: str | None = None
    source: str | None = None
    since: datetime | None = None
    """Received at this instant or later."""
    before: datetime | None = None
    """Received before this instant."""


ALL_APART = ApartWhich()


class ApartBy(StrEnum):
    """What events kept apart are counted by; a day is one in UTC."""

    REASON = "reason"
    TYPE = "type"
    SOURCE = "source"
    SUBJECT = "subject"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many events are in quarantine for one reason, and how many for any of those that were asked for."""

    reason: str
    events: int
    all_events: int


@dataclass(frozen=True, slots=True)
class ApartCount:
    """How many events are in quarantine with one type, source and so on, and when the first and last were received."""

    of: str
    events: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class DayOfUsage:
    """What one meter measured on one local day."""

    day: date
    quantity: Exact
    events: int


@dataclass(frozen=True, slots=True)
class Unmeasurable:
    """Accepted events that a meter cannot measure: how many, and which was accepted first."""

    events: int
    first: KeptEvent


@dataclass(frozen=True, slots=True)
class WindowUsage:
    """What one customer used in one window, or one group of it."""

    customer_id: UUID
    window: Window
    measured: Measured


@dataclass(frozen=True, slots=True)
class UsageIn:
    """Usage by window, true up to a position. `accepted_at` is of the last event that counts; None when all count."""

    position: int
    accepted_at: datetime | None
    rows: Sequence[WindowUsage]


@dataclass(frozen=True, slots=True)
class RollupState:
    """Something that is added up: for which meters, by which groups, up to which position, and when that moved."""

    rollup_id: int
    meters: tuple[str, ...]
    event_type: str
    groups: tuple[str, ...]
    position: int
    last_position: int
    moved_at: datetime
    ready: bool


@dataclass(frozen=True, slots=True)
class Tallied:
    """How much a rollup holds."""

    hours: int
    days: int
    events: int
    customers: int


@dataclass(frozen=True, slots=True)
class RollupDifference:
    """An hour or a day of UTC in which a rollup says something else than the events: number and amount of each.

    `value` is the one that was counted, where it is values that are counted.
    """

    customer_id: UUID
    starts_at: datetime
    hourly: bool
    of: Group
    value: str | None
    kept: tuple[int, Exact | None]
    counted: tuple[int, Exact | None]


@dataclass(frozen=True, slots=True)
class UsageCounts:
    """Where accepted events stand (INV-21). `accepted` is counted on its own, not added up from the rest.

    Each stands where its version in force does. `corrected` counts the versions that invoices bill and that were ended
    afterwards: what they were billed is to be adjusted.
    """

    accepted: int
    billed: int
    open: int
    late: int
    unattributed: int
    voided: int = 0
    corrected: int = 0


@dataclass(frozen=True, slots=True)
class Unattributed:
    """Accepted events of one customer and type that no subscription covers: nobody will be billed for them."""

    customer_id: UUID
    type: str
    events: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class RunTotals:
    """What one closing run has come to so far."""

    run_id: UUID
    through: date
    opened_at: datetime
    invoices: int
    totals: Sequence[Money]
    largest: Sequence[tuple[Customer, Invoice]]


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice and how far it has been told."""

    notice_id: UUID
    notice: Notice
    written_at: datetime
    revision: int
    told_revision: int
    attempts: int
    next_try_at: datetime
    sending_since: datetime | None
    channel_id: str | None
    message_ts: str | None
    trouble: str | None
    held_until: datetime | None = None
    """When the quiet hours in which it came up are over."""


@dataclass(frozen=True, slots=True)
class SlackInstall:
    """The seller's own workspace. Tokens are in clear text here and nowhere on disk; never print this."""

    team_id: str
    bot_user_id: str
    bot_token: str = field(repr=False)
    app_token: str | None = field(repr=False)
    signing_secret: str | None = field(repr=False)
    finance_channel: str | None
    installed_at: datetime
    data_channel: str | None = None
    """Where it is told how usage arrives; the finance channel where there is none."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A source that fell silent: since when it was not heard, when that was told, and when it was back."""

    source: str
    since: datetime
    told_at: datetime
    back_at: datetime | None


class Books(EntityStore, LanguageStore, TaxStore, Protocol):
    """The books of one seller."""

    def transaction(self) -> AbstractContextManager[None]:
        """Everything inside is kept together, or not at all when it raises. Not to be nested."""

    def snapshot(self) -> AbstractContextManager[None]:
        """The same for reading only: everything inside is seen as of one instant (repeatable read)."""

    # Parties
    def seller(self) -> Seller: ...
    def set_clock_shift(self, shift: timedelta) -> None: ...
    def add_customer(self, customer: Customer, *, email: str | None, created_at: datetime) -> None:
        """Refuses (Clash) a key that another customer has."""

    def customer(self, customer_id: UUID) -> Customer | None: ...
    def customer_by_key(self, key: str) -> Customer | None: ...
    def customer_email(self, customer_id: UUID) -> str | None: ...
    def customers(self) -> list[Customer]:
        """All of them by key."""

    def customers_by_subject(self, subjects: Iterable[str]) -> Mapping[str, UUID]: ...

    # Catalogue
    def lock_catalogue(self) -> None:
        """Until the transaction ends nobody else changes meters or plans, or relies on them as they are."""

    def hold_catalogue(self) -> None:
        """Until the transaction ends nobody changes meters or plans; any number may hold it side by side."""

    def catalogue_revision(self) -> int:
        """Rises whenever what events are screened against may have changed, and with the seller's clock."""

    def meters(self) -> Mapping[str, Meter]:
        """The newest version of each meter by key."""

    def meters_in_use(self) -> list[Meter]:
        """The meters that are frozen in a plan's newest version, or in one of which something is still to be billed."""

    def keep_meter(self, meter: Meter, *, created_at: datetime) -> None: ...
    def event_rules(self) -> Mapping[str, EventRule]:
        """The newest version of each rule by the type of the events it is for."""

    def keep_event_rule(self, rule: EventRule, *, created_at: datetime) -> None: ...
    def plan(self, key: str, version: int | None = None, *, for_start: date | None = None) -> Plan | None:
        """This version of a plan, or its newest; of those for who starts on a day, if one is given."""

    def plans(self) -> list[Plan]:
        """The newest version of each plan, by key."""

    def keep_plan(self, plan: Plan, *, created_at: datetime, starts_from: date | None = None) -> None:
        """Keep a new version; `starts_from` says that it is for subscriptions that start on that day or later."""

    def plan_starts_from(self, key: str, version: int) -> date | None:
        """The day from which on a version is for new subscriptions; None for all."""

    def add_on(self, key: str, version: int | None = None) -> AddOn | None:
        """This version of an add-on, or its newest."""

    def add_ons(self) -> list[AddOn]:
        """The newest version of each add-on, by key."""

    def keep_add_on(self, add_on: AddOn, *, created_at: datetime) -> None: ...

    # Subscriptions
    def lock_customer(self, customer_id: UUID) -> None:
        """Until the transaction ends nobody else changes what this customer subscribes to."""

    def add_subscription(self, subscription: Subscription) -> None: ...
    def keep_agreement(self, subscription: Subscription) -> None:
        """Keep the versions, quantities and add-ons that a locked subscription agreed to since it was read."""

    def end_subscription(self, subscription: Subscription) -> None:
        """Keep the `ends_at` of a subscription that is locked."""

    def lock_subscription(self, subscription_id: UUID) -> Subscription | None:
        """The subscription, held until the transaction ends."""

    def subscriptions(self, *, customer_id: UUID | None = None) -> list[Subscription]:
        """By customer and start."""

    def subscriptions_of_plans(
        self, plan_keys: Iterable[str], *, after: UUID | None = None, limit: int = 500
    ) -> list[Subscription]:
        """A page of those to these plans, by id, from the one after `after` on."""

    def customers_of(self, subscription_ids: Sequence[UUID]) -> Mapping[UUID, UUID]:
        """Whose each of these subscriptions is."""

    def due_subscriptions(self, *, through: datetime) -> list[UUID]:
        """Those with a moment to bill at or before this instant, oldest first."""

    # Billing
    def open_run(self, run_id: UUID, *, through: date, opened_at: datetime) -> None:
        """Note a closing run; does nothing when it is noted already."""

    def run_totals(self, run_id: UUID) -> RunTotals | None: ...
    def runs(self) -> list[RunTotals]:
        """Newest first."""

    def last_run(self) -> RunTotals | None:
        """The newest that made an invoice."""

    def lock_series(self, entity_key: str) -> Series:
        """The invoice numbers given so far, held until the transaction ends."""

    def keep_bill(self, bill: Bill, *, run_id: UUID | None) -> None:
        """Keep the invoice with its lines and slices, the transactions, the subscription's progress, the number."""

    def keep_issued(self, issued: Issued) -> None:
        """Keep an invoice that moves no subscription on, with its lines, its transactions and its number."""

    def invoice(self, number_or_id: str | UUID) -> Invoice | None: ...
    def invoices(
        self, *, customer_id: UUID | None = None, run_id: UUID | None = None, limit: int | None = None
    ) -> list[Invoice]:
        """Newest first."""

    # For proving (core.invariants)
    def all_transactions(self) -> Iterator[Transaction]: ...
    def all_invoices(self) -> Iterator[Invoice]:
        """By legal entity and sequence."""

    def all_slices(self) -> Iterator[Slice]:
        """By charge, revision and beginning."""

    def transaction_of(self, invoice_id: UUID) -> UUID | None: ...
    def balance(self, account: Account, *, customer_id: UUID) -> Mapping[Currency, Money]: ...

    # Notices (INV-14)
    def write_notices(
        self,
        notices: Iterable[Notice],
        *,
        written_at: datetime,
        again: bool = True,
        held_back: timedelta = timedelta(0),
    ) -> None:
        """A notice that is there already is said again, unless `again` is False: its revision rises where the one
        that is there was told or is being told.

        It is due at once, or so much later as it is `held_back`. `written_at` is the seller's time; the outbox waits
        by the world's.
        """

    # Once (INV-13)
    def answered(self, scope: str, key: str) -> tuple[UUID, Any] | None:
        """The request's hash and the answer kept for it."""

    def keep_answer(self, scope: str, key: str, *, request: UUID, answer: Any, created_at: datetime) -> bool:
        """Keep an answer; False when somebody else did so first (then nothing of this transaction may stay)."""

    # People and Slack
    def person(self, *, slack_team: str, slack_user: str) -> Person | None: ...
    def people(self) -> list[tuple[Person, str, str]]:
        """Each with their Slack team and user."""

    def keep_person(self, person: Person, *, slack_team: str, slack_user: str, since: datetime) -> None: ...
    def owner_code(self) -> tuple[bytes, datetime | None, int] | None:
        """The first owner's code as a MAC, when it was used, and how often it was guessed wrong; held locked."""

    def keep_owner_code(self, code_mac: bytes, *, made_at: datetime) -> None: ...
    def note_owner_code(self, *, used_at: datetime | None, wrong_tries: int) -> None: ...
    def slack_install(self) -> SlackInstall | None: ...
    def keep_slack_install(self, install: SlackInstall) -> None: ...
    def forget_slack_install(self) -> None: ...
    def lock_channels(self) -> None:
        """Until the transaction ends nobody else binds a channel, a customer's or finance's."""

    def customer_channel(self, customer_id: UUID) -> str | None: ...
    def customer_of_channel(self, channel_id: str) -> UUID | None: ...
    def bind_channel(self, customer_id: UUID, channel_id: str) -> None: ...

    # API keys
    def keep_api_key(self, key_id: UUID, *, secret_mac: bytes, label: str, created_at: datetime) -> None: ...


class UsageStore(CorrectionStore, BatchStore, Protocol):
    """The usage of one seller, in the same transaction as its books."""

    def keep_events(self, screened: Sequence[Accepted | Quarantined], *, received_at: datetime) -> list[Outcome]:
        """Keep each event once (INV-06) and tell, in order, what became of it.

        A quarantined event whose key is taken is told as what it is to the one that holds the key: the same
        content a duplicate, other content a conflict. Accepting an event removes its quarantined twins.
        """

    def keep_columns(
        self, columns: Columns, apart: Sequence[tuple[int, Quarantined]], *, received_at: datetime
    ) -> Mapping[int, Outcome]:
        """The same for events side by side, in the order in which they were sent, and for those to be kept apart.

        Tells, by their index, only of those that were not accepted.
        """

    def last_position(self) -> int:
        """Every event at or below it is committed, and none will be added there."""

    def measure(self, reading: Reading, *, customer_id: UUID, to_position: int) -> Measurement:
        """What `core.metering` makes of the same events (INV-18)."""

    def measure_by_day(
        self,
        meter: Meter,
        *,
        customer_id: UUID,
        days: Sequence[tuple[date, Period]],
        to_position: int,
        where: Filter | None = None,
        in_zone: str | None = None,
    ) -> list[DayOfUsage]:
        """The same for each of some local days, in order of time, as if it were a period of its own.

        They are days of the customer's own zone, unless another is given.
        """

    def events(
        self,
        *,
        customer_id: UUID,
        event_type: str,
        period: Period,
        to_position: int,
        after_position: int = 0,
        limit: int = 100,
    ) -> list[KeptEvent]:
        """A page of the events that were measured, by position."""

    def events_without(self, meter: Meter) -> Unmeasurable | None:
        """The accepted events that the meter counts and cannot measure; None when it can measure all."""

    def hold_acceptance(self) -> None:
        """Until the transaction ends nobody else accepts events."""

    def quarantine(
        self, *, which: ApartWhich = ALL_APART, after: ApartPlace | None = None, limit: int = 100
    ) -> list[ApartEvent]:
        """A page of the events kept apart for a reason, newest first."""

    def quarantined(self, which: ApartWhich) -> int:
        """How many events are kept apart for a reason."""

    def quarantined_of(self, *, types: Iterable[str] = (), subjects: Iterable[str] = ()) -> int:
        """How many are of one of these types or of one of these subjects."""

    def quarantine_by(self, by: ApartBy, *, which: ApartWhich = ALL_APART, limit: int = 100) -> list[ApartCount]:
        """How many are kept apart with each, the most frequent first; days from the oldest on."""

    def quarantine_by_reason(self, *, which: ApartWhich = ALL_APART, limit: int = 100) -> list[ReasonCount]:
        """How many are kept apart for each reason, the most frequent first."""

    def quarantine_to_replay(
        self, *, which: ApartWhich, after: UUID | None = None, limit: int = 500
    ) -> list[ApartEvent]:
        """The next by key, with all others of that key, the newest of each first; held until the transaction ends.

        To be called after `hold_acceptance`, so that nobody waits for us who keeps us waiting.
        """

    def let_go(self, apart: Iterable[ApartEvent]) -> None:
        """They leave quarantine."""

    def keep_in_conflict(self, apart: Iterable[ApartEvent]) -> None:
        """They leave quarantine, and stay readable among the conflicts."""

    def keep_reasons(self, apart: Sequence[tuple[ApartEvent, str]]) -> None:
        """They stay in quarantine, each for the reason that holds today."""

    def discard(self, which: ApartWhich, discarding: Discarding, *, limit: int) -> int:
        """So many of them leave quarantine and never count; what they said stays readable. How many they were.

        To be called after `hold_acceptance`, so that nobody waits for us who keeps us waiting.
        """

    def discarded(self, *, before: int | None = None, limit: int = 100) -> list[DiscardedEvent]:
        """A page of what was discarded, newest first, from the number below `before` on."""

    def discarded_events(self) -> int:
        """How many events were ever discarded."""

    def conflicts(self, *, limit: int = 100) -> list[ApartEvent]:
        """Events whose key another event holds, newest first."""

    def conflicts_side_by_side(
        self, *, key: UUID | None = None, after: ApartPlace | None = None, limit: int = 100
    ) -> list[Conflict]:
        """A page of the same, each with the event that holds its key."""

    def conflicts_between(self, *, since: datetime, until: datetime, limit: int) -> list[Conflict]:
        """Those that came into conflict in this time, newest first."""

    def conflicting(self) -> int:
        """How many events are in conflict."""

    def counts(self) -> UsageCounts: ...

    # Rollups: usage that is added up by hour and day
    def usage_in(
        self,
        meter: Meter,
        *,
        customer_ids: Sequence[UUID],
        windows: Sequence[Window],
        group_by: Sequence[str] = (),
        only: Mapping[str, str] | None = None,
    ) -> UsageIn:
        """What these customers used in each window, by customer as they are given, window and group.

        `group_by` and `only` name groups of the meter; `only` lets through those that have these values. Nothing is
        told where nothing was used. To be called in `snapshot()`.
        """

    def measure_up_to_now(self, reading: Reading, *, customer_id: UUID) -> Exact:
        """What a reading without groups comes to by every event there is. To be called in `snapshot()`."""

    def catalogue_moved(self) -> bool:
        """Whether meters came to the catalogue since `keep_rollups`."""

    def lock_rollups(self) -> None:
        """Until the transaction ends nobody else decides what is added up."""

    def keep_rollups(self, meters: Iterable[Meter], *, now: datetime) -> None:
        """From now on add up what these meters ask for, and nothing else.

        To be called after `hold_catalogue`, under which the meters were read, and `lock_rollups`.
        """

    def rollups_behind(self) -> list[int]:
        """The rollups that have something to add up."""

    def follow(self, rollup_id: int, *, now: datetime) -> bool:
        """Take the next events into a rollup; whether there are more. Somebody else's turn is left to them."""

    def remove_retired(self) -> bool:
        """Remove some rows of a rollup that nobody asks any more; whether there may be more."""

    def rollups(self, meters: Iterable[Meter]) -> list[RollupState]:
        """What is added up for these meters, and how far."""

    def tally_rollup(self, rollup_id: int) -> Tallied:
        """How much a rollup holds."""

    def rollup_differences(self, rollup_id: int, *, most: int) -> list[RollupDifference]:
        """Where a rollup says something else than the events up to its position; hours, then days. In `snapshot()`."""

    def make_rollups_anew(self, *, now: datetime) -> list[int]:
        """Begin each rollup a second time; the new one takes over once it has caught up. After `lock_rollups`."""

    def unattributed(self, *, customer_id: UUID | None = None) -> list[Unattributed]:
        """What `counts` calls unattributed, of one customer or of all, by customer and type; it adds up to that."""


class Outbox(Protocol):
    """The delivery job's side of the notices; each call is a transaction of its own."""

    def take(self, *, now: datetime, unsure_after: timedelta) -> NoticeRow | None:
        """The oldest notice that is due, marked as being sent; nobody else takes it meanwhile.

        One whose sending began more than `unsure_after` ago had no answer: it is taken again.
        """

    def told(self, notice_id: UUID, *, revision: int, channel_id: str, message_ts: str) -> None:
        """Our call was answered: this revision can be seen at this place. A newer one, if there is, is due."""

    def put_off(self, notice_id: UUID, *, until: datetime, trouble: str, sent: bool) -> None:
        """Try again later. `sent` says that the call may have taken effect: wait for Slack to say so first."""

    def seen_in_slack(self, notice_id: UUID, *, revision: int, channel_id: str, message_ts: str) -> None:
        """Slack says that a message with this revision exists, whatever became of the answer to our call.

        Says nothing of a newer revision that is being told meanwhile; and a second copy does not replace the first.
        """

    def hold(self, notice_id: UUID, *, until: datetime) -> None:
        """It came up in quiet hours: nothing is wrong, and it is taken again when they are over."""

    def let_go(self, notice_id: UUID) -> None:
        """It is to be looked at again before it is told: as if it had not been taken."""

    def stuck(self, *, limit: int = 100) -> list[NoticeRow]: ...


class SourceStore(Protocol):
    """What is known of the seller's sources of usage, in the same transaction as its books."""

    def note_sources(self, arrived: Iterable[Arrived], *, received_at: datetime) -> None:
        """Add what came in one batch to the hour's rows; to be called once, and last, in the batch's transaction."""

    def last_heard(self, *, since: datetime, limit: int) -> Mapping[str, datetime]:
        """The sources that sent most since then, and when each was heard last."""

    def source_hours(self, sources: Iterable[str], *, since: datetime, until: datetime) -> list[SourceHour]:
        """The hours of these sources from one instant up to another, by source and time."""

    def forget_source_hours(self, *, before: datetime) -> None:
        """Take away the hours before this instant."""

    def hold_watch(self) -> tuple[datetime, datetime | None] | None:
        """When the sources were last looked after, and since when without a break; nobody else does so meanwhile."""

    def keep_watch(self, *, watched_at: datetime, watched_since: datetime | None) -> None:
        """Note that the sources were looked after."""

    def open_silences(self) -> list[Silence]:
        """The sources that are silent and were told of, by source."""

    def silences(self, *, told_at: datetime) -> list[Silence]:
        """Those that were told of together, whether they are over or not."""

    def silences_over(self, *, told_at: datetime) -> list[Silence]:
        """Those of which it was told together that they are over."""

    def begin_silences(self, silences: Sequence[Silence]) -> None:
        """Keep that they are silent."""

    def end_silence(self, silence: Silence, *, back_at: datetime, told_at: datetime) -> None:
        """Keep that it is over."""

    def has_audit(self, day: date) -> bool:
        """Whether the audit of this day was made."""

    def keep_audit(self, day: date, *, made_at: datetime, unattributed: Sequence[NoOnes]) -> None:
        """Keep that the audit of this day was made, with what was unattributed then."""

    def unattributed_at_audit(self, day: date) -> list[NoOnes] | None:
        """What was unattributed when the audit of this day was made; None when it was not made."""

    def unattributed_before(self, day: date) -> list[NoOnes]:
        """The same of the last audit of an earlier day; none where there is no such audit."""

    def quarantine_of(self, *, since: datetime, until: datetime, limit: int = 20) -> list[tuple[str, int]]:
        """How many of those received in this time are in quarantine for each reason, the most frequent first."""

    def count_conflicts(self, *, since: datetime, until: datetime) -> int:
        """How many came into conflict in this time."""

    def untold_conflicts(self, *, since: datetime) -> Mapping[datetime, int]:
        """The hours since then in which more came into conflict than was told of, and how many."""

    def note_conflicts_told(self, hour: datetime, conflicts: int) -> None:
        """Keep how many conflicts of an hour people are told of."""


class SellerStore(
    Books,
    UsageStore,
    SourceStore,
    LateStore,
    SliceStore,
    DraftStore,
    AlertStore,
    AuditStore,
    PaymentStore,
    ReservationStore,
    SandboxStore,
    CycleStore,
    LedgerStore,
    LifecycleStore,
    CouponStore,
    CreditStore,
    CollectingStore,
    TellingStore,
    Protocol,
):
    """All of one seller's store."""

    @property
    def seller_id(self) -> UUID: ...

    def wait_at_most(self, seconds: float) -> None:
        """From here to the end of the transaction: what somebody else keeps for longer is told as Busy."""

    @property
    def outbox(self) -> Outbox: ...


class Installation(Protocol):
    """One running Farthing: every seller's store, and what time it is."""

    def for_seller(self, seller_id: UUID) -> SellerStore: ...
    def seller_of_api_key(self, secret_mac: bytes) -> UUID | None: ...
    def sellers(self) -> list[UUID]: ...
    def sellers_to_follow(self) -> list[UUID]:
        """Those whose usage is to be added up further."""

    def now(self, store: SellerStore) -> datetime:
        """The seller's time; read once, at the door."""

    def world(self) -> datetime:
        """The world's time, by which deliveries wait."""

    def gateway(self, store: SellerStore) -> Gateway | None:
        """Who moves money for this seller, if anybody does."""


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a notice can be seen."""

    channel_id: str
    message_ts: str


class NotNow(Exception):
    """It was surely not told; try again after `wait`. The text says what is in the way and how to mend it."""

    def __init__(self, sentence: str, *, wait: timedelta) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.wait = wait


class AnswerLost(Exception):
    """The call went out and no answer came back: it may or may not have been told."""


class Notifier(Protocol):
    """Tells a notice to people."""

    def tell(self, store: SellerStore, row: NoticeRow) -> Posted:
        """Post it, or update what was posted; raises NotNow or AnswerLost."""
