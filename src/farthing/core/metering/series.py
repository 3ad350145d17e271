"""Series: one meter reads several counters or levels at once, such as one for each host, and adds them up."""

from collections.abc import Mapping
from typing import Any

from farthing.core.metering.value import text_of

Series = tuple[str | None, ...]


def series_of(data: Mapping[str, Any], names: tuple[str, ...]) -> Series:
    """Which series an event belongs to; those that lack a name are a series of their own.

    >>> series_of({"host": "a", "disk": 1}, ("host", "disk", "zone"))
    ('a', '1', None)
    """
    return tuple(text_of(data.get(name)) for name in names)
