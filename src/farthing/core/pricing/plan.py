"""A plan is what a customer agrees to: prices in one currency, in versions that never change."""

from dataclasses import dataclass
from enum import StrEnum

from farthing.core.metering.meter import Measure, Meter
from farthing.core.money import Currency
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.shapes import Shape
from farthing.core.refused import Refused

__all__ = ["Plan", "Price", "Shape", "Timing"]


class Timing(StrEnum):
    """When a fee is charged: before its period or after it. Usage is always charged after."""

    ADVANCE = "advance"
    ARREARS = "arrears"


@dataclass(frozen=True, slots=True)
class Price:
    """One price of a plan: a fee, or what a meter's quantity costs."""

    key: str
    name: str
    shape: Shape
    meter: Meter | None = None
    timing: Timing = Timing.ARREARS

    def __post_init__(self) -> None:
        if self.meter is None and not isinstance(self.shape, Flat):
            raise Refused(f"The price “{self.key}” needs a meter: only a flat fee does without.", field="meter")
        if self.meter is not None and isinstance(self.shape, Flat):
            raise Refused(f"The price “{self.key}” is a flat fee, which takes no meter.", field="meter")
        if self.meter is not None and self.timing is Timing.ADVANCE:
            raise Refused(f"The price “{self.key}” is for usage, which is charged in arrears.", field="timing")


@dataclass(frozen=True, slots=True)
class Plan:
    """A version of a plan; prices stand in the order in which an invoice shows them."""

    key: str
    version: int
    name: str
    currency: Currency
    prices: tuple[Price, ...]

    def __post_init__(self) -> None:
        if not self.prices:
            raise Refused(f"The plan “{self.key}” has no prices; give it at least one.", field="prices")
        priced: dict[tuple[str, Measure], str] = {}
        keys: set[str] = set()
        meters: dict[str, Meter] = {}
        for price in self.prices:
            # A charge is known by its price's key (INV-07), a frozen meter by its own.
            if price.key in keys:
                raise Refused(
                    f"Two prices of plan “{self.key}” have the key “{price.key}”; rename one.", field="prices"
                )
            keys.add(price.key)
            if price.meter is None:
                continue
            if meters.setdefault(price.meter.key, price.meter) != price.meter:
                raise Refused(
                    f"Plan “{self.key}” uses two versions of the meter “{price.meter.key}”; one is enough.",
                    field="prices",
                )
            usage = (price.meter.event_type, price.meter.measure)
            if usage in priced:
                raise Refused(
                    f"The prices “{priced[usage]}” and “{price.key}” of plan “{self.key}” both price the same usage "
                    f"(meter “{price.meter.key}”); it may be priced once only.",
                    field="prices",
                )
            priced[usage] = price.key

    @property
    def event_types(self) -> frozenset[str]:
        """The types of the events that some price of the plan counts."""
        return frozenset(price.meter.event_type for price in self.prices if price.meter is not None)
