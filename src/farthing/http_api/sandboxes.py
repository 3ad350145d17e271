"""Sandboxes over HTTP: the clock is moved, and copies are saved, forked and compared within the key's own family."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field

from farthing.core.parties import Mode
from farthing.core.refused import Clash, Refused
from farthing.http_api.access import Asking, Looking, Sending
from farthing.http_api.problems import responses
from farthing.http_api.shapes import DecimalText, Given, Instant, PeriodGiven, Taken, Text
from farthing.usecases.advance_clock import advance_clock
from farthing.usecases.api_keys import new_api_key
from farthing.usecases.compare_sandboxes import as_plain, compare_sandboxes
from farthing.usecases.sandbox_ports import Sandbox
from farthing.usecases.sandboxes import family, fork, save_point, this_sandbox

router = APIRouter(tags=["sandboxes"])
# A request is to be answered; whoever wants to see ten years asks ten times, or at the command line.
MOST_AHEAD = timedelta(days=366)


class ClockGiven(Given):
    """What time it is for this seller."""

    now: datetime
    zone: str = Field(description="Of the legal entity.")
    mode: str = Field(examples=["sandbox", "live"])


class ClockTaken(Taken):
    """Where to move a sandbox's clock."""

    to: Instant = Field(strict=False, description="At most 366 days ahead of the clock; forward only.")


class ClockMovedGiven(Given):
    """How far the clock went, and what was billed on the way."""

    began: datetime
    now: datetime
    stops: int = Field(description="At how many instants something fell due.")
    invoices: int = Field(description="How many were issued on the way.")
    waiting: int = Field(description="How many drafts wait, for their grace or for somebody to look at them.")
    unbilled: list[str] = Field(description="What could not be billed, each in a sentence; everything else was.")


class CopyKind(StrEnum):
    """A saved point stays as it is; a fork goes on by itself."""

    POINT = "point"
    FORK = "fork"


class SandboxTaken(Taken):
    """A copy to make."""

    model_config = ConfigDict(json_schema_extra={"example": {"kind": "fork", "of": "before March"}})

    # In JSON it is a text; Taken's strictness would ask for the enum itself.
    kind: Annotated[CopyKind, Field(strict=False)]
    of: Text | None = Field(default=None, description="The saved point or sandbox to copy; without it, the key's own.")


class SandboxGiven(Given):
    """One sandbox of the family."""

    name: str
    kind: str = Field(examples=["original", "point", "fork"])
    now: datetime = Field(description="The time there; that of a saved point stands still.")
    of: str | None = Field(description="What it was copied from.")
    copied_at: datetime | None = Field(description="When, by the world's clock.")
    is_own: bool = Field(description="Whether it is the one that the key is for.")


class SandboxMadeGiven(SandboxGiven):
    """A copy that is there now."""

    api_key: str | None = Field(
        description="The key to a new fork, shown this once. Null for a saved point, to which nothing happens, and for "
        "a fork that was there already."
    )


class SandboxesGiven(Given):
    """The family: its first sandbox, then the copies by when they were made."""

    sandboxes: list[SandboxGiven]


class SideGiven(Given):
    """One of the two that are compared."""

    name: str
    now: datetime


class BothGiven(Given):
    """An amount on both sides; null where there is no such thing. The difference is what there is more on the right."""

    currency: str = Field(examples=["USD"])
    left: DecimalText | None
    right: DecimalText | None
    difference: DecimalText


class CustomerComparedGiven(BothGiven):
    """All bills of one customer in one currency."""

    customer: str


class QuantitiesGiven(Given):
    """How much there was on both sides; null where there is no such line. A fraction is n/d."""

    left: DecimalText | None
    right: DecimalText | None


class LineComparedGiven(BothGiven):
    """A price on a stretch of time that the two sides bill otherwise."""

    price: str
    name: str
    period: PeriodGiven
    quantity: QuantitiesGiven


class NumbersGiven(Given):
    """The invoices on both sides."""

    left: list[str]
    right: list[str]


class BillComparedGiven(BothGiven):
    """What a customer was billed at one instant, where the two sides differ."""

    customer: str
    billed_at: datetime
    numbers: NumbersGiven
    lines: list[LineComparedGiven] = Field(description="Those that differ.")
    beside_lines: DecimalText = Field(description="The part of the difference that stands in no line, such as tax.")


class ComparisonGiven(Given):
    """What two sandboxes invoiced, side by side."""

    left: SideGiven
    right: SideGiven
    bills: int = Field(description="How many there are on either side, those that are the same included.")
    differing: list[BillComparedGiven]
    customers: list[CustomerComparedGiven]
    totals: list[BothGiven] = Field(description="By currency, all customers together.")


