"""What is agreed beside a plan, as it is typed: quantities, and terms of the customer's own from options or a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from farthing.catalogues.nodes import Mistakes, Part, root_of
from farthing.cli.agreed_reading import Source, mistakes_in
from farthing.cli.say import Sentence, counted
from farthing.core.money import exact_decimal
from farthing.core.pricing.plan import Plan
from farthing.core.refused import Refused

MOST_MISTAKES = 100


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


def overrides_from(files: Sequence[Path], settings: Sequence[str], *, plan: Plan | None = None) -> dict[str, Any]:
    """The terms of some files, each with price terms by price key, and over them those of texts like input.unit=0.02.

    Numbers stay the text that was written. With the plan that they are for, all that is wrong is told at once.

    >>> overrides_from([], ["input.unit=0.02", "input.discount.percent=10"])
    {'input': {'unit': '0.02', 'discount': {'percent': '10'}}}
    """
    sources = [*map(_file, files), *_settings(settings)]
    found: list[str] = []
    terms: dict[str, Any] = {}
    if plan is not None and sources:
        # Checked on nodes of its own, which are put over each other.
        found = mistakes_in([*map(_file, files), *_settings(settings)], plan)
    if found:
        shown = [*found[:MOST_MISTAKES], f"{counted(len(found), 'mistake')}; nothing was agreed."]
        raise Sentence("\n".join(shown))
    for source in sources:
        try:
            terms = _over(terms, plain_data(source.root))
        except Refused as fault:
            raise Sentence(f"{source.name}: {fault.sentence}") from None
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


def _file(file: Path) -> Source:
    try:
        root = root_of(file.read_bytes())
    except OSError as fault:
        raise Sentence(f"{file} cannot be read: {(fault.strerror or 'no reason given').lower()}.") from None
    except Mistakes as mistakes:
        found = mistakes.found[0]
        raise Sentence(f"{file}:{found.line}:{found.column}: {found.sentence}") from None
    if not root.is_names:
        raise Sentence(f"{file} is not names with values; write price keys, each with its terms, as in the catalogue.")
    return Source(str(file), root, is_file=True)


def _settings(settings: Sequence[str]) -> Iterator[Source]:
    """What each text like input.unit=0.02 says, as names within names."""
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
            node = root_of(value.encode()).node
        except Mistakes as mistakes:
            raise Refused(f"“{setting[:60]}” cannot be read. {mistakes.found[0].sentence}", field="overrides") from None
        for name in reversed(names):
            named = yaml.ScalarNode("tag:yaml.org,2002:str", name, node.start_mark, node.end_mark)
            node = yaml.MappingNode(
                "tag:yaml.org,2002:map", [(named, node)], node.start_mark, node.end_mark, flow_style=True
            )
        yield Source(f"--set {setting[:60]}", Part(node), is_file=False)


def _over(terms: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """The terms with more of them over those there are, name by name."""
    merged = dict(terms)
    for name, value in more.items():
        there = merged.get(name)
        merged[name] = _over(there, value) if isinstance(there, dict) and isinstance(value, dict) else value
    return merged
