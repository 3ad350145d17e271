"""Secrets at rest are opened by who sealed them, for whom, and for what."""

import stat
from pathlib import Path
from uuid import uuid4

import pytest

from farthing.core.refused import Refused
from farthing.postgres.vault import Vault

SELLER = uuid4()


def test_what_was_sealed_is_opened() -> None:
    vault = Vault(b"k" * 32)
    sealed = vault.encrypt(b"token", seller_id=SELLER, purpose="slack")
    assert vault.decrypt(sealed, seller_id=SELLER, purpose="slack") == b"token"
    assert b"token" not in sealed
    assert sealed != vault.encrypt(b"token", seller_id=SELLER, purpose="slack")


def test_nobody_else_opens_it_and_no_byte_of_it_can_be_changed() -> None:
    vault = Vault(b"k" * 32)
    sealed = vault.encrypt(b"token", seller_id=SELLER, purpose="slack")
    with pytest.raises(Refused, match="cannot be opened"):
        vault.decrypt(sealed, seller_id=uuid4(), purpose="slack")
    with pytest.raises(Refused, match="cannot be opened"):
        vault.decrypt(sealed, seller_id=SELLER, purpose="stripe")
    with pytest.raises(Refused, match="cannot be opened"):
        Vault(b"o" * 32).decrypt(sealed, seller_id=SELLER, purpose="slack")
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(Refused, match="cannot be opened"):
            vault.decrypt(changed, seller_id=SELLER, purpose="slack")
    with pytest.raises(Refused, match="cannot be opened"):
        vault.decrypt(b"", seller_id=SELLER, purpose="slack")


def test_a_key_file_is_its_owners_alone_and_never_replaced(tmp_path: Path) -> None:
    file = tmp_path / "key"
    made = Vault.make_file(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    sealed = made.encrypt(b"token", seller_id=SELLER, purpose="slack")
    assert Vault.from_file(file).decrypt(sealed, seller_id=SELLER, purpose="slack") == b"token"
    with pytest.raises(Refused, match=r"a key in .* already"):
        Vault.make_file(file)


def test_a_missing_or_cut_key_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        Vault.from_file(tmp_path / "none")
    (tmp_path / "short").write_bytes(b"short")
    with pytest.raises(Refused, match="has 5 bytes instead of 32"):
        Vault.from_file(tmp_path / "short")


def test_a_fingerprint_depends_on_the_key_the_secret_and_the_purpose() -> None:
    vault = Vault(b"k" * 32)
    macs = {
        vault.mac(b"secret", purpose="api key"),
        vault.mac(b"secret", purpose="owner code"),
        vault.mac(b"other", purpose="api key"),
        Vault(b"o" * 32).mac(b"secret", purpose="api key"),
    }
    assert len(macs) == 4
    assert vault.mac(b"secret", purpose="api key") in macs
