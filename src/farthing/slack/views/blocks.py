"""The blocks that views are made of: what people typed made harmless, and Slack's limits kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from farthing.slack.views.words import say

Block = dict[str, Any]

LONGEST_SECTION = 3000
LONGEST_NAME = 200
LONGEST_HEADER = 150
LONGEST_BUTTON = 75
LONGEST_TITLE = 24
MOST_OPTIONS = 100
# A modal's or Home's.
MOST_BLOCKS = 100


@dataclass(frozen=True, slots=True)
class Card:
    """A message: `text` is what notifications and screen readers say, so it holds all that matters."""

    text: str
    blocks: list[Block]


def escaped(text: str) -> str:
    """Text that Slack shows as it is, whatever a customer is called.

    >>> escaped("<!channel> & Sons")
    '&lt;!channel&gt; &amp; Sons'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def named(text: str, most: int = LONGEST_NAME) -> str:
    """A name within a paragraph: escaped, on one line, and short enough that what is said after it is not cut off.

    >>> named("Tokens\\n& more"), len(named("x" * 10_000))
    ('Tokens &amp; more', 200)
    """
    return escaped(cut(" ".join(text.split()), most))


def cut(text: str, most: int) -> str:
    """The text, or as much of it as fits and a sign that there is more.

    >>> cut("Northwind Traders", 10)
    'Northwind…'
    """
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def plain(text: str, most: int) -> Block:
    """Text without any marks."""
    return {"type": "plain_text", "text": cut(text, most), "emoji": False}


def header(text: str) -> Block:
    """A heading."""
    return {"type": "header", "text": plain(text, LONGEST_HEADER)}


def section(marked: str, *, accessory: Block | None = None) -> Block:
    """A paragraph in Slack's own markup; what came from people must be escaped already."""
    block: Block = {"type": "section", "text": {"type": "mrkdwn", "text": cut(marked, LONGEST_SECTION)}}
    return block if accessory is None else block | {"accessory": accessory}


def facts(*pairs: tuple[str, str]) -> Block:
    """Names and what they are, two in a row; both are escaped here."""
    fields = [
        {"type": "mrkdwn", "text": f"*{escaped(cut(name, 100))}*\n{escaped(cut(value, 600))}"} for name, value in pairs
    ]
    return {"type": "section", "fields": fields[:10]}


def small_print(*marked: str) -> Block:
    """Small grey print below."""
    elements = [{"type": "mrkdwn", "text": cut(text, LONGEST_SECTION)} for text in marked[:10]]
    return {"type": "context", "elements": elements}


def divider() -> Block:
    """A line across."""
    return {"type": "divider"}


def button(
    label: str,
    action_id: str,
    value: str,
    *,
    style: str | None = None,
    confirm: Block | None = None,
    described: str | None = None,
) -> Block:
    """A button; `value` holds ids only, and what they name is looked up again when it is clicked."""
    made: Block = {
        "type": "button",
        "text": plain(label, LONGEST_BUTTON),
        "action_id": action_id,
        "value": value,
    }
    if style is not None:
        made["style"] = style
    if confirm is not None:
        made["confirm"] = confirm
    if described is not None:
        made["accessibility_label"] = cut(described, LONGEST_BUTTON)
    return made


def confirm(title: str, question: str, *, yes: str, no: str) -> Block:
    """The question asked before a click counts."""
    return {
        "title": plain(title, 100),
        "text": plain(question, 300),
        "confirm": plain(yes, 30),
        "deny": plain(no, 30),
    }


def choice(action_id: str, prompt: str, options: Sequence[tuple[str, str]]) -> Block:
    """A menu of labels and values, at most a hundred of them."""
    return {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(prompt, 150),
        "options": [{"text": plain(label, 75), "value": value} for label, value in options[:MOST_OPTIONS]],
    }


def actions(*elements: Block) -> Block:
    """Buttons and menus in a row."""
    return {"type": "actions", "elements": list(elements)}


def table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> Block:
    """A table whose first row is its heading; the columns in `right` are set against the right edge.

    Slack takes a hundred rows and ten thousand characters, so long cells are cut and rows beyond 60 left out.
    """
    kept = list(rows) if len(rows) <= 60 else [*rows[:59], ["…"] * len(rows[0])]
    return {
        "type": "table",
        "column_settings": [
            {"align": "right" if column in right else "left", "is_wrapped": column not in right}
            for column in range(len(rows[0]))
        ],
        "rows": [[{"type": "raw_text", "text": cut(cell, 60) or "–"} for cell in row] for row in kept],
    }


def columns(rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), widest: int = 34) -> Block:
    """The same for modals and Home, where Slack draws no tables: columns of letters of one width."""
    return preformatted("\n".join(_lined_up(rows, right=right, widest=widest)))


def long_columns(rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), widest: int = 60) -> list[Block]:
    """Columns of any length, in as many blocks as they need."""
    return long_preformatted(_lined_up(rows, right=right, widest=widest))


def _lined_up(rows: Sequence[Sequence[str]], *, right: Sequence[int], widest: int) -> list[str]:
    cells = [[cut(cell, widest) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return [
        "  ".join(
            cell.rjust(widths[column]) if column in right else cell.ljust(widths[column])
            for column, cell in enumerate(row)
        ).rstrip()
        for row in cells
    ]


def long_preformatted(lines: Sequence[str]) -> list[Block]:
    """Lines in letters of one width, in as many blocks as they need; only a line that fills one alone is cut."""
    blocks: list[Block] = []
    held: list[str] = []
    length = 0
    for line in lines:
        if held and length + len(line) + 1 > LONGEST_SECTION:
            blocks.append(preformatted("\n".join(held)))
            held, length = [], 0
        held.append(line)
        length += len(line) + 1
    return [*blocks, preformatted("\n".join(held))] if held else blocks


def preformatted(text: str) -> Block:
    """Text in letters of one width, as it is."""
    return {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_preformatted",
                "elements": [{"type": "text", "text": cut(text, LONGEST_SECTION) or " "}],
            }
        ],
    }


def modal(title: str, blocks: list[Block], *, callback_id: str = "look", submit: str | None = None) -> Block:
    """A window over Slack."""
    view: Block = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, LONGEST_TITLE),
        "close": plain(say("Cancel") if submit else say("Close"), LONGEST_TITLE),
        "blocks": blocks[:MOST_BLOCKS],
    }
    return view if submit is None else view | {"submit": plain(submit, LONGEST_TITLE)}


def sentence_card(sentence: str) -> Card:
    """One sentence, said to one person."""
    return Card(escaped(sentence), [section(escaped(sentence))])


def sentence_modal(title: str, sentence: str) -> Block:
    """One sentence in a window."""
    return modal(title, [section(escaped(sentence))])
