"""A meter's schema says what an event's data must look like; what does not is told in words, property by property."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from typing import Any

from jsonschema_rs import Draft202012Validator, ReferencingError, RegexOptions, ValidationError, ValidationErrorKind

from farthing.core.metering.event import canonical
from farthing.core.metering.json_text import decode_json
from farthing.core.metering.terms import holds_text
from farthing.core.refused import Refused

DRAFT = "https://json-schema.org/draft/2020-12/schema"
LONGEST_SCHEMA = 64 * 1024
MOST_FAULTS = 3
_LONGEST_SHOWN = 60
_MOST_NAMED = 12

# What may stand in a schema, by what stands behind it: one schema, a list of them, some by name, or neither.
_ONE = {
    "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not", "propertyNames", "then",
    "unevaluatedItems", "unevaluatedProperties",
}  # fmt: skip
_SEVERAL = {"allOf", "anyOf", "oneOf", "prefixItems"}
_NAMED = {"$defs", "dependentSchemas", "patternProperties", "properties"}
_OTHER = {
    "$anchor", "$comment", "$dynamicAnchor", "$dynamicRef", "$id", "$ref", "$schema", "const", "contentEncoding",
    "contentMediaType", "default", "dependentRequired", "deprecated", "description", "enum", "examples",
    "exclusiveMaximum", "exclusiveMinimum", "format", "maxContains", "maxItems", "maxLength", "maxProperties",
    "maximum", "minContains", "minItems", "minLength", "minProperties", "minimum", "multipleOf", "pattern",
    "readOnly", "required", "title", "type", "uniqueItems", "writeOnly",
}  # fmt: skip
_KNOWN = _ONE | _SEVERAL | _NAMED | _OTHER
_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a text",
}


@dataclass(frozen=True, slots=True)
class DataSchema:
    """A JSON Schema (draft 2020-12) of the data of events, as canonical JSON text."""

    text: str

    @property
    def terms(self) -> Any:
        """The schema as plain data."""
        return decode_json(self.text.encode(), what="schema")

    def check(self, data: Mapping[str, Any], *, of: str) -> None:
        """Refuse data that is not as the schema wants it, saying what was wanted and what came.

        >>> tokens = schema_from({"properties": {"tokens": {"type": "integer", "minimum": 0}}}, of="The meter “t”")
        >>> tokens.check({"tokens": 12}, of="the meter “t”")
        >>> tokens.check({"tokens": "a dozen"}, of="the meter “t”")
        Traceback (most recent call last):
        ...
        farthing.core.refused.Refused: data.tokens is “a dozen”, and the schema of the meter “t” asks for a whole \
number; send it so, or change the schema, and replay it.
        """
        validator = _validator(self.text)
        if validator.is_valid(data):
            return
        found = list(islice(validator.iter_errors(data), MOST_FAULTS + 1))
        told = [_in_words(fault, data, self.terms, of=of) for fault in found[:MOST_FAULTS]]
        more = "; and more than that" if len(found) > MOST_FAULTS else ""
        raise Refused(f"{'; '.join(told)}{more}; send it so, or change the schema, and replay it.", field="data")


def schema_from(terms: object, *, of: str) -> DataSchema:
    """The schema that these terms are; refuses what is none, what it does not know, and what it would have to fetch.

    >>> schema_from({"properties": {"tokens": {"minimun": 0}}}, of="The meter “t”")
    Traceback (most recent call last):
    ...
    farthing.core.refused.Refused: The schema of the meter “t” has “minimun” in properties.tokens, which is no word of \
