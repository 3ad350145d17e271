"""Addresses and tax ids as the API takes and tells them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from farthing.core.invoicing.letterhead import MOST_TEXT, Address, address_in
from farthing.core.invoicing.tax_ids import TaxId
from farthing.core.metering.event import is_text
from farthing.http_api.shapes import Given, Taken, Text


def _lines(written: str) -> str:
    if not is_text(written):
        raise ValueError("This is no text: it holds a character that none can hold")
    return written


# Some lines of text; an empty one takes away what was there.
Lines = Annotated[str, StringConstraints(max_length=MOST_TEXT), AfterValidator(_lines)]


class AddressTaken(Taken):
    """Where mail goes. Country and region are what taxes look at."""

    lines: list[Text] = Field(default_factory=list, max_length=6, description="The lines above the city.")
    postcode: Text | None = None
    city: Text | None = None
    country: Text | None = Field(default=None, description="Two letters, such as DE.", examples=["DE"])
    region: Text | None = Field(default=None, description="The region's code, such as CA of US-CA.", examples=["CA"])


class AddressGiven(Given):
    """Where mail goes."""

    lines: list[str]
    postcode: str
    city: str
    country: str
    region: str


class TaxIdGiven(Given):
    """A number that a tax office gave; `checked` says that its form is that of a VAT id of its country."""

    country: str
    number: str
    label: str
    checked: bool


def address(taken: AddressTaken) -> Address:
    """The address; refuses what cannot be printed and codes that are none."""
    return address_in(
        lines=taken.lines,
        postcode=taken.postcode or "",
        city=taken.city or "",
        country=taken.country,
        region=taken.region,
    )


def given_address(of: Address) -> AddressGiven:
    """The address as the API tells it."""
    return AddressGiven(
        lines=list(of.lines),
        postcode=of.postcode,
        city=of.city,
        country=of.place.country,
        region=of.place.region,
    )


def given_tax_ids(tax_ids: Sequence[TaxId]) -> list[TaxIdGiven]:
    """The tax ids as the API tells them."""
    return [TaxIdGiven(country=one.country, number=one.number, label=one.label, checked=one.checked) for one in tax_ids]
