"""How stories went, as JUnit XML, which build servers show beside other tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from farthing.core.refused import Refused
from farthing_rehearsal.story.played import Played


def write_junit(to: Path, played: Sequence[Played]) -> None:
    """One test case for each story; a failure names the line, what was expected and what happened."""
    counts = {
        "tests": str(len(played)),
        "failures": str(sum(one.failure is not None for one in played)),
        "errors": str(sum(bool(one.unreadable) for one in played)),
        "time": _seconds(sum(one.seconds for one in played)),
    }
    root = Element("testsuites", counts)
    suite = SubElement(root, "testsuite", {"name": "stories"} | counts)
    for one in played:
        named = {"classname": _shown(str(one.file.parent)), "name": _shown(one.title), "file": _shown(str(one.file))}
        line = {} if one.failure is None else {"line": str(one.failure.line)}
        case = SubElement(suite, "testcase", named | line | {"time": _seconds(one.seconds)})
        if one.failure is not None:
            said = f"expected {one.failure.expected}; happened: {one.failure.happened}"
            SubElement(case, "failure", message=_shown(said), type="unmet").text = _shown(str(one.failure))
        elif one.unreadable:
            SubElement(case, "error", message=_shown(one.unreadable), type="unreadable")
    indent(root)
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        ElementTree(root).write(to, encoding="utf-8", xml_declaration=True)
    except OSError as fault:
        raise Refused(f"{to} cannot be written: {(fault.strerror or 'no reason given').lower()}.") from None


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"


def _shown(text: str) -> str:
    """XML has no way to say most control characters, nor halves of surrogate pairs."""
    return "".join(
        character
        if character in "\n\t"
        or (character >= " " and not 0xD800 <= ord(character) <= 0xDFFF and character < "\ufffe")
        or ord(character) > 0xFFFF
        else "\ufffd"
        for character in text
    )
