"""Why a file is no YAML, in words that say how to mend it."""

from __future__ import annotations

import yaml

_OPENS = {"flow mapping": ("brace {", "}"), "flow sequence": ("bracket [", "]")}


def not_yaml(fault: yaml.MarkedYAMLError, written: str) -> str:
    """The sentence about what the parser stumbled over in this file."""
    problem, context = fault.problem or "", fault.context or ""
    mark = fault.problem_mark or fault.context_mark
    lines = written.splitlines()
    line = lines[mark.line] if mark is not None and mark.line < len(lines) else ""
    before = line[: mark.column] if mark is not None else ""
    return f"This is not YAML: {_told(problem, context, fault.context_mark, line, before)}"


def _told(problem: str, context: str, opened_at: yaml.Mark | None, line: str, before: str) -> str:
    if r"'\t'" in problem or "\t" in line[: len(line) - len(line.lstrip())]:
        return "a tab stands here; indent with spaces, as the lines around it."
    if problem.startswith("mapping values are not allowed"):
        return _second_colon(line, before)
    if problem.startswith("expected ',' or") and opened_at is not None:
        opens, closes = next(each for what, each in _OPENS.items() if what in context)
        return (
            f"the {opens} that opens in line {opened_at.line + 1} is not closed before this; put a comma or {closes}."
        )
    if problem.startswith("expected <block end>") and before.strip():
        return "something stands behind a value that has ended; put a text with quotes or commas in quotes as a whole."
    if problem.startswith("expected <block end>"):
        return "this line is indented otherwise than those it belongs to; indent it with spaces as the lines around it."
    if "could not find expected ':'" in problem:
        return "a name without a value; write “name: value”, with a space behind the colon."
    if "quoted scalar" in context and opened_at is not None:
        if "escape" in problem:
            return "a backslash in double quotes means something else; put the text in single quotes."
        return f"the quote that opens in line {opened_at.line + 1} is not closed; put one at the end of its text."
    if "cannot start any token" in problem or "alias" in context or "anchor" in context or "tag" in context:
        return "a value may not begin with this character; put the text in quotes."
    if "another document" in problem:
        return "a second document begins here; keep one, and take the line --- out."
    if "undefined alias" in problem:
        return "what * takes up is written nowhere above with &; put the text in quotes, if it is one."
    return f"{problem or context}; look at this line and the one above it."


def _second_colon(line: str, before: str) -> str:
    """Either a text has a colon, or the line stands too deep below a value that goes on."""
    name, colon, value = before.partition(": ")
    if not colon:
        return "this line is read as more of the one above it; indent both alike, and end a name with a colon."
    text = line.partition(": ")[2].strip().replace('"', "'")
    said = f', such as {name.strip()}: "{text}"' if value.strip() and len(text) <= 60 else ""
    return f"a second colon stands in this line; put a text with a colon in quotes{said}."
