"""A YAML file in which every value is text as it was written, so that no digit of an amount is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from farthing.catalogues.not_yaml import not_yaml
from farthing.core.refused import Refused

_MOST_BYTES = 16 * 1024 * 1024


def read_yaml(file: Path) -> Any:
    """What the file says; refuses, in a sentence, what cannot be read."""
    try:
        read = file.read_bytes()
    except OSError as fault:
        raise Refused(f"{file} cannot be read: {(fault.strerror or 'no reason given').lower()}.") from None
    if len(read) > _MOST_BYTES:
        raise Refused(f"{file} has more than 16 MB; this is more than such a file says.")
    try:
        text = read.decode("utf-8-sig")
        return yaml.load(text, Loader=yaml.BaseLoader)
    except UnicodeDecodeError:
        raise Refused(f"{file} is not written in UTF-8; save it so.") from None
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        place = "" if mark is None else f", line {mark.line + 1}"
        raise Refused(f"{file}{place}: {not_yaml(fault, text)}") from None
    except (yaml.YAMLError, RecursionError):
        raise Refused(f"{file} is not YAML; write it as the guide to the books shows.") from None
