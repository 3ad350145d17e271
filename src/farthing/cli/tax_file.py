"""A file of tax rules in YAML: its numbers are read as they are written, and a name that stands twice is refused."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from farthing.catalogues.not_yaml import not_yaml
from farthing.core.refused import Refused

_MOST_BYTES = 2_000_000
_AS_TEXT = ("tag:yaml.org,2002:float", "tag:yaml.org,2002:int", "tag:yaml.org,2002:timestamp")


class _Loader(yaml.SafeLoader):
    """Numbers and days stay the text they are, so that no digit is lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = [self.construct_object(name, deep=True) for name, _ in node.value]
        for place, name in enumerate(names):
            if name in names[:place]:
                line = node.value[place][0].start_mark.line + 1
                raise Refused(f"“{name}” stands twice in one place, the second time in line {line}; keep one of them.")
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _AS_TEXT]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_tax_file(file: Path) -> dict[str, Any]:
    """What the file says, as plain data; refuses, in a sentence, one that is no YAML of names and values."""
    try:
        written = file.read_bytes()
    except OSError as fault:
        raise Refused(f"{file} cannot be read: {(fault.strerror or 'no reason given').lower()}.") from None
    if len(written) > _MOST_BYTES:
        raise Refused(f"{file} has {len(written):,} bytes; tax rules take at most {_MOST_BYTES:,}.")
    try:
        text = written.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(f"{file} is not text in UTF-8; save it as that.") from None
    try:
        read = yaml.load(text, Loader=_Loader)  # Of the safe kind: it makes plain data and nothing else.
    except yaml.MarkedYAMLError as fault:
        raise Refused(f"{file}: {not_yaml(fault, text)}") from None
    except (yaml.YAMLError, RecursionError, TypeError):
        raise Refused(f"{file} is not YAML that can be read; look at its characters and how deep it goes.") from None
    if not isinstance(read, dict):
        raise Refused(f"{file} holds no tax rules; write “rules:” and a list.")
    return read


def tax_file_text(terms: dict[str, Any]) -> str:
    """Rules as a file that `read_tax_file` reads."""
    return yaml.safe_dump(terms, allow_unicode=True, sort_keys=False, width=120)
