"""The format of a catalogue file as data: what may stand where, and what it means. Reader and schema follow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from farthing.core.exact import Rounding
from farthing.core.interval import Alignment
from farthing.core.metering.bucketed import EMPTY_WINDOWS, INNER, OUTER
from farthing.core.metering.grouped import IN_GROUP
from farthing.core.metering.seats import SeatCount
from farthing.core.metering.time_weighted import PER, READINGS
from farthing.core.pricing.phase import TrialUsage
from farthing.core.pricing.price import Accumulate, Ladder, Proration, Timing


@dataclass(frozen=True, slots=True)
class Number:
    """An exact number from `least` on (above it, with `above`); money may be written once for each currency.

    A `share` is of an amount: 1 is all of it.
    """

    least: int | None = 0
    above: bool = False
    most: int | None = None
    whole: bool = False
    money: bool = False
    share: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A short text. `names` says of what it is the key: that must be there. With `nothing` it may be null."""

    such_as: str = ""
    pattern: str = ""
    names: str = ""
    nothing: bool = False


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words."""

    among: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; with `alone` a single value counts as a list of one."""

    of: Kind
    each: str
    least: int = 0
    most: int | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """Names with a meaning each."""

    members: Mapping[str, Field] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Keyed:
    """Keys that the writer chooses, each with a value of one kind."""

    of: Kind
    each: str
    names: str = ""
    least: int = 0
    foreign: bool = False  # the keys are names that others gave, such as properties: any text


@dataclass(frozen=True, slots=True)
class Chosen:
    """Names of which some are common, and others depend on the word that one of them says.

    With `partly` nothing is needed and null takes a name away: it is written over something that is whole.
    """

    by: str
    each: str
    common: Mapping[str, Field] = field(hash=False)
    choices: Mapping[str, Mapping[str, Field]] = field(hash=False)
    partly: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """What the choosing name may say."""
        return tuple(self.choices)

    @property
    def members(self) -> dict[str, Field]:
        """Every name that may stand there, whatever is chosen."""
        return {**self.common, **{name: each for own in self.choices.values() for name, each in own.items()}}


@dataclass(frozen=True, slots=True)
class Where:
    """A filter of events."""


@dataclass(frozen=True, slots=True)
class Entitled:
    """True or false, a setting, or a limit."""


@dataclass(frozen=True, slots=True)
class Json:
    """Anything that JSON can say, numbers as numbers and texts as texts; with `names` an object."""

    names: bool = False


Kind = Number | Text | Flag | Choice | ListOf | Fields | Keyed | Chosen | Where | Entitled | Json


@dataclass(frozen=True, slots=True)
class Field:
    """What stands behind a name: its kind, and a sentence for who writes it."""

    kind: Kind
    says: str
    needed: bool = False
    nothing: bool = False  # null may stand for leaving it out


_MONEY: Final = Number(money=True)
RATE: Final = Field(
    Number(most=1, share=True),
    "The share of the amount: 0.029 is 2.9 %. More than all of it is the shape event_priced with a multiplier.",
)
_NAME = Field(Text(such_as="Input tokens"), "What people see; the key, when it is left out.")
_SOME_PROPERTIES = ListOf(Text(such_as="host"), each="a property", least=1, alone=True)
_NAMES_OF_PROPERTIES = ListOf(Text(such_as="region"), each="a property", alone=True)

# Meters ---------------------------------------------------------------------------------------------------------------

_PROPERTY = Field(Text(such_as="input_tokens"), "The property of the events' data that holds the number.")
_VALUE = Field(Text(such_as="input + 4 * output"), "Arithmetic over properties, instead of one property: + - * / ( ) "
               "ceil floor round min max.")  # fmt: skip
_NUMBERS = {"property": _PROPERTY, "value": _VALUE}
_SERIES = Field(_NAMES_OF_PROPERTIES, "The properties that tell one series from another, such as a host or a volume.")
_CARRIES_OVER = Field(Flag(), "Whether a period starts with what the one before it left behind.")
_KEPT_APART = Field(Text(such_as="user"), "The property whose different values are counted.", needed=True)

_INNER_CHOICES: dict[str, dict[str, Field]] = {
    "count": {},
    "sum": _NUMBERS,
    "average": _NUMBERS,
    "minimum": _NUMBERS,
    "maximum": _NUMBERS,
    "unique": {"property": _KEPT_APART},
    "latest": _NUMBERS | {"series": _SERIES},
    "first": _NUMBERS,
}
INNER_MEASURE = Chosen(by="measure", each="measure", common={}, choices=_INNER_CHOICES)
assert set(_INNER_CHOICES) == set(INNER), "every measure within windows has its names"

