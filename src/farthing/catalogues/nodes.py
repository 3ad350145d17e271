"""Where things stand in a YAML file: its parts, the line and column of each, and what is wrong there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from farthing.catalogues.not_yaml import not_yaml
from farthing.core.money import exact_decimal

MOST_BYTES = 1024 * 1024
MOST_NODES = 100_000
MOST_DEEP = 40

_NULL, _BOOL, _MERGE = "tag:yaml.org,2002:null", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:merge"
_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """What is wrong at a line and column, both from 1."""

    line: int
    column: int
    sentence: str


class Mistakes(Exception):
    """All that is wrong with a file, in the order of its lines."""

    def __init__(self, found: list[Mistake]) -> None:
        super().__init__(f"{len(found)} mistakes")
        self.found = sorted(set(found))


@dataclass(frozen=True, slots=True)
class Part:
    """A value of the file, and the name before it, if it has one."""

    node: yaml.Node
    name: yaml.Node | None = None

    @property
    def is_names(self) -> bool:
        """Whether it is names, each with its value."""
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def is_nothing(self) -> bool:
        """Whether nothing, or null, is written there."""
        return isinstance(self.node, yaml.ScalarNode) and self.node.tag == _NULL

    @property
    def is_single(self) -> bool:
        """Whether it is a single value, or nothing."""
        return isinstance(self.node, yaml.ScalarNode)

    @property
    def is_unwritten(self) -> bool:
        """Whether nothing at all is written there, not even null."""
        return self.is_nothing and not self.node.value

    @property
    def is_in_braces(self) -> bool:
        """Whether it is names within braces, where a comma ends a value."""
        return isinstance(self.node, yaml.MappingNode) and bool(self.node.flow_style)

    def with_value(self, value: str) -> Part:
        """Another single value at the same place."""
        node = yaml.ScalarNode(_NUMBERS[0], value, self.node.start_mark, self.node.end_mark)
        return Part(node, self.name)

    @property
    def value(self) -> Any:
        """The single value: true, false, None, or the text that was written, so that no number is ever a float."""
        assert isinstance(self.node, yaml.ScalarNode), "a single value"
        return single_value(self.node.tag, self.node.value)

    @property
    def json_value(self) -> Any:
        """The single value as JSON has it; raises ValueError or Refused for a number that it lacks."""
        assert isinstance(self.node, yaml.ScalarNode), "a single value"
        return json_value(self.node.tag, self.node.value)

    def members(self) -> Iterator[tuple[str, Part]]:
        """The names and their values; what “<<” brings in comes where no name of its own says otherwise."""
        assert isinstance(self.node, yaml.MappingNode), "names with values"
        merged: list[yaml.Node] = []
        own: set[str] = set()
        for name_node, value in self.node.value:
            if name_node.tag == _MERGE:
                merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
                continue
            name = name_node.value if isinstance(name_node, yaml.ScalarNode) else ""
            own.add(name)
            yield name, Part(value, name_node)
        for source in merged:
            for name, part in Part(source).members() if isinstance(source, yaml.MappingNode) else ():
                if name not in own:
                    own.add(name)
                    yield name, part

    def items(self) -> list[Part]:
        """The items of a list."""
        assert isinstance(self.node, yaml.SequenceNode), "a list"
        return [Part(item) for item in self.node.value]

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands; where its name does, when it goes over lines of its own, or nothing stands there."""
        node = self.node
        over_lines = isinstance(node, yaml.CollectionNode) and not node.flow_style
        if self.name is not None and (over_lines or (self.is_nothing and not node.value)):
            node = self.name
        return node.start_mark.line + 1, node.start_mark.column + 1

    @property
    def place_of_name(self) -> tuple[int, int]:
        """Where its name stands."""
        node = self.name or self.node
        return node.start_mark.line + 1, node.start_mark.column + 1


def single_value(tag: str, written: str) -> Any:
    """What a single value of a file means: only null, true and false are more than their text.

    >>> single_value("tag:yaml.org,2002:float", "1_000.50"), single_value("tag:yaml.org,2002:bool", "no")
    ('1000.50', 'no')
    """
    if tag == _NULL:
        return None
    if tag == _BOOL and written.lower() in ("true", "false"):
        return written.lower() == "true"
    return written.replace("_", "") if tag in _NUMBERS else written


def json_value(tag: str, written: str) -> Any:
    """The same where JSON is meant: a number is one, whole or exact; raises ValueError for one that JSON lacks.

    >>> json_value("tag:yaml.org,2002:float", "1_000.50"), json_value("tag:yaml.org,2002:str", "5")
    (Decimal('1000.50'), '5')
    """
    value = single_value(tag, written)
    if tag not in _NUMBERS:
        return value
    if not _JSON_NUMBER.fullmatch(value):
        raise ValueError(value)
    return int(value) if value.lstrip("-").isdigit() else exact_decimal(value)


def root_of(written: bytes) -> Part:
    """The file as parts that know where they stand."""
    if len(written) > MOST_BYTES:
        raise Mistakes([Mistake(1, 1, "The file is larger than 1 MB, which no catalogue is.")])
    try:
        root = yaml.compose(written.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as fault:
        line = written.count(b"\n", 0, fault.start) + 1
        raise Mistakes([Mistake(line, 1, "This line is not UTF-8; save the file as UTF-8.")]) from None
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise Mistakes([Mistake(line, column, not_yaml(fault, written.decode("utf-8-sig")))]) from None
    except yaml.YAMLError:
        raise Mistakes([Mistake(1, 1, "The file holds characters that no YAML file may hold.")]) from None
    except RecursionError:
        raise Mistakes([Mistake(1, 1, "The file is nested too deeply.")]) from None
    if root is None:
        raise Mistakes([Mistake(1, 1, "The file is empty; see examples/catalog.yaml for a whole one.")])
    _refuse_endless(root)
    return Part(root)


def _refuse_endless(root: yaml.Node) -> None:
    """Refuses what refers to itself, or to so much that reading it would never end."""
    seen = 0
    waiting: list[tuple[yaml.Node, int]] = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        seen += 1
        if seen > MOST_NODES or depth > MOST_DEEP:
            mark = node.start_mark
            told = "This refers to itself, or to too much; write it out."
            raise Mistakes([Mistake(mark.line + 1, mark.column + 1, told)])
        if isinstance(node, yaml.MappingNode):
            waiting += [(each, depth + 1) for pair in node.value for each in pair]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [(each, depth + 1) for each in node.value]
