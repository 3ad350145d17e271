"""From a case's words to a shape of our algebra: every name that other engines give to a model, and to its parts."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from farthing.cli.cases.words import Unsupported, Words, exact_number
from farthing.core.exact import ONE, ZERO, Exact, Rounding, add, multiply
from farthing.core.money import Currency
from farthing.core.pricing.capacity import Capacity
from farthing.core.pricing.event_priced import EventPriced
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.free import Free
from farthing.core.pricing.graduated import Graduated
from farthing.core.pricing.graduated_percentage import GraduatedPercentage, RateTier
from farthing.core.pricing.ladder import Rung, Tier
from farthing.core.pricing.matrix import Branch, Matrix
from farthing.core.pricing.modifiers import Discount, Modifiers
from farthing.core.pricing.package import Package
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.percentage import Percentage
from farthing.core.pricing.shapes import Shape, Single
from farthing.core.pricing.stairstep import Stairstep
from farthing.core.pricing.transform import Conversion, Transform
from farthing.core.pricing.volume import Volume

MODEL = ("model", "charge_model", "pricing_model", "price_model", "billing_model", "shape", "price_type", "pricing")
UNIT_PRICE = ("unit_price", "unit", "unit_amount", "per_unit", "per_unit_amount", "price_per_unit", "price_per_seat",
              "seat_price", "amount_per_unit", "price")  # fmt: skip
FLAT_FEE = ("flat", "flat_fee", "flat_amount", "flat_price", "fee", "fixed_fee", "fixed_amount")
UP_TO = ("up_to", "upto", "to", "to_value", "last_unit", "max_units", "max_seats", "upper_bound", "maximum_amount",
         "max", "up_to_amount")  # fmt: skip
# What a tier begins at is the bound of the tier before it.
BEGINS = ("from", "from_value", "first_unit", "min_units", "min_seats", "lower_bound", "minimum_amount", "min")
BLOCK = ("block", "block_size", "package_size", "per")
PACKAGE_SIZE = ("package_size", "size", "units_per_package", "quantity_per_package", "divide_by", "divide")
RATE = ("rate", "fraction", "percentage_rate")
PERCENT = ("percent", "pct", "percentage", "percent_off", "percentage_off")
BASIS_POINTS = ("basis_points", "bps")
INCLUDED = ("included", "included_units", "free_units", "free_quantity", "included_quantity", "usage_discount",
            "free_usage", "allowance", "free", "discount_units", "units_discount", "free_tier")  # fmt: skip
UNBOUNDED = {"inf", "+inf", "infinity", "∞", "unlimited", "none", ""}

KINDS = {
    "per_unit": ("standard", "per_unit", "unit", "unit_price", "linear", "per_seat", "seat", "seats", "slot", "slots",
                 "seat_based", "metered_unit", "metered", "usage"),
    "flat": ("flat", "fixed", "fixed_fee", "fixed_price", "flat_fee", "flat_rate", "recurring", "subscription"),
    "package": ("package", "packages", "packaged", "per_package"),
    "graduated": ("graduated", "tiered", "slab", "tiered_graduated", "graduated_tiered", "tiered_slab", "tiers",
                  "all_tiers", "graduated_units", "tiered_unit"),
    "volume": ("volume", "bulk", "tiered_volume", "volume_tiered", "volume_units", "top_tier"),
    "stairstep": ("stairstep", "stair_step", "stairstep_flat", "step", "steps", "stair", "threshold_total"),
    "capacity": ("capacity", "capacity_in_arrear", "capacity_tiers", "peak"),
    "percentage": ("percentage", "percent", "bps", "rate"),
    "graduated_percentage": ("graduated_percentage", "tiered_percentage", "tiered_bps", "graduated_bps",
                             "percentage_graduated"),
    "event_priced": ("multiplier", "dynamic", "cost", "cost_plus", "event_priced", "event_amounts", "event_output"),
    "blocks_all_tiers": ("blocks_all_tiers", "all_tiers_blocks", "tiered_blocks", "tiered_package", "graduated_package",
                         "graduated_blocks", "consumable_all_tiers"),
    "blocks_top_tier": ("blocks_top_tier", "top_tier_blocks", "volume_blocks", "volume_package", "bulk_package",
                        "consumable_top_tier"),
    "matrix": ("matrix", "matrix_1d", "matrix_2d"),
    "overage": ("overage", "capacity_overage", "included_overage", "fee_with_overage", "base_plus_overage"),
    "free": ("free",),
}  # fmt: skip
_KIND_OF = {name: kind for kind, names in KINDS.items() for name in names}

ROUNDINGS = {
    "none": Rounding.NONE, "no": Rounding.NONE,
    "ceil": Rounding.CEIL, "ceiling": Rounding.CEIL, "up": Rounding.CEIL, "round_up": Rounding.CEIL,
    "floor": Rounding.FLOOR, "down": Rounding.FLOOR, "round_down": Rounding.FLOOR,
    "round": Rounding.HALF_UP, "half_up": Rounding.HALF_UP, "nearest": Rounding.HALF_UP,
    "half_away_from_zero": Rounding.HALF_UP,
}  # fmt: skip
ROUND = ("round", "rounding", "function", "rounding_function", "rounding_mode", "round_mode")
PRECISION = ("precision", "rounding_precision", "digits", "decimals", "places")
_NOT_LAST = ("first", "mid", "mid_period", "mid_period_split")


def kind_of(words: Words) -> str:
    """Which of our shapes the case's model is; told from its parts where it has no name."""
    name = words.word(*MODEL)
    mode = words.word("tier_mode", "tiers_mode", "tier_type") if name in ("tiered", "tiers", None) else None
    if mode is not None:
        name = mode
    if name is None:
        if words.has("rate") and words.has("events", "amounts", "transactions"):
            return "percentage"
        if words.has("package_size"):
            return "package"
        if words.has("multiplier"):
            return "event_priced"
        if words.has_money(*UNIT_PRICE):
            return "per_unit"
        raise Unsupported("the inputs name no model")
    if name not in _KIND_OF:
        raise Unsupported(f"the model “{name}” is not one that is known here")
    kind = _KIND_OF[name]
    if kind == "capacity" and not words.has("tiers") and words.has(*INCLUDED):
        return "overage"
    # Some call a price for each unit flat.
    return "per_unit" if kind == "flat" and words.has_money(*UNIT_PRICE) and words.has("units", "quantity") else kind


