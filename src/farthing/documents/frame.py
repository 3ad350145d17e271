"""What stands around every document: who sends it, to whom, the logo, how to pay, and the foot of each page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from farthing.core.invoicing.letterhead import Address, Letterhead
from farthing.core.invoicing.logo import Logo
from farthing.core.parties import Customer, Mode, Seller
from farthing.documents.fonts import FAMILY, legible
from farthing.languages.language import Language
from farthing.usecases.tax_ports import Addressee


def frame_content(
    language: Language, *, title: str, seller_name: str, footer: Sequence[Sequence[str]]
) -> dict[str, Any]:
    """What holds for all pages of a document."""
    return {
        "language": language.code,
        "family": FAMILY,
        "title": legible(title),
        "seller": legible(seller_name),
        "footer": [[legible(part) for part in row] for row in footer],
        "page_of": language.say("Page {page} of {pages}", page="\x00", pages="\x00").split("\x00"),
    }


def head_content(
    seller: Seller,
    customer: Customer,
    language: Language,
    *,
    name: str,
    letterhead: Letterhead,
    to: Addressee | None,
    logo: Logo | None,
) -> dict[str, Any]:
    """The top of a document's first page: both sides of it"""
    lines = (*_written(letterhead.address, language), *map(str, letterhead.tax_ids))
    theirs = () if to is None else (*_written(to.address, language), *map(str, to.tax_ids))
    return {
        "seller": legible(name),
        "seller_lines": [legible(line) for line in lines],
        "logo": None
        if logo is None
        else {"picture": logo.digest, "says": language.say("Logo of {name}", name=legible(name))},
        "sandbox": "" if seller.mode is not Mode.SANDBOX else language.say("Sandbox: not a real document"),
        "customer": legible(customer.name if to is None else to.name) or legible(customer.key),
        "customer_lines": [legible(line) for line in theirs],
        "customer_key": legible(customer.key),
    }


def _written(address: Address, language: Language) -> list[str]:
    """As it stands on an envelope, with the country's name as the reader calls it."""
    if not address.place.country:
        return list(address.written)
    *above, _ = address.written
    country = language.country(address.place.country)
    region = address.place.region
    return [*above, f"{region}, {country}" if region else country]


def closing_content(letterhead: Letterhead) -> list[str]:
    """How to pay, and what the law wants to be said."""
    texts = (letterhead.bank, letterhead.legal_text)
    return [legible(line) for text in texts for line in text.split("\n") if line]
