"""A price is one position of an invoice: a fee, or what a meter's quantity costs, and all the rules that go with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from farthing.core.metering.filter import All, Filter, Not, apart
from farthing.core.metering.meter import Meter
from farthing.core.money import plain
from farthing.core.pricing.event_priced import EventPriced
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.graduated_percentage import GraduatedPercentage
from farthing.core.pricing.matrix import Matrix
from farthing.core.pricing.modifiers import Modifiers
from farthing.core.pricing.package import Package
from farthing.core.pricing.percentage import Percentage
from farthing.core.pricing.shapes import Shape, Single
from farthing.core.pricing.transform import Transform
from farthing.core.refused import Refused

# What is measured by adding up can be added up over several periods, and priced event by event.
_ADDITIVE = ("count", "sum")
_ACCUMULATES = ("graduated", "volume", "package", "per_unit")
# What is sold, to taxes, where nobody says otherwise.
STANDARD_CATEGORY = "standard"
TAX_CATEGORY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_OF_AN_AMOUNT = (Percentage, GraduatedPercentage, EventPriced)


class Timing(StrEnum):
    """When a fee is charged: before its period, after it, or a single time. Usage is always charged after."""

    ADVANCE = "advance"
    ARREARS = "arrears"
    ONCE = "once"


class Ladder(StrEnum):
    """Whether each group climbs the tiers by itself, or all groups share one ladder."""

    OWN = "own"
    SHARED = "shared"


class Accumulate(StrEnum):
    """How long a quantity grows before its tiers start again."""

    PERIOD = "period"
    CONTRACT_YEAR = "contract_year"
    CONTRACT = "contract"


class Proration(StrEnum):
    """How a part of a period is counted: by whole local days, by seconds, or as a whole one."""

    DAY = "day"
    SECOND = "second"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class CustomUnit:
    """What a price is written in instead of money, such as credits; one of them is worth `rate` of the currency."""

    key: str
    rate: Decimal

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise Refused(f"The unit “{self.key}” is worth {plain(self.rate)}; give more than 0.", field="units")


@dataclass(frozen=True, slots=True)
class Price:
    """One price of a plan: a fee, or what a meter's quantity costs.

    `quantity` names an agreed number, such as seats, that a fee is for. Of a meter's events a price takes those that
    its `where` matches and no earlier price took; `group_by` makes a cell of each value. A matrix is grouped by what
    chooses its branches, whether `group_by` says so or not. `per_group` applies the modifiers to each group by itself.
    """

    key: str
    name: str
    shape: Shape
    meter: Meter | None = None
    timing: Timing = Timing.ARREARS
    quantity: str | None = None
    where: Filter | None = None
    group_by: tuple[str, ...] = ()
    ladder: Ladder = Ladder.OWN
    transform: Transform = field(default_factory=Transform)
    modifiers: Modifiers = field(default_factory=Modifiers)
    accumulate: Accumulate = Accumulate.PERIOD
    prorate: Proration = Proration.DAY
    prorate_included: bool = False
    per_group: bool = False
    unit_of_account: CustomUnit | None = None
    tax_category: str = STANDARD_CATEGORY

    def __post_init__(self) -> None:
        if not TAX_CATEGORY.fullmatch(self.tax_category):
            self._refuse("takes a tax category as one word in small letters, such as standard or ebook",
                         field="tax_category")  # fmt: skip
        if self.meter is None:
            self._check_fee()
        else:
            self._check_usage(self.meter)
        if isinstance(self.shape, Package) and self.transform.included:
            self._refuse("is a package, which has its included units itself; add them up there", field="included")
        if isinstance(self.shape, Package) and self.prorate_included:
            self._refuse("is a package, whose included units are whole in any part of a period",
                         field="prorate_included")  # fmt: skip

    def shape_of(self, values: Sequence[str | None] = ()) -> Single:
        """The price of the cell with these group values, in the order of `group_by`."""
        if not isinstance(self.shape, Matrix):
            return self.shape
        return self.shape.shape_for(values[: len(self.shape.by)])

    @property
    def _branches(self) -> tuple[Single, ...]:
        if isinstance(self.shape, Matrix):
            return (*(branch.shape for branch in self.shape.cells), self.shape.default)
        return (self.shape,)

    def _check_fee(self) -> None:
        if isinstance(self.shape, Matrix):
            self._refuse("needs a meter: a matrix is chosen by values of its events", field="meter")
        if isinstance(self.shape, _OF_AN_AMOUNT):
            self._refuse(f"needs a meter: {self.shape.kind} is of an amount that is measured", field="meter")
        if self.quantity is None and not isinstance(self.shape, Flat):
            self._refuse("needs a meter: only a flat fee does without, or one for an agreed “quantity”", field="meter")
        if self.quantity is not None and isinstance(self.shape, Flat):
            self._refuse("is a flat fee, which takes no quantity; per_unit is for each of them", field="quantity")
        if isinstance(self.shape, Flat) and not self.transform.changes_nothing:
            self._refuse("is a flat fee, which has no quantity to convert or include", field="shape")
        for name, given in (
            ("where", self.where is not None),
            ("group_by", bool(self.group_by)),
            ("ladder", self.ladder is not Ladder.OWN),
            ("per_group", self.per_group),
            ("accumulate", self.accumulate is not Accumulate.PERIOD),
        ):
            if given:
                self._refuse(f"has no meter, so it takes no {name}", field=name)

    def _check_usage(self, meter: Meter) -> None:
        if isinstance(self.shape, Flat):
            self._refuse("is a flat fee, which takes no meter", field="meter")
        if self.quantity is not None:
            self._refuse("has both a meter and an agreed quantity; keep one of them", field="quantity")
        if self.timing is not Timing.ARREARS:
            self._refuse("is for usage, which is charged in arrears", field="charged")
        if isinstance(self.shape, Matrix):
            # Frozen, but not finished yet: whoever compares two prices finds the same groups.
            object.__setattr__(self, "group_by", tuple(dict.fromkeys((*self.shape.by, *self.group_by))))
        if isinstance(self.shape, EventPriced) and meter.measure.kind != "sum":
            self._refuse(f"adds up amounts, so its meter must be a sum, not {meter.measure.kind}", field="meter")
        if self.shape.needs_amounts:
            if meter.measure.kind != "sum":
                self._refuse(
                    f"looks at the amount of each event, so its meter must be a sum, not {meter.measure.kind}",
                    field="meter",
                )
            if not self.transform.changes_nothing:
                self._refuse(
                    "looks at the amount of each event, so nothing can be converted or included after measuring; "
                    "convert in the meter's “value”, and include with free_amount",
                    field="shape",
                )
        if self.ladder is Ladder.SHARED and not self.group_by:
            self._refuse("shares one ladder between groups, but has no group_by", field="ladder")
        if self.ladder is Ladder.SHARED and any(isinstance(each, Percentage) for each in self._branches):
            self._refuse("prices each event by itself, so its groups have no ladder to share", field="ladder")
        if self.per_group and (not self.group_by or self.modifiers == Modifiers()):
            self._refuse("is modified per group, but has no group_by, or no discount, minimum or maximum",
                         field="per_group")  # fmt: skip
        if self.accumulate is not Accumulate.PERIOD:
            if self.shape.kind not in _ACCUMULATES:
                self._refuse(
                    f"accumulates over periods, which {', '.join(_ACCUMULATES)} can, but {self.shape.kind} cannot",
                    field="accumulate",
                )
            if meter.measure.kind not in _ADDITIVE:
                self._refuse(
                    f"accumulates over periods, so its meter must be a count or a sum, not {meter.measure.kind}",
                    field="accumulate",
                )

    def _refuse(self, what: str, *, field: str) -> None:
        raise Refused(f"The price “{self.key}” {what}.", field=field)


def effective_filter(prices: Sequence[Price], price: Price) -> Filter | None:
    """Which of its meter's events a price takes: those that it asks for and no earlier price of the meter took.

    An earlier price that could take none of them is not spoken of, so that of a hundred models each is its own alone.
    """
    assert price.meter is not None, f"{price.key} is a fee"
    parts: list[Filter] = [] if price.where is None else [price.where]
    for earlier in prices:
        if earlier.key == price.key:
            break
        if earlier.meter is not None and earlier.meter.key == price.meter.key:
            assert earlier.where is not None, f"{earlier.key} leaves nothing for {price.key}"
            if price.where is None or not apart(price.where, earlier.where):
                parts.append(Not(earlier.where))
    if len(parts) < 2:
        return parts[0] if parts else None
    return All(tuple(parts))


def check_prices(prices: Sequence[Price], *, of: str) -> None:
    """Refuses prices that would charge the same usage twice, or leave some of it without a price."""
    by_usage: dict[tuple[object, ...], Price] = {}
    by_meter: dict[str, list[Price]] = {}
    units: dict[str, CustomUnit] = {}
    keys: set[str] = set()
    for price in prices:
        # A charge is known by its price's key (INV-07), a frozen meter by its own.
        if price.key in keys:
            raise Refused(f"Two prices of {of} have the key “{price.key}”; rename one.", field="prices")
        keys.add(price.key)
        unit = price.unit_of_account
        if unit is not None and units.setdefault(unit.key, unit) != unit:
            raise Refused(f"The unit “{unit.key}” has two values in {of}; one is enough.", field="units")
        meter = price.meter
        if meter is None:
            continue
        same_meter = by_meter.setdefault(meter.key, [])
        if same_meter and same_meter[0].meter != meter:
            raise Refused(f"{_opened(of)} uses two versions of the meter “{meter.key}”; one is enough.", field="prices")
        first = by_usage.setdefault((meter.event_type, meter.measure, meter.where), price)
        assert first.meter is not None, "it is a price of usage"
        if first.meter.key != meter.key or (same_meter and same_meter[-1].where is None and price.where is None):
            raise Refused(
                f"The prices “{first.key if first.meter.key != meter.key else same_meter[-1].key}” and “{price.key}” "
                f"of {of} both price the same usage (meter “{meter.key}”); it may be priced once only.",
                field="prices",
            )
        if same_meter and same_meter[-1].where is None:
            raise Refused(
                f"The price “{price.key}” of {of} is never reached: “{same_meter[-1].key}” before it takes all events "
                f"of the meter “{meter.key}”; put it first.",
                field="prices",
            )
        same_meter.append(price)
    for meter_key, same_meter in by_meter.items():
        if same_meter[-1].where is not None:
            raise Refused(
                f"Every price of the meter “{meter_key}” in {of} has a “where”, so the rest would be dropped; add a "
                "price without one after them, with “shape: free” if it is to cost nothing.",
                field="prices",
            )


def _opened(of: str) -> str:
    return f"{of[0].upper()}{of[1:]}"
