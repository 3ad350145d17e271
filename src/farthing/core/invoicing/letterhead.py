"""What a legal entity's documents say of it: its address, tax ids, bank details, legal text and logo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from farthing.core.invoicing.places import NOWHERE, Place, place_in
from farthing.core.invoicing.tax_ids import TaxId
from farthing.core.metering.event import is_text
from farthing.core.refused import Refused

MOST_TEXT = 2000
_MOST_LINE = 200


@dataclass(frozen=True, slots=True)
class Address:
    """Where mail goes: the lines above the city, postcode and city, and the place that taxes look at."""

    lines: tuple[str, ...] = ()
    postcode: str = ""
    city: str = ""
    place: Place = NOWHERE

    @property
    def written(self) -> tuple[str, ...]:
        """As it stands on an envelope, one line each; the country is its code."""
        city = " ".join(part for part in (self.postcode, self.city) if part)
        return tuple(line for line in (*self.lines, city, self.place.code) if line)


UNKNOWN_ADDRESS = Address()


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What is printed of a legal entity. `logo` is the digest of the picture that is kept beside it."""

    address: Address = UNKNOWN_ADDRESS
    tax_ids: tuple[TaxId, ...] = ()
    bank: str = ""
    legal_text: str = ""
    logo: str = ""


EMPTY = Letterhead()


def address_in(
    *,
    lines: Sequence[str] = (),
    postcode: str = "",
    city: str = "",
    country: str | None = None,
    region: str | None = None,
) -> Address:
    """The address with these parts; refuses what cannot be printed."""
    return Address(
        lines=tuple(line for line in (line_in(one, what="A line of an address") for one in lines) if line),
        postcode=line_in(postcode, what="A postcode"),
        city=line_in(city, what="A city"),
        place=place_in(country, region),
    )


def line_in(written: str, *, what: str) -> str:
    """One line of text that can be printed."""
    text = written.strip()
    if len(text) > _MOST_LINE or not is_text(text) or not (text.isprintable() or not text):
        raise Refused(f"{what} is one line of at most {_MOST_LINE} characters; write it anew.", field="address")
    return text


def text_in(written: str, *, what: str) -> str:
    """Some lines of text that can be printed."""
    text = written.strip()
    if len(text) > MOST_TEXT or not is_text(text) or not all(line.isprintable() for line in text.split("\n")):
        raise Refused(f"{what} is text of at most {MOST_TEXT:,} characters; write it anew.")
    return text


def address_terms(address: Address) -> dict[str, Any]:
    """As plain data; `address_from` reads it back."""
    return {
        "lines": list(address.lines),
        "postcode": address.postcode,
        "city": address.city,
        "country": address.place.country,
        "region": address.place.region,
    }


def address_from(terms: Mapping[str, Any] | None) -> Address:
    """What `address_terms` wrote; an unknown address where there is nothing."""
    if not terms:
        return UNKNOWN_ADDRESS
    return Address(tuple(terms["lines"]), terms["postcode"], terms["city"], Place(terms["country"], terms["region"]))


def tax_id_terms(tax_ids: Sequence[TaxId]) -> list[dict[str, Any]]:
    """As plain data; `tax_ids_from` reads it back."""
    return [
        {"country": one.country, "number": one.number, "checked": one.checked, "label": one.label} for one in tax_ids
    ]


def tax_ids_from(terms: Sequence[Mapping[str, Any]] | None) -> tuple[TaxId, ...]:
    """What `tax_id_terms` wrote."""
    return tuple(TaxId(one["country"], one["number"], one["checked"], one["label"]) for one in terms or ())


def letterhead_terms(letterhead: Letterhead) -> dict[str, Any]:
    """As plain data; `letterhead_from` reads it back."""
    return {
        "address": address_terms(letterhead.address),
        "tax_ids": tax_id_terms(letterhead.tax_ids),
        "bank": letterhead.bank,
        "legal_text": letterhead.legal_text,
        "logo": letterhead.logo,
    }


def letterhead_from(terms: Mapping[str, Any] | None) -> Letterhead:
    """What `letterhead_terms` wrote; an empty one where there is nothing."""
    if not terms:
        return EMPTY
    return Letterhead(
        address=address_from(terms["address"]),
        tax_ids=tax_ids_from(terms["tax_ids"]),
        bank=terms["bank"],
        legal_text=terms["legal_text"],
        logo=terms["logo"],
    )
