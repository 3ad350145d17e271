"""Taxes over HTTP: the rules, what a customer is taxed by, and what a line would bear."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field

from farthing.core.invoicing.places import place_in
from farthing.core.invoicing.tax_profile import Exemption
from farthing.core.invoicing.tax_rules import TaxRules
from farthing.core.invoicing.tax_terms import rules_terms
from farthing.core.money import currency, exact_decimal
from farthing.core.period import local_date
from farthing.core.pricing.price import STANDARD_CATEGORY
from farthing.http_api.access import Changing, Looking
from farthing.http_api.places import AddressGiven, AddressTaken, TaxIdGiven, address, given_address, given_tax_ids
from farthing.http_api.problems import responses
from farthing.http_api.shapes import ByName, Day, DecimalText, Given, MoneyGiven, Taken, Text, money, number
from farthing.usecases.tax_details import CustomerTaxed, DetailsChange, change_details, show_details
from farthing.usecases.tax_rules import apply_tax_rules, preview_tax, show_tax_rules

router = APIRouter(tags=["taxes"])
_RULE: dict[str, Any] = {"tax": "vat", "name": "MwSt.", "place": "DE", "percent": "19"}


class RuleTaken(Taken):
    """One rule of one tax; what it does not name, it does not look at."""

    model_config = ConfigDict(json_schema_extra={"example": _RULE})

    tax: Text = Field(description="Of the rules of one tax, the first that is for a supply holds.")
    name: Text | None = None
    percent: Text | None = Field(default=None, examples=["19"])
    treatment: Text | None = Field(default=None, description="standard, zero, exempt, reverse_charge or outside.")
    place: list[Text] | None = Field(default=None, max_length=300, examples=[["DE"]])
    seller: list[Text] | None = Field(default=None, max_length=300)
    entity: list[Text] | None = Field(default=None, max_length=100)
    crossing: bool | None = Field(default=None, description="Seller and customer are in two countries, or in one.")
    customer: Text | None = Field(default=None, description="business, consumer or any.")
    category: list[Text] | None = Field(default=None, max_length=100)
    since: Day | None = Field(default=None, alias="from", strict=False)
    until: Day | None = Field(default=None, strict=False)
    jurisdiction: Text | None = None
    category_code: Text | None = None
    reason: Text | None = None
    reason_code: Text | None = None


class RulesTaken(Taken):
    """Tax rules, in the order in which they are looked through."""

    model_config = ConfigDict(json_schema_extra={"example": {"rules": [_RULE], "otherwise": "none"}})

    rules: list[RuleTaken] = Field(max_length=500)
    places: ByName[list[Text]] = Field(
        default_factory=dict, description="Names for several countries or regions; EU is one already."
    )
    otherwise: Text = Field(default="refuse", description="Where no rule is for a supply: refuse or none.")


class RulesGiven(Given):
    """A version of the tax rules, as a file would write them."""

    version: int
    rules: list[dict[str, Any]]
    otherwise: str
    places: dict[str, list[str]]


class ExemptionTaken(Taken):
    """Why a customer bears no tax, from a day to a day, and where."""

    model_config = ConfigDict(json_schema_extra={"example": {"reason": "Diplomatic mission."}})

    reason: Text
    reason_code: Text | None = None
    certificate: Text | None = None
    jurisdiction: Text | None = None
    since: Day | None = Field(default=None, strict=False)
    until: Day | None = Field(default=None, strict=False)


class ExemptionGiven(Given):
    """Why a customer bears no tax."""

    reason: str
    reason_code: str
    certificate: str
    jurisdiction: str
    since: Day | None
    until: Day | None


class DetailsTaken(Taken):
    """What a customer is taxed by; what is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"address": {"country": "FR"}, "business": True, "tax_ids": ["FR40303265045"]},
        }
    )

    address: AddressTaken | None = None
    business: bool | None = None
    tax_ids: list[Text] | None = Field(default=None, max_length=10)
    exemptions: list[ExemptionTaken] | None = Field(default=None, max_length=20)
    entity: Text | None = Field(default=None, description="The legal entity that invoices them from now on.")


class DetailsGiven(Given):
    """What a customer is taxed by, and who invoices them."""

    customer: str
    address: AddressGiven
    business: bool
    tax_ids: list[TaxIdGiven]
    exemptions: list[ExemptionGiven]
    taxed_as: str = Field(description="business, for one that has shown a VAT id whose form is right; or consumer.")
    entity: str


