"""Hints: which known word was most likely meant, and how a sentence about a file names things."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def closest(said: object, known: Iterable[str]) -> str | None:
    """The known word that was most likely meant: a short form means the shortest word that begins with it.

    >>> closest("min", ["in", "minimum_per_event", "minimum"]), closest("unti", ["unit"]), closest("zz", ["unit"])
    ('minimum', 'unit', None)
    """
    if not isinstance(said, str):
        return None
    by_lower = {word.lower(): word for word in known}
    begun = [word for word in by_lower if word.startswith(said.lower())]
    if len(said) > 2 and begun:
        return by_lower[min(begun, key=len)]
    close = difflib.get_close_matches(said.lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None


def meant(said: object, known: Iterable[str], *, may: str = "it may be", none: str = "there is none") -> str:
    """The end of a sentence: which known word was meant, or all of them."""
    words = list(known)
    close = closest(said, words)
    if close is not None:
        return f"did you mean “{close}”?"
    return f"{may} {', '.join(words)}." if words else f"{none}."


def with_hint(sentence: str, said: str, known: Iterable[str]) -> str:
    close = closest(said, known)
    if close is None or said in known:
        return sentence
    return f"{sentence.rpartition(';')[0] or sentence.rstrip('.')}; did you mean “{close}”?"


def shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:64]


def lower(of: str) -> str:
    return of if of.startswith("“") else f"{of[0].lower()}{of[1:]}"


def opened(of: str) -> str:
    return f"{of[0].upper()}{of[1:]}"
