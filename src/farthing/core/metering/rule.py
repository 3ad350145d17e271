"""A rule brings events of one type into the shape that meters read: names changed, what is missing filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from farthing.core.metering.event import UsageEvent, canonical, is_text
from farthing.core.metering.json_text import decode_json
from farthing.core.metering.terms import MOST_NAMES, Terms, holds_text, only
from farthing.core.refused import Refused

LONGEST_DEFAULT = 4 * 1024


@dataclass(frozen=True, slots=True)
class EventRule:
    """A version of what is done to events of a type before they are screened; the event stays as it was sent.

    `rename` are pairs of the name that is sent and the name that meters read; `defaults` are names with the canonical
    JSON text of what stands in for a property that is missing or null. `subject_from` is the property that names the
    customer of an event without a subject.
    """

    event_type: str
    version: int
    subject_from: str | None = None
    rename: tuple[tuple[str, str], ...] = ()
    defaults: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """What the catalogue knows it by."""
        return self.event_type

    def mapped(self, event: UsageEvent) -> UsageEvent:
        """The event as it is measured; refuses one in which a property stands under both of its names.

        >>> rule = rule_from("call", {"rename": {"promptTokens": "tokens"}, "defaults": {"region": "eu"}}, version=1)
        >>> dict(rule.mapped(UsageEvent("api", "1", "call", "acme", None, {"promptTokens": 5})).data)
        {'tokens': 5, 'region': 'eu'}
        """
        if not isinstance(event.data, Mapping):
            return event
        data = self._renamed(event.data)
        missing = [(name, text) for name, text in self.defaults if data.get(name) is None]
        if missing:
            data = {**data, **{name: decode_json(text.encode(), what="default") for name, text in missing}}
        subject = event.subject or self._subject_in(event.data)
        if data is event.data and subject == event.subject:
            return event
        return replace(event, subject=subject, data=data)

    def subject_of(self, event: UsageEvent) -> str:
        """The customer's key, as the event says it or as the rule finds it."""
        return event.subject or (self._subject_in(event.data) if isinstance(event.data, Mapping) else "")

    def names_given(self, names: frozenset[str]) -> frozenset[str]:
        """The names that meters find when these are sent, and have values."""
        renamed = dict(self.rename)
        return frozenset(renamed.get(name, name) for name in names) | {name for name, _ in self.defaults}

    def _renamed(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        moving = [(sent, read) for sent, read in self.rename if sent in data]
        if not moving:
            return data
        for sent, read in moving:
            if read in data:
                raise Refused(
                    f"data has both “{sent}” and “{read}”, which the rule for events of type “{self.event_type}” makes "
                    "one; send one of them, or change the rule, and replay it.",
                    field="data",
                )
        renamed = dict(moving)
        return {renamed.get(name, name): value for name, value in data.items()}

    def _subject_in(self, data: Mapping[str, Any]) -> str:
        value = data.get(self.subject_from) if self.subject_from is not None else None
        if isinstance(value, bool) or not isinstance(value, str | int):
            return ""
        return str(value) if isinstance(value, str) else canonical(value)


def rule_from(event_type: str, terms: Terms, *, version: int) -> EventRule:
    """The rule that these terms describe; a rule without any does nothing."""
    of = f"The rule for events of type “{event_type}”"
    only(terms, ("subject_from", "rename", "defaults"), of=of)
    subject_from = terms.get("subject_from")
    if subject_from is not None:
        _check_name(subject_from, "subject_from", of=of)
    rename = _named(terms, "rename", "{promptTokens: input_tokens}", of=of)
    for sent, read in rename.items():
        _check_name(read, f"rename.{sent}", of=of)
    read_names = list(rename.values())
    for sent, read in rename.items():
        if read_names.count(read) > 1:
            raise Refused(f"{of} makes “{read}” of two properties; keep one of them.", field=f"rename.{sent}")
        if read in rename:
            raise Refused(
                f"{of} renames “{sent}” to “{read}” and that again; name what it ends as.", field=f"rename.{sent}"
            )
    defaults = {
        name: _default(name, value, of=of) for name, value in _named(terms, "defaults", "{region: eu}", of=of).items()
    }
    for name in defaults:
        if name in rename:
            raise Refused(
                f"{of} fills in “{name}”, which it renames; fill in “{rename[name]}”.", field=f"defaults.{name}"
            )
    return EventRule(event_type, version, subject_from, tuple(sorted(rename.items())), tuple(sorted(defaults.items())))


def rule_terms(rule: EventRule) -> dict[str, Any]:
    """The rule as plain data; `rule_from` reads it back."""
    return {
        **({} if rule.subject_from is None else {"subject_from": rule.subject_from}),
        **({"rename": dict(rule.rename)} if rule.rename else {}),
        **(
            {"defaults": {name: decode_json(text.encode(), what="default") for name, text in rule.defaults}}
            if rule.defaults
            else {}
        ),
    }


def rule_in_words(rule: EventRule) -> str:
    """What the rule does.

    >>> rule_in_words(rule_from("call", {"rename": {"n": "tokens"}, "defaults": {"region": "eu"}}, version=1))
    'reads n as tokens; fills in region with “eu”'
    """
    said = [f"reads {sent} as {read}" for sent, read in rule.rename]
    for name, text in rule.defaults:
        value = decode_json(text.encode(), what="default")
        said.append(f"fills in {name} with {f'“{value}”' if isinstance(value, str) else text}")
    if rule.subject_from is not None:
        said.append(f"takes the customer from {rule.subject_from} where there is no subject")
    return "; ".join(said) or "does nothing"


def _named(terms: Terms, name: str, such_as: str, *, of: str) -> Mapping[str, Any]:
    written = terms.get(name, {})
    if not isinstance(written, Mapping):
        raise Refused(f"{of} takes “{name}” as names, each with its value, such as {such_as}.", field=name)
    if len(written) > MOST_NAMES:
        raise Refused(f"{of} names {len(written)} properties in {name}; {MOST_NAMES} is the most.", field=name)
    for each in written:
        _check_name(each, f"{name}.{each}", of=of)
    return written


def _check_name(name: object, field: str, *, of: str) -> None:
    if not isinstance(name, str) or not name.strip() or not is_text(name):
        raise Refused(f"{of} takes “{field.partition('.')[0]}” with names of properties, each a text.", field=field)


def _default(name: str, value: object, *, of: str) -> str:
    text = "null" if value is None else canonical(value)
    if not holds_text(value):
        raise Refused(
            f"{of}: what stands in for “{name}” holds a character that is not text.", field=f"defaults.{name}"
        )
    if value is None or len(text) > LONGEST_DEFAULT:
        told = "says nothing" if value is None else f"is longer than {LONGEST_DEFAULT // 1024} KB"
        raise Refused(f"{of}: what stands in for “{name}” {told}; give it a value.", field=f"defaults.{name}")
    return text
