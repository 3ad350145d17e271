"""A file of JSON lines as lines: one event on each, and never held whole."""

from collections.abc import Iterator

from farthing.cli.input_file import InputFile
from farthing.core.refused import Refused
from farthing.usecases.import_lines import Line

LONGEST_LINE_BYTES = 1024 * 1024


def lines_in(source: InputFile) -> Iterator[Line]:
    """The lines with something on them; each has its number in the file."""
    number = 0
    while text := source.content.readline(LONGEST_LINE_BYTES + 1):
        number += 1
        text = text.rstrip(b"\r\n")
        if len(text) > LONGEST_LINE_BYTES:
            raise Refused(
                f"{source.name} has a line of over 1 MB (line {number}); write one event on each line, and import it "
                "again: nothing is imported twice."
            )
        if text and not text.isspace():
            yield Line(number, text)
