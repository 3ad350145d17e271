"""Legal entities: added, changed, shown, and chosen for a customer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from farthing.core.invoicing.invoice import DEFAULT_TERMS_DAYS, LegalEntity, known_language
from farthing.core.invoicing.letterhead import Address, line_in, text_in
from farthing.core.invoicing.logo import logo_in
from farthing.core.invoicing.tax_ids import tax_id_in
from farthing.core.money import currency
from farthing.core.period import zone
from farthing.core.refused import Clash, Refused, Unknown
from farthing.usecases.ports import SellerStore

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_PREFIX = re.compile(r"[A-Z0-9][A-Z0-9-]{0,11}")
_TAXED_BY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
MOST_TAX_IDS = 10


@dataclass(frozen=True, slots=True)
class EntityChange:
    """What is to be said of a legal entity; None leaves it as it is. A text that is empty takes away what was there."""

    name: str | None = None
    in_zone: str | None = None
    number_prefix: str | None = None
    credit_prefix: str | None = None
    terms_days: int | None = None
    currency: str | None = None
    address: Address | None = None
    tax_ids: Sequence[str] | None = None
    bank: str | None = None
    legal_text: str | None = None
    logo: bytes | None = None
    taxed_by: str | None = None
    tax_included: bool | None = None
    language: str | None = None


def add_entity(store: SellerStore, key: str, change: EntityChange) -> LegalEntity:
    """A new legal entity, behind those there are; the same one again is answered as done."""
    if not _KEY.fullmatch(key):
        raise Refused(
            f"“{key[:40]}” cannot be a legal entity's key: use up to 32 small letters, digits, _ and -.", field="key"
        )
    for field, given in (("name", change.name), ("zone", change.in_zone), ("prefix", change.number_prefix)):
        if given is None:
            raise Refused(f"A new legal entity needs its {field}.", field=field)
    assert change.name is not None, "it was asked for"
    assert change.in_zone is not None, "it was asked for"
    assert change.number_prefix is not None, "it was asked for"
    blank = LegalEntity(key, change.name, change.in_zone, change.number_prefix, DEFAULT_TERMS_DAYS)
    with store.transaction():
        store.lock_entities()
        entity = _changed(store, blank, change)
        known = store.entity(key)
        if known == entity:
            return known
        if known is not None:
            raise Clash(f"There is a legal entity “{key}” already; change it with farthing entity set.", field="key")
        _refuse_taken_prefix(store, entity)
        store.add_entity(entity)
    return entity


def change_entity(store: SellerStore, key: str, change: EntityChange) -> LegalEntity:
    """What is said of a legal entity from now on; issued invoices keep what they say."""
    with store.transaction():
        store.lock_entities()
        entity = _changed(store, find_entity(store, key), change)
        _refuse_taken_prefix(store, entity)
        store.keep_entity(entity)
    return entity


def list_entities(store: SellerStore) -> list[LegalEntity]:
    """All of them; the first one invoices customers that belong to none."""
    with store.transaction():
        return store.entities()


def show_entity(store: SellerStore, key: str) -> LegalEntity:
    """One of them."""
    with store.transaction():
        return find_entity(store, key)


def entity_named(store: SellerStore, key: str | None) -> LegalEntity:
    """The legal entity with this key, or the seller's own where none is given; to be called in a transaction."""
    return store.seller().entity if key is None else find_entity(store, key)


def find_entity(store: SellerStore, key: str) -> LegalEntity:
    """The legal entity with this key; to be called in a transaction."""
    entity = store.entity(key)
    if entity is None:
        known = ", ".join(one.key for one in store.entities())
        raise Unknown(f"There is no legal entity “{key[:40]}” here; there are: {known}.", field="entity")
    return entity


def _changed(store: SellerStore, entity: LegalEntity, change: EntityChange) -> LegalEntity:
    letterhead = entity.letterhead
    if change.address is not None:
        letterhead = replace(letterhead, address=change.address)
    if change.tax_ids is not None:
        if len(change.tax_ids) > MOST_TAX_IDS:
            raise Refused(f"Give at most {MOST_TAX_IDS} tax ids.", field="tax_ids")
        country = letterhead.address.place.country
        letterhead = replace(
            letterhead, tax_ids=tuple(tax_id_in(written, country=country) for written in change.tax_ids)
        )
    if change.bank is not None:
        letterhead = replace(letterhead, bank=text_in(change.bank, what="What is said of the bank"))
    if change.legal_text is not None:
        letterhead = replace(letterhead, legal_text=text_in(change.legal_text, what="The legal text"))
    if change.logo is not None:
        digest = ""
        if change.logo:
            logo = logo_in(change.logo)
            store.keep_logo(logo)
            digest = logo.digest
        letterhead = replace(letterhead, logo=digest)
    changed = replace(
        entity,
        name=entity.name if change.name is None else line_in(change.name, what="A legal entity's name"),
        in_zone=entity.in_zone if change.in_zone is None else change.in_zone,
        number_prefix=entity.number_prefix if change.number_prefix is None else change.number_prefix.strip(),
        credit_prefix=entity.credit_prefix if change.credit_prefix is None else change.credit_prefix.strip(),
        terms_days=entity.terms_days if change.terms_days is None else change.terms_days,
        taxed_by=entity.taxed_by if change.taxed_by is None else change.taxed_by,
        tax_included=entity.tax_included if change.tax_included is None else change.tax_included,
        letterhead=letterhead,
        language=entity.language if change.language is None else known_language(change.language),
    )
    if change.currency is not None:
        changed = replace(changed, currency=currency(change.currency.strip().upper()) if change.currency else None)
    _refuse_impossible(store, changed)
    return changed


def _refuse_impossible(store: SellerStore, entity: LegalEntity) -> None:
    if not entity.name:
        raise Refused("A legal entity needs a name, as invoices show it.", field="name")
    zone(entity.in_zone)
    for prefix in (entity.number_prefix, entity.credit_prefix or entity.number_prefix):
        if not _PREFIX.fullmatch(prefix):
            raise Refused(
                f"“{prefix[:40]}” cannot open document numbers: use up to 12 capitals, digits and dashes.",
                field="prefix",
            )
    if entity.credit_note_prefix == entity.number_prefix:
        raise Refused("Credit notes need another prefix than invoices, since they are numbered apart.", field="prefix")
    if not 0 <= entity.terms_days <= 365:
        raise Refused(f"Terms of payment are 0 to 365 days, not {entity.terms_days}.", field="terms_days")
    if not _TAXED_BY.fullmatch(entity.taxed_by):
        raise Refused("Taxes are worked out by “rules”, by “nobody”, or by a service's name.", field="taxed_by")
    if entity.taxed_by not in ("rules", "nobody") and store.tax_service(entity.taxed_by) is None:
        raise Refused(
            f"This installation has no tax service “{entity.taxed_by}”; taxes are worked out by “rules”, by “nobody”, "
            "or by a service that is installed.",
            field="taxed_by",
        )


def _refuse_taken_prefix(store: SellerStore, entity: LegalEntity) -> None:
    """Numbers of two legal entities are told apart by what opens them."""
    own = {entity.number_prefix, entity.credit_note_prefix}
    for other in store.entities():
        taken = own & {other.number_prefix, other.credit_note_prefix}
        if other.key != entity.key and taken:
            raise Clash(
                f"Documents of “{other.key}” open with {min(taken)} already; choose another prefix.", field="prefix"
            )