def shape_of(kind: str, words: Words, *, in_currency: Currency) -> Shape:
    """The shape of this kind, from its parts in the words of a case."""
    if kind == "matrix":
        return _matrix(words, in_currency=in_currency)
    return _single(kind, words, in_currency=in_currency)


def _single(kind: str, words: Words, *, in_currency: Currency) -> Single:
    match kind:
        case "per_unit":
            return PerUnit(_needed(words.money(*UNIT_PRICE, "amount", in_currency=in_currency), "a unit price"))
        case "flat":
            fee = words.money(*FLAT_FEE, "amount", "price", "unit_price", in_currency=in_currency)
            return Flat(_needed(fee, "a fee"))
        case "package":
            return _package(words, in_currency=in_currency)
        case "graduated":
            return Graduated(_tiers(words, in_currency=in_currency), **_when_zero(words))
        case "volume":
            return Volume(_tiers(words, in_currency=in_currency), **_when_zero(words))
        case "stairstep":
            return Stairstep(_rungs(words, in_currency=in_currency), **_when_zero(words))
        case "capacity":
            return Capacity(_rungs(words, in_currency=in_currency), **_when_zero(words))
        case "percentage":
            return _percentage(words, in_currency=in_currency)
        case "graduated_percentage":
            return GraduatedPercentage(_rate_tiers(words, in_currency=in_currency), **_when_zero(words))
        case "event_priced":
            multiplier = words.number("multiplier", "factor", "markup_factor")
            return EventPriced(ONE if multiplier is None else multiplier)
        case "blocks_all_tiers":
            return Graduated(_block_tiers(words, in_currency=in_currency), **_when_zero(words))
        case "blocks_top_tier":
            return Volume(_block_tiers(words, in_currency=in_currency), **_when_zero(words))
        case "free":
            return Free()
    raise Unsupported(f"“{kind}” is a price of several parts, which cannot stand here")


