"""A case held against what our core makes of its inputs: pass, fail with both values, or unsupported and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from farthing.cli.cases.answers import Value, agrees, told
from farthing.cli.cases.areas import AREAS, NOT_YET
from farthing.cli.cases.files import Case
from farthing.cli.cases.words import NOTES, Unsupported, Words
from farthing.core.money import plain
from farthing.core.refused import Refused

_AFTER_EACH = "_after_each"
_REFUSALS = ("error", "refused", "invalid")


class Outcome(StrEnum):
    """How a case went."""

    PASS = "pass"
    FAIL = "fail"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Difference:
    """A key whose value is not what was expected."""

    key: str
    expected: str
    ours: str

    def __str__(self) -> str:
        return f"{self.key}: expected {self.expected}, ours is {self.ours}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one case went, and what to say of it."""

    case: Case
    outcome: Outcome
    differences: tuple[Difference, ...] = ()
    reason: str = ""

    @property
    def told(self) -> str:
        """What differs, or why it could not be worked out; nothing for a pass."""
        return "; ".join(str(difference) for difference in self.differences) or self.reason


def check_case(case: Case) -> Verdict:
    """How this case goes.

    >>> from decimal import Decimal
    >>> check_case(Case("x", "currency", {"currency": "JPY", "amount": "1000.5"}, {"amount": "1000"})).told
    'amount: expected 1000, ours is 1001'
    """
    if case.area not in AREAS:
        reason = NOT_YET.get(case.area, f"there is no area “{case.area}”; there are {', '.join(AREAS)}")
        return Verdict(case, Outcome.UNSUPPORTED, reason=reason)
    try:
        ours = _worked_out(case)
    except Unsupported as fault:
        return Verdict(case, Outcome.UNSUPPORTED, reason=str(fault))
    except Refused as refusal:
        return Verdict(case, Outcome.UNSUPPORTED, reason=f"refused: {refusal.sentence}")
    except Exception as fault:
        # A fault of ours: told as a failure of this case, so that the others are still worked out.
        return Verdict(case, Outcome.FAIL, reason=f"a fault of ours: {type(fault).__name__}: {fault}")
    differences = tuple(
        Difference(key, _expected(case.expected[key]), told(value))
        for key, value in ours.items()
        if not agrees(case.expected[key], value)
    )
    return Verdict(case, Outcome.FAIL if differences else Outcome.PASS, differences)


def _worked_out(case: Case) -> dict[str, Value]:
    """Our value for each key that is expected; a key or an input that is not known makes the case unsupported."""
    work = AREAS[case.area]
    expected = [key for key in case.expected if key not in NOTES]
    refusals = [key for key in expected if key in _REFUSALS and isinstance(case.expected[key], bool)]
    words = Words(case.inputs)
    try:
        answers = work(words)
    except Refused:
        if refusals:
            return dict.fromkeys(refusals, True)
        raise
    ours: dict[str, Value] = {}
    for key in expected:
        if key in refusals:
            ours[key] = False
        elif key.endswith(_AFTER_EACH):
            ours[key] = _after_each(case, key.removesuffix(_AFTER_EACH))
        else:
            ours[key] = answers.named(key)
            if callable(ours[key]):
                raise Unsupported(f"“{key}” is expected, which is not known here")
    words.done()
    return ours


def _after_each(case: Case, key: str) -> list[Value]:
    """The value of this key after the first event, the first two, and so on."""
    name = next((name for name in ("events", "slices", "values") if isinstance(case.inputs.get(name), list)), None)
    if name is None:
        raise Unsupported(f"“{key}{_AFTER_EACH}” is expected, and there are no events")
    events: list[Any] = case.inputs[name]
    values: list[Value] = []
    for upto in range(1, len(events) + 1):
        inputs: Mapping[str, Any] = {**case.inputs, name: events[:upto]}
        values.append(AREAS[case.area](Words(inputs)).named(key))
    return values


def _expected(value: object) -> str:
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return plain(Fraction(value))
    if isinstance(value, list):
        return "[" + ", ".join(_expected(part) for part in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_expected(part)}" for name, part in value.items()) + "}"
    return told(value) if isinstance(value, bool | None) else str(value)
