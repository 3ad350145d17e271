"""The examples in the simulator's own docstrings hold."""

import doctest
import importlib
import pkgutil

import pytest

import farthing_slacksim

MODULES = [found.name for found in pkgutil.walk_packages(farthing_slacksim.__path__, "farthing_slacksim.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    found = [doctest.testmod(importlib.import_module(name)).attempted for name in MODULES]
    assert sum(found) >= 10
