"""An invoice says what a customer owes, line by line; it is numbered once and never changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from farthing.core.invoicing.letterhead import EMPTY, Letterhead, letterhead_from, letterhead_terms
from farthing.core.invoicing.part import Part
from farthing.core.invoicing.reckoning import NOTHING, Reckoning, discounted_amounts
from farthing.core.money import Currency, Money, total
from farthing.core.period import local_date
from farthing.core.rating.line import Line
from farthing.core.refused import Refused

RULES_VERSION = "1"
# The languages that documents are written in; the first is that of those who chose none.
LANGUAGES = ("en", "ru")
DEFAULT_TERMS_DAYS = 30

TAXED_BY_RULES, TAXED_BY_NOBODY = "rules", "nobody"


@dataclass(frozen=True, slots=True)
class LegalEntity:
    """Who sends the invoice: its zone sets the dates, its prefix opens the numbers, its letterhead is printed.

    `taxed_by` says who works out its taxes: our rules, nobody, or the outside service of that name; `tax_included`
    whether its prices hold them already. `currency` is what it charges in where nothing else says so, `language` what
    its documents are written in.
    """

    key: str
    name: str
    in_zone: str
    number_prefix: str
    terms_days: int = DEFAULT_TERMS_DAYS
    currency: Currency | None = None
    credit_prefix: str = ""
    taxed_by: str = TAXED_BY_RULES
    tax_included: bool = False
    letterhead: Letterhead = EMPTY
    language: str = LANGUAGES[0]

    @property
    def credit_note_prefix(self) -> str:
        """What opens the numbers of credit notes, which are a series of their own."""
        return self.credit_prefix or f"{self.number_prefix}-CN"


@dataclass(frozen=True, slots=True)
class Draft:
    """What will be invoiced. `frozen` keeps all it rests on, so that it can be worked out again at any time.

    What bills several moments keeps them in `parts`, and has no `subscription_id`; each line names its part. What is
    billed by itself has neither. `reckoning` is what lies between the lines and what is due. `revision` counts how
    often the same was invoiced and voided before.
    """

    invoice_id: UUID
    customer_id: UUID
    subscription_id: UUID | None
    currency: Currency
    at: datetime
    lines: tuple[Line, ...]
    frozen: Mapping[str, Any]
    reckoning: Reckoning = NOTHING
    revision: int = 0
    parts: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        assert not self.parts or self.subscription_id is None, f"{self.invoice_id} bills its parts"
        for discount in self.reckoning.discounts:
            assert len(discount.amounts) == len(self.lines), (
                f"{discount.key} is not spread over {len(self.lines)} lines"
            )

    @property
    def all_parts(self) -> tuple[Part, ...]:
        """What it bills, moment by moment; most bill one."""
        return self.parts or (Part(self.customer_id, self.subscription_id, self.at, self.frozen),)

    @property
    def by_itself(self) -> bool:
        """Whether it bills no moment of a subscription."""
        return self.subscription_id is None and not self.parts

    def part_of(self, line: Line) -> Part:
        """The part that a line belongs to."""
        return self.all_parts[line.in_part - 1]

    def lines_in(self, number: int) -> list[Line]:
        """The lines of a part, which count from 1."""
        return [line for line in self.lines if line.in_part == number]

    @property
    def subtotal(self) -> Money:
        """What the lines add up to."""
        return total([line.amount for line in self.lines], in_currency=self.currency)

    @property
    def discounted(self) -> Money:
        """What discounts take off."""
        return self.reckoning.discounted(in_currency=self.currency)

    @property
    def tax(self) -> Money:
        """All taxes."""
        return self.reckoning.taxed(in_currency=self.currency)

    @property
    def net(self) -> Money:
        """What is charged without taxes."""
        return self.total - self.tax

    @property
    def total(self) -> Money:
        """The lines less the discounts, with the taxes (INV-03)."""
        charged = self.subtotal - self.discounted
        return charged if self.reckoning.tax_included else charged + self.tax

    @property
    def paid_ahead(self) -> Money:
        """What prepaid credit pays of it."""
        return self.reckoning.paid_ahead(in_currency=self.currency)

    @property
    def due(self) -> Money:
        """What is left to pay."""
        return self.total - self.paid_ahead

    @property
    def line_nets(self) -> list[Money]:
        """What each line is charged after discounts and without taxes; they add up to `net`."""
        left = discounted_amounts([line.amount for line in self.lines], self.reckoning.discounts)
        return [
            amount - self.reckoning.tax_within_line(number, in_currency=self.currency)
            for number, amount in enumerate(left, start=1)
        ]

    @property
    def accrued(self) -> Money:
        """What has come about so far: the total without the fees that are charged ahead."""
        return total([line.amount for line in self.lines if not line.advance], in_currency=self.currency)


@dataclass(frozen=True, slots=True)
class Invoice:
    """A draft that was issued: numbered without gaps, with its dates in the legal entity's zone (INV-09)."""

    draft: Draft
    entity_key: str
    sequence: int
    number: str
    issued_at: datetime
    issued_on: date
    due_on: date
    total: Money

    def __post_init__(self) -> None:
        """INV-03 An invoice's total is the sum of its lines and taxes."""
        assert self.total == self.draft.total, f"{self.number} says {self.total}, its lines {self.draft.total}"
        assert self.sequence > 0, f"{self.number} has the sequence number {self.sequence}"

    @property
    def invoice_id(self) -> UUID:
        """The draft's id."""
        return self.draft.invoice_id

    @property
    def due(self) -> Money:
        """What was left to pay when it was issued."""
        return self.draft.due


