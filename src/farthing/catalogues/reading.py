"""A catalogue file read by its format: plain data, and all that is wrong with it, each where it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from farthing.catalogues import format as form
from farthing.catalogues.format import (
    Chosen,
    Entitled,
    Field,
    Fields,
    Flag,
    Json,
    Keyed,
    Kind,
    ListOf,
    Number,
    Text,
    Where,
)
from farthing.catalogues.hints import closest, lower, meant, opened, shown, with_hint
from farthing.catalogues.nodes import Mistake, Part
from farthing.core.metering.event import LONGEST_NAME, is_text
from farthing.core.metering.filter import filter_from
from farthing.core.money import exact_decimal, plain
from farthing.core.no_number import no_number
from farthing.core.refused import Refused

Path = tuple[str | int, ...]

# Stands for what was not written, or not well; no file can write it.
SOME = "\0"
_SOME_FILTER = {"some": "thing"}
_KEY = re.compile(form.KEY)
_AFTER_COMMA = re.compile(r"[0-9][0-9.]* ?[%$€£]?")
_BEFORE_COMMA = re.compile(r"[+-]?[$€£]?[0-9]+")
_TESTS = ("eq", "ne", "gt", "ge", "lt", "le", "in", "exists", "prefix")


class Unreadable(Exception):
    """What stands there says too little to go on with; it has been told."""


@dataclass(slots=True)
class Reading:
    """Reads the parts of a file by its format; what was mended to go on is `doubtful`.

    `names` are the keys that may be named, by what they are of; `currencies` are the plan's; `shapes` those of its
    prices.
    """

    mistakes: list[Mistake] = field(default_factory=list)
    parts: dict[Path, Part] = field(default_factory=dict)
    doubtful: set[Path] = field(default_factory=set)
    above_doubtful: set[Path] = field(default_factory=set)
    names: dict[str, Sequence[str]] = field(default_factory=dict)
    currencies: tuple[str, ...] = ()
    shapes: dict[str, str] = field(default_factory=dict)

    def _read(self, part: Part, kind: Kind, path: Path, *, what: str) -> Any:
        """The value as plain data; where it is wrong that is told, and something stands in for it."""
        self.parts[path] = part
        match kind:
            case Fields():
                members = self._members(part, path, of=what, known=kind.members)
                return self._terms(members, kind.members, path, of=what)
            case Chosen():
                return self._chosen(part, kind, path, of=what)
            case Keyed():
                return self._keys(part, kind, path, of=what)
            case ListOf():
                return self._list(part, kind, path, what=what)
            case Where():
                return self._filter(part, path, of=what)
            case Json():
                if kind.names and not part.is_names:
                    return self._wrong(path, kind, f"{what} must be names, each with its value.")
                if part.is_nothing:
                    return self._wrong(path, kind, f"{what} says nothing; give it a value, or take it out.")
                return self._json(part, path, what=what)
            case Entitled() if part.is_names:
                return self._read(part, form.LIMIT, path, what=what)
            case Number() if kind.money and part.is_names:
                return self._money(part, kind, path, what=what)
        if part.is_names or part.is_list:
            return self._wrong(
                path, kind, f"{what} must be a single value, not {'a list' if part.is_list else 'names'}."
            )
        if part.is_nothing and not (isinstance(kind, Text) and kind.nothing):
            return self._wrong(path, kind, f"{what} says nothing; give it a value, or take it out.")
        return self._single(part.value, kind, path, what=what)

    def _single(self, value: Any, kind: Kind, path: Path, *, what: str) -> Any:
        match kind:
            case Number():
                return self._number(value, kind, path, what=what)
            case Flag():
                if isinstance(value, bool):
                    return value
                self._wrong(path, kind, f"{what} is true or false, not “{shown(value)}”.")
                return value.lower() in ("yes", "on", "y", "1")
            case form.Choice(among=among):
                if value in among and isinstance(value, str):
                    return value
                stands_in = self._wrong(path, kind, f"{what} cannot be “{shown(value)}”; {meant(value, among)}")
                return closest(value, among) or stands_in
            case Text():
                return self._text(value, kind, path, what=what)
        return value

    def _number(self, value: Any, kind: Number, path: Path, *, what: str) -> Any:
        try:
            number = exact_decimal(value, what=what, in_percent=kind.most == 100)
        except Refused as fault:
            return self._wrong(path, kind, fault.sentence)
        told = None
        if kind.least is not None and (number < kind.least or (kind.above and number == kind.least)):
            told = "may not be negative" if (kind.least, kind.above) == (0, False) else (
                f"must be {'above' if kind.above else 'at least'} {kind.least}"
            )  # fmt: skip
        elif kind.share and number > 1:
            percent, share = plain(number.scaleb(2)), plain(number.scaleb(-2))
            return self._wrong(path, kind, f"{what} is {plain(number)}, which is {percent} %; write {share} for "
                               f"{plain(number)} %.")  # fmt: skip
        elif kind.most is not None and number > kind.most:
            told = f"is at most {kind.most}"
        elif kind.whole and number != int(number):
            told = "is a whole number"
        return value if told is None else self._wrong(path, kind, f"{what} {told}; this one is {plain(number)}.")

    def _text(self, value: Any, kind: Text, path: Path, *, what: str) -> Any:
        if value is None and kind.nothing:
            return None
        if not isinstance(value, str):
            return self._wrong(path, kind, f"{what} is a text; put “{shown(value)}” in quotes, if that is its text.")
        if not value.strip():
            return self._wrong(path, kind, f"{what} is a text; this one is empty.")
        if kind.names and value not in self.names.get(kind.names, ()):
            known = self.names.get(kind.names, ())
            told_of = meant(value, known, none="there is none yet")
            told = f"{what} names “{shown(value)}”, which does not exist; {told_of}"
            return self._wrong(path, kind, told)
        return value

    def _money(self, part: Part, kind: Number, path: Path, *, what: str) -> Any:
        """An amount for each currency."""
        before = len(self.mistakes)
        amounts: dict[str, Any] = {}
        members = self._members(part, path, of=what, known=None)
        for code, amount in members.items():
            self.parts[(*path, code)] = amount
            if self.currencies and code not in self.currencies:
                told = f"{what} is given in “{shown(code)}”, which is none of the plan's currencies"
                self._tell_part(amount, f"{told}; {meant(code, self.currencies)}", at_name=True)
            amounts[code] = self._read(amount, replace(kind, money=False), (*path, code), what=f"{what} in {code}")
        for code in self.currencies:
            if code not in members:
                self._tell(path, f"{what} is not given in {code}; give it in each of {', '.join(self.currencies)}.")
        if len(self.mistakes) > before or not self.currencies:
            self._doubt(path)
            return "1"
        return amounts

    def _list(self, part: Part, kind: ListOf, path: Path, *, what: str) -> Any:
        if not part.is_list and not (kind.alone and not part.is_names and not part.is_nothing):
            such_as = f"such as [{kind.of.such_as}]" if isinstance(kind.of, Text) else (
                f"with a dash before each {_one(kind)}, or as [{{…}}, {{…}}]"
            )  # fmt: skip
            return self._wrong(path, kind, f"{what} must be a list, {such_as}.")
        values = []
        items = part.items() if part.is_list else [part]
        for number, item in enumerate(items, start=1):
            item_path = (*path, number - 1)
            values.append(self._read(item, kind.of, item_path, what=_numbered(number, kind, of=what)))
        if len(values) < kind.least:
            return self._wrong(path, kind, f"{what} is empty; it needs at least one {_one(kind)}.")
        if kind.most is not None and len(values) > kind.most:
            return self._wrong(path, kind, f"{what} has {len(values)} values; {kind.most} are the most.")
        if kind.each == "tier" and not self._is_doubtful(path, deep=True):
            self._tell_bounds(values, path, of=what)
        return [value for value in values if not (isinstance(kind.of, Text) and kind.of.names and value == SOME)]

    def _tell_bounds(self, tiers: Sequence[Mapping[str, Any]], path: Path, *, of: str) -> None:
        """Tell each bound that does not rise; those of several currencies are left to the core."""
        before = len(self.mistakes)
        below = exact_decimal(0)
        for number, tier in enumerate(tiers, start=1):
            up_to = tier.get("up_to")
            if isinstance(up_to, Mapping):
                return
            tier_of = f"Tier {number} of {lower(of.partition(' of ')[2])}"
            if up_to is None:
                if number < len(tiers):
                    self._tell((*path, number - 1), f"{tier_of} needs an “up_to”; only the last tier has no bound.")
                continue
            bound = exact_decimal(up_to)
            if number == len(tiers):
                self._tell(
                    (*path, number - 1, "up_to"), f"{tier_of} is the last, which has no bound; take its “up_to” out."
                )
            elif bound <= below:
                told = f"{tier_of} ends at {plain(bound)}, which is not above {plain(below)}; bounds must rise."
                self._tell((*path, number - 1, "up_to"), told)
            below = max(below, bound)
        if len(self.mistakes) > before:
            self._doubt(path)

    def _keys(self, part: Part, kind: Keyed, path: Path, *, of: str) -> dict[str, Any]:
        read: dict[str, Any] = {}
        for key, value in self._members(part, path, of=of, known=None).items():
            self.parts[(*path, key)] = value
            if kind.foreign and (not key.strip() or len(key) > LONGEST_NAME or not is_text(key)):
                told = f"“{shown(key)}” cannot be a name here: use up to {LONGEST_NAME} letters."
                self._tell_part(value, told, at_name=True)
            elif not kind.foreign and not _KEY.fullmatch(key):
                told = f"“{shown(key)}” cannot be a key: use up to 64 letters, digits and . _ : -."
                self._tell_part(value, told, at_name=True)
            elif kind.names and key not in self.names.get(kind.names, ()):
                told = f"{of} names the {kind.names} “{key}”, which does not exist; "
                self._tell_part(value, told + meant(key, self.names.get(kind.names, ())), at_name=True)
            else:
                read[key] = self._kept(value, kind, (*path, key), key)
        if len(read) < kind.least and part.is_names and not part.node.value:
            self._tell(path, f"{of} is empty; give at least one {kind.each}.")
        return {key: value for key, value in read.items() if value is not None}

    def _kept(self, part: Part, kind: Keyed, path: Path, key: str) -> Any:
        """What stands behind a key; None when too little can be read of it, which has been told."""
        try:
            return self._read(part, kind.of, path, what=f"The {kind.each} “{key}”")
        except Unreadable:
            return False

    def _chosen(self, part: Part, kind: Chosen, path: Path, *, of: str) -> dict[str, Any]:
        """Names of which one chooses what the others may be."""
        members = self._members(part, path, of=of, known=None)
        if not part.is_names:
            return self._little_said(kind)
        word = self._word(members, kind, path, of=of)
        own = _anything_of(kind) if word is None else {**kind.common, **kind.choices[word]}
        for name in list(members):
            if name != kind.by and name not in own:
                value = members.pop(name)
                self._tell_part(value, self._out_of_place(name, kind, word, of=of), at_name=True)
                if name not in kind.members:
                    _take_as_meant(members, name, value, part, own)
        read = {} if word is None or (kind.partly and kind.by not in members) else {kind.by: word}
        if word is not None and kind is form.PRICE:
            self.shapes[str(path[-1])] = word
        members.pop(kind.by, None)
        read |= self._terms(members, own, path, of=of, partly=kind.partly)
        return self._little_said(kind) if word is None and not kind.partly else read

    def _little_said(self, kind: Chosen) -> dict[str, Any]:
        """What stands in for something that does not say what it is."""
        if kind in (form.METER, form.PRICE):
            raise Unreadable
        return {} if kind.partly else self._sample(kind)

    def _word(self, members: Mapping[str, Part], kind: Chosen, path: Path, *, of: str) -> str | None:
        """The word that chooses; the one that was meant, if that can be told."""
        part = members.get(kind.by)
        if part is None:
            if not kind.partly:
                self._tell(path, f"{of} needs “{kind.by}”: one of {', '.join(kind.words)}.")
                return None
            return self.shapes.get(str(path[-1]))
        self.parts[(*path, kind.by)] = part
        value = part.value if not part.is_names and not part.is_list else None
        if isinstance(value, str) and value in kind.choices:
            return value
        said = f"cannot be “{shown(value)}”" if isinstance(value, str) else "is a single word"
        self._tell((*path, kind.by), f"“{kind.by}” of {lower(of)} {said}; {meant(value, kind.words)}")
        self._doubt((*path, kind.by))
        return closest(value, kind.words)

    def _out_of_place(self, name: str, kind: Chosen, word: str | None, *, of: str) -> str:
        """Why a name means nothing, and what it is for."""
        own = set(kind.common) | set(kind.choices.get(word or "", ())) | {kind.by}
        words = [other for other, names in kind.choices.items() if name in names]
        told = f"{of} has “{shown(name)}”, which means nothing "
        if words and word is not None:
            of_others = f"; it is for {' and '.join(words)}" if len(words) < 4 else ""
            return f"{told}with the {kind.by} {word}{of_others}."
        return f"{told}here; {meant(name, sorted(own), may='it may have')}"

    def _terms(
        self, members: Mapping[str, Part], known: Mapping[str, Field], path: Path, *, of: str, partly: bool = False
    ) -> dict[str, Any]:
        """What the names say; one that is wrong and may be missing is left out."""
        read: dict[str, Any] = {}
        for name, part in members.items():
            self.parts[(*path, name)] = part
            if part.is_nothing and (known[name].nothing or partly):
                read[name] = None
                continue
            read[name] = self._read(part, known[name].kind, (*path, name), what=_named(name, known[name], of))
        for name, each in known.items():
            if each.needed and name not in members and not partly:
                self._tell(path, f"{of} needs “{name}”: {lower(each.says)}")
                self._doubt((*path, name))
                read[name] = self._sample(each.kind)
        return read

    def _members(self, part: Part, path: Path, *, of: str, known: Mapping[str, Field] | None) -> dict[str, Part]:
        """The names and their values; what is named twice or means nothing is told and left out."""
        self.parts[path] = part
        members: dict[str, Part] = {}
        if not part.is_names:
            self._tell(path, f"{of} must be names, each with its value, such as “name: value”.")
            self._doubt(path)
            return members
        for name, value in self._without_decimal_commas(part, path, of=of):
            if known is not None and name not in known:
                told = f"{of} has “{shown(name)}”, which means nothing here; "
                self._tell_part(value, told + meant(name, sorted(known), may="it may have"), at_name=True)
                _take_as_meant(members, name, value, part, known)
            elif name in members:
                self._tell_part(value, f"“{shown(name)}” stands here twice; keep one of them.", at_name=True)
            else:
                members[name] = value
        return members

    def _without_decimal_commas(self, part: Part, path: Path, *, of: str) -> list[tuple[str, Part]]:
        """The names and their values; digits behind a comma, where a name should be, are told to be of a number."""
        members: list[tuple[str, Part]] = []
        written = ""
        for name, value in part.members():
            if members and part.is_in_braces and value.is_unwritten and _AFTER_COMMA.fullmatch(name):
                number = members[-1][1]
                if written or (number.is_single and _BEFORE_COMMA.fullmatch(str(number.value))):
                    written = f"{written or number.value},{name}"
                    continue
            self._tell_decimal_comma(members, written, path, of=of)
            members.append((name, value))
            written = ""
        self._tell_decimal_comma(members, written, path, of=of)
        return members

    def _tell_decimal_comma(self, members: list[tuple[str, Part]], written: str, path: Path, *, of: str) -> None:
        if written:
            name, number = members[-1]
            self._tell_part(number, f"“{shown(name)}” of {lower(of)} is no number: {no_number(written)}")
            self._doubt((*path, name))
            members[-1] = (name, number.with_value("1"))

    def _keyed(self, top: Mapping[str, Part], name: str) -> dict[str, Part]:
        """The meters, plans or add-ons by key."""
        if name not in top:
            return {}
        found = {}
        for key, part in self._members(top[name], (name,), of=f"“{name}”", known=None).items():
            if _KEY.fullmatch(key):
                found[key] = part
            else:
                told = f"“{shown(key)}” cannot be a key: use up to 64 letters, digits and . _ : -."
                self._tell_part(part, told, at_name=True)
        return found

    # Filters ---------------------------------------------------------------------------------------------------------

    def _filter(self, part: Part, path: Path, *, of: str) -> Any:
        of = opened(of.partition(" of ")[2] or of)
        before = len(self.mistakes)
        written = self._plain(part)
        self._tell_filter_faults(part, written, of=of)
        if len(self.mistakes) > before:
            self._doubt(path)
            return _SOME_FILTER
        return written

    def _tell_filter_faults(self, part: Part, written: Any, *, of: str) -> None:
        """Tell what is wrong with a filter at the smallest part of it that is wrong."""
        try:
            filter_from(written, of=of)
        except Refused as fault:
            before = len(self.mistakes)
            if part.is_names:
                for name, inner in part.members():
                    self._tell_test_faults(name, inner, of=of)
            if len(self.mistakes) == before:
                self._tell_part(part, fault.sentence)

    def _tell_test_faults(self, name: str, part: Part, *, of: str) -> None:
        written = self._plain(part)
        try:
            filter_from({name: written}, of=of)
        except Refused as fault:
            before = len(self.mistakes)
            if name in ("all", "any") and part.is_list:
                for item in part.items():
                    self._tell_filter_faults(item, self._plain(item), of=of)
            elif name == "not" and part.is_names:
                self._tell_filter_faults(part, written, of=of)
            elif name != "time_of_day" and part.is_names:
                for word, value in part.members():
                    try:
                        filter_from({name: {word: self._plain(value)}}, of=of)
                    except Refused as inner:
                        self._tell_part(value, with_hint(inner.sentence, word, _TESTS))
            elif name != "time_of_day" and part.is_list:
                for item in part.items():
                    try:
                        filter_from({name: [self._plain(item)]}, of=of)
                    except Refused as inner:
                        self._tell_part(item, inner.sentence)
            if len(self.mistakes) == before:
                self._tell_part(part, fault.sentence)

    def _plain(self, part: Part) -> Any:
        """The part as plain data."""
        if part.is_names:
            return {name: self._plain(value) for name, value in part.members()}
        return [self._plain(item) for item in part.items()] if part.is_list else part.value

    # JSON -----------------------------------------------------------------------------------------------------------

    def _json(self, part: Part, path: Path, *, what: str) -> Any:
        """What stands there, with numbers as numbers."""
        self.parts[path] = part
        if part.is_names:
            members = self._members(part, path, of=what, known=None)
            return {name: self._json(value, (*path, name), what=what) for name, value in members.items()}
        if part.is_list:
            return [self._json(item, (*path, number), what=what) for number, item in enumerate(part.items())]
        try:
            return part.json_value
        except (ValueError, Refused):
            return self._wrong(path, Json(), f"{what} has {shown(part.value)}, which is no number in JSON; "
                               "write it like 1000.5, or put it in quotes if it is a text.")  # fmt: skip

    # Telling ---------------------------------------------------------------------------------------------------------

    def _doubt(self, path: Path) -> None:
        """Note that what stands there was mended."""
        self.doubtful.add(path)
        self.above_doubtful.update(path[:length] for length in range(len(path) + 1))

    def _is_doubtful(self, path: Path, *, deep: bool = False) -> bool:
        """Whether the part, or what it is part of, was mended; with `deep` also whether anything in it was."""
        above = any(path[:length] in self.doubtful for length in range(len(path) + 1))
        return above or ((deep or len(path) > 2) and path in self.above_doubtful)

    def _wrong(self, path: Path, kind: Kind, sentence: str) -> Any:
        """Tell what is wrong; something that is right stands in for it."""
        self._tell(path, sentence)
        self._doubt(path)
        return self._sample(kind)

    def _sample(self, kind: Kind) -> Any:
        """Something that the core takes there."""
        match kind:
            case Number():
                return "1"
            case Text(names=names, such_as=such_as):
                return SOME if names else such_as
            case Flag():
                return False
            case form.Choice(among=among):
                return among[-1]
            case ListOf():
                return [self._sample(kind.of)] if kind.least else []
            case Fields():
                return {name: self._sample(each.kind) for name, each in kind.members.items() if each.needed}
            case Chosen():
                return {"measure": "count"} if kind.by == "measure" else {"shape": "free"}
            case Where():
                return _SOME_FILTER
            case Json(names=True):
                return {}
            case Keyed():
                return {}
        return True

    def _tell(self, path: Path, sentence: str, *, at_name: bool = False) -> None:
        while path not in self.parts:
            path = path[:-1]
        self._tell_part(self.parts[path], sentence, at_name=at_name)

    def _tell_part(self, part: Part, sentence: str, *, at_name: bool = False) -> None:
        line, column = part.place_of_name if at_name else part.place
        self.mistakes.append(Mistake(line, column, sentence))


def _take_as_meant(members: dict[str, Part], name: str, value: Part, within: Part, known: Mapping[str, Field]) -> None:
    """Read what stands behind a misspelt name as what was meant, unless that is there as well."""
    close = closest(name, known)
    if close is not None and close not in dict(within.members()):
        members.setdefault(close, value)


def _anything_of(kind: Chosen) -> dict[str, Field]:
    """What may stand there when nobody knows what it is: no choice's own names are needed."""
    return {name: each if name in kind.common else replace(each, needed=False) for name, each in kind.members.items()}


def _named(name: str, known: Field, of: str) -> str:
    if isinstance(known.kind, Chosen):
        return f"The {name}{' measure' if known.kind.by == 'measure' else ''} of {lower(of)}"
    return f"The {name} of {lower(of)}" if isinstance(known.kind, Fields) else f"“{name}” of {lower(of)}"


def _one(kind: ListOf) -> str:
    return kind.each.removeprefix("a ")


def _numbered(number: int, kind: ListOf, *, of: str) -> str:
    if isinstance(kind.of, Fields | Chosen):
        return f"{kind.each.capitalize()} {number} of {lower(of.partition(' of ')[2] or of)}"
    return of
