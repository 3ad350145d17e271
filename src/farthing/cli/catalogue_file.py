"""A catalogue file: meters and plans in YAML, read so that every mistake is told at once, where it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import yaml

from farthing.core.metering.count import Count
from farthing.core.metering.meter import Meter
from farthing.core.money import currency
from farthing.core.pricing.plan import Plan, Price
from farthing.core.pricing.terms import meter_from, price_from
from farthing.core.refused import Refused

MOST_BYTES = 1024 * 1024
MOST_NODES = 100_000
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """What is wrong at a line and column, both from 1."""

    line: int
    column: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the file says. Plans name the file's meters, or those there are already."""

    meters: Mapping[str, Meter]
    plans: list[Plan]


class Mistakes(Exception):
    """All that is wrong with a file, in the order of its lines."""

    def __init__(self, found: list[Mistake]) -> None:
        super().__init__(f"{len(found)} mistakes")
        self.found = sorted(set(found))


def read_catalogue(written: bytes, *, known: Mapping[str, Meter]) -> Catalogue:
    """The catalogue in this file; raises Mistakes with all of them."""
    return _Reader(known=known).read(_root(written))


@dataclass(slots=True)
class _Reader:
    known: Mapping[str, Meter]
    mistakes: list[Mistake] = field(default_factory=list)
    nodes: int = 0

    def read(self, root: yaml.Node) -> Catalogue:
        top = self._members(root, of="The file", only={"meters", "plans"})
        meters = self._meters(top["meters"]) if "meters" in top else {}
        plans = [plan for plan in self._plans(top["plans"], meters) if plan is not None] if "plans" in top else []
        if not top and not self.mistakes:
            self._tell(root, "The file has neither meters nor plans; see examples/catalog.yaml for one that has both.")
        if self.mistakes:
            raise Mistakes(self.mistakes)
        return Catalogue({key: meter for key, meter in meters.items() if meter is not None}, plans)

    def _meters(self, node: yaml.Node) -> dict[str, Meter | None]:
        """The file's meters by key; None for one with a mistake."""
        return {
            key: self._made(value, partial(meter_from, key, version=1))
            for key, value in self._members(node, of="“meters”", keys=True).items()
        }

    def _plans(self, node: yaml.Node, meters: Mapping[str, Meter | None]) -> Iterator[Plan | None]:
        for key, value in self._members(node, of="“plans”", keys=True).items():
            yield self._plan(key, value, meters)

    def _plan(self, key: str, node: yaml.Node, meters: Mapping[str, Meter | None]) -> Plan | None:
        before = len(self.mistakes)
        of = f"The plan “{key}”"
        members = self._members(node, of=of, only={"name", "currency", "prices"})
        texts = {name: self._plain(value) for name, value in members.items() if name != "prices"}
        name = texts.get("name", key)
        if not isinstance(name, str) or not name.strip():
            self._tell(members["name"], f"{of} needs a “name”: a short text.")
        code = texts.get("currency")
        if not isinstance(code, str):
            self._tell(members.get("currency", node), f"{of} needs a “currency”, such as USD.")
        prices = self._prices(members["prices"], meters) if "prices" in members else []
        if "prices" not in members and len(self.mistakes) == before:
            self._tell(node, f"{of} has no prices; give it at least one.")
        in_currency = None
        try:
            in_currency = currency(code) if isinstance(code, str) else None
        except Refused as fault:
            self._tell(members["currency"], fault.sentence)
        if len(self.mistakes) > before or in_currency is None:
            return None
        try:
            return Plan(key=key, version=1, name=str(name), currency=in_currency, prices=tuple(prices))
        except Refused as fault:
            self._tell(members["prices"], fault.sentence)
            return None

    def _prices(self, node: yaml.Node, meters: Mapping[str, Meter | None]) -> list[Price]:
        # A price whose meter has a mistake of its own is read as if the meter were right.
        at_hand = {**self.known, **{key: meter or Meter(key, 1, key, Count()) for key, meter in meters.items()}}
        read = [
            self._made(value, partial(price_from, key, meters=at_hand), tiers_of=key)
            for key, value in self._members(node, of="“prices”", keys=True).items()
        ]
        return [price for price in read if price is not None]

    def _made(self, node: yaml.Node, make: Callable[[Any], Made], *, tiers_of: str | None = None) -> Made | None:
        """What these terms make, if they are right."""
        before = len(self.mistakes)
        members = self._members(node, of="This")
        if not isinstance(node, yaml.MappingNode):
            return None
        terms = {name: self._plain(value) for name, value in members.items()}
        if tiers_of is not None and "tiers" in members and self._faulty_tiers(members["tiers"], of=tiers_of):
            terms["tiers"] = [{}]
        made, faults = _tried(make, terms)
        for fault in faults:
            self._tell_of(node, members, fault.field, fault.sentence)
        return made if len(self.mistakes) == before else None

    def _faulty_tiers(self, node: yaml.Node, *, of: str) -> bool:
        """Whether a tier has a mistake of its own, whatever stands around it; each is told where it stands."""
        before = len(self.mistakes)
        for number, tier in enumerate(node.value if isinstance(node, yaml.SequenceNode) else [], start=1):
            if not isinstance(tier, yaml.MappingNode):
                continue
            members = self._members(tier, of=f"Tier {number}")
            terms = {name: self._plain(value) for name, value in members.items()}
            _, faults = _tried(partial(_tier_alone, of), terms)
            for fault in faults:
                self._tell_of(tier, members, fault.field, fault.sentence.replace("Tier 1", f"Tier {number}", 1))
        return len(self.mistakes) > before

    def _members(
        self, node: yaml.Node, *, of: str, only: set[str] | None = None, keys: bool = False
    ) -> dict[str, yaml.Node]:
        """The named values of a mapping; what is named twice or means nothing here is told."""
        members: dict[str, yaml.Node] = {}
        if not isinstance(node, yaml.MappingNode):
            self._tell(node, f"{of} must be names, each with its value, such as “measure: count”.")
            return members
        for name_node, value in node.value:
            name = name_node.value if isinstance(name_node, yaml.ScalarNode) else ""
            if keys and not _KEY.fullmatch(name):
                self._tell(name_node, f"“{name[:64]}” cannot be a key: use up to 64 letters, digits and . _ : -")
            elif only is not None and name not in only:
                self._tell(name_node, f"{of} has “{name[:64]}”, which means nothing here; it may have "
                           f"{', '.join(sorted(only))}.")  # fmt: skip
            elif name in members:
                self._tell(name_node, f"“{name[:64]}” stands here twice; keep one of them.")
            else:
                members[name] = value
        return members

    def _plain(self, node: yaml.Node, inside: tuple[int, ...] = ()) -> Any:
        """Plain data of a node: every scalar is the text that was written, so that no number is ever a float."""
        self.nodes += 1
        if self.nodes > MOST_NODES or id(node) in inside:
            raise Mistakes([_mistake(node, "This refers to itself, or to too much; write it out.")])
        if isinstance(node, yaml.MappingNode):
            return {
                str(name.value): self._plain(value, (*inside, id(node)))
                for name, value in node.value
                if isinstance(name, yaml.ScalarNode)
            }
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item, (*inside, id(node))) for item in node.value]
        if node.tag == "tag:yaml.org,2002:null":
            return None
        if node.tag == "tag:yaml.org,2002:bool" and node.value.lower() in ("true", "false"):
            return node.value.lower() == "true"
        if node.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float"):
            return str(node.value).replace("_", "")
        return str(node.value)

    def _tell_of(self, node: yaml.Node, members: Mapping[str, yaml.Node], name: str | None, sentence: str) -> None:
        """Tell it where the named value stands; where its name does, when the value goes over several lines."""
        value = members.get(name or "")
        if value is None or isinstance(value, yaml.ScalarNode):
            self._tell(node if value is None else value, sentence)
            return
        keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.value == name]
        self._tell(keys[0], sentence)

    def _tell(self, node: yaml.Node, sentence: str) -> None:
        self.mistakes.append(_mistake(node, sentence))


