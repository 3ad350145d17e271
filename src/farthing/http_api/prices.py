"""Prices over HTTP: what a plan would charge for quantities, worked out and shown, with nothing kept."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Self

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from starlette.concurrency import run_in_threadpool

from farthing.core.metering.event import is_text
from farthing.core.metering.json_text import NotJson, decode_json
from farthing.core.money import exact_decimal
from farthing.core.pricing.plan import Plan
from farthing.core.pricing.terms import meter_from, plan_from
from farthing.core.refused import Refused, Unknown
from farthing.http_api.access import Asking, Looking
from farthing.http_api.problems import Told, responses
from farthing.http_api.shapes import AS_WHOLE, ByName, DecimalText, Given, MoneyGiven, Taken, Text, writable
from farthing.usecases.price_usage import MOST_EVENTS, Stated, as_data, price_usage

MOST_BYTES = 1024 * 1024
MOST_STATED = 1_000
MOST_AMOUNTS = 10_000
MOST_VALUES_OF_TERMS = 10_000
LONGEST_TEXT = 4_096
DEEPEST_TERMS = 32
NEWEST = 2**31 - 1
router = APIRouter(tags=["prices"])


def _exact(written: object) -> Decimal:
    try:
        return exact_decimal(written, what="A quantity")
    except Refused as fault:
        raise ValueError(writable(fault.sentence)) from None


def _group_value(written: str) -> str:
    if not is_text(written):
        raise ValueError("A group value must be text")
    return written


Quantity = Annotated[
    Decimal,
    BeforeValidator(_exact),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]{1,20}(\.[0-9]{1,18})?$", "examples": ["1234567.5"]}),
]
GroupValue = Annotated[str, Field(max_length=256), AfterValidator(_group_value)]


class MeasuredTaken(Taken):
    """More about what was used: of which group, in how many events, with which amounts, after what came before."""

    of: Text = Field(description="A meter's key; a price's, where several prices share the meter.")
    group: ByName[GroupValue | None] = Field(
        default_factory=dict, max_length=8, description="Group values by property; null for events without it."
    )
    quantity: Quantity | None = None
    events: Annotated[int, Field(ge=0, le=MOST_EVENTS), AS_WHOLE] | None = Field(
        default=None, description="For prices with a fee on each event."
    )
    amounts: list[Quantity] | None = Field(
        default=None, max_length=MOST_AMOUNTS, description="What each event carries; their sum is the quantity."
    )
    before: Quantity | None = Field(
        default=None, description="Used earlier in the contract, for prices that accumulate."
    )


class SimulationTaken(Taken):
    """A plan of the seller's, or the terms of one, and what was used in one whole period."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "terms": {
                    "name": "Starter",
                    "currency": "USD",
                    "meters": {"tokens": {"event_type": "inference", "measure": "sum", "property": "tokens"}},
                    "prices": {
                        "tokens": {
                            "meter": "tokens",
                            "shape": "graduated",
                            "tiers": [{"up_to": "1000", "unit": "0.002"}, {"unit": "0.0015"}],
                        }
                    },
                },
                "usage": {"tokens": "1234567"},
            }
        }
    )

    plan: Text | None = Field(default=None, description="The key of a plan; or give `terms`.")
    version: Annotated[int, Field(ge=1, le=NEWEST), AS_WHOLE] | None = Field(
        default=None, description="Of the plan; the newest, when left out."
    )
    terms: dict[str, Any] | None = Field(
        default=None,
        description="A plan as a catalogue writes it; its `meters` stand beside those that the seller has.",
    )
    usage: ByName[Quantity] = Field(
        default_factory=dict, max_length=MOST_STATED, description="What was measured, by meter. The rest is 0."
    )
    measured: list[MeasuredTaken] = Field(default_factory=list, max_length=MOST_STATED)
    quantities: ByName[Quantity] = Field(
        default_factory=dict, max_length=MOST_STATED, description="Agreed quantities, such as seats. The rest is 1."
    )
    currency: Text | None = Field(default=None, description="One of the plan's; the first, when left out.")
    phase: Text | None = Field(default=None, description="A phase of the plan; what goes on for ever, when left out.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.plan is None) == (self.terms is None):
            raise ValueError("Give either the key of a “plan” or the “terms” of one")
        if self.version is not None and self.plan is None:
            raise ValueError("“version” goes with the key of a “plan”")
        return self


class PricedRowGiven(Given):
    """One line of the arithmetic, in words: what it is, the sum, and what that equals."""

    what: str = Field(examples=["Converted"])
    sum: str = Field(examples=["2,345 / 1,000"])
    equals: DecimalText | None = Field(description="A fraction n/d where no decimal says it exactly.")


class PricedStepGiven(Given):
    """One step of a price: units x unit_price + flat, in words too. `above` and `up_to` bound a tier."""

    kind: str = Field(examples=["tier"])
    what: str = Field(examples=["Tier 1, 0 to 1,000"])
    sum: str = Field(examples=["1,000 x 0.002"])
    units: DecimalText
    unit_price: DecimalText
    flat: DecimalText
    above: DecimalText | None
    up_to: DecimalText | None
    exact: DecimalText = Field(description="In major units of the currency, before rounding.")
    amount: MoneyGiven = Field(description="Its part of the line's rounded amount.")


class PricedCellGiven(Given):
    """One group of a line: what was measured, what of it is priced, and what that costs."""

    group: dict[str, str | None]
    measured: DecimalText
    quantity: DecimalText = Field(description="After conversion and included units.")
    before: DecimalText | None = Field(description="Priced earlier in the contract.")
    events: int
    quantities: list[PricedRowGiven] = Field(description="How what was measured becomes what is priced.")
    steps: list[PricedStepGiven]
    modified: list[PricedRowGiven] = Field(description="What a discount, minimum or maximum of the group's own adds.")


class PricedModificationGiven(Given):
    """What a discount, a minimum or a maximum adds: to one group, or with no group to the whole line."""

    kind: str = Field(examples=["discount"])
    group: dict[str, str | None]
    exact: DecimalText
    amount: MoneyGiven


class PricedUnitGiven(Given):
    """The custom unit in which a price is written, and what one is worth."""

    key: str = Field(examples=["credits"])
    rate: DecimalText


class PricedLineGiven(Given):
    """A line as an invoice would have it; a commitment's true-up or overage has no shape."""

    price: str
    name: str
    kind: str = Field(examples=["usage"])
    shape: str | None
    meter: str | None
    quantity: DecimalText
    unit: str
    cells: list[PricedCellGiven]
    modifications: list[PricedModificationGiven]
    unit_of_account: PricedUnitGiven | None
    after: list[PricedRowGiven] = Field(description="What is done to all cells together, in words.")
    exact: DecimalText = Field(description="Before its one rounding; a fraction n/d where no decimal says it exactly.")
    amount: MoneyGiven


class SimulationGiven(Given):
    """One whole period of a plan. `version` is 1 for terms that were sent along."""

    plan: str
    version: int
    name: str
    currency: str
    phase: str | None
    lines: list[PricedLineGiven]
    total: MoneyGiven


def schemas() -> dict[str, Any]:
    """How the body is described: it is read here, so that its numbers stay exact, and not by the framework."""
    described = SimulationTaken.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**described.pop("$defs", {}), SimulationTaken.__name__: described}