_SINGLE_MEASURES: dict[str, dict[str, Field]] = {
    "count": {},
    "sum": _NUMBERS,
    "average": _NUMBERS,
    "minimum": _NUMBERS,
    "maximum": _NUMBERS,
    "unique": {"property": _KEPT_APART},
    "seats": {
        "property": Field(Text(such_as="user"), "The property that names the seat.", needed=True),
        "action": Field(
            Text(such_as="op"),
            "The property of the events that says add or remove, such as action: op. An event without it adds.",
            needed=True,
        ),
        "counts": Field(
            Choice(tuple(SeatCount)), "The average of the days, the seats at the period's end, or the most on a day."
        ),
        "carries_over": _CARRIES_OVER,
    },
    "latest": _NUMBERS | {"series": _SERIES, "carries_over": _CARRIES_OVER},
    "first": _NUMBERS,
    "time_weighted": _NUMBERS
    | {
        "readings": Field(Choice(READINGS), "Whether events tell changes of the level, or the level."),
        "per": Field(Choice(PER), "The unit of time: gigabytes per hour make gigabyte-hours."),
        "series": _SERIES,
        "carries_over": _CARRIES_OVER,
    },
    "increase": _NUMBERS | {"series": _SERIES},
    "percentile": _NUMBERS | {"percent": Field(Number(most=100), "Which percentile, such as 95.", needed=True)},
}
IN_GROUP_MEASURE = Chosen(by="measure", each="measure", common={}, choices=_SINGLE_MEASURES)
assert set(_SINGLE_MEASURES) == set(IN_GROUP), "every measure within groups has its names"

_MEASURES: dict[str, dict[str, Field]] = {
    **_SINGLE_MEASURES,
    "bucketed": {
        "inner": Field(
            INNER_MEASURE,
            "The measure of each window.",
            needed=True,
        ),
        "window": Field(
            Text(such_as="1h", pattern=r"^[1-9][0-9]{0,2}[mhd]$"),
            "How long a window is, such as 5m, 1h or 1d; cut from each local day's start.",
            needed=True,
        ),
        "outer": Field(Choice(OUTER), "What is made of the windows.", needed=True),
        "empty_windows": Field(Choice(EMPTY_WINDOWS), "Whether a window without events counts as 0, or not at all."),
    },
    "grouped": {
        "by": Field(_SOME_PROPERTIES, "The properties whose values make the groups, such as host.", needed=True),
        "inner": Field(
            IN_GROUP_MEASURE,
            "The measure of each group.",
            needed=True,
        ),
        "outer": Field(Choice(OUTER), "What is made of the groups.", needed=True),
    },
}

_FILTER = Field(Where(), "Which events count: {model: large, region: [eu, us]}, {size: {gt: 5}}, all, any, not, "
                "time_of_day.")  # fmt: skip

METER = Chosen(
    by="measure",
    each="meter",
    common={
        "event_type": Field(Text(such_as="inference"), "The type of the events that count.", needed=True),
        "unit": Field(Text(such_as="tokens"), "The word that people see behind the quantity."),
        "where": _FILTER,
        "groups": Field(_NAMES_OF_PROPERTIES, "The properties by which usage may be shown."),
        "schema": Field(
            Json(names=True),
            "A JSON Schema (draft 2020-12) of the events' data; an event that is not so is kept apart.",
        ),
    },
    choices=_MEASURES,
)

# Prices ---------------------------------------------------------------------------------------------------------------

_UP_TO = Field(Number(above=True, money=True), "The upper bound, included; the last tier has none.", nothing=True)
_FLAT = Field(_MONEY, "A fee once the tier is reached.")
_FLAT_WHEN_ZERO = Field(Flag(), "Whether the first tier's fee is charged when there is no usage; true, when left out.")
TIERS = ListOf(
    Fields(
        {
            "up_to": _UP_TO,
            "unit": Field(_MONEY, "The price of each unit, or of each started block of them."),
            "flat": _FLAT,
            "block": Field(Number(above=True), "How many units a block holds, where blocks are priced."),
        }
    ),
    each="tier",
    least=1,
)
TOTALS = ListOf(
    Fields({"up_to": _UP_TO, "total": Field(_MONEY, "The price of all of it.", needed=True)}), each="tier", least=1
)
RATES = ListOf(
    Fields({"up_to": _UP_TO, "rate": RATE, "flat": _FLAT}),
    each="tier",
    least=1,
)


def _tiers(of: ListOf, says: str) -> dict[str, Field]:
    return {"tiers": Field(of, says, needed=True), "flat_when_zero": _FLAT_WHEN_ZERO}


