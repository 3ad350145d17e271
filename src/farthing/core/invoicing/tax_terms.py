"""Tax rules as plain data, the way a file or a request writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from farthing.core.exact import divide, multiply
from farthing.core.invoicing.places import EVERYWHERE, GROUPS
from farthing.core.invoicing.reckoning import TaxTreatment
from farthing.core.invoicing.tax_rules import CustomerKind, Otherwise, TaxRule, TaxRules
from farthing.core.money import plain
from farthing.core.pricing.fields import Terms, choice, flag, number, only, parts, word, words
from farthing.core.pricing.price import TAX_CATEGORY
from farthing.core.refused import Refused

_AREA = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_GROUP = re.compile(r"[A-Z][A-Z0-9_]{2,31}|EU")
_RULE = frozenset({
    "tax", "name", "percent", "treatment", "place", "seller", "entity", "crossing", "customer", "category", "from",
    "until", "jurisdiction", "category_code", "reason", "reason_code",
})  # fmt: skip
_MOST_RULES = 500
_HUNDRED = Decimal(100)
_NEEDS_A_REASON = (TaxTreatment.EXEMPT, TaxTreatment.REVERSE_CHARGE)


def rules_from(terms: Terms, *, version: int) -> TaxRules:
    """The rules that these terms describe; each refusal names the rule that is meant by its number."""
    only(terms, {"rules", "places", "otherwise"}, of="The tax rules")
    groups = _groups(terms.get("places", {}))
    written = parts(terms, "rules", of="The tax rules", such_as="tax, place and percent")
    if len(written) > _MOST_RULES:
        raise Refused(f"There are {len(written):,} tax rules; keep to {_MOST_RULES:,}.", field="rules")
    return TaxRules(
        version=version,
        rules=tuple(_rule(rule, of=f"Tax rule {place}", groups=groups) for place, rule in enumerate(written, start=1)),
        otherwise=Otherwise(choice(terms, "otherwise", list(Otherwise), of="The tax rules", default=Otherwise.REFUSE)),
        groups=groups,
    )


def rules_terms(rules: TaxRules) -> dict[str, Any]:
    """As plain data; `rules_from` reads it back."""
    named = {name: sorted(areas) for name, areas in rules.groups.items() if GROUPS.get(name) != areas}
    return {
        **({"places": named} if named else {}),
        "rules": [_rule_terms(rule) for rule in rules.rules],
        "otherwise": rules.otherwise.value,
    }


def percent_of(rate: Decimal) -> str:
    """A rate as people write it.

    >>> percent_of(Decimal("0.0725"))
    '7.25'
    """
    return plain(multiply(rate, _HUNDRED))


def _rule(terms: Terms, *, of: str, groups: Mapping[str, frozenset[str]]) -> TaxRule:
    only(terms, _RULE, of=of)
    treatment = TaxTreatment(choice(terms, "treatment", list(TaxTreatment), of=of, default=TaxTreatment.STANDARD))
    rate = _rate(terms, treatment, of=of)
    reason = _text(terms, "reason", of=of)
    if treatment in _NEEDS_A_REASON and not reason:
        raise Refused(f"{of} says why no tax is due: give a “reason”, as the invoice will say it.", field="reason")
    since, until = _day(terms, "from", of=of), _day(terms, "until", of=of)
    if since is not None and until is not None and until < since:
        raise Refused(f"{of} ends on {until}, before it begins on {since}.", field="until")
    customer = choice(terms, "customer", [*CustomerKind, "any"], of=of, default="any")
    tax = word(terms, "tax", of=of)
    return TaxRule(
        tax=tax,
        name=_text(terms, "name", of=of) or tax.upper(),
        rate=rate,
        treatment=treatment,
        places=_areas(terms, "place", of=of, groups=groups),
        sellers=_areas(terms, "seller", of=of, groups=groups),
        entities=words(terms, "entity", of=of),
        crossing=flag(terms, "crossing", of=of, default=False) if "crossing" in terms else None,
        kind=None if customer == "any" else CustomerKind(customer),
        categories=_categories(terms, of=of),
        since=since,
        until=until,
        jurisdiction=_text(terms, "jurisdiction", of=of),
        category_code=_text(terms, "category_code", of=of).upper(),
        reason=reason,
        reason_code=_text(terms, "reason_code", of=of).upper(),
    )


def _rule_terms(rule: TaxRule) -> dict[str, Any]:
    terms: dict[str, Any] = {"tax": rule.tax, "name": rule.name}
    if rule.treatment is TaxTreatment.STANDARD:
        terms["percent"] = percent_of(rule.rate)
    else:
        terms["treatment"] = rule.treatment.value
    for name, areas in (("place", rule.places), ("seller", rule.sellers)):
        if areas != (EVERYWHERE,):
            terms[name] = areas[0] if len(areas) == 1 else list(areas)
    said = {
        "entity": list(rule.entities),
        "crossing": rule.crossing,
        "customer": None if rule.kind is None else rule.kind.value,
        "category": list(rule.categories),
        "from": None if rule.since is None else rule.since.isoformat(),
        "until": None if rule.until is None else rule.until.isoformat(),
        "jurisdiction": rule.jurisdiction,
        "category_code": rule.category_code,
        "reason": rule.reason,
        "reason_code": rule.reason_code,
    }
    return terms | {name: value for name, value in said.items() if value not in (None, "", [])}


def _rate(terms: Terms, treatment: TaxTreatment, *, of: str) -> Decimal:
    if treatment is not TaxTreatment.STANDARD:
        if "percent" in terms and number(terms, "percent", of=of):
            raise Refused(f"{of} is {treatment.value}, which has no percent; leave it out.", field="percent")
        return Decimal(0)
    percent = number(terms, "percent", of=of)
    if not 0 <= percent <= 1000:
        raise Refused(f"{of} takes a percent from 0 to 1000, not {plain(percent)}.", field="percent")
    if not percent:
        raise Refused(f"{of} has 0 percent; say “treatment: zero”, exempt or outside, as it is meant.", field="percent")
    rate = divide(percent, _HUNDRED)
    assert isinstance(rate, Decimal), f"{percent} percent"
    return rate


def _categories(terms: Terms, *, of: str) -> tuple[str, ...]:
    categories = words(terms, "category", of=of)
    for category in categories:
        if not TAX_CATEGORY.fullmatch(category):
            raise Refused(
                f"{of} takes a tax category as one word in small letters, such as standard or ebook.", field="category"
            )
    return categories


def _areas(terms: Terms, name: str, *, of: str, groups: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    areas = words(terms, name, of=of) or (EVERYWHERE,)
    for area in areas:
        if area != EVERYWHERE and area not in groups and not _AREA.fullmatch(area):
            raise Refused(
                f"{of} has “{name}: {area}”; give a country such as DE, a region such as US-CA, or a group: "
                f"{', '.join(sorted(groups))}.",
                field=name,
            )
    return areas


def _groups(written: object) -> dict[str, frozenset[str]]:
    groups = dict(GROUPS)
    if not isinstance(written, Mapping):
        raise Refused("The tax rules take “places” as names, each with a list of countries.", field="places")
    for name in written:
        if not isinstance(name, str) or not _GROUP.fullmatch(name):
            raise Refused(f"“{name}” cannot name a group of places; use capitals, three or more.", field="places")
        areas = words(written, name, of="The tax rules")
        if not areas or not all(_AREA.fullmatch(area) for area in areas):
            raise Refused(f"The group “{name}” takes countries and regions, such as [DE, US-CA].", field="places")
        groups[name] = frozenset(areas)
    return groups


def _day(terms: Terms, name: str, *, of: str) -> date | None:
    value = terms.get(name)
    try:
        if isinstance(value, date):  # A file of YAML may have read it already.
            return date(value.year, value.month, value.day)
        return None if value is None else date.fromisoformat(str(value))
    except ValueError:
        raise Refused(f"{of} takes “{name}” as a day, such as 2026-01-01.", field=name) from None


def _text(terms: Terms, name: str, *, of: str) -> str:
    value = word(terms, name, of=of, default="").strip()
    if len(value) > 500:
        raise Refused(f"{of} has a “{name}” of {len(value)} characters; keep to 500.", field=name)
    return value
