"""The same request twice has one effect and one answer (INV-13)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from farthing.core.ids import content_hash
from farthing.core.metering.event import canonical
from farthing.core.refused import Busy, Clash
from farthing.core.saying import message
from farthing.usecases.ports import Books


def once(
    books: Books, scope: str, key: str, request: object, act: Callable[[], Any], *, now: datetime
) -> tuple[Any, bool]:
    """The answer to this request, and whether it is new; to be called in the transaction that acts.

    The same key with another request is refused: it would be a mistake to answer it with the first one's answer.
    """
    asked = content_hash(canonical(request).encode())
    known = books.answered(scope, key)
    if known is not None:
        if known[0] != asked:
            raise Clash(f"The key “{key}” was used for another request; use a new key for a new request.")
        return known[1], False
    answer = act()
    if not books.keep_answer(scope, key, request=asked, answer=answer, created_at=now):
        raise Busy(message("The same request is being answered right now; send it again in a moment."))
    return answer, True
