"""Every message that is said is in every language, with the values it names, and nothing else is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from farthing.core.invoicing.invoice import LANGUAGES
from farthing.languages.catalogue import MESSAGES
from tests.repo.repo_files import ROOT

SAYING = {"say": 1, "message": 1, "several": 2, "several_messages": 2}
Said = str | tuple[str, str]


def said_in(source: str) -> Iterator[Said]:
    """The messages that a module says, wherever they stand in an expression."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=arguments) if name in SAYING:
                texts = [each.value for each in arguments[: SAYING[name]] if isinstance(each, ast.Constant)]
                if len(texts) == SAYING[name] and all(isinstance(text, str) for text in texts):
                    yield str(texts[0]) if len(texts) == 1 else (str(texts[0]), str(texts[1]))


def all_said() -> set[Said]:
    modules = (path for path in (ROOT / "src/farthing").rglob("*.py"))
    return {said for path in modules for said in said_in(path.read_text(encoding="utf-8"))}


def translated(code: str) -> list[Message]:
    with (MESSAGES / f"{code}.po").open("rb") as opened:
        return [message for message in read_po(opened, locale=code) if message.id]


def test_messages_are_found_in_other_calls_and_in_text() -> None:
    source = "x = say(message('a'), b=1)\ny = f'{words.say(\"b\")}'\nz = several('c', 'd', 2)\nsay(name)\nsay(1)"
    assert set(said_in(source)) == {"a", "b", ("c", "d")}


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_a_language_has_every_message_and_no_other(code: str) -> None:
    known = {
        message.id if isinstance(message.id, str) else (message.id[0], message.id[1]) for message in translated(code)
    }
    assert known == all_said()


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_every_message_is_translated_in_all_its_forms_with_the_values_it_names(code: str) -> None:
    for message in translated(code):
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        texts = [message.string] if isinstance(message.string, str) else list(message.string)
        assert not message.fuzzy, message.id
        assert len(texts) == (1 if len(ids) == 1 else 3), message.id
        named = set().union(*(re.findall(r"{(\w+)}", text) for text in ids))
        for text in texts:
            assert text.strip(), message.id
            # “The first event” names no number in English, where other languages may.
            assert set(re.findall(r"{(\w+)}", text)) == named, (message.id, text)


def test_the_files_are_of_languages_that_can_be_chosen() -> None:
    assert {Path(file).stem for file in MESSAGES.glob("*.po")} == set(LANGUAGES) - {"en"}
