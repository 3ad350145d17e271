"""Months as people type them."""

from typing import Any

import click

from farthing.core.ledger.month import Month, month_from
from farthing.core.refused import Refused


class MonthType(click.ParamType[Month]):
    """An option or argument that takes a month."""

    name = "month"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Month:
        """The month, or a sentence."""
        if isinstance(value, Month):
            return value
        try:
            return month_from(str(value))
        except Refused as fault:
            self.fail(fault.sentence, param, ctx)


MONTH = MonthType()
