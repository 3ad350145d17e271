"""What a drop-in answers: what the client expects, with headers that count what else there is to say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from farthing.core.refused import Refused
from farthing.http_api.access import Asking
from farthing.http_api.ingestion import Ingestion
from farthing.http_api.problems import Told as ToldProblem
from farthing.http_api.sent import Sent
from farthing.usecases.ports import Outcome
from farthing.usecases.record_usage import Told

COUNTS = {
    f"Farthing-{outcome.value.capitalize()}": {
        "description": f"How many events were {meaning}; left out where there are none.",
        "schema": {"type": "integer"},
    }
    for outcome, meaning in (
        (Outcome.ACCEPTED, "accepted"),
        (Outcome.DUPLICATE, "kept before, and are counted once"),
        (Outcome.CONFLICT, "in conflict with an event of the same identity"),
        (Outcome.QUARANTINED, "kept apart with a reason, until they or its cause are mended"),
    )
}


async def kept(request: Request, asking: Asking, sent: Sent) -> list[Told]:
    """Keep what was sent among all that comes; what became of each, in order. Tells (429) when too much waits."""
    ingestion: Ingestion = request.app.state.ingestion
    answer = await ingestion.keep(asking.store.seller_id, sent.plain, sent.others, size_bytes=sent.size_bytes)
    told = sent.refused | dict(answer)
    return [told.get(index) or Told(index, Outcome.ACCEPTED) for index in range(len(sent.plain))]


def counts(told: Sequence[Told]) -> dict[str, str]:
    """What became of the events, as the headers of an answer whose body has no place for it."""
    found = Counter(one.outcome for one in told)
    return {f"Farthing-{outcome.value.capitalize()}": str(found[outcome]) for outcome in Outcome if found[outcome]}


def telling(tell: Callable[[ToldProblem], Response]) -> type[APIRoute]:
    """A kind of route whose problems, those of the API key included, are told as this client reads them."""

    class Telling(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def handled(request: Request) -> Response:
                try:
                    return await handle(request)
                except Refused as refusal:
                    return tell(ToldProblem.of(refusal))
                except ToldProblem as told:
                    return tell(told)

            return handled

    return Telling
