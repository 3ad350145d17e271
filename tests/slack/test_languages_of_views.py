"""Every view says all it says in the reader's language, within Slack's limits however long that is."""

from __future__ import annotations

import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from types import FrameType

import pytest

import farthing.slack.views as views_package
from farthing.languages.language import Language, english, russian
from farthing.slack.views.blocks import Block, Card
from farthing.slack.views.words import reading_in
from farthing_slacksim.blocks import message_faults, view_faults
from tests.languages.accented import accented_english
from tests.languages.test_catalogue import translated
from tests.slack.every_view import LONG, SHORT, Drawn, every_view

# What is no word of ours in whatever language: what is typed, named by a standard, or by the fixtures.
_NAMES = (
    "users? calls tokens GB-hours bytes mails hours seats load people credits usd rest blocks traffic mail cards "
    "volume machines marks peak hourly level keys growth region eu us size large small model api_key API.keys "
    "Minimum.spend Europe/Paris UTC USD EUR GBP JPY (EX|LI)-[0-9]+ data[.][a-z_]+ Farthing English Русский p95"
)
# A whole text that is pasted into a terminal is no sentence either.
_TYPED = r"\A(curl|farthing) [^Ω]*|`[^`]*`|“[^”]*”|:[a-z_]+:|/(usage|billing)\b"
_NO_WORDS = re.compile(rf"{_TYPED}|\b({'|'.join(_NAMES.split())})\b", re.IGNORECASE)
_ASCII_WORD = re.compile(r"[A-Za-z]{2,}")
_READ = frozenset({"text", "accessibility_label", "alt_text"})
# Buttons that end in dots because a window follows.
OPENS_A_WINDOW = ("Как обстоит дело…", "Изменить…", "Цели…", "Взять пример…", "Другой пример…", "Добавить…",
                  "Выберите канал…", "Выберите человека…")  # fmt: skip
# What views are made of, rather than views.
_MADE_OF = ("blocks", "words")


def read_in(part: object) -> Iterator[str]:
    """Every text that a person reads or hears in some blocks."""
    if isinstance(part, list):
        for each in part:
            yield from read_in(each)
    elif isinstance(part, dict):
        native = part.get("type") == "data_visualization" or "series" in part or "data" in part
        for name, value in part.items():
            if isinstance(value, str) and (name in _READ or (native and name in ("title", "name", "label"))):
                yield value
            else:
                yield from read_in(value)


def texts_of(drawn: Drawn) -> list[str]:
    if isinstance(drawn, Card):
        return [drawn.text, *read_in(drawn.blocks)]
    return list(read_in(drawn))


def faults_of(drawn: Drawn) -> list[str]:
    if isinstance(drawn, Card):
        return [*message_faults(drawn.blocks), *([] if 0 < len(drawn.text) <= 4000 else ["the text is too long"])]
    return view_faults(drawn) if isinstance(drawn, dict) else []


def drawn_in(language: Language, name: str) -> list[Drawn]:
    with reading_in(language):
        return list(every_view(name))


@pytest.mark.parametrize("name", [SHORT, LONG])
def test_no_word_of_any_view_is_left_untranslated(name: str) -> None:
    for drawn in drawn_in(accented_english(), name):
        for text in texts_of(drawn):
            left = _ASCII_WORD.findall(_NO_WORDS.sub(" ", text))
            assert not left, (left, text)


@pytest.mark.parametrize("name", [SHORT, LONG])
@pytest.mark.parametrize("language", [accented_english(), russian()])
def test_every_view_keeps_slacks_limits_in_long_languages(language: Language, name: str) -> None:
    for drawn in drawn_in(language, name):
        assert faults_of(drawn) == [], texts_of(drawn)[:2]


def test_nothing_that_is_pressed_or_filled_in_is_cut_off_in_russian() -> None:
    for drawn in drawn_in(russian(), SHORT):
        for text in pressed_in(drawn.blocks if isinstance(drawn, Card) else drawn):
            assert not text.endswith("…") or text in ("Отложить…", "Выберите клиента…", "События дня…",
                                                      "Посмотреть счёт…", *OPENS_A_WINDOW), text  # fmt: skip


def pressed_in(part: object) -> Iterator[str]:
    """The labels of buttons, fields and windows; a heading may name more people than it holds."""
    if isinstance(part, dict) and part.get("type") == "header":
        return
    if isinstance(part, list):
        for each in part:
            yield from pressed_in(each)
    elif isinstance(part, dict):
        if part.get("type") == "plain_text" and isinstance(part.get("text"), str) and not ends_in_dots(part["text"]):
            yield part["text"]
        for name, value in part.items():
            if name != "options":
                yield from pressed_in(value)


@lru_cache
def ends_in_dots(text: str) -> bool:
    """Whether its dots belong to the message, as where a window or a menu follows."""
    dotted = [str(message.string) for message in translated("ru") if str(message.string).endswith("…")]
    return any(re.fullmatch(re.sub(r"\\{\w+\\}", ".+", re.escape(each)), text) for each in dotted)


def test_every_view_is_among_those_that_are_drawn_here() -> None:
    wanted = {
        (module.__name__, function.__name__)
        for module in view_modules()
        for function in vars(module).values()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and not function.__name__.startswith("_")
        and inspect.get_annotations(function, eval_str=True).get("return") in (Card, Block)
    }
    called: set[tuple[str, str]] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            called.add((str(frame.f_globals.get("__name__")), frame.f_code.co_name))

    sys.setprofile(note)
    try:
        drawn_in(english(), SHORT)
    finally:
        sys.setprofile(None)
    assert wanted - called == set()


def view_modules() -> list[object]:
    names = [found.name for found in pkgutil.iter_modules(views_package.__path__) if found.name not in _MADE_OF]
    return [import_module(f"{views_package.__name__}.{name}") for name in names]