def transform_of(words: Words, *, kind: str = "") -> Transform:
    """What is done to a quantity before it is priced; nothing when the case says nothing of it."""
    nested = words.part("unit_config", "transform_quantity", "transform")
    if nested is not None:
        transform = replace(transform_of(nested), included=words.number(*INCLUDED) or ZERO)
        nested.done()
        return transform
    if kind == "package":
        return _package_transform(words)
    divide = words.number("divide", "divide_by", "divisor")
    multiply_by = words.number("multiply", "multiply_by")
    factor = words.number("conversion_factor", "factor") if words.has("operation", "conversion") else None
    operation = words.word("operation", "conversion")
    if operation is not None:
        if factor is None:
            raise Unsupported("an operation needs a factor")
        if operation not in ("divide", "multiply"):
            raise Unsupported("a conversion_factor needs an operation: divide or multiply")
        divide, multiply_by = (factor, multiply_by) if operation == "divide" else (divide, factor)
    if divide is not None and multiply_by is not None:
        raise Unsupported("the inputs divide and multiply at once")
    rounding, precision = rounding_of(words)
    conversion = None
    if divide is not None:
        conversion = Conversion(divide, divides=True, rounding=rounding, precision=precision)
    elif multiply_by is not None or rounding is not Rounding.NONE:
        conversion = Conversion(multiply_by or ONE, divides=False, rounding=rounding, precision=precision)
    return Transform(conversion, words.number(*INCLUDED) or ZERO)


def _package_transform(words: Words) -> Transform:
    """Nothing for whole packages; where a started one is not whole, their number."""
    if not words.has(*ROUND):
        return Transform()
    rounding, precision = rounding_of(words)
    size = _needed(words.number(*PACKAGE_SIZE), "a package size")
    if rounding is Rounding.CEIL:
        return Transform()
    return Transform(Conversion(size, divides=True, rounding=rounding, precision=precision))


def rounding_of(words: Words) -> tuple[Rounding, int]:
    """How a quantity is rounded, and to how many digits."""
    name = words.word(*ROUND) or "none"
    if name not in ROUNDINGS:
        raise Unsupported(f"the rounding “{name}” is not one that is known here")
    return ROUNDINGS[name], words.whole(*PRECISION) or 0


def modifiers_of(words: Words, *, in_currency: Currency, kind: str = "") -> Modifiers:
    """What is done to an amount after its shape. A minimum is made up for on the last slice of a period only."""
    last = words.flag("last_in_period", "last_line", "last_slice", "is_last", "last") is not False
    last = last and words.word("line_mode", "slice", "position") not in (
        "mid",
        "mid_period",
        "first",
        "mid_period_split",
    )
    minimum = words.money("minimum", "min", "minimum_amount", "min_amount", "minimum_spend", "min_spend", "floor",
                          in_currency=in_currency)  # fmt: skip
    maximum = words.money("maximum", "max", "maximum_amount", "max_amount", "maximum_spend", "max_spend", "cap",
                          "cap_amount", "spend_cap", in_currency=in_currency)  # fmt: skip
    of_a_share = kind in ("percentage", "graduated_percentage")
    discount = discount_of(words, in_currency=in_currency, plain_too=not of_a_share)
    return Modifiers(discount, minimum if last else None, maximum)


def discount_of(words: Words, *, in_currency: Currency, plain_too: bool) -> Discount | None:
    """The discount of a price: a percentage or an amount of money.

    `plain_too` reads a percentage that does not say that it is a discount's.
    """
    if isinstance(words.take("discount"), dict):
        nested = words.part("discount")
        assert nested is not None, "it was there"
        nested.word("kind", "type")
        percent, amount = _percent(nested), nested.money("amount", "value", in_currency=in_currency)
        nested.done()
    else:
        percent = _percent(words, prefix="discount_")
        amount = words.money("discount", "discount_amount", "fixed_discount", in_currency=in_currency)
        if percent is None and plain_too:
            percent = words.number(*PERCENT)
    if percent is not None and amount is not None:
        raise Unsupported("a discount is a percentage or an amount, not both")
    if percent is not None:
        return Discount(percent=percent)
    return None if amount is None else Discount(amount=amount)