_SINGLE_SHAPES: dict[str, dict[str, Field]] = {
    "flat": {"fee": Field(_MONEY, "The amount of money for each period.", needed=True)},
    "per_unit": {"unit": Field(_MONEY, "The price of each unit.", needed=True)},
    "package": {
        "price": Field(_MONEY, "The price of each started package.", needed=True),
        "size": Field(Number(above=True), "How many units a package holds.", needed=True),
        "included": Field(Number(), "Units that cost nothing."),
    },
    "graduated": _tiers(TIERS, "Each tier prices the units that fall in it."),
    "volume": _tiers(TIERS, "The tier that holds the quantity prices all of it."),
    "stairstep": _tiers(TOTALS, "The tier that holds the quantity has one price for all of it."),
    "capacity": _tiers(TOTALS, "The smallest size that holds the peak has one price."),
    "percentage": {
        "rate": replace(RATE, needed=True),
        "per_event": Field(_MONEY, "A fee for each event that is paid for."),
        "free_events": Field(Number(whole=True), "How many events are free."),
        "free_amount": Field(_MONEY, "Up to which amount events are free."),
        "minimum_per_event": Field(_MONEY, "The least that an event costs."),
        "maximum_per_event": Field(_MONEY, "The most that an event costs."),
    },
    "graduated_percentage": _tiers(RATES, "Each tier takes its own share of the amount that falls in it."),
    "event_priced": {
        "multiplier": Field(Number(), "What the events' own amounts are multiplied with; 1, when left out.")
    },
    "free": {},
}
CELL = Chosen(
    by="shape",
    each="cell",
    common={
        "when": Field(
            ListOf(Text(such_as="eu", nothing=True), each="a value", least=1, alone=True),
            "The values that this price is for, in the order of “by”; null for events without one.",
            needed=True,
        )
    },
    choices=_SINGLE_SHAPES,
)
DEFAULT = Chosen(by="shape", each="default", common={}, choices=_SINGLE_SHAPES)
_SHAPES: dict[str, dict[str, Field]] = {
    **_SINGLE_SHAPES,
    "matrix": {
        "by": Field(
            ListOf(Text(such_as="region"), each="a property", least=1, most=2, alone=True),
            "The one or two properties that choose the price.",
            needed=True,
        ),
        "cells": Field(
            ListOf(CELL, each="cell"),
            "A price for each combination of values.",
            needed=True,
        ),
        "default": Field(
            DEFAULT,
            "The price for all other values.",
            needed=True,
        ),
    },
}

_COMMON_OF_PRICES: dict[str, Field] = {
    "name": _NAME,
    "meter": Field(Text(such_as="tokens", names="meter"), "The meter whose quantity is priced."),
    "quantity": Field(Text(such_as="seats"), "The agreed quantity that a fee is for, instead of a meter."),
    "charged": Field(Choice(tuple(Timing)), "When a fee is charged: ahead of its period, after it, or once."),
    "where": _FILTER,
    "group_by": Field(_NAMES_OF_PROPERTIES, "The properties by which usage is priced apart."),
    "ladder": Field(Choice(tuple(Ladder)), "Whether each group climbs tiers of its own, or all share one ladder."),
    "divide_by": Field(Number(above=True), "What the quantity is divided by before it is priced."),
    "multiply_by": Field(Number(above=True), "What the quantity is multiplied with before it is priced."),
    "round": Field(Choice(tuple(Rounding)), "How the converted quantity is rounded."),
    "precision": Field(Number(least=-18, most=18, whole=True), "To how many digits after the point."),
    "included": Field(Number(), "Units that cost nothing, taken off before the rest is priced."),
    "prorate_included": Field(Flag(), "Whether included units follow the part of a period that is billed."),
    "per_group": Field(Flag(), "Whether discount, minimum and maximum are each group's own; of all together, if not."),
    "accumulate": Field(Choice(tuple(Accumulate)), "How long the quantity grows before its tiers start again."),
    "prorate": Field(
        Choice(tuple(Proration)), "How a part of a period is counted: by days, by seconds, or as a whole one."
    ),
    "tax_category": Field(
        Text(such_as="ebook", pattern="^[a-z0-9][a-z0-9_.-]{0,63}$"),
        "What the tax rules call what is sold; standard, if not.",
    ),
    "in": Field(Text(such_as="credits", names="unit"), "The custom unit in which the price is written."),
}
_MODIFIERS: dict[str, Field] = {
    "discount": Field(
        Fields(
            {
                "percent": Field(Number(most=100), "So many percent off."),
                "amount": Field(_MONEY, "So much off a whole period."),
            }
        ),
        "What is taken off.",
    ),
    "minimum": Field(_MONEY, "The least that a whole period costs."),
    "maximum": Field(_MONEY, "The most that a whole period costs."),
}

PRICE = Chosen(by="shape", each="price", common=_COMMON_OF_PRICES | _MODIFIERS, choices=_SHAPES)
CHANGE = Chosen(by="shape", each="change of", common=_COMMON_OF_PRICES | _MODIFIERS, choices=_SHAPES, partly=True)

