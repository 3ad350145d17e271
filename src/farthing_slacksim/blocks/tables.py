"""The rules of the two kinds of table: one header row, rows of one length, and not too much text in all."""

from __future__ import annotations

from typing import Any

from farthing_slacksim.blocks.checks import (
    ANY,
    ID,
    Check,
    Report,
    boolean,
    both,
    integer,
    items,
    number,
    one_of,
    record,
    string,
    typed,
)
from farthing_slacksim.blocks.rich import rich_text

MOST_TEXT = 10_000

_raw_text = record({**ANY, "text": string()})
_raw_number = record({**ANY, "value": number}, {"text": string()})


def text_length(value: Any) -> int:
    """All the characters of text in a table.

    >>> text_length([[{"type": "raw_text", "text": "abc"}, {"type": "raw_number", "value": 12}]])
    5
    """
    if isinstance(value, list):
        return sum(text_length(part) for part in value)
    if not isinstance(value, dict):
        return 0
    if value.get("type") == "raw_number":
        return len(str(value.get("text", value.get("value"))))
    return sum(
        len(part) if name == "text" and isinstance(part, str) else text_length(part) for name, part in value.items()
    )


def _even_rows(report: Report, at: str, value: Any) -> None:
    rows = value["rows"]
    for index, row in enumerate(rows):
        if len(row) != len(rows[0]):
            report.error(f"{at}/rows/{index}", "all rows must have the same number of cells")
    if text_length(rows) > MOST_TEXT:
        report.error(f"{at}/rows", f"no more than {MOST_TEXT} characters allowed in all cells")


def _plain_header(report: Report, at: str, value: Any) -> None:
    for index, cell in enumerate(value["rows"][0]):
        if cell["type"] == "rich_text":
            report.error(f"{at}/rows/0/{index}/type", "unsupported type: rich_text")


def _rows(*, fewest: int, most: int, cell: Check) -> Check:
    return items(items(cell, most=20), fewest=fewest, most=most)


table = both(
    record(
        {**ANY, "rows": _rows(fewest=1, most=100, cell=typed({"raw_text": _raw_text, "rich_text": rich_text}))},
        {
            "block_id": ID,
            "column_settings": items(
                record({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean}),
                fewest=0,
                most=20,
            ),
        },
    ),
    _even_rows,
)
data_table = both(
    record(
        {
            **ANY,
            "rows": _rows(
                fewest=2,
                most=101,
                cell=typed({"raw_text": _raw_text, "raw_number": _raw_number, "rich_text": rich_text}),
            ),
            "caption": string(),
        },
        {
            "block_id": ID,
            "page_size": integer(least=1, most=100),
            "row_header_column_index": integer(least=0, most=19),
        },
    ),
    _even_rows,
    _plain_header,
)
