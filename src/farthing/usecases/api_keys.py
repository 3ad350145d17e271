"""API keys: made once, shown once, and kept only as a fingerprint."""

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

from farthing.usecases.ports import Installation, SellerStore

PREFIX = "fk_"


def new_api_key(store: SellerStore, *, label: str, now: datetime) -> str:
    """A new key, to be shown to its owner this once."""
    secret = PREFIX + secrets.token_urlsafe(32)
    with store.transaction():
        key_id = UUID(bytes=secrets.token_bytes(16))
        store.keep_api_key(key_id, secret_mac=api_key_mac(secret), label=label, created_at=now)
    return secret


def seller_of(installation: Installation, secret: str) -> UUID | None:
    """Whose key this is; None when it is nobody's."""
    return installation.seller_of_api_key(api_key_mac(secret)) if secret.startswith(PREFIX) else None


def api_key_mac(secret: str) -> bytes:
    """The key's fingerprint. A key is 256 random bits, so a plain hash of it cannot be guessed back."""
    return hashlib.sha256(f"farthing api key {secret}".encode()).digest()