def _percent(words: Words, *, prefix: str = "") -> Decimal | None:
    """A share in percent, however it is written: a fraction as `rate`, a percentage as `percent`, basis points."""
    fraction = words.number(*(f"{prefix}{name}" for name in RATE))
    points = words.number(*(f"{prefix}{name}" for name in BASIS_POINTS))
    percent = words.number(*(f"{prefix}{name}" for name in PERCENT))
    if len([given for given in (fraction, points, percent) if given is not None]) > 1:
        raise Unsupported("the inputs give a percentage twice")
    if fraction is not None:
        return _times(fraction, Decimal(100))
    return percent if points is None else _times(points, Decimal("0.01"))


def percent_of(words: Words) -> Decimal | None:
    """The percentage of a discount that stands by itself."""
    found = [_percent(words), _percent(words, prefix="discount_")]
    given = [percent for percent in found if percent is not None]
    if len(given) > 1:
        raise Unsupported("the inputs give two percentages")
    return given[0] if given else None


def _package(words: Words, *, in_currency: Currency) -> Package | PerUnit:
    """A package; where a started one is not a whole one, a unit price for the packages that are counted."""
    size = words.number(*PACKAGE_SIZE)
    price = words.money("package_price", "price_per_package", "price", "amount", "unit_price", in_currency=in_currency)
    if words.has(*ROUND) and rounding_of(words)[0] is not Rounding.CEIL:
        return PerUnit(_needed(price, "a package price"))
    included = words.number(*INCLUDED)
    return Package(_needed(price, "a package price"), _needed(size, "a package size"), included or ZERO)


def _percentage(words: Words, *, in_currency: Currency) -> Percentage:
    percent = _percent(words)
    return Percentage(
        rate=_times(_needed(percent, "a rate"), Decimal("0.01")),
        per_event=words.money("fixed_per_event", "per_event", "fixed_amount", "fixed_fee", "fixed",
                              "fee_per_event", in_currency=in_currency) or ZERO,
        free_events=words.whole("free_events", "free_units_per_events"),
        free_amount=words.money("free_amount", "free_units_per_total_aggregation", in_currency=in_currency),
        minimum_per_event=words.money("min_per_event", "minimum_per_event", "per_transaction_min_amount",
                                      in_currency=in_currency),
        maximum_per_event=words.money("max_per_event", "maximum_per_event", "per_transaction_max_amount",
                                      "per_unit_maximum", in_currency=in_currency),
    )  # fmt: skip


def _matrix(words: Words, *, in_currency: Currency) -> Matrix:
    by = words.take("by", "dimensions", "keys", "group_by") or []
    by = [by] if isinstance(by, str) else by
    if not isinstance(by, list) or not all(isinstance(name, str) for name in by):
        raise Unsupported("inputs.by should name what chooses the price")
    cells = words.parts("cells", "matrix", "values", "prices", "rows", "rates") or []
    branches = []
    for cell in cells:
        when = cell.take("when", "values", "dimension_values", "group", "match", "dimensions", "key", "keys",
                         "dims")  # fmt: skip
        if isinstance(when, dict):
            by = by or list(when)
            when = [when.get(name) for name in by]
        values = [when] if isinstance(when, str) or when is None else when
        if not isinstance(values, list) or not all(value is None or isinstance(value, str) for value in values):
            raise Unsupported("a cell of a matrix should name the values it is for")
        branches.append(Branch(tuple(values), _part_shape(cell, in_currency=in_currency)))
        cell.done()
    default = words.take("default", "default_price", "default_unit_price", "default_unit_amount")
    fallback: Single = Free()
    if isinstance(default, dict):
        part = Words(default, of="default")
        fallback = _part_shape(part, in_currency=in_currency)
        part.done()
    elif default is not None:
        fallback = PerUnit(exact_number(default, of="default"))
    width = len(branches[0].when) if branches else 0
    names = tuple(by) if by else tuple(f"dimension {place}" for place in range(1, width + 1))
    return Matrix(names, tuple(branches), fallback)


def _part_shape(words: Words, *, in_currency: Currency) -> Single:
    """The price of one cell of a matrix: per unit unless it says otherwise."""
    return _single(kind_of(words), words, in_currency=in_currency)