JSON Schema; did you mean minimum? Words of your own begin with x-.
    """
    of_this = f"The schema of {of[0].lower()}{of[1:]}"
    if not isinstance(terms, Mapping):
        raise Refused(f"{of_this} must be names, each with its value, such as {{required: [tokens]}}.", field="schema")
    if not holds_text(terms):
        raise Refused(f"{of_this} holds a character that is not text; write it anew.", field="schema")
    text = canonical(terms)
    if len(text) > LONGEST_SCHEMA:
        raise Refused(f"{of_this} is longer than {LONGEST_SCHEMA // 1024} KB; write it shorter.", field="schema")
    if terms.get("$schema", DRAFT) not in (DRAFT, f"{DRAFT}#"):
        raise Refused(
            f"{of_this} is written for “{_cut(str(terms['$schema']))}”; write it for draft 2020-12, “{DRAFT}”.",
            field="schema.$schema",
        )
    for path, word in _unknown_words(terms, ()):
        raise Refused(
            f"{of_this} has “{_cut(word)}”{_within(path)}, which is no word of JSON Schema{_meant(word)} Words of your "
            "own begin with x-.",
            field=_field(path),
        )
    try:
        _validator(text)
    except (ValidationError, ReferencingError) as fault:
        raise _not_a_schema(fault, terms, of=of_this) from None
    return DataSchema(text)


@lru_cache(maxsize=1024)
def _validator(text: str) -> Draft202012Validator:
    # Offline: it never fetches what it does not hold. Patterns are matched in linear time, whoever wrote them.
    return Draft202012Validator(
        decode_json(text.encode(), what="schema"), offline=True, validate_formats=True, pattern_options=RegexOptions()
    )


# A schema that is none --------------------------------------------------------------------------------------------


def _unknown_words(terms: object, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Words that mean nothing, with what they stand in; a slip would else be a check that is never made."""
    if not isinstance(terms, Mapping):
        return
    for word, value in terms.items():
        if word not in _KNOWN:
            if not str(word).startswith("x-"):
                yield path, str(word)
        elif word in _ONE:
            yield from _unknown_words(value, (*path, word))
        elif word in _SEVERAL and isinstance(value, list):
            for number, each in enumerate(value, start=1):
                yield from _unknown_words(each, (*path, word, number))
        elif word in _NAMED and isinstance(value, Mapping):
            for name, each in value.items():
                yield from _unknown_words(each, (*path, word, name))


def _meant(word: str) -> str:
    near = get_close_matches(word, sorted(_KNOWN), n=1)
    return f"; did you mean {near[0]}?" if near else "."


def _not_a_schema(fault: Exception, terms: Mapping[str, Any], *, of: str) -> Refused:
    if not isinstance(fault, ValidationError):
        return Refused(f"{of} is none: {_cut(str(fault))}; mend it.", field="schema")
    path = tuple(fault.instance_path)
    match fault.kind:
        case ValidationErrorKind.Referencing():
            reference = next((one for one in _references(terms) if one in fault.message), "")
            where = f" to “{_cut(reference)}”" if reference else ""
            return Refused(
                f"{of} refers{where}, which is not in it; nothing is fetched, so write it under “$defs” and refer "
                "to “#/$defs/…”.",
                field="schema",
            )
        case ValidationErrorKind.Format(format="regex"):
            wanted = "a pattern (without look-around and back-references)"
        case ValidationErrorKind.AnyOf() if path[-1:] == ("type",):
            wanted = f"one of {', '.join(sorted(_TYPES))}, or a list of them"
        case _:
            wanted = _wanted(fault, terms)
    came = _shown(_at(terms, path))
    counted = tuple(each + 1 if isinstance(each, int) else each for each in path)
    return Refused(f"{of}: {'.'.join(map(str, counted)) or 'it'} is {came}; write {wanted}.", field=_field(counted))


def _references(terms: object) -> Iterator[str]:
    if isinstance(terms, Mapping):
        for name, value in terms.items():
            if name in ("$ref", "$dynamicRef") and isinstance(value, str):
                yield value.lstrip("#") if value.startswith("#") else value
            yield from _references(value)
    elif isinstance(terms, list):
        for each in terms:
            yield from _references(each)


def _within(path: Sequence[str | int]) -> str:
    return f" in {'.'.join(map(str, path))}" if path else ""


def _field(path: Sequence[str | int]) -> str:
    return ".".join(["schema", *map(str, path)])


# Data that is not as wanted ---------------------------------------------------------------------------------------


