"""Terms of one customer's own, checked by the catalogue's format and the plan they are for: all mistakes at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import yaml

from farthing.catalogues import format as form
from farthing.catalogues.format import Entitled, Fields
from farthing.catalogues.hints import meant
from farthing.catalogues.nodes import Part
from farthing.catalogues.reading import Reading
from farthing.core.pricing.plan import Plan

ENTITLEMENTS: Final = "entitlements"
COMMITMENTS: Final = "commitments"


def _partly(fields: Fields) -> Fields:
    """The same names over something that is whole: none is needed, and null takes one away."""
    return Fields({name: replace(each, needed=False, nothing=True) for name, each in fields.members.items()})


_LIMIT, _COMMITMENT = _partly(form.LIMIT), _partly(form.COMMITMENT)


@dataclass(frozen=True, slots=True)
class Source:
    """Terms as they were written, and how people find them: a file, or an option."""

    name: str
    root: Part
    is_file: bool


def mistakes_in(sources: Sequence[Source], plan: Plan) -> list[str]:
    """What is wrong with these terms, each over those before it, as terms agreed beside this plan."""
    reading = _Terms(sources={id(node): source for source in sources for node in _nodes(source.root.node)})
    reading.names = {
        "price": tuple(price.key for price in plan.prices),
        "meter": tuple(plan.meters),
        "unit": tuple({one.unit_of_account.key for one in plan.all_prices if one.unit_of_account is not None}),
    }
    reading.shapes = {price.key: price.shape.kind for price in plan.prices}
    merged = sources[0].root.node
    for source in sources[1:]:
        merged = _over(merged, source.root.node)
    reading.check(Part(merged), of=f"The plan “{plan.key}”")
    return list(dict.fromkeys(reading.told))


@dataclass(slots=True)
class _Terms(Reading):
    """Reads terms over a plan; `told` is what is wrong, each with where it is written."""

    sources: dict[int, Source] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def check(self, root: Part, *, of: str) -> None:
        """Read all of it."""
        self.parts[()] = root
        for key, part in self._members(root, (), of="What is agreed", known=None).items():
            if key == ENTITLEMENTS:
                self._entitlements(part)
            elif key == COMMITMENTS:
                for name, each in self._members(part, (key,), of="“commitments”", known=None).items():
                    if not each.is_nothing:
                        self._read(each, _COMMITMENT, (key, name), what=f"The commitment “{name}”")
            elif key not in self.names["price"]:
                told = f"{of} has no price “{key}”; {meant(key, self.names['price'], may='it has')}"
                self._tell_part(part, told, at_name=True)
            else:
                self._read(part, form.CHANGE, (key,), what=f"The price “{key}”")

    def _entitlements(self, part: Part) -> None:
        for name, each in self._members(part, (ENTITLEMENTS,), of="“entitlements”", known=None).items():
            if not each.is_nothing:
                kind = _LIMIT if each.is_names else Entitled()
                self._read(each, kind, (ENTITLEMENTS, name), what=f"The entitlement “{name}”")

    def _tell_part(self, part: Part, sentence: str, *, at_name: bool = False) -> None:
        node = part.name if at_name and part.name is not None else part.node
        source = self.sources.get(id(node)) or self.sources.get(id(part.node))
        assert source is not None, "every node was read from somewhere"
        line, column = part.place_of_name if at_name else part.place
        where = f"{source.name}:{line}:{column}" if source.is_file else source.name
        self.told.append(f"{where}: {sentence}")
        # What was told is known to be wrong, which what is read after it goes by.
        Reading._tell_part(self, part, sentence, at_name=at_name)


def _over(there: yaml.Node, more: yaml.Node) -> yaml.Node:
    """The names of one node with those of another over them, each node as it was read."""
    if not isinstance(there, yaml.MappingNode) or not isinstance(more, yaml.MappingNode):
        return more
    pairs = list(there.value)
    for name, value in more.value:
        at = next((at for at, (known, _) in enumerate(pairs) if known.value == name.value), None)
        if at is None:
            pairs.append((name, value))
        else:
            pairs[at] = (name, _over(pairs[at][1], value))
    there.value = pairs
    return there


def _nodes(node: yaml.Node) -> Iterator[yaml.Node]:
    """A node and all below it."""
    waiting, seen = [node], set[int]()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, yaml.MappingNode):
            waiting += [inner for pair in each.value for inner in pair]
        elif isinstance(each, yaml.SequenceNode):
            waiting += each.value
