"""Which events kept apart a command is about, as people say it on the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import click

from farthing.cli.days import day_from
from farthing.core.metering.event import instant
from farthing.core.refused import Refused
from farthing.usecases.apart_places import place_of
from farthing.usecases.ports import ApartPlace, ApartWhich

_NAMES = ("reason", "type", "subject", "source", "since", "before")


class Moment(click.ParamType[datetime]):
    """An option that takes an instant, or a day for its first instant in UTC."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The instant, or a sentence."""
        if isinstance(value, datetime):
            return value
        written = str(value).strip()
        try:
            if "T" in written or ":" in written:
                return instant(written)
            day = day_from(written)
        except Refused as fault:
            self.fail(fault.sentence, param, ctx)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)


class Place(click.ParamType[ApartPlace]):
    """An option that takes the place where a list ended."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> ApartPlace:
        """The place, or a sentence."""
        if isinstance(value, ApartPlace):
            return value
        try:
            place = place_of(str(value))
        except Refused as fault:
            self.fail(fault.sentence, param, ctx)
        assert place is not None, "what is written is a place or is refused"
        return place


MOMENT = Moment()
PLACE = Place()


def filters(command: Callable[..., None]) -> Callable[..., None]:
    """The options that narrow down the events in quarantine; `which` makes one question of them."""
    for option in (
        click.option("--before", type=MOMENT, help="Those received before this day or instant (UTC)."),
        click.option("--since", type=MOMENT, help="Those received on this day or at this instant (UTC), or later."),
        click.option("--source", help="Those of this source."),
        click.option("--subject", help="Those of this subject: the customer's key."),
        click.option("--type", help="Those of this event type."),
        click.option("--reason", help="Those whose reason contains this."),
    ):
        command = option(command)
    return command


def which(said: Mapping[str, Any], **more: Any) -> ApartWhich:
    """The events that the options ask for."""
    return ApartWhich(**{name: said[name] for name in _NAMES}, **more)