def _in_words(fault: ValidationError, data: object, schema: object, *, of: str) -> str:
    where = _named(fault.instance_path)
    asks = f"the schema of {of} asks for"
    match fault.kind:
        case ValidationErrorKind.Required(property=name):
            return f"{where} has no “{_cut(name)}”, which {asks}"
        case (
            ValidationErrorKind.AdditionalProperties(unexpected=names)
            | ValidationErrorKind.UnevaluatedProperties(unexpected=names)
        ):
            listed = _listed([f"“{_cut(name)}”" for name in names], "and")
            return f"{where} has {listed}, which the schema of {of} does not know"
        case ValidationErrorKind.PropertyNames(error=inner):
            return f"{where} has the name {_shown(inner.instance)}, and {asks} {_wanted(inner, schema)} as a name"
    return f"{where} is {_shown(_at(data, fault.instance_path))}, and {asks} {_wanted(fault, schema)}"


def _wanted(fault: ValidationError, schema: object) -> str:
    """What stands in the sentence for what should have come."""
    # What the schema says, as it says it: the library may tell a number as a float.
    said = _shown(_at(schema, fault.schema_path), quoted=False)
    match fault.kind:
        case ValidationErrorKind.Type(types=types):
            return _listed([_TYPES.get(each, each) for each in types], "or")
        case ValidationErrorKind.Enum(options=options):
            return f"one of {_listed([_shown(each) for each in options], 'or')}"
        case ValidationErrorKind.Constant(expected_value=value):
            return f"{_shown(value)} and nothing else"
        case ValidationErrorKind.Minimum():
            return f"at least {said}"
        case ValidationErrorKind.Maximum():
            return f"at most {said}"
        case ValidationErrorKind.ExclusiveMinimum():
            return f"more than {said}"
        case ValidationErrorKind.ExclusiveMaximum():
            return f"less than {said}"
        case ValidationErrorKind.MultipleOf():
            return f"a multiple of {said}"
        case ValidationErrorKind.MinLength(limit=limit):
            return f"a text of at least {limit} characters"
        case ValidationErrorKind.MaxLength(limit=limit):
            return f"a text of at most {limit} characters"
        case ValidationErrorKind.Pattern(pattern=pattern):
            return f"a text that fits the pattern {_cut(pattern)}"
        case ValidationErrorKind.Format(format=form):
            return f"a text of the form {form}"
        case ValidationErrorKind.MinItems(limit=limit):
            return f"a list of at least {limit}"
        case ValidationErrorKind.MaxItems(limit=limit):
            return f"a list of at most {limit}"
        case ValidationErrorKind.MinProperties(limit=limit):
            return f"at least {limit} properties"
        case ValidationErrorKind.MaxProperties(limit=limit):
            return f"at most {limit} properties"
        case ValidationErrorKind.UniqueItems():
            return "a list in which nothing stands twice"
        case ValidationErrorKind.AnyOf(context=ways) | ValidationErrorKind.OneOfNotValid(context=ways):
            each = dict.fromkeys(_wanted(faults[0], schema) for faults in ways if faults)
            return f"one of several things ({'; '.join(list(each)[:_MOST_NAMED])})"
        case ValidationErrorKind.OneOfMultipleValid():
            return "exactly one of several things, of which it is more than one"
        case ValidationErrorKind.Not():
            return "anything else"
        case ValidationErrorKind.FalseSchema():
            return "nothing there"
    return f"what its “{'.'.join(map(str, fault.schema_path))}” says"


def _named(path: Sequence[str | int]) -> str:
    """Where in the data something stands, as people say it."""
    written = "data"
    for each in path:
        written += f"[{each}]" if isinstance(each, int) else f".{_cut(each)}"
    return written


def _at(value: object, path: Sequence[str | int]) -> object:
    for each in path:
        named = isinstance(value, Mapping) and each in value
        listed = isinstance(value, list) and isinstance(each, int) and each < len(value)
        value = value[each] if named or listed else None  # type: ignore[index]
    return value


def _shown(value: object, *, quoted: bool = True) -> str:
    if isinstance(value, str):
        return f"“{_cut(value)}”" if quoted else _cut(value)
    return _cut(canonical(value))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _listed(several: Sequence[str], last: str) -> str:
    named = list(several)
    if len(named) > _MOST_NAMED:
        named = [*named[:_MOST_NAMED], f"{len(several) - _MOST_NAMED:,} more"]
    *before, end = named
    return f"{', '.join(before)} {last} {end}" if before else end
