"""The areas that cases are of: what works each out, and why some cannot be worked out yet."""

from __future__ import annotations

from collections.abc import Callable

from farthing.cli.cases.aggregation import aggregation
from farthing.cli.cases.answers import Answers
from farthing.cli.cases.bounds import cap, commitment_minimum
from farthing.cli.cases.charge_model import charge_model
from farthing.cli.cases.coupon import coupon
from farthing.cli.cases.currency import currency_case
from farthing.cli.cases.discount import discount
from farthing.cli.cases.prepaid_credit import prepaid_credit
from farthing.cli.cases.proration import proration
from farthing.cli.cases.rounding import rounding
from farthing.cli.cases.subscription_period import subscription_period
from farthing.cli.cases.tax import tax
from farthing.cli.cases.timezone import timezone_case
from farthing.cli.cases.words import Words

# An area is one module of this package with one function: words in, answers out.
AREAS: dict[str, Callable[[Words], Answers]] = {
    "charge_model": charge_model,
    "aggregation": aggregation,
    "cap": cap,
    "commitment_minimum": commitment_minimum,
    "discount": discount,
    "rounding": rounding,
    "currency": currency_case,
    "subscription_period": subscription_period,
    "timezone": timezone_case,
    "proration": proration,
    "tax": tax,
    "coupon": coupon,
    "prepaid_credit": prepaid_credit,
}

# Until there is something to ask, each says what is missing.
NOT_YET: dict[str, str] = {
    "webhook_signature": "there are no outgoing webhooks yet",
}
