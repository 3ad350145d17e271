"""What a catalogue file says: meters, rules, plans, add-ons; every mistake in it is told at once, where it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from farthing.catalogues import format as form
from farthing.catalogues.format import Chosen, Fields
from farthing.catalogues.nodes import Mistake, Mistakes, Part, root_of
from farthing.catalogues.reading import SOME, Path, Reading, Unreadable
from farthing.core.metering.meter import Meter
from farthing.core.metering.rule import EventRule, rule_from
from farthing.core.metering.total import Sum
from farthing.core.metering.value import Property
from farthing.core.money import currency, exact_decimal
from farthing.core.pricing.plan import AddOn, Commitment, CustomUnit, Plan, Price
from farthing.core.pricing.price import check_prices
from farthing.core.pricing.terms import (
    InCurrency,
    addon_from,
    commitment_from,
    entitlement_from,
    meter_from,
    phase_from,
    plan_from,
    price_from,
    units_from,
)
from farthing.core.refused import Refused

__all__ = ["Catalogue", "Mistake", "Mistakes", "read_catalogue"]

Made = TypeVar("Made")

_QUOTED = re.compile(r"“([^”]*)”")
_NUMBERED = re.compile(r"\b(?:Tier|Cell) ([0-9]+)\b")
# What a price may lack by its other terms; a refusal for want of anything else in it is about some part of it.
_MAY_BE_MISSING = ("meter", "property", "lasts", "default")
_MOST_TRIES = 12


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the file says. Plans and add-ons name the file's meters, or those there are already."""

    meters: Mapping[str, Meter]
    plans: list[Plan]
    add_ons: list[AddOn] = field(default_factory=list)
    rules: list[EventRule] = field(default_factory=list)


def read_catalogue(written: bytes, *, known: Mapping[str, Meter]) -> Catalogue:
    """The catalogue in this file; raises Mistakes with all of them. `known` are the meters there are already."""
    return _Reader(known=known).read(root_of(written))


