"""Opening the installation that a command is about."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from farthing.settings import Settings, load
from farthing.usecases.ports import SellerStore
from farthing.wiring import Wired


@dataclass(frozen=True, slots=True)
class Opened:
    """An open installation, its seller's store, and the seller's time, read once."""

    wired: Wired
    store: SellerStore
    now: datetime


def settings_of(context: click.Context) -> Settings:
    """The settings of the installation that --home, the environment or the default names."""
    root = context.find_root()
    home = root.params.get("home")
    return load(None if home is None else Path(home))


@contextmanager
def opened() -> Iterator[Opened]:
    """The installation, for the length of a command."""
    with Wired(settings_of(click.get_current_context())) as wired:
        store = wired.store
        yield Opened(wired, store, now=wired.now(store))