@router.get("/v1/clock", summary="See what time it is", responses=responses())
def get_clock(asking: Looking) -> ClockGiven:
    """The world's time, for a sandbox moved by as much as its clock was."""
    with asking.store.transaction():
        seller = asking.store.seller()
    return ClockGiven(now=asking.now, zone=seller.entity.in_zone, mode=seller.mode.value)


@router.put("/v1/clock", summary="Move a sandbox's clock", responses=responses(400, 413, 503))
def put_clock(asking: Sending, taken: ClockTaken) -> ClockMovedGiven:
    """Forward to an instant; it goes on ticking from there. Whatever falls due on the way is billed on its own day.

    A live seller's clock cannot be moved.
    """
    with asking.store.transaction():
        seller = asking.store.seller()
    if seller.mode is Mode.SANDBOX and taken.to > seller.now(asking.installation.world()) + MOST_AHEAD:
        raise Refused(
            f"{taken.to:%Y-%m-%d} is more than {MOST_AHEAD.days} days ahead of the clock; go there in several steps.",
            field="to",
        )
    gateway = asking.installation.gateway(asking.store)
    moved = advance_clock(asking.store, to=taken.to, world=asking.installation.world, gateway=gateway)
    return ClockMovedGiven(
        began=moved.began,
        now=moved.now,
        stops=moved.stops,
        invoices=moved.invoices,
        waiting=moved.waiting,
        unbilled=list(moved.refusals),
    )


@router.get("/v1/sandboxes", summary="List a sandbox's saved points and forks", responses=responses())
def get_sandboxes(asking: Looking) -> SandboxesGiven:
    """The family of the key's sandbox."""
    known = family(asking.store)
    return SandboxesGiven(sandboxes=[_given(sandbox, known, asking) for sandbox in known])


@router.put("/v1/sandboxes/{name}", summary="Save or fork a sandbox", responses=responses(400, 404, 409, 413, 503))
def put_sandbox(asking: Sending, name: Annotated[Text, Path()], taken: SandboxTaken) -> SandboxMadeGiven:
    """Everything as it stands now (or stood, in a saved point), once more under this name.

    The same again is answered as done, and copies nothing; the name for something else is a clash.
    """
    there = next((sandbox for sandbox in family(asking.store) if sandbox.name == name.strip()), None)
    key: str | None = None
    if there is None:
        if taken.kind is CopyKind.FORK:
            there = fork(asking.installation, asking.store, name=name, of=taken.of)
            key = new_api_key(
                asking.installation.for_seller(there.seller_id), label="made with its fork", now=asking.now
            )
        else:
            there = save_point(asking.installation, asking.store, name=name, of=taken.of)
    elif not _is_what_was_asked(there, taken, asking):
        raise Clash(f"There is a “{there.name}” already, of another kind or origin; choose another name.", field="name")
    given = _given(there, family(asking.store), asking)
    return SandboxMadeGiven(**given.model_dump(), api_key=key)


@router.get("/v1/comparison", summary="Compare two sandboxes", responses=responses(404))
def get_comparison(
    asking: Looking,
    left: Annotated[Text, Query()],
    right: Annotated[Text | None, Query(description="Without it, the key's own.")] = None,
    customer: Annotated[Text | None, Query(description="This one alone.")] = None,
) -> ComparisonGiven:
    """What both invoiced, by customer and instant, with the lines that differ: what would have come of it, if."""
    compared = compare_sandboxes(asking.installation, asking.store, left=left, right=right, customer=customer)
    return ComparisonGiven.model_validate(as_plain(compared))


def _is_what_was_asked(there: Sandbox, taken: SandboxTaken, asking: Asking) -> bool:
    if there.kind.value != taken.kind.value:
        return False
    origin = this_sandbox(asking.store).name if taken.of is None else taken.of.strip()
    named = {sandbox.seller_id: sandbox.name for sandbox in family(asking.store)}
    return there.copied_from is not None and named[there.copied_from] == origin


def _given(sandbox: Sandbox, known: Sequence[Sandbox], asking: Asking) -> SandboxGiven:
    origin = next((other.name for other in known if other.seller_id == sandbox.copied_from), None)
    return SandboxGiven(
        name=sandbox.name,
        kind=sandbox.kind.value,
        now=sandbox.now(asking.installation.world()),
        of=origin,
        copied_at=sandbox.copied_at,
        is_own=sandbox.seller_id == asking.store.seller_id,
    )
