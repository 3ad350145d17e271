"""The core has no clock, no chance, no floats and no doors, and one place in it rounds."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repo.repo_files import CORE, ROOT, modules, short

CLOCKS_AND_CHANCE = {"today", "utcnow", "uuid1", "uuid4", "environ", "getenv", "urandom"}
DOORS = {"open", "print", "input", "exec", "eval", "breakpoint", "__import__"}
OUTSIDE = {"os", "sys", "io", "time", "random", "secrets", "pathlib", "socket", "subprocess", "logging", "locale"}


def impurities(tree: ast.AST) -> Iterator[str]:
    """What a syntax tree does that the core may not."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (f"imports {name.name}" for name in names if name.name.split(".")[0] in OUTSIDE)
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in OUTSIDE:
                yield f"imports from {module}"
            case ast.ImportFrom(names=names):
                yield from (f"imports {name.name}" for name in names if name.name in CLOCKS_AND_CHANCE)
            case ast.Attribute(attr=attr) if attr in CLOCKS_AND_CHANCE:
                yield f"reads {attr}"
            case ast.Attribute(attr="now", value=value) if not (isinstance(value, ast.Name) and value.id == "self"):
                yield "asks what time it is"
            case ast.Name(id=name) if name in CLOCKS_AND_CHANCE or name in DOORS:
                yield f"uses {name}"
            case ast.Name(id="float" | "complex"):
                yield "makes a float"
            case ast.Constant(value=float() | complex()):
                yield f"writes the float {node.value!r}"
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                yield "divides, which gives a float or loses a digit; use Fraction"


def roundings(tree: ast.AST) -> Iterator[str]:
    """Where a syntax tree rounds."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) if re.fullmatch(
                r"round|quantize|to_integral\w*|ROUND_\w+|ceil|floor|trunc", name
            ):
                yield name
            case ast.ImportFrom(names=names):
                yield from (name.name for name in names if name.name.startswith("ROUND_"))


def _tree(path: Path) -> ast.AST:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", modules(CORE), ids=short)
def test_a_module_of_the_core_has_no_clock_no_chance_no_float_and_no_door(path: Path) -> None:
    assert list(impurities(_tree(path))) == []


@pytest.mark.parametrize(
    "source",
    [
        "datetime.now(UTC)",
        "clock = datetime.now",
        "date.today()",
        "uuid.uuid4()",
        "from uuid import uuid4",
        "import random",
        "from os import path",
        "import os.path",
        "import time",
        "open('x')",
        "print(1)",
        "float('1.5')",
        "x = 1.5",
        "x = 1e3",
        "x = a / b",
        "x /= 2",
    ],
)
def test_what_the_core_may_not_do_is_seen(source: str) -> None:
    assert list(impurities(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import date, datetime, time",
        "x = max(now, last)",
        "seller = self.now(world)",
        "x = a // b",
        "from uuid import UUID",
        "x = 'print 1.5'",
    ],
)
def test_what_the_core_may_do_is_let_be(source: str) -> None:
    assert list(impurities(ast.parse(source))) == []


MONEY_IS_DECIDED_IN = [CORE, ROOT / "src" / "farthing" / "usecases"]


@pytest.mark.parametrize(
    "path",
    [path for folder in MONEY_IS_DECIDED_IN for path in modules(folder) if path != CORE / "money.py"],
    ids=short,
)
def test_only_money_rounds(path: Path) -> None:
    """INV-17"""
    assert list(roundings(_tree(path))) == []


@pytest.mark.parametrize(
    "source",
    [
        "round(x, 2)",
        "x.quantize(cent)",
        "from decimal import ROUND_HALF_UP",
        "decimal.ROUND_DOWN",
        "math.ceil(x)",
        "x.to_integral_value()",
    ],
)
def test_a_rounding_is_seen(source: str) -> None:
    assert list(roundings(ast.parse(source)))
