"""Terms: what a catalogue says of a measure or a filter, read one word at a time, and refused in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from farthing.core.metering.event import is_text
from farthing.core.refused import Refused

Terms = Mapping[str, Any]

MOST_NAMES = 16


def only(terms: Terms, known: Sequence[str], *, of: str) -> None:
    """Refuse a word that means nothing here, before it is taken for something that works."""
    for name in terms:
        if name not in known:
            may = f"it may have {', '.join(known)}" if known else "it takes nothing more"
            raise Refused(f"{of} has “{name}”, which means nothing here; {may}.", field=str(name))


def holds_text(value: object) -> bool:
    """Whether all texts in some plain data, names too, can be kept as text."""
    if isinstance(value, str):
        return is_text(value)
    if isinstance(value, Mapping):
        return all(holds_text(name) and holds_text(each) for name, each in value.items())
    return all(map(holds_text, value)) if isinstance(value, list | tuple) else True


def word(terms: Terms, name: str, *, of: str) -> str:
    """A text that must be there."""
    value = terms.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refused(f"{of} needs a “{name}”: one word or a short text.", field=name)
    if not is_text(value):
        raise Refused(f"{of} has a “{name}” with a character that is not text; write it anew.", field=name)
    return value


def choice(terms: Terms, name: str, among: Sequence[str], *, of: str, default: str | None = None) -> str:
    """One of some words."""
    value = terms.get(name, default)
    if not isinstance(value, str) or value not in among:
        said = "nothing" if value is None else f"“{value}”"
        raise Refused(f"{of} takes as {name} one of {', '.join(among)}, not {said}.", field=name)
    return value


def truth(terms: Terms, name: str, *, of: str) -> bool:
    """Whether it says true; false when it says nothing."""
    value = terms.get(name, False)
    if not isinstance(value, bool):
        raise Refused(f"{of} takes {name} as true or false.", field=name)
    return value


def names(terms: Terms, name: str, *, of: str) -> tuple[str, ...]:
    """A list of names, each once; a name alone is a list of one, nothing an empty one."""
    value = terms.get(name, ())
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(isinstance(each, str) and each.strip() for each in listed):
        raise Refused(f"{of} takes {name} as a list of property names, such as [host].", field=name)
    if not all(is_text(each) for each in listed):
        raise Refused(f"{of} has a “{name}” with a character that is not text; write it anew.", field=name)
    if len(set(listed)) < len(listed):
        raise Refused(f"{of} names a property in {name} twice; name each once.", field=name)
    if len(listed) > MOST_NAMES:
        raise Refused(f"{of} names {len(listed)} properties in {name}; {MOST_NAMES} is the most.", field=name)
    return tuple(listed)
