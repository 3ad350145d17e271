"""OpenMeter's client: CloudEvents, one or a batch, answered with 204 and headers that say what became of them."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Response

from farthing.http_api.drop_ins.answers import counts
from farthing.http_api.problems import Told as ToldProblem
from farthing.usecases.ports import Outcome
from farthing.usecases.record_usage import Told


def answer(told: Sequence[Told]) -> Response:
    """What its client is told; 400 when some events have no identity, where the others are kept all the same."""
    refused = [one for one in told if one.outcome is Outcome.REFUSED]
    if not refused:
        return Response(status_code=204, headers=counts(told))
    if len(told) == 1:
        raise ToldProblem(400, "refused", refused[0].reason)
    sentence = (
        f"{len(refused)} of {len(told)} events were not kept (event {refused[0].index}: "
        f"{refused[0].reason.rstrip('.')}); what else there was is kept, and sending all of them again is safe."
    )
    raise ToldProblem(400, "refused", sentence, headers=counts(told))
