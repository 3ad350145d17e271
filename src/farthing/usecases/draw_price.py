"""What a picture of a price shows: its amount against the quantity, and where the quantity in question stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from farthing.core.exact import ZERO, Exact, Rounding, add, divide, multiply, subtract
from farthing.core.metering.meter import Measured
from farthing.core.money import Currency
from farthing.core.pricing.capacity import Capacity
from farthing.core.pricing.event_priced import EventPriced
from farthing.core.pricing.graduated import Graduated
from farthing.core.pricing.graduated_percentage import GraduatedPercentage
from farthing.core.pricing.modifiers import Discount, Modifiers
from farthing.core.pricing.package import Package
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.percentage import Percentage
from farthing.core.pricing.plan import Price
from farthing.core.pricing.shapes import Single
from farthing.core.pricing.stairstep import Stairstep
from farthing.core.pricing.volume import Volume
from farthing.core.rating.cells import rate_cells
from farthing.core.rating.line import added, exact_parts
from farthing.core.refused import Refused
from farthing.usecases.price_curve import Curve, Point, room_for, trace
from farthing.usecases.price_usage import Priced, group_of, price_named

_STEPS_SHOWN = Decimal(8)
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Picture:
    """What is to be drawn; `marked` is the quantity that was priced, None when it is not one point of the curve."""

    name: str
    quantity_in: str
    amount_in: str
    curve: Curve
    marked: Point | None


def draw_price(
    priced: Priced, name: str, of: Mapping[str, str | None] | None = None, *, up_to: Decimal | None = None
) -> Picture:
    """The picture of a price, by its key or what it is for; from 0 to `up_to`, or until all its tiers are seen."""
    price = _named(priced, name)
    group = group_of(price, of or {})
    amount_of = amount_by_quantity(price, group, in_currency=priced.plan.currency)
    marked = _marked(priced, price, group, amount_of)
    if up_to is None:
        low, high = room_for([*_bounds(price, group), *([] if marked is None else [marked.quantity])])
    else:
        low, high = min(ZERO, up_to), max(ZERO, up_to)
        marked = marked if marked is not None and low <= marked.quantity <= high else None
    if low == high:
        raise Refused("A picture to 0 shows nothing; give another quantity to draw to.", field="up_to")
    values = ", ".join(f"{key} {value}" for key, value in zip(price.group_by, group, strict=True) if value is not None)
    return Picture(
        name=f"{price.name}, {values}" if values else price.name,
        quantity_in=(price.quantity or "") if price.meter is None else price.meter.unit or price.meter.key,
        amount_in=priced.plan.currency.code,
        curve=trace(amount_of, low, high),
        marked=marked,
    )


def amount_by_quantity(
    price: Price, group: tuple[str | None, ...], *, in_currency: Currency
) -> Callable[[Exact], Exact]:
    """What a quantity alone costs at this price, before rounding; as one event where events matter."""
    one_by_one = price.shape_of(group).needs_amounts

    def amount_of(quantity: Exact) -> Exact:
        measured = Measured(group, quantity, events=1, amounts=(quantity,) if one_by_one else None)
        rated = rate_cells(price, (measured,), in_currency=in_currency)
        steps = [step for cell in rated.cells for step in cell.steps]
        return added(exact_parts(steps, rated.modifications, rate=price.unit_of_account))

    return amount_of


def _named(priced: Priced, name: str) -> Price:
    """The price: by its own key, or by its meter or agreed quantity where only one is for that."""
    for price in priced.prices:
        if price.key == name:
            break
    else:
        of_quantity = [price for price in priced.prices if price.quantity == name]
        price = of_quantity[0] if len(of_quantity) == 1 else price_named(priced.prices, name)
    if price.meter is None and price.quantity is None:
        raise Refused(f"The price “{price.key}” is a fee of one amount, so there is nothing to draw.", field="price")
    return price


def _marked(
    priced: Priced, price: Price, group: tuple[str | None, ...], amount_of: Callable[[Exact], Exact]
) -> Point | None:
    """What was priced, when there was any and its amount is on the curve: that of several events may not be."""
    line = priced.line_of(price)
    if price.meter is None:
        return Point(Fraction(line.line.quantity), Fraction(line.line.exact))
    cells = [cell for cell in line.measured if cell.of == group]
    if not cells or not cells[0].quantity:
        return None
    point = Point(Fraction(cells[0].quantity), Fraction(amount_of(cells[0].quantity)))
    return point if len(line.measured) > 1 or point.amount == line.line.exact else None


def _bounds(price: Price, group: tuple[str | None, ...]) -> list[Exact]:
    """The measured quantities at which something happens, as far as the terms of the price tell."""
    transform, conversion = price.transform, price.transform.conversion
    priced = _bounds_of(price.shape_of(group), price.modifiers)
    if not priced and conversion is not None and conversion.rounding is not Rounding.NONE:
        priced = [multiply(_STEPS_SHOWN, Decimal((0, (1,), -conversion.precision)))]
    if not priced and transform.included:
        priced = [transform.included]
    measured = [add(bound, transform.included) for bound in priced]
    if conversion is None:
        return measured
    back = multiply if conversion.divides else divide
    return [back(bound, conversion.factor) for bound in measured]


def _bounds_of(shape: Single, modifiers: Modifiers) -> list[Exact]:
    """The quantities after conversion and included units at which a shape, or what modifies it, turns."""
    match shape:
        case Graduated(tiers=tiers) | Volume(tiers=tiers):
            return [tier.up_to for tier in tiers if tier.up_to is not None]
        case GraduatedPercentage(tiers=of_rates):
            return [tier.up_to for tier in of_rates if tier.up_to is not None]
        case Stairstep(tiers=rungs) | Capacity(tiers=rungs):
            return [rung.up_to for rung in rungs if rung.up_to is not None]
        case Package(size=size, included=included):
            return [add(included, multiply(size, _STEPS_SHOWN))]
        case Percentage(rate=rate, per_event=fee, free_amount=free):
            bounds = (shape.minimum_per_event, shape.maximum_per_event)
            reached = [divide(subtract(bound, fee), rate) for bound in bounds if rate and bound is not None]
            return [add(bound, free or ZERO) for bound in (free or ZERO, *reached) if bound > 0]
        case PerUnit(unit=unit) | EventPriced(multiplier=unit) if unit:
            return [divide(amount, abs(unit)) for amount in _amounts_of(modifiers)]
    return []


def _amounts_of(modifiers: Modifiers) -> list[Exact]:
    """The amounts before modifiers at which one of them begins or ends to matter."""
    discount = modifiers.discount or Discount(percent=ZERO)
    bounds = [bound for bound in (modifiers.minimum, modifiers.maximum) if bound is not None]
    if discount.percent is None:
        return [add(bound, discount.amount or ZERO) for bound in (ZERO, *bounds)]
    left = subtract(_HUNDRED, discount.percent)
    return [divide(multiply(bound, _HUNDRED), left) for bound in bounds] if left else []
