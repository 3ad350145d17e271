"""Secrets at rest: sealed so that only this installation opens them, and only for the seller they were sealed for."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from farthing.core.refused import Refused

KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = b"\x01"


class Vault:
    """Seals and opens with AES-GCM; the seller and the purpose are part of the seal, so a moved secret stays shut."""

    def __init__(self, key: bytes) -> None:
        assert len(key) == KEY_BYTES, f"a vault's key has {KEY_BYTES} bytes, not {len(key)}"
        self._cipher = AESGCM(_derived(key, b"farthing seal"))
        self._mac_key = _derived(key, b"farthing mac")

    @classmethod
    def from_file(cls, path: Path) -> Vault:
        """The vault whose key is in this file; refuses a file that is missing, unreadable or no key."""
        try:
            key = path.read_bytes()
        except OSError as error:
            reason = error.strerror or "it cannot be read"
            raise Refused(
                f"The encryption key {path} cannot be read ({reason}); restore it from your backup, "
                "or run `farthing init` for a new installation."
            ) from None
        if len(key) != KEY_BYTES:
            raise Refused(
                f"The encryption key {path} has {len(key)} bytes instead of {KEY_BYTES}; restore it from your backup."
            )
        return cls(key)

    @classmethod
    def make_file(cls, path: Path) -> Vault:
        """A new key in a new file that only its owner can read; refuses to replace one that exists."""
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise Refused(f"There is a key in {path} already, and replacing it would lose what it seals.") from None
        except OSError as error:
            raise Refused(f"The encryption key {path} cannot be written: {error.strerror}.") from None
        key = secrets.token_bytes(KEY_BYTES)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
        return cls(key)

    def encrypt(self, clear: bytes, *, seller_id: UUID, purpose: str) -> bytes:
        """The sealed secret: a format byte, the nonce, and the ciphertext with its tag."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, clear, _bound_to(seller_id, purpose))

    def decrypt(self, sealed: bytes, *, seller_id: UUID, purpose: str) -> bytes:
        """What was sealed; refuses what another key, seller or purpose sealed, and what was changed since."""
        nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            if sealed[:1] != _FORMAT or len(nonce) != _NONCE_BYTES:
                raise InvalidTag
            return self._cipher.decrypt(nonce, ciphertext, _bound_to(seller_id, purpose))
        except InvalidTag:
            raise Refused(
                f"The stored secret for {purpose} cannot be opened with this installation's encryption key; "
                "restore the key file it was sealed with, or set the secret again."
            ) from None

    def mac(self, secret: bytes, *, purpose: str) -> bytes:
        """A fingerprint by which a secret is known again; worthless to who steals the database without the key."""
        return hmac.new(self._mac_key, purpose.encode() + b"\x00" + secret, hashlib.sha256).digest()


def _derived(key: bytes, label: bytes) -> bytes:
    return hmac.new(key, label, hashlib.sha256).digest()


def _bound_to(seller_id: UUID, purpose: str) -> bytes:
    return seller_id.bytes + purpose.encode()
