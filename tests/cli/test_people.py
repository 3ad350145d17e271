"""People, mail, solo and the outbox by commands."""

import re
from pathlib import Path

from tests.cli.commands import Commands


def test_somebody_is_invited_listed_and_uninvited_by_commands(acme: Commands, tmp_path: Path) -> None:
    assert "run farthing mail connect first" in acme.refused(
        "people", "invite", "ann@acme.example", "--role", "support"
    )
    letters = tmp_path / "letters"
    acme.well("mail", "connect", "--from", "billing@example.com", "--folder", str(letters))
    acme.well("mail", "test", "me@example.com")
    said = acme.well("people", "invite", "Ann@acme.example", "--role", "customer-admin", "--customer", "acme")
    assert "ann@acme.example is invited as customer-admin" in said
    [letter] = [text for file in letters.glob("*.eml") if "To: ann@acme" in (text := file.read_text())]
    assert re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", letter)
    listed = acme.well("people", "list")
    assert "Invited: ann@acme.example as customer-admin acme by the operator, until" in listed
    assert not re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", listed + acme.well("mail", "list"))
    acme.well("people", "withdraw", "ann@acme.example")
    assert "Invited" not in acme.well("people", "list")
    assert "Nobody is called “ann@acme.example”" in acme.refused("people", "role", "ann@acme.example", "support")


def test_a_role_is_changed_taken_and_erased_by_commands(acme: Commands) -> None:
    acme.well("person", "add", "U1", "--team", "T1", "--role", "owner", "--name", "Fay")
    acme.well("person", "add", "U2", "--team", "T1", "--role", "support", "--name", "Tom Tester")
    assert "Tom Tester is engineer now" in acme.well("people", "role", "U2", "engineer")
    assert "That is the last owner" in acme.refused("people", "revoke", "Fay")
    assert "say --yes" in acme.refused("people", "erase", "U2")
    assert "they are called erased-" in acme.well("people", "erase", "U2", "--yes")
    assert "Tom" not in acme.well("people", "list")


def test_solo_and_the_outbox_by_commands(acme: Commands) -> None:
    assert "never on" in acme.well("solo", "show")
    assert "90 days at most" in acme.refused("solo", "on", "--until", "2026-12-31", "--because", "One of us.")
    acme.well("solo", "on", "--until", "2026-04-30", "--because", "One of us.")
    assert "on through 2026-04-30. the operator, 2026-03-" in acme.well("solo", "show")
    acme.well("solo", "off", "--because", "Two of us.")
    assert "Solo is off" in acme.well("solo", "show")
    assert "Nothing is stuck" in acme.well("outbox", "list")
    assert "is no id of a message" in acme.refused("outbox", "resend", "x")
