"""A story as text: dated lines, each a verb and its words; indented lines belong to the one above."""

from __future__ import annotations

import itertools
import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from farthing.core.refused import Refused

_LINE = re.compile(r"(?P<when>\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2})?)\s+(?P<verb>[a-z]+)(?:\s+(?P<rest>.*))?")
_HEAD = re.compile(r"(?P<name>[a-z]+):\s+(?P<said>\S.*)")
_REFUSAL = " !! "


@dataclass(frozen=True, slots=True)
class Cue:
    """One line of a story. `rest` is its text after the verb, `words` the same cut into words.

    `below` are the indented lines, `block` the same as a text of its own, with its indentation, in which each line
    still has its place. `refusal` is what a refusal must say, when the line is to be refused.
    """

    number: int
    text: str
    at: datetime
    verb: str
    rest: str
    words: tuple[str, ...]
    below: tuple[str, ...]
    block: str
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Script:
    """A story's name and its lines. `folder` is where the files lie that it names."""

    name: str
    cues: tuple[Cue, ...]
    folder: Path
    title: str = ""

    @property
    def names_a_catalogue(self) -> bool:
        """Whether it says what it stands on, be it above its first date or as what happens first."""
        return self.cues[0].verb in ("catalog", "plan")


def read_script(text: str, *, name: str, folder: Path = Path()) -> Script:
    """The story in this text; refuses a line that is none, with its number. `#` opens a comment.

    >>> [cue.verb for cue in read_script("2026-01-01 subscribe acme starter", name="one").cues]
    ['subscribe']

    Above the first date it may say what it stands on and what it is called:

    >>> told = "title: A first month\\ncatalogue: ours.yaml\\n2026-01-01 subscribe acme team"
    >>> [(cue.verb, cue.words) for cue in read_script(told, name="one").cues]
    [('catalog', ('ours.yaml',)), ('subscribe', ('acme', 'team'))]
    """
    cues: list[Cue] = []
    heads: list[tuple[int, str, str]] = []
    title = ""
    for number, line, below in _blocks(text, name=name):
        head = None if cues else _HEAD.fullmatch(line)
        if head is not None:
            match head["name"], any(below):
                case "catalogue" | "catalog", False:
                    heads.append((number, line, head["said"]))
                case "title", False:
                    title = head["said"]
                case _:
                    raise Refused(
                        f"{name}, line {number}: “{line}” means nothing above the first date; there may stand "
                        "catalogue: FILE and title: TEXT."
                    )
            continue
        said, _, refusal = line.partition(_REFUSAL)
        match = _LINE.fullmatch(said.strip())
        if match is None:
            raise Refused(
                f"{name}, line {number}: “{line}” is not a line of a story; begin it with a date and a verb, "
                "such as: 2026-01-05 usage acme tokens 400."
            )
        rest = match["rest"] or ""
        cues.append(
            Cue(
                number=number,
                text=line,
                at=_instant(match["when"], name=name, number=number),
                verb=match["verb"],
                rest=rest,
                words=tuple(_words(rest)),
                below=tuple(line.strip() for line in below if line),
                block=textwrap.dedent("\n".join(below)),
                refusal=refusal.strip() or None,
            )
        )
    if not cues:
        raise Refused(f"{name} says nothing that happens; begin a line with a date and a verb.")
    for earlier, later in itertools.pairwise(cues):
        if later.at < earlier.at:
            raise Refused(
                f"{name}, line {later.number}: {later.at:%Y-%m-%d} is before the line above; a story runs forward."
            )
    stands_on = [catalogue_cue(file, number=number, text=line, at=cues[0].at) for number, line, file in heads]
    return Script(name=name, cues=(*stands_on, *cues), folder=folder, title=title)


def catalogue_cue(file: str, *, number: int, text: str, at: datetime) -> Cue:
    """The line that applies a catalogue, as if it stood at the beginning of the story."""
    return Cue(number, text, at, "catalog", rest=file, words=(file,), below=(), block="", refusal=None)


def _blocks(text: str, *, name: str) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    number, line, below = 0, "", list[str]()
    for index, raw in enumerate(text.splitlines(), start=1):
        kept = raw.rstrip()
        if not kept.strip() or kept.lstrip().startswith("# ") or kept.strip() == "#":
            below.append("")
            continue
        if kept[0] in " \t":
            if not line:
                raise Refused(f"{name}, line {index}: an indented line needs a line above that it belongs to.")
            below.append(kept)
            continue
        if line:
            yield number, line, tuple(below)
        number, line, below = index, kept, []
    if line:
        yield number, line, tuple(below)


def _instant(written: str, *, name: str, number: int) -> datetime:
    try:
        if "T" in written:
            return datetime.fromisoformat(written).replace(tzinfo=UTC)
        day = date.fromisoformat(written)
    except ValueError:
        raise Refused(f"{name}, line {number}: there is no {written}; check the day and the month.") from None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _words(rest: str) -> list[str]:
    try:
        return shlex.split(rest, comments=False)
    except ValueError:
        return rest.split()
