"""What a picture of a price shows: its amount against one quantity, all else held as stated, and where that stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from farthing.core.exact import ZERO, Exact, Rounding, add, divide, multiply, subtract
from farthing.core.metering.meter import Group, Measured, order_of
from farthing.core.money import Currency
from farthing.core.pricing.capacity import Capacity
from farthing.core.pricing.event_priced import EventPriced
from farthing.core.pricing.graduated import Graduated
from farthing.core.pricing.graduated_percentage import GraduatedPercentage
from farthing.core.pricing.modifiers import Discount, Modifiers
from farthing.core.pricing.package import Package
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.percentage import Percentage
from farthing.core.pricing.plan import Ladder, Price
from farthing.core.pricing.shapes import Single
from farthing.core.pricing.stairstep import Stairstep
from farthing.core.pricing.volume import Volume
from farthing.core.rating.cells import rate_cells
from farthing.core.rating.line import added, exact_parts
from farthing.core.rating.written import digits
from farthing.core.refused import Refused
from farthing.usecases.price_curve import Curve, Point, room_for, trace
from farthing.usecases.price_usage import Priced, check_number, group_of, price_named, unknown

# Groups that must be rated again for every point of a curve; those that can be put together count as one.
MOST_GROUPS = 200
_COUNTED = ("count", "unique", "seats")
_STEPS_SHOWN = Decimal(8)
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Picture:
    """What is to be drawn; `marked` is what was priced, None when that is not one point of the curve.

    `note` says what besides the quantity makes the amount, and `in_all` that it is that of other groups too; `whole`,
    that the quantity is counted.
    """

    name: str
    note: str
    in_all: bool
    quantity_in: str
    amount_in: str
    curve: Curve
    marked: Point | None
    whole: bool


@dataclass(frozen=True, slots=True)
class Held:
    """What of a line stays as it is while the quantity of one group changes."""

    price: Price
    group: Group = ()
    others: tuple[Measured, ...] = ()
    earlier: tuple[Measured, ...] = ()
    events: int = 1

    def measured(self, quantity: Exact) -> Measured:
        """The group with another quantity: a single event where each is looked at, else in as many as were stated."""
        price = self.price
        if price.shape_of(self.group).needs_amounts:
            return Measured(self.group, quantity, events=1, amounts=(quantity,))
        counted = price.meter is not None and price.meter.measure.kind == "count"
        events = max(0, int(quantity // 1)) if counted else self.events
        return Measured(self.group, quantity, events, amounts=() if price.shape.needs_amounts else None)

    @property
    def before(self) -> Exact:
        """What was used earlier of all that climbs with the group."""
        shared = self.price.ladder is Ladder.SHARED
        return added(cell.quantity for cell in self.earlier if shared or cell.of == self.group)

    @property
    def climbed(self) -> Exact:
        """How far up its ladder the group begins."""
        shared = self.price.ladder is Ladder.SHARED
        return add(self.before, added(cell.quantity for cell in self.others)) if shared else self.before


def draw_price(
    priced: Priced, name: str, of: Mapping[str, str | None] | None = None, *, up_to: Decimal | None = None
) -> Picture:
    """The picture of a price, by its key or what it is for; from 0 to `up_to`, or until all its tiers are seen.

    It is of one group, which may be left out where only one was stated; the amount is that of the whole line.
    """
    price = _named(priced, name)
    if price.quantity is not None and up_to is not None:
        check_number(price.quantity, up_to)
    line = priced.line_of(price)
    cells = line.measured if price.meter is not None else ()
    group = _group(price, of or {}, cells)
    stated = next((cell for cell in cells if cell.of == group), None)
    held = Held(
        price,
        group,
        others=tuple(cell for cell in cells if cell.of != group),
        earlier=() if line.rests.earlier is None else line.rests.earlier.cells,
        events=stated.events if stated is not None and (stated.quantity or stated.events) else 1,
    )
    amount_of = amount_by_quantity(held, in_currency=priced.plan.currency)
    quantity = line.line.quantity if price.meter is None else ZERO if stated is None else stated.quantity
    marked = Point(Fraction(quantity), Fraction(line.line.exact))
    # The amounts of several events are not one point of the curve of a single one; and of nothing, nothing is marked.
    told = (quantity or price.meter is None) and amount_of(quantity) == line.line.exact
    whole = price.meter is None or price.meter.measure.kind in _COUNTED
    low, high = _range(held, [marked.quantity] if told else [], up_to, whole=whole)
    return Picture(
        name=", ".join([price.name, *_values(price, group, missing=bool(cells))]),
        note=_note(held, several=stated is not None and stated.events > 1),
        in_all=bool(held.others),
        quantity_in=(price.quantity or "") if price.meter is None else price.meter.unit or price.meter.key,
        amount_in=priced.plan.currency.code,
        curve=trace(amount_of, low, high),
        marked=marked if told and low <= marked.quantity <= high else None,
        whole=whole,
    )


def amount_by_quantity(held: Held, *, in_currency: Currency) -> Callable[[Exact], Exact]:
    """What the whole line costs with this quantity of the group, before rounding; all else is held."""
    price = held.price
    if price.ladder is Ladder.SHARED:
        others = _together(price, held.others, held.group)
        if len(others) > MOST_GROUPS:
            raise Refused(
                f"A picture with {len(others):,} other groups on its ladder would take too long; state at most "
                f"{MOST_GROUPS} of them.",
                field="usage",
            )

        def on_one_ladder(quantity: Exact) -> Exact:
            cells = sorted([*others, held.measured(quantity)], key=lambda cell: order_of(cell.of))
            return _exact(price, cells, held.earlier, in_currency=in_currency)

        return on_one_ladder
    # Each group has its own ladder, so that the others cost the same wherever this one stands.
    unmodified = price if price.per_group else replace(price, modifiers=Modifiers(), unit_of_account=None)
    fixed = _exact(unmodified, held.others, held.earlier, in_currency=in_currency) if held.others else ZERO
    own = [cell for cell in held.earlier if cell.of == held.group]

    def amount_of(quantity: Exact) -> Exact:
        exact = add(fixed, _exact(unmodified, [held.measured(quantity)], own, in_currency=in_currency))
        if unmodified is price:
            return exact
        exact = price.modifiers.modified(exact)
        return exact if price.unit_of_account is None else multiply(exact, price.unit_of_account.rate)

    return amount_of


def _exact(price: Price, cells: Sequence[Measured], earlier: Sequence[Measured], *, in_currency: Currency) -> Exact:
    rated = rate_cells(price, cells, in_currency=in_currency, earlier=earlier)
    steps = [step for cell in rated.cells for step in cell.steps]
    return added(exact_parts(steps, rated.modifications, rate=price.unit_of_account))


def _together(price: Price, others: Sequence[Measured], group: Group) -> list[Measured]:
    """Groups that follow one another up one ladder, at one shape, cost what their sum does: they are put together."""
    together: list[Measured] = []
    for cell in sorted(others, key=lambda cell: order_of(cell.of)):
        last = together[-1] if together else None
        beside = last is not None and not order_of(last.of) < order_of(group) < order_of(cell.of)
        if last is None or not beside or price.per_group or price.shape_of(last.of) != price.shape_of(cell.of):
            together.append(cell)
        else:
            both = add(last.quantity, cell.quantity)
            together[-1] = replace(last, quantity=both, events=last.events + cell.events)
    return together


def _named(priced: Priced, name: str) -> Price:
    """The price: by its own key, or by its meter or agreed quantity where only one is for that."""
    for price in priced.prices:
        if price.key == name:
            break
    else:
        of_quantity = [price for price in priced.prices if price.quantity == name]
        if not of_quantity and all(price.meter is None or price.meter.key != name for price in priced.prices):
            known = [price.key for price in priced.prices if price.meter is not None or price.quantity is not None]
            raise Refused(unknown("price", name, known, nothing="none of its prices can be drawn"), field="price")
        price = of_quantity[0] if len(of_quantity) == 1 else price_named(priced.prices, name)
    if price.meter is None and price.quantity is None:
        raise Refused(f"The price “{price.key}” is a fee of one amount, so there is nothing to draw.", field="price")
    return price


def _group(price: Price, of: Mapping[str, str | None], cells: Sequence[Measured]) -> Group:
    """The group that is meant: the only one that was stated, when none is named."""
    named = group_of(price, of)
    groups = [cell.of for cell in cells]
    if of or not groups or named in groups:
        return named
    if len(groups) > 1:
        pairs = zip(price.group_by, groups[0], strict=True)
        example = f"{price.key}:{','.join(f'{key}={value}' for key, value in pairs if value is not None)}"
        raise Refused(
            f"“{price.key}” was priced for {len(groups):,} groups; say which to draw, such as {example}.", field="price"
        )
    return groups[0]


def _values(price: Price, group: Group, *, missing: bool) -> list[str]:
    pairs = zip(price.group_by, group, strict=True)
    return [f"{key} {'missing' if value is None else value}" for key, value in pairs if missing or value is not None]


def _note(held: Held, *, several: bool) -> str:
    """What is held, in words; nothing where the quantity alone makes the amount."""
    words = []
    shape, others = held.price.shape_of(held.group), held.others
    if held.price.meter is not None and shape.needs_amounts:
        beside = ", so the several that were priced are not marked" if several else ""
        words.append(f"for a single event{beside}")
    elif isinstance(shape, Percentage) and shape.per_event and held.events > 1:
        words.append(f"in {held.events:,} events")
    if len(others) == 1:
        of = " ".join(_values(held.price, others[0].of, missing=True))
        words.append(f"with {of} held at {digits(Fraction(others[0].quantity))}")
    elif others:
        together = digits(Fraction(added(cell.quantity for cell in others)))
        words.append(f"with {len(others):,} other groups held at {together} together")
    if held.before:
        words.append(f"on top of {digits(Fraction(held.before))} used before")
    said = ", ".join(words)
    return f"{said[:1].upper()}{said[1:]}"


def _range(held: Held, marked: Sequence[Fraction], up_to: Decimal | None, *, whole: bool) -> tuple[Decimal, Decimal]:
    if up_to is None:
        bounds = _bounds(held.price, held.group)
        # The tiers that are climbed already lie to the left of what is drawn.
        ahead = [bound for bound in (subtract(each, held.climbed) for each in bounds) if bound > 0]
        return room_for([*(ahead if ahead or marked else bounds), *marked], whole=whole)
    if not up_to:
        raise Refused("A picture to 0 shows nothing; give another quantity to draw to.", field="up_to")
    return min(ZERO, up_to), max(ZERO, up_to)


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