class PreviewTaken(Taken):
    """A line that might be sold: to a customer, or to somebody in a place."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"amount": "100.00", "currency": "EUR", "country": "DE"}},
    )

    amount: Text = Field(examples=["100.00"])
    currency: Text = Field(examples=["EUR"])
    customer: Text | None = None
    country: Text | None = None
    region: Text | None = None
    business: bool = False
    category: Text = STANDARD_CATEGORY
    entity: Text | None = None
    on: Day | None = Field(default=None, strict=False)


class PreviewedTaxGiven(Given):
    """One tax of it."""

    key: str
    name: str
    jurisdiction: str
    rate: DecimalText
    treatment: str
    reason: str
    reason_code: str
    amount: MoneyGiven


class PreviewGiven(Given):
    """What the line would bear."""

    rules_version: int
    entity: str
    net: MoneyGiven
    taxes: list[PreviewedTaxGiven]
    total: MoneyGiven


@router.get("/v1/tax/rules", summary="See the tax rules", responses=responses(400, 404))
def get_rules(asking: Looking, version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None) -> RulesGiven:
    """A version of them, or the newest."""
    return _rules(show_tax_rules(asking.store, version))


@router.put("/v1/tax/rules", summary="Apply tax rules", responses=responses(400, 404, 409, 413, 503))
def put_rules(asking: Looking, taken: RulesTaken) -> RulesGiven:
    """Keep them as a new version, for invoices from now on; the same rules again change nothing."""
    terms = {
        "rules": [
            {
                name: value
                for name, value in rule.model_dump(mode="json", by_alias=True, exclude_none=True).items()
                if value != []
            }
            for rule in taken.rules
        ],
        "otherwise": taken.otherwise,
        "places": taken.places,
    }
    return _rules(apply_tax_rules(asking.store, terms, now=asking.now).rules)


@router.post("/v1/tax/preview", summary="Try the tax rules", responses=responses(400, 404, 409, 413, 503))
def post_preview(asking: Changing, taken: PreviewTaken) -> PreviewGiven:
    """What a line would bear, by the newest rules. Nothing is kept."""
    on = taken.on
    if on is None:
        with asking.store.transaction():
            on = local_date(asking.now, in_zone=asking.store.seller().entity.in_zone)
    shown = preview_tax(
        asking.store,
        amount=exact_decimal(taken.amount, what="The amount"),
        in_currency=currency(taken.currency),
        on=on,
        customer_key=taken.customer,
        place=place_in(taken.country, taken.region) if taken.country or taken.region else None,
        is_business=taken.business,
        category=taken.category,
        entity_key=taken.entity,
    )
    return PreviewGiven(
        rules_version=shown.rules.version,
        entity=shown.entity.key,
        net=money(shown.net),
        taxes=[
            PreviewedTaxGiven(
                key=tax.key,
                name=tax.name,
                jurisdiction=tax.jurisdiction,
                rate=number(tax.rate),
                treatment=tax.treatment.value,
                reason=tax.reason,
                reason_code=tax.reason_code,
                amount=money(tax.amount),
            )
            for tax in shown.taxes
        ],
        total=money(shown.gross),
    )


@router.get("/v1/customers/{key}/tax", summary="See what a customer is taxed by", responses=responses(404))
def get_details(asking: Looking, key: Annotated[Text, Path()]) -> DetailsGiven:
    """Their address, tax ids and exemptions, and who invoices them."""
    return _details(show_details(asking.store, key))


@router.patch(
    "/v1/customers/{key}/tax", summary="Say what a customer is taxed by", responses=responses(400, 404, 409, 413, 503)
)
def patch_details(asking: Looking, key: Annotated[Text, Path()], taken: DetailsTaken) -> DetailsGiven:
    """From now on; issued invoices keep what they say."""
    change = DetailsChange(
        address=None if taken.address is None else address(taken.address),
        is_business=taken.business,
        tax_ids=taken.tax_ids,
        exemptions=None if taken.exemptions is None else [_exemption(one) for one in taken.exemptions],
        entity=taken.entity,
    )
    return _details(change_details(asking.store, key, change))


def _exemption(taken: ExemptionTaken) -> Exemption:
    return Exemption(
        reason=taken.reason,
        reason_code=(taken.reason_code or "").upper(),
        certificate=taken.certificate or "",
        jurisdiction=(taken.jurisdiction or "").upper(),
        since=taken.since,
        until=taken.until,
    )


def _rules(rules: TaxRules) -> RulesGiven:
    terms = rules_terms(rules)
    return RulesGiven(
        version=rules.version,
        rules=terms["rules"],
        otherwise=terms["otherwise"],
        places=terms.get("places", {}),
    )


def _details(found: CustomerTaxed) -> DetailsGiven:
    profile = found.details.profile
    return DetailsGiven(
        customer=found.customer.key,
        address=given_address(found.details.address),
        business=profile.is_business,
        tax_ids=given_tax_ids(profile.tax_ids),
        exemptions=[
            ExemptionGiven(
                reason=one.reason,
                reason_code=one.reason_code,
                certificate=one.certificate,
                jurisdiction=one.jurisdiction,
                since=one.since,
                until=one.until,
            )
            for one in profile.exemptions
        ],
        taxed_as=profile.kind.value,
        entity=found.entity.key,
    )
