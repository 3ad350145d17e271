"""What to say of usage that no subscription covers: how much it is, and what would make it billable."""

from collections.abc import Sequence

from farthing.cli.say import counted
from farthing.core.period import local_date
from farthing.usecases.uncovered import Uncovered


def uncovered_lines(found: Sequence[Uncovered]) -> list[str]:
    """A sentence for each customer and type."""
    return [
        f"{counted(one.events, 'event')} of {one.customer.key} (type “{one.type}”, from {one.first_on} to "
        f"{one.last_on}) {'falls' if one.events == 1 else 'fall'} outside every subscription and will not be billed; "
        f"{_mend(one)}"
        for one in found
    ]


def _mend(one: Uncovered) -> str:
    key, plan = one.customer.key, one.plans[0] if len(one.plans) == 1 else "PLAN"
    add = f"farthing subscription add {key} {plan} --from {one.first_on}"
    if not one.plans:
        return f"no plan prices that type: farthing catalog apply one that does, then {add}"
    if not one.in_the_way:
        return f"to bill {'it' if one.events == 1 else 'them'}: {add}"
    ends = " and ".join(f"farthing subscription end {key} {other.plan_key}" for other in one.in_the_way)
    if one.withdrawable:
        return f"to bill {'it' if one.events == 1 else 'them'}: {ends}, then {add}"
    first = min(one.in_the_way, key=lambda other: other.starts_at)
    since = local_date(first.starts_at, in_zone=first.cycle.in_zone)
    return (
        f"{key} is on the plan {first.plan_key} since {since}, which cannot be moved back, so check the file's times "
        f"and the customer, or charge {'it' if one.events == 1 else 'them'} outside Farthing."
    )