@dataclass(frozen=True, slots=True)
class Series:
    """The numbers of one legal entity and kind of document: the last one given, and when."""

    last: int = 0
    last_issued_at: datetime | None = None


def issue(draft: Draft, entity: LegalEntity, series: Series, *, now: datetime) -> Invoice:
    """Number a draft. Numbers rise with issue time, even if the clock steps back (INV-09)."""
    issued_at = now if series.last_issued_at is None else max(now, series.last_issued_at)
    issued_on = local_date(issued_at, in_zone=entity.in_zone)
    sequence = series.last + 1
    said = {"name": entity.name, **letterhead_terms(entity.letterhead)}
    return Invoice(
        draft=replace(draft, frozen={**draft.frozen, "entity": said, "language": entity.language}),
        entity_key=entity.key,
        sequence=sequence,
        number=invoice_number(entity, sequence),
        issued_at=issued_at,
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=entity.terms_days),
        total=draft.total,
    )


@dataclass(frozen=True, slots=True)
class Issuer:
    """A legal entity as an invoice says it, whatever it is called today."""

    name: str
    letterhead: Letterhead


def issuer(draft: Draft) -> Issuer | None:
    """Who issued it, as it was then; None for what was issued before invoices kept that."""
    said = draft.frozen.get("entity")
    return None if said is None else Issuer(said["name"], letterhead_from(said))


def known_language(code: str) -> str:
    """The code of a language that documents can be written in.

    >>> known_language(" RU ")
    'ru'
    """
    found = code.strip().lower()
    if found not in LANGUAGES:
        raise Refused(f"Documents are written in {' or '.join(LANGUAGES)}, not in “{code[:40]}”.", field="language")
    return found


def language_of(draft: Draft) -> str:
    """The language that its documents are written in for ever."""
    return str(draft.frozen.get("language", LANGUAGES[0]))


def invoice_number(entity: LegalEntity, sequence: int) -> str:
    """The number people see: the entity's prefix and a running number.

    >>> invoice_number(LegalEntity("main", "Example", in_zone="UTC", number_prefix="EX"), 42)
    'EX-000042'
    """
    return f"{entity.number_prefix}-{sequence:06d}"
