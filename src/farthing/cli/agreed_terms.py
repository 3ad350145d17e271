"""What is agreed beside a plan, as it is typed: quantities, and terms of the customer's own from options or a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from farthing.cli.catalogue_nodes import Mistakes, Part, root_of
from farthing.cli.say import Sentence
from farthing.core.money import exact_decimal
from farthing.core.refused import Refused


def quantities_from(written: Sequence[str]) -> dict[str, Decimal]:
    """The agreed quantities of texts such as seats=12.

    >>> quantities_from(["seats=12"])
    {'seats': Decimal('12')}
    """
    quantities: dict[str, Decimal] = {}
    for each in written:
        name, equals, number = (part.strip() for part in each.partition("="))
        if not equals or not name or not number:
            raise Refused(f"“{each[:60]}” is no quantity; write it like seats=12.", field="quantities")
        if name in quantities:
            raise Refused(f"“{name}” is given twice; give each quantity once.", field="quantities")
        quantities[name] = exact_decimal(number, what=f"The number of “{name}”")
    return quantities


def overrides_from(files: Sequence[Path], settings: Sequence[str]) -> dict[str, Any]:
    """The terms of some files, each with price terms by price key, and over them those of texts like input.unit=0.02.

    Numbers stay the text that was written.

    >>> overrides_from([], ["input.unit=0.02", "input.discount.percent=10"])
    {'input': {'unit': '0.02', 'discount': {'percent': '10'}}}
    """
    terms: dict[str, Any] = {}
    for file in files:
        terms = _over(terms, _read(file))
    said: set[str] = set()
    for setting in settings:
        path, equals, value = setting.partition("=")
        names = [name.strip() for name in path.split(".")]
        if not equals or not value.strip() or len(names) < 2 or not all(names):
            raise Refused(
                f"“{setting[:60]}” is no --set; write the price, a dot, its term, and the value: input.unit=0.02.",
                field="overrides",
            )
        if path.strip() in said:
            raise Refused(f"“{path.strip()}” is set twice; keep one of them.", field="overrides")
        said.add(path.strip())
        try:
            data: Any = plain_data(root_of(value.encode()))
        except Mistakes as mistakes:
            raise Refused(f"“{setting[:60]}” cannot be read. {mistakes.found[0].sentence}", field="overrides") from None
        for name in reversed(names):
            data = {name: data}
        terms = _over(terms, data)
    return terms


def plain_data(part: Part) -> Any:
    """What a part of a YAML file says, its numbers as text; refuses a name that stands twice."""
    if part.is_list:
        return [plain_data(item) for item in part.items()]
    if not part.is_names:
        return part.value
    data: dict[str, Any] = {}
    for name, member in part.members():
        if not name or name in data:
            line, column = member.place_of_name
            told = f"“{name}” stands twice" if name else "this is no name"
            raise Refused(f"In line {line}, column {column}: {told}; write each name once.", field="overrides")
        data[name] = plain_data(member)
    return data


def _read(file: Path) -> Mapping[str, Any]:
    try:
        root = root_of(file.read_bytes())
        terms = plain_data(root)
    except OSError as fault:
        raise Sentence(f"{file} cannot be read: {(fault.strerror or 'no reason given').lower()}.") from None
    except Mistakes as mistakes:
        found = mistakes.found[0]
        raise Sentence(f"{file}:{found.line}:{found.column}: {found.sentence}") from None
    except Refused as fault:
        raise Sentence(f"{file}: {fault.sentence}") from None
    if not isinstance(terms, dict):
        raise Sentence(f"{file} is not names with values; write price keys, each with its terms, as in the catalogue.")
    return terms


def _over(terms: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """The terms with more of them over those there are, name by name."""
    merged = dict(terms)
    for name, value in more.items():
        there = merged.get(name)
        merged[name] = _over(there, value) if isinstance(there, dict) and isinstance(value, dict) else value
    return merged