def _tried(make: Callable[[Any], Made], terms: Mapping[str, Any]) -> tuple[Made | None, list[Refused]]:
    """What terms make, or all that is refused: after each fault they are tried again without what it is about."""
    trial = dict(terms)
    faults: dict[str, Refused] = {}
    filled: set[str] = set()
    while True:
        try:
            return make(trial), list(faults.values())
        except Refused as fault:
            name = fault.field or ""
            if name in filled or not name:
                return None, list(faults.values()) or [fault]
            if name in trial and name not in faults:
                del trial[name]
            else:
                trial[name] = "0"  # It must be there, and this is seldom what is wrong with the rest.
                filled.add(name)
            faults.setdefault(name, fault)


def _tier_alone(of: str, terms: Mapping[str, Any]) -> Price:
    """A price of this tier only, with an unbounded one after it where it has a bound."""
    tiers = [terms, *([{}] if terms.get("up_to") is not None else [])]
    return price_from(of, {"meter": of, "shape": "graduated", "tiers": tiers}, meters={of: Meter(of, 1, of, Count())})


def _root(written: bytes) -> yaml.Node:
    """The file as a tree that knows where each part stands."""
    if len(written) > MOST_BYTES:
        raise Mistakes([Mistake(1, 1, "The file is larger than 1 MB, which no catalogue is.")])
    try:
        root = yaml.compose(written.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as fault:
        line = written.count(b"\n", 0, fault.start) + 1
        raise Mistakes([Mistake(line, 1, "This line is not UTF-8; save the file as UTF-8.")]) from None
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise Mistakes([Mistake(line, column, f"This is not YAML: {fault.problem or fault.context}.")]) from None
    except yaml.YAMLError:
        raise Mistakes([Mistake(1, 1, "The file holds characters that no YAML file may hold.")]) from None
    except RecursionError:
        raise Mistakes([Mistake(1, 1, "The file is nested too deeply.")]) from None
    if root is None:
        raise Mistakes([Mistake(1, 1, "The file is empty; see examples/catalog.yaml for a whole one.")])
    return root


def _mistake(node: yaml.Node, sentence: str) -> Mistake:
    return Mistake(node.start_mark.line + 1, node.start_mark.column + 1, sentence)
