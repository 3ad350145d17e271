"""Budgets: set, changed, taken away, and looked at as they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from farthing.core.alerting.alert import Alert
from farthing.core.alerting.budget import USUAL_SHARES, Budget, Standing, Tells
from farthing.core.ids import id_of
from farthing.core.metering.event import is_text
from farthing.core.money import Currency, exact_money
from farthing.core.parties import Customer
from farthing.core.people import Ask, Person
from farthing.core.refused import Refused, Unknown
from farthing.core.saying import Saying, message
from farthing.usecases.customers import find_customer, visible_customers
from farthing.usecases.ports import SellerStore
from farthing.usecases.spent import currencies_of, standing_of

USUAL_NAME = "budget"
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class BudgetView:
    """A budget, how it stands (None while nothing runs that it counts), and what it raised in this period."""

    customer: Customer
    budget: Budget
    unit: str
    standing: Standing | None
    alerts: Sequence[Alert]


def set_budget(
    store: SellerStore,
    *,
    customer_key: str,
    most: Decimal,
    by: str,
    now: datetime,
    person: Person | None = None,
    name: str = USUAL_NAME,
    currency: Currency | None = None,
    meter_key: str | None = None,
    in_units: bool = False,
    shares: Sequence[int] = USUAL_SHARES,
    ahead: bool = True,
    tells: Tells = Tells.FINANCE,
) -> Budget:
    """Set a customer's budget of this name, in place of the one it had.

    Money where it is not `in_units`, in the currency that their subscriptions have when none is named. The same as it
    is already changes nothing. What has been reached by now is told by the next look.
    """
    _check_name(name)
    with store.transaction():
        customer = find_customer(store, customer_key, person=person)  # Read.
        _may_set(person, tells)
        store.lock_customer(customer.customer_id)
        if meter_key is not None:
            _refuse_unknown_meter(store, meter_key)
        if in_units:
            currency = None
        else:
            currency = currency or _only_currency(store, customer, now=now)
            most = exact_money(most, currency, what="A budget", field="most").amount
        before = next((one for one in store.budgets(customer_id=customer.customer_id) if one.name == name), None)
        budget = Budget(  # Decide.
            budget_id=id_of("budget", customer.customer_id, name, now.isoformat()),
            customer_id=customer.customer_id,
            name=name,
            most=most,
            currency=currency,
            meter_key=meter_key,
            shares=tuple(shares),
            ahead=ahead,
            tells=tells,
            set_by=by,
            set_at=now,
        )
        if before is None or _said(before) != _said(budget):
            if before is not None:  # Write.
                store.end_budget(before.budget_id, by=by, at=now)
            store.keep_budget(budget)
            return budget
        return before


def show_budget(store: SellerStore, budget: Budget, *, now: datetime) -> BudgetView:
    """One budget as it stands, for whoever may see it."""
    with store.snapshot():
        customer = store.customer(budget.customer_id)
        assert customer is not None, f"the budget {budget.name} is a customer's"
        return _view(store, customer, budget, now=now)


def remove_budget(
    store: SellerStore, *, customer_key: str, name: str, by: str, now: datetime, person: Person | None = None
) -> Budget:
    """Take a budget away; what it raised stays readable."""
    with store.transaction():
        customer = find_customer(store, customer_key, person=person)
        store.lock_customer(customer.customer_id)
        found = next((one for one in store.budgets(customer_id=customer.customer_id) if one.name == name), None)
        if found is None:
            raise Unknown(f"{customer.key} has no budget “{name}”.", field="name")
        _may_set(person, found.tells)
        store.end_budget(found.budget_id, by=by, at=now)
    return found


def show_budgets(
    store: SellerStore, *, person: Person | None, now: datetime, customer_key: str | None = None
) -> list[BudgetView]:
    """Budgets in force of one customer, or of all that this person may see, as they stand."""
    with store.snapshot():
        if customer_key is not None:
            customers = [find_customer(store, customer_key, person=person)]
        else:
            having = set(store.customers_with_budgets())
            customers = [one for one in visible_customers(store, person=person) if one.customer_id in having]
        return [
            _view(store, customer, budget, now=now)
            for customer in customers
            for budget in store.budgets(customer_id=customer.customer_id)
        ]


def unit_of(store: SellerStore, budget: Budget) -> str:
    """What its amounts count: a currency's code, or a meter's unit."""
    if budget.currency is not None:
        return budget.currency.code
    assert budget.meter_key is not None, f"{budget.name} counts units of a meter"
    meter = store.meters().get(budget.meter_key)
    return budget.meter_key if meter is None else meter.unit or meter.key


def _view(store: SellerStore, customer: Customer, budget: Budget, *, now: datetime) -> BudgetView:
    standing = standing_of(store, budget, now=now)
    raised = () if standing is None else store.alerts_of(budget.budget_id, period_start=standing.period.start)
    return BudgetView(customer, budget, unit_of(store, budget), standing, raised)


def _may_set(person: Person | None, tells: Tells) -> None:
    """Whoever sees all customers sets any; a customer's own people set those that they hear of themselves."""
    if person is None:
        return
    person.must(Ask.SET_BUDGETS)
    if not person.may(Ask.SEE_ALL_CUSTOMERS) and tells is Tells.FINANCE:
        raise Refused(message("A budget of your own is told in your own channel."), field="tells")


def _only_currency(store: SellerStore, customer: Customer, *, now: datetime) -> Currency:
    found = currencies_of(store, customer, now=now)
    if len(found) == 1:
        return found[0]
    if not found:
        raise Refused(
            message("{customer} has no subscription that runs; say the currency."),
            field="currency",
            customer=customer.key,
        )
    first, *others = found
    codes: object = first.code
    for other in others:
        codes = Saying(message("{some} and {one}"), {"some": codes, "one": other.code})
    said = message("{customer} is charged in {currencies}; say which.")
    raise Refused(said, field="currency", customer=customer.key, currencies=codes)


def _refuse_unknown_meter(store: SellerStore, meter_key: str) -> None:
    if meter_key not in store.meters():
        said = message("There is no meter “{meter}”; `farthing catalog export` lists them.")
        raise Unknown(said, field="meter", meter=meter_key)


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > _LONGEST_NAME or not is_text(name):
        raise Refused(f"A budget's name is a short text of at most {_LONGEST_NAME} characters.", field="name")


def _said(budget: Budget) -> Sequence[object]:
    return (budget.most, budget.currency, budget.meter_key, budget.shares, budget.ahead, budget.tells)
