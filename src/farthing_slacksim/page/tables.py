"""Tables of `table` and `data_table` blocks: which columns hold figures, and how each cell aligns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_FIGURE = re.compile(r"^[\s(+\-−–$€£¥₽]*\d[\d\s  ,.'’]*\)?\s*(%|[A-Z]{3}|[kMB]|[$€£¥₽])?\s*$")
_NO_FIGURE = {"", "-", "–", "—"}


@dataclass(frozen=True)
class Table:
    """Rows of cells as the app sent them, and what each column needs to be drawn."""

    head: list[dict[str, Any]]
    body: list[list[dict[str, Any]]]
    align: list[str]
    wraps: list[bool]
    caption: str = ""
    page_size: int = 0
    row_header: int = 0


def text_of(cell: dict[str, Any]) -> str:
    """The words of a cell; a rich text cell gives the words of all its parts."""
    if cell.get("type") == "raw_number":
        return str(cell.get("text") or cell.get("value", ""))
    if "text" in cell and isinstance(cell["text"], str):
        return cell["text"]
    return "".join(text_of(part) for part in cell.get("elements") or [] if isinstance(part, dict))


def is_figure(text: str) -> bool:
    """
    >>> [is_figure(text) for text in ("1,204.50 USD", "€12", "12%", "-3", "Northwind", "2026-08-31")]
    [True, True, True, True, False, False]
    """
    return bool(_FIGURE.match(text))


def table(block: dict[str, Any]) -> Table:
    """Lay out one block of either type; a column of figures goes to the right unless the app says otherwise."""
    rows: list[list[dict[str, Any]]] = [
        [cell if isinstance(cell, dict) else {} for cell in row] for row in block.get("rows") or []
    ]
    head, body = (rows[0], rows[1:]) if rows else ([], [])
    settings = block.get("column_settings") or []
    columns = max((len(row) for row in rows), default=0)
    align, wraps = [], []
    for column in range(columns):
        asked = (settings[column] or {}) if column < len(settings) else {}
        texts = [text_of(row[column]) for row in body if column < len(row)]
        align.append(asked.get("align") or ("right" if _are_figures(texts) else "left"))
        wraps.append(bool(asked.get("is_wrapped")))
    paged = block.get("type") == "data_table"
    return Table(
        head=head,
        body=body,
        align=align,
        wraps=wraps,
        caption=str(block.get("caption", "")) if paged else "",
        page_size=int(block.get("page_size") or 5) if paged else 0,
        row_header=int(block.get("row_header_column_index") or 0),
    )


def _are_figures(texts: list[str]) -> bool:
    told = [text for text in texts if text.strip() not in _NO_FIGURE]
    return bool(told) and all(is_figure(text) for text in told)
