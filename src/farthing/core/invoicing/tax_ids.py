"""Tax ids: the numbers that tax offices give, checked by their form; whether one is in force only they can say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from stdnum.exceptions import ValidationError
from stdnum.util import get_cc_module

from farthing.core.invoicing.places import EU
from farthing.core.metering.event import is_text
from farthing.core.refused import Refused

_PREFIX_OF = {"GR": "EL"}
_COUNTRY_OF = {"EL": "GR"}
_MOST = 40


@dataclass(frozen=True, slots=True)
class TaxId:
    """A number and the country that gave it. `checked` says that its form, check digits too, is that of a VAT id there.

    `label` is what a number that is no VAT id is called, such as Steuernummer.
    """

    country: str
    number: str
    checked: bool = False
    label: str = ""

    def __str__(self) -> str:
        return f"{self.label} {self.number}" if self.label else self.number


def tax_id_in(written: str, *, country: str = "") -> TaxId:
    """The id in a text: a VAT id with the letters of its country, or without them where `country` gives them.

    Refuses what cannot be a VAT id there. Where we know no form of a country's ids, and behind a name and “=”, any
    number is kept as it is.

    >>> tax_id_in("de 136 695 976")
    TaxId(country='DE', number='DE136695976', checked=True, label='')
    >>> str(tax_id_in("Steuernummer=12/345/67890", country="DE"))
    'Steuernummer 12/345/67890'
    >>> tax_id_in("DE136695977")
    Traceback (most recent call last):
    ...
    farthing.core.refused.Refused: “DE136695977” cannot be a VAT id of DE: its length or its check digits are wrong.
    """
    label, named, number = written.partition("=")
    if named:
        return _other(label.strip(), number.strip(), country)
    compact = re.sub(r"[\s./-]", "", written).upper()
    if not re.fullmatch(rf"[A-Z0-9+*]{{2,{_MOST}}}", compact):
        raise Refused(
            f"“{written[:_MOST]}” is no tax id: it takes letters and digits, such as DE136695976.", field="tax_ids"
        )
    opens = _COUNTRY_OF.get(compact[:2], compact[:2])
    for of in dict.fromkeys((opens, country)):
        found = _vat_id(compact, of)
        if found is not None:
            return TaxId(of, found, checked=True)
    of = opens if opens in EU and country not in EU else country or opens
    if of in EU or _module(of) is not None:
        raise Refused(
            f"“{written.strip()[:_MOST]}” cannot be a VAT id of {of}: its length or its check digits are wrong.",
            field="tax_ids",
        )
    if not country:
        raise Refused(f"“{written[:_MOST]}” does not say which country gave it; say the country, too.", field="tax_ids")
    return TaxId(country, compact)


def _other(label: str, number: str, country: str) -> TaxId:
    for text in (label, number):
        if not text or len(text) > _MOST or not is_text(text) or not text.isprintable():
            raise Refused("A number that is no VAT id is written as its name, “=”, and the number.", field="tax_ids")
    return TaxId(country, number, label=label)


def _vat_id(compact: str, country: str) -> str | None:
    """The id written in full, if its form is right in that country."""
    module = _module(country)
    if module is None:
        return None
    try:
        number = str(module.validate(compact))
    except ValidationError:
        return None
    prefix = _PREFIX_OF.get(country, country)
    if compact.startswith(prefix):
        return compact
    return number if country not in EU or number.startswith(prefix) else prefix + number


def _module(country: str) -> Any:
    return get_cc_module(country.lower(), "vat") if re.fullmatch("[A-Z]{2}", country) else None