# Rules of events ----------------------------------------------------------------------------------------------------

RULE = Fields(
    {
        "subject_from": Field(
            Text(such_as="customer"), "The property that names the customer of an event without a subject."
        ),
        "rename": Field(
            Keyed(Text(such_as="input_tokens"), each="property", foreign=True),
            "Properties as they are sent, each with the name that meters read: {promptTokens: input_tokens}.",
        ),
        "defaults": Field(
            Keyed(Json(), each="property", foreign=True),
            "Properties, each with the value that stands in where it is missing or null: {region: eu}.",
        ),
    }
)

# Plans and add-ons ----------------------------------------------------------------------------------------------------

COMMITMENT = Fields(
    {
        "name": _NAME,
        "amount": Field(_MONEY, "What is agreed to be spent in a whole period.", needed=True),
        "prices": Field(
            ListOf(Text(such_as="input", names="price"), each="a price", least=1, alone=True),
            "The prices that count towards it; all of the plan, when left out.",
        ),
        "overage": Field(Number(above=True), "What is spent beyond it is multiplied with this, such as 1.2."),
        "prorate": Field(Flag(), "Whether a part of a period asks for a part of it; true, when left out."),
        "true_up": Field(Flag(), "Whether what is missing is charged; true, when left out."),
    }
)
_COMMITMENTS = Field(Keyed(COMMITMENT, each="commitment"), "What the customer agrees to spend.")
_ENTITLEMENTS = Field(Keyed(Entitled(), each="entitlement"), "What the customer may use: true or false, a setting, or "
                      "{limit: 100000, meter: calls}.")  # fmt: skip

PHASE = Fields(
    {
        "name": _NAME,
        "lasts": Field(
            Text(such_as="14 days", pattern=r"^ *[0-9]{1,5} (day|week|month|year)s? *$"),
            "The time it takes, such as 14 days, 3 months or 1 year.",
            needed=True,
        ),
        "trial": Field(Flag(), "Whether it is a trial, in which fees and commitments rest."),
        "usage": Field(Choice(tuple(TrialUsage)), "Whether a trial's usage is free or billed."),
        "change": Field(
            Keyed(CHANGE, each="change of", names="price"), "What is different in prices of the plan, by their keys."
        ),
        "without": Field(
            ListOf(Text(such_as="platform", names="price"), each="a price", alone=True), "Prices that rest."
        ),
        "commitments": Field(Keyed(COMMITMENT, each="commitment"), "Other commitments than the plan's."),
    }
)

_OFFER: dict[str, Field] = {
    "name": _NAME,
    "currency": Field(Text(such_as="USD"), "The currency, as ISO 4217 has it."),
    "currencies": Field(
        ListOf(Text(such_as="USD"), each="a currency", least=1),
        "Several currencies; amounts are then written as {USD: 0.01, EUR: 0.009}.",
    ),
    "units": Field(
        Keyed(Number(above=True, money=True), each="unit"), "Custom units, such as credits, and what one is worth."
    ),
    "prices": Field(
        Keyed(PRICE, each="price", least=1), "The prices, in the order in which an invoice shows them.", needed=True
    ),
}
PLAN = Fields(
    _OFFER
    | {
        "every": Field(
            Text(such_as="month", pattern=r"^ *([0-9]{1,5} )?(day|week|month|quarter|year)s? *$"),
            "How long a period is: day, week, month, quarter or year, or such as 2 weeks; a month, when left out.",
        ),
        "periods": Field(
            Choice(tuple(Alignment)),
            "Whether periods start with the calendar's weeks, months and years, or where the customer started.",
        ),
        "bill_above": Field(
            Number(above=True, money=True),
            "What has accrued and is on no invoice yet is billed before its period is over when it comes to this much.",
        ),
        "commitments": _COMMITMENTS,
        "phases": Field(
            Keyed(PHASE, each="phase"), "What comes first, one after the other; then the prices hold for ever."
        ),
        "entitlements": _ENTITLEMENTS,
    }
)
ADD_ON = Fields(_OFFER | {"entitlements": _ENTITLEMENTS})

LIMIT = Fields(
    {
        "limit": Field(Number(), "How much of it.", needed=True),
        "meter": Field(Text(such_as="calls", names="meter"), "The meter that measures it."),
    }
)

CATALOGUE = Fields(
    {
        "meters": Field(Keyed(METER, each="meter"), "What is measured."),
        "events": Field(
            Keyed(RULE, each="rule for events of type", foreign=True),
            "What is done to events of a type, before meters read them; they stay as they were sent.",
        ),
        "plans": Field(Keyed(PLAN, each="plan"), "What customers subscribe to."),
        "addons": Field(Keyed(ADD_ON, each="add-on"), "What customers may have beside a plan."),
    }
)

KEY = r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}"
