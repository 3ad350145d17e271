"""Legal entities over HTTP."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import ConfigDict, Field

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.invoicing.logo import LogoKind
from farthing.core.refused import Refused, Unknown
from farthing.http_api.access import Changing, Looking
from farthing.http_api.places import (
    AddressGiven,
    AddressTaken,
    Lines,
    TaxIdGiven,
    address,
    given_address,
    given_tax_ids,
)
from farthing.http_api.problems import responses
from farthing.http_api.shapes import AS_WHOLE, Given, Taken, Text
from farthing.usecases.entities import EntityChange, add_entity, change_entity, list_entities, show_entity
from farthing.usecases.ports import SellerStore

router = APIRouter(tags=["legal entities"])
Key = Annotated[Text, Path(description="The legal entity's key.")]
_EXAMPLE: dict[str, Any] = {
    "name": "Example GmbH",
    "zone": "Europe/Berlin",
    "prefix": "DE",
    "terms_days": 14,
    "address": {"lines": ["Musterweg 1"], "postcode": "10115", "city": "Berlin", "country": "DE"},
    "tax_ids": ["DE136695976"],
}


class EntityTaken(Taken):
    """What is said of a legal entity; what is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    name: Text | None = None
    zone: Text | None = Field(default=None, description="The IANA time zone of its documents' dates.")
    prefix: Text | None = Field(default=None, description="What its invoices' numbers begin with.")
    credit_prefix: Text | None = Field(default=None, description="What its credit notes' numbers begin with.")
    terms_days: Annotated[int, Field(ge=0, le=365), AS_WHOLE] | None = None
    currency: Text | None = Field(default=None, description="What it charges in where nothing else says so.")
    address: AddressTaken | None = None
    tax_ids: list[Text] | None = Field(
        default=None, max_length=10, description="VAT ids; any other number as its name, “=”, and the number."
    )
    bank: Lines | None = Field(default=None, description="How it is paid, as its documents say it.")
    legal_text: Lines | None = Field(default=None, description="What stands at the end of its documents.")
    logo: Annotated[str, Field(max_length=800_000)] | None = Field(
        default=None, description="A PNG or SVG in base64; an empty text takes it away."
    )
    taxed_by: Text | None = Field(default=None, description="rules, nobody, or the name of an outside service.")
    tax_included: bool | None = Field(default=None, description="Whether its prices hold the taxes already.")
    language: Text | None = Field(default=None, description="What its documents are written in: en or ru.")


class NewEntityTaken(EntityTaken):
    """A new legal entity; it needs a key, a name, a zone and a prefix."""

    model_config = ConfigDict(json_schema_extra={"example": {"key": "de"} | _EXAMPLE})

    key: Text


class EntityGiven(Given):
    """A legal entity."""

    key: str
    name: str
    zone: str
    prefix: str
    credit_prefix: str
    terms_days: int
    currency: str | None
    address: AddressGiven
    tax_ids: list[TaxIdGiven]
    bank: str
    legal_text: str
    logo: str | None = Field(description="The SHA-256 of its logo.")
    taxed_by: str
    tax_included: bool
    language: str


class EntitiesGiven(Given):
    """All legal entities; the first invoices customers that belong to none."""

    entities: list[EntityGiven]


@router.get("/v1/entities", summary="List legal entities", responses=responses())
def get_entities(asking: Looking) -> EntitiesGiven:
    """All of them."""
    return EntitiesGiven(entities=[_given(entity) for entity in list_entities(asking.store)])


@router.post("/v1/entities", status_code=201, summary="Add a legal entity", responses=responses(400, 409, 413, 503))
def post_entity(asking: Changing, taken: NewEntityTaken) -> EntityGiven:
    """With a series of numbers of its own. The same one again is answered as done."""

    def act(store: SellerStore) -> object:
        return _given(add_entity(store, taken.key, _change(taken))).model_dump(mode="json")

    return EntityGiven.model_validate(asking.once("POST /v1/entities", taken.model_dump(mode="json"), act))


@router.get("/v1/entities/{key}", summary="See a legal entity", responses=responses(404))
def get_entity(asking: Looking, key: Key) -> EntityGiven:
    """One of them."""
    return _given(show_entity(asking.store, key))


@router.patch("/v1/entities/{key}", summary="Change a legal entity", responses=responses(400, 404, 409, 413, 503))
def patch_entity(asking: Looking, key: Key, taken: EntityTaken) -> EntityGiven:
    """From now on; issued invoices keep what they say."""
    return _given(change_entity(asking.store, key, _change(taken)))


@router.get(
    "/v1/entities/{key}/logo",
    summary="See a legal entity's logo",
    response_class=Response,
    responses=responses(404) | {200: {"content": {"image/png": {}, "image/svg+xml": {}}}},
)
def get_logo(asking: Looking, key: Key) -> Response:
    """As it was given."""
    entity = show_entity(asking.store, key)
    with asking.store.transaction():
        logo = asking.store.logo(entity.letterhead.logo) if entity.letterhead.logo else None
    if logo is None:
        raise Unknown(f"The legal entity “{entity.key}” has no logo.")
    media = "image/png" if logo.kind is LogoKind.PNG else "image/svg+xml"
    return Response(logo.content, media_type=media, headers={"Content-Security-Policy": "default-src 'none'; sandbox"})


def _change(taken: EntityTaken) -> EntityChange:
    return EntityChange(
        name=taken.name,
        in_zone=taken.zone,
        number_prefix=taken.prefix,
        credit_prefix=taken.credit_prefix,
        terms_days=taken.terms_days,
        currency=taken.currency,
        address=None if taken.address is None else address(taken.address),
        tax_ids=taken.tax_ids,
        bank=taken.bank,
        legal_text=taken.legal_text,
        logo=None if taken.logo is None else _bytes(taken.logo),
        taxed_by=taken.taxed_by,
        tax_included=taken.tax_included,
        language=taken.language,
    )


def _bytes(written: str) -> bytes:
    try:
        return base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("The logo is not in base64; encode the whole file, without line breaks.", field="logo") from None


def _given(entity: LegalEntity) -> EntityGiven:
    head = entity.letterhead
    return EntityGiven(
        key=entity.key,
        name=entity.name,
        zone=entity.in_zone,
        prefix=entity.number_prefix,
        credit_prefix=entity.credit_note_prefix,
        terms_days=entity.terms_days,
        currency=None if entity.currency is None else entity.currency.code,
        address=given_address(head.address),
        tax_ids=given_tax_ids(head.tax_ids),
        bank=head.bank,
        legal_text=head.legal_text,
        logo=head.logo or None,
        taxed_by=entity.taxed_by,
        tax_included=entity.tax_included,
        language=entity.language,
    )
