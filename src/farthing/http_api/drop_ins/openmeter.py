"""OpenMeter's client: CloudEvents, one or a batch, answered with 204 and headers that say what became of them."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from farthing.http_api.access import Asking
from farthing.http_api.drop_ins.answers import counts
from farthing.http_api.problems import Told
from farthing.usecases.ports import Outcome
from farthing.usecases.record_usage import record_usage


def record(asking: Asking, events: list[Any]) -> Response:
    """Keep the events; 400 when some have no identity, and the others are kept all the same."""
    told = record_usage(asking.store, events, now=asking.now)
    refused = [one for one in told if one.outcome is Outcome.REFUSED]
    if refused:
        first = f"event {refused[0].index}: {refused[0].reason}"
        sentence = first if len(events) > 1 else refused[0].reason
        if len(events) > len(refused):
            sentence = (
                f"{len(refused)} of {len(events)} events were not kept ({first.rstrip('.')}); the others were, and "
                "sending all of them again is safe."
            )
        raise Told(400, "refused", sentence, headers=counts(told))
    return Response(status_code=204, headers=counts(told))
