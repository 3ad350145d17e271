"""Shapes: what the API takes and gives. Money and quantities are decimal text, since JSON numbers lose digits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from farthing.core.metering.event import canonical
from farthing.core.money import Money, plain
from farthing.core.period import Period

MOST_WRITTEN = 400
# An event that counts goes less deep; what goes deeper is shown as text, since no answer can hold every depth.
DEEPEST_SHOWN = 32


def _text(written: str) -> str:
    if not all(character.isprintable() for character in written):
        raise ValueError("Text here may hold no line breaks or control characters")
    return written


Text = Annotated[str, StringConstraints(min_length=1, max_length=256), AfterValidator(_text)]
DecimalText = Annotated[str, Field(examples=["1234.5"], description="A decimal number as text.")]


class Taken(BaseModel):
    """What callers send: exactly these fields, in exactly these types."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class Given(BaseModel):
    """What callers get."""

    model_config = ConfigDict(frozen=True)


class MoneyGiven(Given):
    """An amount of one currency."""

    amount: DecimalText = Field(examples=["2.45"], description="In major units, with exactly the currency's digits.")
    currency: str = Field(examples=["USD"])


class PeriodGiven(Given):
    """From one instant up to, and without, another, both in UTC."""

    start: datetime
    end: datetime


class StepGiven(Given):
    """One step of a price's arithmetic: units x unit_price + flat; `above` and `up_to` bound a tier.

    Units, price and flat fee count in the line's unit of account, where it has one.
    """

    kind: str = Field(examples=["tier"])
    units: DecimalText
    unit_price: DecimalText
    flat: DecimalText
    above: DecimalText | None
    up_to: DecimalText | None
    exact: DecimalText = Field(
        description="Before rounding, for the line's share of the period, in major units; n/d for a fraction."
    )
    amount: MoneyGiven = Field(description="Its part of the line's rounded amount.")


class DayGiven(Given):
    """What was measured on one local day of the customer."""

    day: date
    quantity: DecimalText
    events: int


class Page(Given):
    """How a list goes on."""

    next_after: int | None = Field(description="Ask with after=… for what follows; null at the end.")


def money(amount: Money) -> MoneyGiven:
    """The amount as the API tells it."""
    return MoneyGiven(amount=f"{amount.amount:f}", currency=amount.currency.code)


def number(quantity: Decimal | Fraction) -> str:
    """The number as the API tells it."""
    return plain(quantity)


def optional_number(quantity: Decimal | Fraction | None) -> str | None:
    """The number, when there is one."""
    return None if quantity is None else plain(quantity)


def period(of: Period) -> PeriodGiven:
    """The period as the API tells it."""
    return PeriodGiven(start=of.start, end=of.end)


def writable(text: str) -> str:
    """The text, its halves of surrogate pairs (which no answer can hold) written out as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def as_sent(value: object, *, depth: int = 0) -> Any:
    """What an event said, as an answer can hold it: its numbers as text."""
    match value:
        case Mapping() | list() if depth >= DEEPEST_SHOWN:
            return _cut(canonical(value))
        case Mapping():
            return {writable(str(key)): as_sent(member, depth=depth + 1) for key, member in value.items()}
        case list():
            return [as_sent(member, depth=depth + 1) for member in value]
        case bool() | None:
            return value
        case Decimal() | int():
            return _cut(str(value))
        case _:
            return writable(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= MOST_WRITTEN else f"{text[:MOST_WRITTEN]}…"
