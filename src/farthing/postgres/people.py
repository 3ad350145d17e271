"""People by their Slack account, the first owner's one-time code, and keys to the API."""

from datetime import datetime
from typing import Any
from uuid import UUID

from farthing.core.people import Person, Role
from farthing.postgres.session import Session
from farthing.postgres.written import is_storable, storable


class People(Session):
    """Who may ask."""

    def person(self, *, slack_team: str, slack_user: str) -> Person | None:
        """Who a Slack account is to us."""
        if not (is_storable(slack_team) and is_storable(slack_user)):
            return None
        row = self._row(
            """
            SELECT person_id, name, role, customer_id FROM farthing.person
            WHERE slack_team = %(slack_team)s AND slack_user = %(slack_user)s
            """,
            {"slack_team": slack_team, "slack_user": slack_user},
        )
        return None if row is None else _person(row)

    def people(self) -> list[tuple[Person, str, str]]:
        """Each with their Slack team and user, by name."""
        rows = self._rows("SELECT * FROM farthing.person ORDER BY name, person_id")
        return [(_person(row), row.slack_team, row.slack_user) for row in rows]

    def keep_person(self, person: Person, *, slack_team: str, slack_user: str, since: datetime) -> None:
        """Keep who a Slack account is; one that is known already gets the new name and role, and stays who it is."""
        self._lock_name("person", slack_team, slack_user)
        self._run(
            """
            INSERT INTO farthing.person (person_id, name, role, customer_id, slack_team, slack_user, since)
            VALUES (%(person_id)s, %(name)s, %(role)s, %(customer_id)s, %(slack_team)s, %(slack_user)s, %(since)s)
            ON CONFLICT (seller_id, slack_team, slack_user) DO UPDATE
            SET name = excluded.name, role = excluded.role, customer_id = excluded.customer_id
            """,
            {
                "person_id": person.person_id,
                "name": storable(person.name),
                "role": person.role.value,
                "customer_id": person.customer_id,
                "slack_team": slack_team,
                "slack_user": slack_user,
                "since": since,
            },
        )

    def person_language(self, person_id: UUID) -> str | None:
        """The one that a person chose to read; None where they chose none."""
        row = self._row(
            "SELECT language FROM farthing.person WHERE person_id = %(person_id)s", {"person_id": person_id}
        )
        return None if row is None else row.language

    def keep_person_language(self, person_id: UUID, language: str | None) -> None:
        """From now on."""
        self._run(
            "UPDATE farthing.person SET language = %(language)s WHERE person_id = %(person_id)s",
            {"person_id": person_id, "language": language},
        )

    def owner_code(self) -> tuple[bytes, datetime | None, int] | None:
        """The first owner's code as a MAC, when it was used, and how often it was guessed wrong; held locked."""
        row = self._row("SELECT code_mac, used_at, wrong_tries FROM farthing.owner_code FOR UPDATE")
        return None if row is None else (bytes(row.code_mac), row.used_at, row.wrong_tries)

    def keep_owner_code(self, code_mac: bytes, *, made_at: datetime) -> None:
        """A new code, which replaces an older one."""
        self._run(
            """
            INSERT INTO farthing.owner_code (code_mac, made_at) VALUES (%(code_mac)s, %(made_at)s)
            ON CONFLICT (seller_id) DO UPDATE
            SET code_mac = excluded.code_mac, made_at = excluded.made_at, used_at = NULL, wrong_tries = 0
            """,
            {"code_mac": code_mac, "made_at": made_at},
        )

    def note_owner_code(self, *, used_at: datetime | None, wrong_tries: int) -> None:
        """What became of the code."""
        self._run(
            "UPDATE farthing.owner_code SET used_at = %(used_at)s, wrong_tries = %(wrong_tries)s",
            {"used_at": used_at, "wrong_tries": wrong_tries},
        )

    def keep_api_key(self, key_id: UUID, *, secret_mac: bytes, label: str, created_at: datetime) -> None:
        """A key to the API, known by its secret's MAC."""
        self._run(
            """
            INSERT INTO farthing.api_key (key_id, secret_mac, label, created_at)
            VALUES (%(key_id)s, %(secret_mac)s, %(label)s, %(created_at)s)
            """,
            {"key_id": key_id, "secret_mac": secret_mac, "label": storable(label), "created_at": created_at},
        )


def _person(row: Any) -> Person:
    return Person(row.person_id, row.name, Role(row.role), row.customer_id)