@dataclass(slots=True)
class _Reader(Reading):
    """Reads a file by its format, then has the core make something of each part."""

    known: Mapping[str, Meter] = field(default_factory=dict)

    def read(self, root: Part) -> Catalogue:
        """All of the file."""
        self.parts[()] = root
        top = self._members(root, (), of="The file", known=form.CATALOGUE.members)
        if not top and not self.mistakes:
            self._tell((), "The file has neither meters nor plans; see examples/catalog.yaml for one that has both.")
        meters = {key: self._meter(key, part) for key, part in self._keyed(top, "meters").items()}
        at_hand = {**self.known, **{key: meter or _some_meter(key) for key, meter in meters.items()}}
        self.names["meter"] = tuple(at_hand)
        rules = self._rules(top)
        at_hand[SOME] = _some_meter(SOME)
        plans = [self._plan(key, part, at_hand) for key, part in self._keyed(top, "plans").items()]
        add_ons = [self._add_on(key, part, at_hand) for key, part in self._keyed(top, "addons").items()]
        if self.mistakes:
            raise Mistakes(self.mistakes)
        return Catalogue(
            {key: meter for key, meter in meters.items() if meter is not None},
            [plan for plan in plans if plan is not None],
            [add_on for add_on in add_ons if add_on is not None],
            rules,
        )

    # The parts that the core makes something of ----------------------------------------------------------------------

    def _meter(self, key: str, part: Part) -> Meter | None:
        """The meter; None when something is wrong with it."""
        path = ("meters", key)
        before = len(self.mistakes)
        try:
            terms = self._chosen(part, form.METER, path, of=f"The meter “{key}”")
        except Unreadable:
            return None
        made = self._made(partial(meter_from, key, version=1), terms, path, kind=form.METER)
        return made if len(self.mistakes) == before else None

    def _rules(self, top: Mapping[str, Part]) -> list[EventRule]:
        """What is done to events, by their types."""
        if "events" not in top:
            return []
        written = self._read(top["events"], form.CATALOGUE.members["events"].kind, ("events",), what="“events”")
        made = []
        for event_type, terms in written.items():
            make = partial(rule_from, event_type, version=1)
            rule = self._made(make, terms, ("events", event_type), kind=form.RULE)
            made += [] if rule is None else [rule]
        return made

    def _plan(self, key: str, part: Part, meters: Mapping[str, Meter]) -> Plan | None:
        path = ("plans", key)
        return self._offer(key, part, form.PLAN, path, meters, of=f"The plan “{key}”", make=plan_from)

    def _add_on(self, key: str, part: Part, meters: Mapping[str, Meter]) -> AddOn | None:
        path = ("addons", key)
        return self._offer(key, part, form.ADD_ON, path, meters, of=f"The add-on “{key}”", make=addon_from)

    def _offer(
        self,
        key: str,
        part: Part,
        kind: Fields,
        path: Path,
        meters: Mapping[str, Meter],
        *,
        of: str,
        make: Callable[..., Made],
    ) -> Made | None:
        """A plan or an add-on; None when something is wrong with it."""
        before = len(self.mistakes)
        members = self._members(part, path, of=of, known=kind.members)
        if not part.is_names:
            return None
        members = {name: members[name] for name in sorted(members, key=lambda name: name != "prices")}
        self.names["price"] = _names_in(members.get("prices"))
        self.names["unit"] = _names_in(members.get("units"))
        self.currencies = self._currencies(members, path, of=of)
        self.shapes = {}
        terms: dict[str, Any] = {}
        try:
            terms = self._terms(members, kind.members, path, of=of)
        except Unreadable:
            return None
        for code in self.currencies or ("USD",):
            self._parts_of(terms, path, meters, InCurrency(code, self.currencies or (code,)), of=of)
        if len(self.mistakes) > before:
            return None
        try:
            return make(key, terms, version=1, meters=meters)
        except Refused as fault:
            self._tell_fault(fault, path)
            return None

    def _parts_of(
        self, terms: Mapping[str, Any], path: Path, meters: Mapping[str, Meter], one: InCurrency, *, of: str
    ) -> None:
        """Tell what is wrong with the prices, commitments, phases and entitlements of an offer in one currency."""
        try:
            units = units_from(terms, of=of, in_currency=one)
        except Refused as fault:
            self._tell_fault(fault, path)
            units = {}
        units = {**units, SOME: CustomUnit(SOME, exact_decimal(1))}
        prices: list[Price] = []
        for key, each in terms.get("prices", {}).items():
            make = partial(price_from, key, meters=meters, units=units, in_currency=one)
            price = None
            if isinstance(each, dict):
                price = self._made(make, each, (*path, "prices", key), kind=form.PRICE)
            if price is not None:
                prices.append(price)
        whole = len(prices) == len(terms.get("prices", {}))
        if whole:
            self._tell_price_faults(prices, path, of=of)
        commitments = self._commitments(terms, path, one)
        for key, each in terms.get("phases", {}).items():
            if whole:
                make_phase = partial(
                    phase_from, key, prices=prices, commitments=commitments, meters=meters, units=units, in_currency=one
                )
                phase_path = (*path, "phases", key)
                self._commitments(each, phase_path, one)
                self._made(make_phase, each, phase_path, kind=form.PHASE)
        for feature, value in terms.get("entitlements", {}).items():
            self._tried(partial(entitlement_from, feature, value, meters=meters), (*path, "entitlements", feature))

    def _commitments(self, terms: Mapping[str, Any], path: Path, one: InCurrency) -> list[Commitment]:
        made = []
        for key, each in terms.get("commitments", {}).items():
            make = partial(_commitment, key, in_currency=one)
            commitment = self._made(make, each, (*path, "commitments", key), kind=form.COMMITMENT)
            if commitment is not None:
                made.append(commitment)
        return made

    def _tell_price_faults(self, prices: Sequence[Price], path: Path, *, of: str) -> None:
        """What is wrong between the prices, one after the other: each is told at the price that comes too late."""
        left = list(prices)
        for _ in range(_MOST_TRIES):
            try:
                check_prices(left, of=f"{of[0].lower()}{of[1:]}")
            except Refused as fault:
                quoted = set(_QUOTED.findall(fault.sentence))
                about = [price for price in left if price.key in quoted]
                if not about:
                    about = [price for price in left if price.meter is not None and price.meter.key in quoted]
                if not about:
                    self._tell_fault(fault, path)
                    return
                at = (*path, "prices", about[-1].key)
                if not any(self._is_doubtful((*path, "prices", price.key), deep=True) for price in about):
                    self._tell(at, fault.sentence)
                left.remove(about[-1])
            else:
                return

    def _currencies(self, members: Mapping[str, Part], path: Path, *, of: str) -> tuple[str, ...]:
        """The currencies that are named; none when that is unsure."""
        before = len(self.mistakes)
        name = "currencies" if "currencies" in members else "currency"
        if "currency" in members and name == "currencies":
            self._tell((*path, name), f"{of} has both a currency and currencies; keep one of them.", at_name=True)
        if name not in members:
            self._tell(path, f"{of} needs a “currency”, such as USD.")
            return ()
        part = members[name]
        listed = part.items() if part.is_list else [part]
        codes = []
        for each in listed:
            if not each.is_names and not each.is_list and isinstance(each.value, str):
                try:
                    codes.append(currency(each.value).code)
                except Refused as fault:
                    self._tell_part(each, fault.sentence)
        twice = [code for code in codes if codes.count(code) > 1]
        if twice:
            self._tell((*path, name), f"{of} names {twice[0]} twice; keep one of them.")
        return tuple(codes) if len(self.mistakes) == before else ()

    def _made(
        self, make: Callable[[Any], Made], terms: Mapping[str, Any], path: Path, *, kind: Chosen | Fields
    ) -> Made | None:
        """What these terms make; after each fault they are tried again without what it is about."""
        trial = dict(terms)
        every, mended = dict(kind.members), set[str]()
        if isinstance(kind, Chosen):
            every |= kind.choices.get(terms.get(kind.by, ""), {})
        for _ in range(_MOST_TRIES):
            try:
                return make(trial)
            except Refused as fault:
                self._tell_fault(fault, path)
                name = (fault.field or "").partition(".")[0]
                self._doubt((*path, name) if name else path)
                if name not in mended and name in every:
                    trial[name] = self._sample(every[name].kind)
                elif name in trial:
                    del trial[name]
                else:
                    return None
                mended.add(name)
        return None

    def _tried(self, make: Callable[[], object], path: Path) -> None:
        try:
            make()
        except Refused as fault:
            self._tell_fault(fault, path)

    def _tell_fault(self, fault: Refused, path: Path) -> None:
        """Tell what the core refuses, unless it is about what was mended."""
        at, found = self._path_of(fault, path)
        unplaced = at == path or (found == path and fault.field not in _MAY_BE_MISSING)
        if not self._is_doubtful(at, deep=unplaced):
            self._tell(found, fault.sentence)

    def _path_of(self, fault: Refused, path: Path) -> tuple[Path, Path]:
        """What a fault is about, and the deepest part of that which is written."""
        at: Path = path
        for name in (fault.field or "").split(".") if fault.field else ():
            inner: str | int = int(name) - 1 if name.isdigit() else name
            at = (*at, inner)
        found = at
        while found not in self.parts:
            found = found[:-1]
        if found == at and at != path:
            found = self._deeper(found, fault.sentence)
        return at, found

    def _deeper(self, path: Path, sentence: str) -> Path:
        """The part below that the sentence names, by its number or its name."""
        numbers = [int(number) - 1 for number in _NUMBERED.findall(sentence)]
        quoted = set(_QUOTED.findall(sentence))
        while True:
            below: list[Path] = []
            part = self.parts[path]
            if part.is_names:
                below = [(*path, name) for name, _ in part.members() if name in quoted]
            elif part.is_list:
                below = [(*path, number) for number in numbers if number < len(part.items())]
            below = [each for each in below if each in self.parts]
            if not below:
                return path
            path = below[-1]


def _commitment(key: str, terms: Mapping[str, Any], *, in_currency: InCurrency) -> Commitment:
    of = f"The commitment “{key}”"
    return commitment_from(key, in_currency.terms(terms, of=of), of=of)


def _some_meter(key: str) -> Meter:
    """A meter that stands for one with a mistake: of its own events, and such that any price may name it."""
    return Meter(key, 1, f"{key}{SOME}", Sum(Property(SOME)))


def _names_in(part: Part | None) -> tuple[str, ...]:
    return tuple(name for name, _ in part.members()) if part is not None and part.is_names else ()
