"""A use case inside a transaction that is open already: what it does is kept with it, or not at all."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

from farthing.usecases.ports import SellerStore


class _Joined:
    """The same store, whose `transaction()` is the one that is open."""

    def __init__(self, store: SellerStore) -> None:
        self._store = store

    def transaction(self) -> AbstractContextManager[None]:
        return nullcontext()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def joined(store: SellerStore) -> SellerStore:
    """The store for a use case that is called within `store.transaction()`."""
    return cast(SellerStore, _Joined(store))
