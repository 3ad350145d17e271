"""The examples in the Slack modules are true."""

import doctest
import importlib
import pkgutil

import pytest

import farthing.slack

MODULES = sorted(module.name for module in pkgutil.walk_packages(farthing.slack.__path__, "farthing.slack."))


@pytest.mark.parametrize("name", MODULES)
def test_every_example_is_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
