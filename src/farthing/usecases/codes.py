"""One-time codes that people type: easy to read out, and kept as a fingerprint alone."""

import hashlib
import secrets

# Without letters and digits that are taken for each other.
_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"


def new_code() -> str:
    """A code that nobody guesses: twelve characters in three groups."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))


def code_mac(purpose: str, code: str) -> bytes:
    """What is kept of it, however it was typed.

    >>> code_mac("owner code", "abcd efgh") == code_mac("owner code", "ABCD-EFGH")
    True
    """
    plain = "".join(character for character in code.upper() if character.isalnum())
    return hashlib.sha256(f"farthing {purpose} {plain}".encode("utf-8", "replace")).digest()
