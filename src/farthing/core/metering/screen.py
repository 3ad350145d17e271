"""Screening: an event is accepted, or kept apart with the reason in words; bad is never zero."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from farthing.core.metering.event import LONGEST_NAME, UsageEvent, instant, is_text
from farthing.core.metering.meter import Meter
from farthing.core.metering.rule import EventRule
from farthing.core.money import exact_decimal
from farthing.core.refused import Refused

DEEPEST_DATA = 16
FURTHEST_AHEAD = timedelta(minutes=5)
# A clock that was never set says 1970.
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Mapped:
    """What an event was before a rule changed it, and which version of the rule of its type did."""

    sent: UsageEvent
    rule_version: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event that counts, as it is measured: whose it is, and when it happened."""

    event: UsageEvent
    customer_id: UUID
    happened_at: datetime
    mapped: Mapped | None = None

    @property
    def sent(self) -> UsageEvent:
        """The event as it was sent, by which it is known for ever (INV-06)."""
        return self.event if self.mapped is None else self.mapped.sent


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An event kept apart, as it was sent, until someone mends it or its cause, and why.

    Where the event cannot say all that was sent, `text` is that.
    """

    event: UsageEvent
    reason: str
    text: str | None = None

    @property
    def sent(self) -> UsageEvent:
        """The same as of an event that counts."""
        return self.event


@dataclass(frozen=True, slots=True)
class Screen:
    """What an event is held against: the meters, whose each subject is, and how far ahead a clock may be.

    Before that the rule of its type brings it into the shape that meters read.
    """

    meters_by_type: Mapping[str, Sequence[Meter]]
    customers_by_subject: Mapping[str, UUID]
    furthest_ahead: timedelta = FURTHEST_AHEAD
    rules_by_type: Mapping[str, EventRule] = field(default_factory=dict)

    def screen(self, event: UsageEvent, *, now: datetime) -> Accepted | Quarantined:
        """Accept it, or say what keeps it from counting."""
        try:
            return self._accept(event, now=now)
        except Refused as fault:
            return Quarantined(event, fault.sentence)

    def _accept(self, sent: UsageEvent, *, now: datetime) -> Accepted:
        rule = self.rules_by_type.get(sent.type)
        event = sent if rule is None else rule.mapped(sent)
        _check_text(event)
        meters = self.meters_by_type.get(event.type)
        if not meters:
            raise Refused(f"No meter counts events of type “{event.type}”; add one to the catalogue and send it again.")
        customer_id = self.customers_by_subject.get(event.subject)
        if customer_id is None:
            raise Refused(f"No customer has the key “{event.subject}”; create the customer and send it again.")
        happened_at = now if event.time is None else instant(event.time)
        if happened_at > now + self.furthest_ahead:
            ahead = _in_words(happened_at - now)
            raise Refused(
                f"It says it happened at {happened_at:%Y-%m-%d %H:%M:%S} UTC, {ahead} from now; check the clock."
            )
        if happened_at < EARLIEST:
            raise Refused(f"It says it happened in {happened_at.year}; check how the time is written.")
        if not isinstance(event.data, Mapping):
            raise Refused("Its data is no JSON object; send the properties that meters read as {“name”: value}.")
        _check_data(event.data, depth=1)
        for meter in meters:
            _check_measured(meter, event)
        mapped = None if rule is None or event is sent else Mapped(sent, rule.version)
        return Accepted(event, customer_id, happened_at, mapped)


def _check_text(event: UsageEvent) -> None:
    for name, value in (("type", event.type), ("subject", event.subject), ("time", event.time or "")):
        if len(value) > LONGEST_NAME:
            raise Refused(f"Its {name} is longer than {LONGEST_NAME} characters.")
        _check_characters(value)
    if not event.type:
        raise Refused("It has no type; give the event type that a meter counts.")
    if not event.subject:
        raise Refused("It has no subject; give the customer's key.")


def _check_characters(text: str) -> None:
    if not is_text(text):
        raise Refused("It holds a character that is not text (a NUL, or half of a surrogate pair).")


def _check_data(value: object, *, depth: int) -> None:
    if depth > DEEPEST_DATA:
        raise Refused(f"Its data is nested deeper than {DEEPEST_DATA} levels.")
    if isinstance(value, Mapping):
        for key, member in value.items():
            _check_characters(str(key))
            _check_data(member, depth=depth + 1)
    elif isinstance(value, list):
        for member in value:
            _check_data(member, depth=depth + 1)
    elif isinstance(value, str):
        _check_characters(value)
    elif value is not None and not isinstance(value, bool):
        exact_decimal(value, what="A number in data")


def _check_measured(meter: Meter, event: UsageEvent) -> None:
    if not meter.concerns(event.data):
        return
    for name in sorted(meter.measure.needs):
        if name not in event.data:
            raise Refused(
                f"data has no “{name}”, which the meter “{meter.key}” {meter.measure.does}; "
                f"put {meter.measure.asks_for} there and send it again."
            )
    meter.measure.check(event.data)
    if meter.schema is not None:
        meter.schema.check(event.data, of=f"the meter “{meter.key}”")


def _in_words(ahead: timedelta) -> str:
    minutes = int(ahead.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"
