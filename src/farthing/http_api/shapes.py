"""Shapes: what the API takes and gives. Money and quantities are decimal text, since JSON numbers lose digits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
)

from farthing.core.metering.event import canonical
from farthing.core.money import Money, plain
from farthing.core.period import Period

MOST_WRITTEN = 400
# An event that counts goes less deep; what goes deeper is shown as text, since no answer can hold every depth.
DEEPEST_SHOWN = 32


# Control characters, the ends of lines and paragraphs, and those that turn the direction of what follows around.
_NO_TEXT = r"\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069"
_TEXT = re.compile(f"[^{_NO_TEXT}]+")


def _text(written: str) -> str:
    if not _TEXT.fullmatch(written):
        raise ValueError("Text here may hold no line breaks or control characters")
    return written


# The pattern is for the description: what is said of text that does not fit it, a person says better.
Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=256),
    AfterValidator(_text),
    Field(json_schema_extra={"pattern": f"^[^{_NO_TEXT}]+$"}),
]
Value = TypeVar("Value")


class _KeysDescribed:
    """Says of a mapping's keys what they are; pydantic says it only of keys that fit, and lets others hold anything."""

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        described = handler(schema)
        fitting: dict[str, Any] = described.pop("patternProperties", {})
        if fitting:
            described["additionalProperties"] = next(iter(fitting.values()))
        return described | {"propertyNames": {"minLength": 1, "maxLength": 256, "pattern": f"^[^{_NO_TEXT}]+$"}}


ByName = Annotated[dict[Text, Value], _KeysDescribed()]


def _whole(written: object) -> object:
    if isinstance(written, float | Decimal) and written == written.__floor__():
        return int(written)
    return written


# In JSON 12.0 is as whole as 12.
AS_WHOLE = BeforeValidator(_whole)
Whole = Annotated[int, AS_WHOLE]
DecimalText = Annotated[str, Field(examples=["1234.5"], description="A decimal number as text.")]


class Taken(BaseModel):
    """What callers send: exactly these fields, in exactly these types."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


_NUMBER = re.compile(r"[+-]?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?")


def _written_out(value: object) -> object:
    # A number would be taken for seconds since 1970.
    if isinstance(value, int | float | Decimal) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise ValueError("“{field}” is no number; write a day like 2026-01-31, an instant like 2026-01-31T13:45:00Z")
    return value


Day = Annotated[date, BeforeValidator(_written_out)]
Instant = Annotated[AwareDatetime, BeforeValidator(_written_out)]


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
