"""A printed document is written to a file."""

from pathlib import Path

import click

from farthing.cli.say import Sentence, counted
from farthing.usecases.print_documents import Printed


def write_printed(printed: Printed, out: Path | None) -> None:
    """To the file that was named, or to one of the document's own name in this folder."""
    file = Path(printed.name) if out is None else out
    try:
        file.write_bytes(printed.content)
    except OSError as fault:
        raise Sentence(f"{file} cannot be written: {(fault.strerror or 'no reason given').lower()}.") from None
    click.echo(f"{file} ({counted(len(printed.content), 'byte')})")