_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SimulationTaken"}}},
    }
}


@router.post(
    "/v1/prices/simulate",
    summary="See what quantities would cost",
    responses=responses(400, 404, 413),
    openapi_extra=_BODY,
)
async def post_simulation(request: Request, asking: Looking) -> SimulationGiven:
    """Works out one whole period, as an invoice would; nothing is kept, so an `Idempotency-Key` is not needed."""
    body = await request.body()
    return await run_in_threadpool(_simulate, asking, body)


def _simulate(asking: Asking, body: bytes) -> SimulationGiven:
    if len(body) > MOST_BYTES:
        raise Told(413, "too_large", "The body is larger than 1 MB; ask about fewer groups and events at once.")
    try:
        decoded = decode_json(body)
    except NotJson as fault:
        raise Told(400, "not_json", str(fault)) from None
    if not isinstance(decoded, dict):
        raise RequestValidationError([{"type": "model_attributes_type", "loc": ("body",), "msg": ""}])
    try:
        taken = SimulationTaken.model_validate(decoded)
    except ValidationError as fault:
        errors = fault.errors(include_url=False, include_input=False)
        raise RequestValidationError([{**error, "loc": ("body", *error["loc"])} for error in errors]) from None
    plan = _plan(asking, taken)
    if taken.currency is not None:
        plan = plan.in_currency(taken.currency)
    stated = [Stated(name, quantity=quantity) for name, quantity in taken.usage.items()]
    stated += [
        Stated(
            each.of,
            each.group,
            quantity=each.quantity,
            events=each.events,
            amounts=None if each.amounts is None else tuple(each.amounts),
            before=each.before,
        )
        for each in taken.measured
    ]
    return SimulationGiven.model_validate(as_data(price_usage(plan, stated, taken.quantities, phase=taken.phase)))


def _plan(asking: Asking, taken: SimulationTaken) -> Plan:
    with asking.store.transaction():
        if taken.terms is not None:
            meters = asking.store.meters()
        else:
            assert taken.plan is not None, "it is one of the two"
            plan = asking.store.plan(taken.plan, taken.version)
            if plan is not None:
                return plan
            newest = asking.store.plan(taken.plan)
            if newest is not None:
                has = "its only one is 1" if newest.version == 1 else f"it has 1 to {newest.version}"
                raise Unknown(f"The plan “{taken.plan}” has no version {taken.version}; {has}.", field="version")
            known = ", ".join(each.key for each in asking.store.plans()) or "none yet"
            raise Unknown(f"There is no plan “{taken.plan}” here; there are: {known}.", field="plan")
    _check_terms(taken.terms)
    own = taken.terms.get("meters", {})
    if not isinstance(own, Mapping) or not all(isinstance(meter, Mapping) for meter in own.values()):
        raise Refused("“meters” must be keys, each with what it says, such as {“measure”: “count”}.", field="terms")
    try:
        at_hand = {**meters, **{key: meter_from(key, terms, version=1) for key, terms in own.items()}}
        terms = {name: value for name, value in taken.terms.items() if name != "meters"}
        return plan_from("plan", terms, version=1, meters=at_hand)
    except Refused as fault:
        raise Refused(fault.sentence, field="terms") from None


def _check_terms(terms: Mapping[str, Any]) -> None:
    """Refuses terms that are larger, deeper or longer than any plan, and what is no text."""
    ahead: list[tuple[object, int]] = [(terms, 0)]
    values = 0
    while ahead:
        value, depth = ahead.pop()
        values += 1
        if values > MOST_VALUES_OF_TERMS or depth > DEEPEST_TERMS:
            raise Refused("These terms are larger, or nested deeper, than those of any plan.", field="terms")
        match value:
            case Mapping():
                ahead += [(each, depth + 1) for pair in value.items() for each in pair]
            case list():
                ahead += [(each, depth + 1) for each in value]
            case str() if len(value) > LONGEST_TEXT or not is_text(value):
                raise Refused("The terms hold a text that is too long, or that is no text.", field="terms")
