"""A correction is a fact of its own: it amends what an event says, or voids it, and the event stays readable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from farthing.core.ids import content_hash, id_of
from farthing.core.metering.event import LONGEST_NAME, UsageEvent, canonical, is_text, read_event
from farthing.core.refused import Refused

LONGEST_REASON = 2000


class CorrectionKind(StrEnum):
    """What a correction does: an amendment says what the event says from now on, a void that it counts no more."""

    AMEND = "amend"
    VOID = "void"


# As what kind of event a correction is shown where events are kept apart.
TYPES = {kind: f"farthing.{kind}" for kind in CorrectionKind}


@dataclass(frozen=True, slots=True)
class Correction:
    """Who says what of which event, and why. `event` is the whole of what an amended event says; None for a void."""

    source: str
    id: str
    of_source: str
    of_id: str
    reason: str
    by: str
    event: UsageEvent | None = None

    def __post_init__(self) -> None:
        same = self.event is None or (self.event.source, self.event.id) == (self.of_source, self.of_id)
        assert same, f"an amendment of {self.of_source} {self.of_id} is of the same event"

    @property
    def kind(self) -> CorrectionKind:
        """What it does."""
        return CorrectionKind.VOID if self.event is None else CorrectionKind.AMEND

    @property
    def key(self) -> UUID:
        """Its own identity, among those of events: one source and id, one correction, for ever (INV-06)."""
        return id_of("event", self.source, self.id)

    @property
    def of_key(self) -> UUID:
        """The event that it is about."""
        return id_of("event", self.of_source, self.of_id)

    @property
    def content(self) -> UUID:
        """A fingerprint of what it says; who says it is not part of it, so that anybody may send it again."""
        said: list[object] = [self.kind.value, self.of_source, self.of_id, self.reason]
        if self.event is not None:
            said += [self.event.type, self.event.subject, self.event.time, self.event.data]
        return content_hash(canonical(said).encode())

    def as_event(self) -> dict[str, Any]:
        """The form in which it is kept apart, as an event of its own."""
        event = self.event
        said = None if event is None else {"type": event.type, "time": event.time, "data": event.data}
        return {
            "source": self.source,
            "id": self.id,
            "type": TYPES[self.kind],
            "subject": "" if event is None else event.subject,
            "time": None,
            "data": {
                "of": {"source": self.of_source, "id": self.of_id},
                "reason": self.reason,
                "by": self.by,
                "event": said,
            },
        }


@dataclass(frozen=True, slots=True)
class Version:
    """What an event says since a position: whose it is then, what it counts as, and when it happened."""

    position: int
    customer_id: UUID
    type: str
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Correctable:
    """An accepted event as corrections find it: where and when it was accepted, and its last version.

    `is_voided` says that the last version counts no more.
    """

    first_position: int
    accepted_at: datetime
    last: Version
    is_voided: bool = False


def read_correction(raw: object) -> Correction:
    """The correction in a decoded JSON object; refuses what does not say what it corrects, how, why and for whom.

    >>> read_correction({"id": "1", "source": "ops", "kind": "void", "of": {"source": "api", "id": "e"},
    ...                  "reason": "Sent twice.", "by": "ada"}).kind
    <CorrectionKind.VOID: 'void'>
    """
    if not isinstance(raw, dict):
        raise Refused("A correction is a JSON object with id, source, kind, of, reason and by.")
    correction_source, correction_id = (_named(raw, name, "correction", most=LONGEST_NAME) for name in ("source", "id"))
    kind = raw.get("kind")
    if not isinstance(kind, str) or kind not in set(CorrectionKind):
        raise Refused("The correction has no kind; say “amend” or “void”.", field="kind")
    of = raw.get("of")
    if not isinstance(of, dict):
        raise Refused('The correction does not say of which event; give “of” as {"source": …, "id": …}.', field="of")
    of_source, of_id = (_named(of, name, "event to correct", most=LONGEST_NAME) for name in ("source", "id"))
    return Correction(
        source=correction_source,
        id=correction_id,
        of_source=of_source,
        of_id=of_id,
        reason=_named(raw, "reason", "correction", most=LONGEST_REASON),
        by=_named(raw, "by", "correction", most=LONGEST_NAME),
        event=_amended(raw.get("event"), CorrectionKind(kind), of_source, of_id),
    )


def is_correction(event: Mapping[str, Any]) -> bool:
    """Whether what was kept apart is a correction, and no usage."""
    return event.get("type") in TYPES.values()


def kept_correction(event: Mapping[str, Any]) -> Correction:
    """The correction that `as_event` wrote."""
    data = event["data"] if isinstance(event.get("data"), dict) else {}
    kind = CorrectionKind.AMEND if event.get("type") == TYPES[CorrectionKind.AMEND] else CorrectionKind.VOID
    said = data.get("event")
    amended = {"event": {"subject": event.get("subject"), **said}} if isinstance(said, dict) else {}
    return read_correction({**data, **amended, "source": event.get("source"), "id": event.get("id"), "kind": kind})


def refuse_correction(correction: Correction, of: Correctable) -> None:
    """Refuses, in words, what cannot be corrected any more."""
    if not of.is_voided:
        return
    if correction.kind is CorrectionKind.VOID:
        raise Refused(f"The event {_told(correction)} is voided already, and a void is not voided in its turn.")
    raise Refused(
        f"The event {_told(correction)} was voided, and a void is not voided; send the usage as a new event, with an "
        "id of its own."
    )


def comes_too_early(correction: Correction) -> str:
    """Why a correction waits whose event is not there yet."""
    return f"The event {_told(correction)} has not been accepted yet; this takes effect by itself once it is."


def _told(correction: Correction) -> str:
    return f"“{correction.of_id[:64]}” of “{correction.of_source[:64]}”"


def _amended(event: object, kind: CorrectionKind, source: str, event_id: str) -> UsageEvent | None:
    if kind is CorrectionKind.VOID:
        if event is not None:
            raise Refused("A void says nothing in place of the event; leave “event” away, or amend it.", field="event")
        return None
    if not isinstance(event, dict):
        raise Refused(
            "An amendment says all that the event says from now on; give “event” with type, subject, time and data.",
            field="event",
        )
    for name, own in (("source", source), ("id", event_id)):
        if event.get(name, own) != own:
            raise Refused(f"An amended event keeps its source and id; leave “{name}” away.", field="event")
    return read_event({**event, "source": source, "id": event_id})


def _named(said: Mapping[str, Any], name: str, whose: str, *, most: int) -> str:
    text = said.get(name)
    if not isinstance(text, str) or not text.strip():
        raise Refused(f"The {whose} has no {name}; give it as a text.", field=name)
    if len(text) > most:
        raise Refused(f"The {whose}'s {name} is longer than {most} characters.", field=name)
    if not is_text(text):
        raise Refused(f"The {whose}'s {name} holds a character that is not text.", field=name)
    return text
