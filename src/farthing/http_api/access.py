"""Who is calling: an API key names the seller, and everything asked afterwards is that seller's alone (INV-19)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AfterValidator, WithJsonSchema

from farthing.core.refused import Refused
from farthing.http_api.problems import Told
from farthing.usecases.api_keys import seller_of
from farthing.usecases.joined import joined
from farthing.usecases.once import once
from farthing.usecases.ports import Installation, SellerStore

_BEARER = HTTPBearer(auto_error=False, bearerFormat="fk_…", description="An API key of `farthing apikey new`.")
_NO_KEY = "Send your API key as “Authorization: Bearer fk_…”; farthing apikey new makes one."
_WRONG_KEY = "This API key is not known here; check that it was copied whole, or make one with farthing apikey new."


@dataclass(frozen=True, slots=True)
class Asking:
    """One request of a seller: their store, and their time, read once at the door."""

    store: SellerStore
    now: datetime
    idempotency_key: str | None
    installation: Installation

    def once(self, scope: str, request: Any, act: Callable[[SellerStore], Any]) -> Any:
        """Do it, or with an Idempotency-Key that was used before, give the answer of that time (INV-13)."""
        if self.idempotency_key is None:
            return act(self.store)
        with self.store.transaction():
            answer, _ = once(
                self.store, scope, self.idempotency_key, request, lambda: act(joined(self.store)), now=self.now
            )
        return answer


def _printable(key: str) -> str:
    if not 0 < len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise ValueError("An Idempotency-Key is 1 to 255 printable ASCII characters")
    return key


_Key = Annotated[
    str,
    AfterValidator(_printable),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"}),
]


def _looking(request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> Asking:
    store, installation = seller_store(request, credentials), _installation(request)
    return Asking(store, now=installation.now(store), idempotency_key=None, installation=installation)


def _asking(
    looking: Annotated[Asking, Depends(_looking)],
    idempotency_key: Annotated[
        _Key | None, Header(description="The same key with the same request is done once and answered alike.")
    ] = None,
) -> Asking:
    # Who calls is asked before anything that they say is looked at.
    return replace(looking, idempotency_key=idempotency_key)


def seller_store(request: Request, credentials: HTTPAuthorizationCredentials | None) -> SellerStore:
    """The store of the key's seller; 401 for every other key."""
    if credentials is None or not credentials.credentials:
        raise Told(401, "no_key", _NO_KEY, headers={"WWW-Authenticate": "Bearer"})
    installation = _installation(request)
    seller_id = seller_of(installation, credentials.credentials)
    if seller_id is None:
        raise Told(401, "wrong_key", _WRONG_KEY, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    return installation.for_seller(seller_id)


def _installation(request: Request) -> Installation:
    installation: Installation = request.app.state.installation
    return installation


def number_or_id(written: str) -> str | UUID:
    """An invoice is named by its number, or by its id."""
    if not written.isprintable() or len(written) > 64:
        raise Refused("That is neither an invoice number nor an id.", field="number")
    try:
        return UUID(written)
    except ValueError:
        return written


Changing = Annotated[Asking, Depends(_asking)]
Looking = Annotated[Asking, Depends(_looking)]
# Usage events and corrections have an identity of their own, and a batch is reverted once, so they are sent without an
# Idempotency-Key.
Sending = Annotated[Asking, Depends(_looking)]
