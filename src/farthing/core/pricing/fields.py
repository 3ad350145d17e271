"""Fields of terms: each is read by name, and refused in a sentence that says what it should be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from farthing.core.metering.event import is_text
from farthing.core.money import exact_decimal
from farthing.core.refused import Refused

Terms = Mapping[str, Any]


def number(terms: Terms, name: str, *, of: str, default: str | None = None) -> Decimal:
    """The exact number of this name."""
    if name not in terms and default is not None:
        return Decimal(default)
    if name not in terms:
        raise Refused(f'{of} has no “{name}”; give one as text, such as "0.002".', field=name)
    try:
        return exact_decimal(terms[name], what=f"“{name}”", in_percent=name == "percent")
    except Refused as fault:
        raise Refused(f"{of}: {fault.sentence}", field=name) from None


def maybe_number(terms: Terms, name: str, *, of: str) -> Decimal | None:
    """The exact number of this name, None when there is none."""
    return None if terms.get(name) is None else number(terms, name, of=of)


def whole(terms: Terms, name: str, *, of: str, default: int | None = None) -> int:
    """The whole number of this name."""
    if name not in terms and default is not None:
        return default
    value = number(terms, name, of=of)
    if value != int(value):
        raise Refused(f"{of} takes “{name}” as a whole number, such as 3.", field=name)
    return int(value)


def word(terms: Terms, name: str, *, of: str, default: str | None = None) -> str:
    """The text of this name."""
    value = terms.get(name, default)
    if not isinstance(value, str) or (not value.strip() and default is None):
        raise Refused(f"{of} needs a “{name}”: one word or a short text.", field=name)
    if not is_text(value):
        raise Refused(f"{of} has a “{name}” with a character that is not text; write it anew.", field=name)
    return value


def choice(terms: Terms, name: str, known: Iterable[str], *, of: str, default: str) -> str:
    """The word of this name, one of the known ones."""
    value = terms.get(name, default)
    words = list(known)
    if not isinstance(value, str) or value not in words:
        raise Refused(f"{of} takes “{name}” as one of {', '.join(words)}.", field=name)
    return value


def flag(terms: Terms, name: str, *, of: str, default: bool) -> bool:
    """The yes or no of this name."""
    value = terms.get(name, default)
    if not isinstance(value, bool):
        raise Refused(f"{of} takes {name} as true or false.", field=name)
    return value


def words(terms: Terms, name: str, *, of: str) -> tuple[str, ...]:
    """The list of texts of this name, each once; a single text counts as a list of one."""
    value = terms.get(name, [])
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(
        isinstance(one, str) and one.strip() and is_text(one) for one in listed
    ):
        raise Refused(f"{of} takes “{name}” as a list of names, such as [region, model].", field=name)
    if len(set(listed)) < len(listed):
        raise Refused(f"{of} names something twice in “{name}”; keep one of them.", field=name)
    return tuple(listed)


def parts(terms: Terms, name: str, *, of: str, such_as: str) -> list[Terms]:
    """The list of named values of this name."""
    value = terms.get(name)
    if not isinstance(value, list) or not all(isinstance(part, Mapping) for part in value):
        raise Refused(f"{of} needs {name}: a list, each with {such_as}.", field=name)
    return value


def only(terms: Terms, known: Iterable[str], *, of: str) -> None:
    """Refuses what means nothing here."""
    for name in terms:
        if name not in known:
            raise Refused(f"{of} has “{name}”, which means nothing here; it may have {', '.join(sorted(known))}.",
                          field=str(name))  # fmt: skip


def numbered(number_of: int, of: str, *, what: str = "Tier") -> str:
    """The opening of a sentence about a part of something: “Tier 2 of the price …”."""
    return f"{what} {number_of} of {of[0].lower()}{of[1:]}"