def _tiers(words: Words, *, in_currency: Currency) -> tuple[Tier, ...]:
    tiers = []
    for part in _tier_parts(words):
        _no_cap(part)
        up_to = _up_to(part)
        unit = part.money(*UNIT_PRICE, "amount", in_currency=in_currency)
        flat = part.money(*FLAT_FEE, in_currency=in_currency)
        tiers.append(Tier(up_to, unit or ZERO, flat or ZERO, part.number(*BLOCK)))
        part.done()
    return _open(tiers)


def _block_tiers(words: Words, *, in_currency: Currency) -> tuple[Tier, ...]:
    """Tiers of so many blocks of so many units each; bounds are the blocks' units added up."""
    size_of_all = words.number("package_size", "block_size")
    tiers: list[Tier] = []
    below = ZERO
    for part in _tier_parts(words):
        _no_cap(part)
        size = part.number(*BLOCK, "size") or size_of_all
        block = _needed(size, "a block size")
        most = part.number("max_blocks", "blocks", "max")
        up_to = _up_to(part)
        if most is not None and most > 0:
            up_to = _decimal(add(below, multiply(block, most))) if up_to is None else up_to
        unit = part.money("block_price", "package_price", *UNIT_PRICE, "amount", in_currency=in_currency)
        flat = part.money(*FLAT_FEE, in_currency=in_currency)
        tiers.append(Tier(up_to, unit or ZERO, flat or ZERO, block))
        part.done()
        below = up_to if up_to is not None else below
    return _open(tiers)


def _rate_tiers(words: Words, *, in_currency: Currency) -> tuple[RateTier, ...]:
    tiers = []
    for part in _tier_parts(words):
        up_to = _up_to(part)
        percent = _percent(part)
        flat = part.money(*FLAT_FEE, in_currency=in_currency)
        tiers.append(RateTier(up_to, _times(percent or ZERO, Decimal("0.01")), flat or ZERO))
        part.done()
    *most, last = tiers or [RateTier(None, ZERO)]
    return (*most, RateTier(None, last.rate, last.flat))


def _rungs(words: Words, *, in_currency: Currency) -> tuple[Rung, ...]:
    rungs = []
    for part in _tier_parts(words):
        up_to = _up_to(part)
        total = part.money("total", "price", "amount", "unit", *FLAT_FEE, in_currency=in_currency)
        rungs.append(Rung(up_to, _needed(total, "a total")))
        part.done()
    *most, last = rungs or [Rung(None, ZERO)]
    return (*most, Rung(None, last.total))


def _tier_parts(words: Words) -> list[Words]:
    parts = words.parts("tiers", "ranges", "graduated_ranges", "volume_ranges", "graduated_percentage_ranges", "bands",
                        "steps")  # fmt: skip
    if not parts:
        raise Unsupported("the inputs have no tiers")
    return parts


def _up_to(tier: Words) -> Decimal | None:
    for name in BEGINS:
        tier.take(name)
    written = tier.take(*UP_TO)
    if written is None or (isinstance(written, str) and written.strip().lower() in UNBOUNDED):
        return None
    bound = exact_number(written, of="up_to")
    return None if bound < 0 else bound


def _open(tiers: list[Tier]) -> tuple[Tier, ...]:
    """The tiers, the last one without a bound: what is above it is priced as it is."""
    if not tiers:
        raise Unsupported("the inputs have no tiers")
    *most, last = tiers
    return (*most, Tier(None, last.unit, last.flat, last.block))


def _no_cap(tier: Words) -> None:
    if tier.has("flat_cap", "cap", "maximum"):
        raise Unsupported("a tier with a cap of its own; our cap is of the whole price")


def _when_zero(words: Words) -> dict[str, bool]:
    flag = words.flag("flat_when_zero", "charge_flat_when_zero")
    return {} if flag is None else {"flat_when_zero": flag}


def _needed(value: Decimal | None, what: str) -> Decimal:
    if value is None:
        raise Unsupported(f"the inputs lack {what}")
    return value


def _times(one: Decimal, other: Decimal) -> Decimal:
    return _decimal(multiply(one, other))


def _decimal(number: Exact) -> Decimal:
    assert isinstance(number, Decimal), "sums and products of decimals stay decimal"
    return number
