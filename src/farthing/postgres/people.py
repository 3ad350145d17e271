"""People and their accounts in Slack, the first owner's one-time code, and keys to the API."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from farthing.core.people import Person, Role
from farthing.postgres.session import Session
from farthing.postgres.written import is_storable, storable
from farthing.usecases.people_ports import Account, Member, PersonAct


class People(Session):
    """Who may ask."""

    def person(self, *, slack_team: str, slack_user: str) -> Person | None:
        """Who a Slack account is to us."""
        if not (is_storable(slack_team) and is_storable(slack_user)):
            return None
        row = self._row(
            """
            SELECT known.* FROM farthing.person_account AS account
            JOIN farthing.person AS known ON known.person_id = account.person_id
            WHERE account.slack_team = %(slack_team)s AND account.slack_user = %(slack_user)s
              AND known.ended_at IS NULL
            """,
            {"slack_team": slack_team, "slack_user": slack_user},
        )
        return None if row is None else _person(row)

    def person_to_decide(self, account: Account) -> Person | None:
        """Who it is, held as they are until the transaction ends; None where a role of staff counts no more."""
        row = self._row(
            """
            SELECT known.*, account.lapsed_at FROM farthing.person_account AS account
            JOIN farthing.person AS known ON known.person_id = account.person_id
            WHERE account.slack_team = %(slack_team)s AND account.slack_user = %(slack_user)s
              AND known.ended_at IS NULL
            FOR SHARE OF account, known
            """,
            {"slack_team": storable(account.slack_team), "slack_user": storable(account.slack_user)},
        )
        if row is None:
            return None
        person = _person(row)
        return None if person.role.is_staff and row.lapsed_at is not None else person

    def people(self) -> list[tuple[Person, str, str]]:
        """Each account with its person, team and user, by name."""
        return [
            (member.person, account.slack_team, account.slack_user)
            for member in self.members()
            for account in member.accounts
        ]

    def members(self) -> Sequence[Member]:
        """Everyone who has a role, by name."""
        rows = self._rows(
            """
            SELECT known.*, array_remove(array_agg(account.slack_team ORDER BY account.linked_at), NULL) AS teams,
                   array_remove(array_agg(account.slack_user ORDER BY account.linked_at), NULL) AS users
            FROM farthing.person AS known
            LEFT JOIN farthing.person_account AS account ON account.person_id = known.person_id
            WHERE known.ended_at IS NULL
            GROUP BY known.seller_id, known.person_id
            ORDER BY known.name, known.person_id
            """
        )
        return [
            Member(
                _person(row),
                email=row.email,
                since=row.since,
                given_by=row.given_by,
                accounts=tuple(Account(team, user) for team, user in zip(row.teams, row.users, strict=True)),
            )
            for row in rows
        ]

    def lock_people(self) -> None:
        """Until the transaction ends nobody else changes anybody's role."""
        self._lock_name("people")

    def keep_person(
        self,
        person: Person,
        *,
        slack_team: str,
        slack_user: str,
        since: datetime,
        given_by: str = "the operator",
        email: str | None = None,
    ) -> None:
        """Keep who a Slack account is; one that is known already gets the new name and role, and stays who it is."""
        self.lock_people()
        known = self._row(
            """
            SELECT person_id FROM farthing.person_account
            WHERE slack_team = %(slack_team)s AND slack_user = %(slack_user)s
            """,
            {"slack_team": slack_team, "slack_user": slack_user},
        )
        person_id = person.person_id if known is None else known.person_id
        self._run(
            """
            INSERT INTO farthing.person (person_id, name, role, customer_id, since, given_by, email)
            VALUES (%(person_id)s, %(name)s, %(role)s, %(customer_id)s, %(since)s, %(given_by)s, %(email)s)
            ON CONFLICT (seller_id, person_id) DO UPDATE
            SET name = excluded.name, role = excluded.role, customer_id = excluded.customer_id,
                since = CASE WHEN person.ended_at IS NULL AND person.role = excluded.role THEN person.since
                        ELSE excluded.since END,
                given_by = excluded.given_by, email = coalesce(excluded.email, person.email), ended_at = NULL
            """,
            {
                "person_id": person_id,
                "name": storable(person.name),
                "role": person.role.value,
                "customer_id": person.customer_id,
                "since": since,
                "given_by": storable(given_by),
                "email": email,
            },
        )
        self.link_account(Account(slack_team, slack_user), person_id, at=since)

    def keep_role(self, person: Person, *, since: datetime, given_by: str) -> None:
        """From now on this is their role."""
        self._run(
            """
            UPDATE farthing.person
            SET role = %(role)s, customer_id = %(customer_id)s, since = %(since)s, given_by = %(given_by)s
            WHERE person_id = %(person_id)s
            """,
            {
                "person_id": person.person_id,
                "role": person.role.value,
                "customer_id": person.customer_id,
                "since": since,
                "given_by": storable(given_by),
            },
        )

    def end_person(self, person_id: UUID, *, at: datetime) -> None:
        """They have no role any more."""
        self._run(
            "UPDATE farthing.person SET ended_at = %(at)s WHERE person_id = %(person_id)s AND ended_at IS NULL",
            {"person_id": person_id, "at": at},
        )

    def erase_person(self, person_id: UUID, *, pseudonym: str) -> None:
        """Their name, address and accounts are nowhere any more: not here, not in letters, not in the audit log."""
        values = {"person_id": person_id, "pseudonym": pseudonym}
        known = self._row("SELECT name, email FROM farthing.person WHERE person_id = %(person_id)s FOR UPDATE", values)
        accounts = self._rows("SELECT slack_user FROM farthing.person_account WHERE person_id = %(person_id)s", values)
        names = [known.name, known.email, *(account.slack_user for account in accounts)]
        self._row(
            "SELECT farthing.erase_from_log(%(names)s::text[], %(pseudonym)s)",
            values | {"names": [name for name in names if name]},
        )
        if known.email is not None:
            # An erased address cannot be written to again, whoever asked for it.
            self._run("UPDATE farthing.invitation SET email = NULL WHERE email = %(email)s", {"email": known.email})
            self._run(
                "UPDATE farthing.mail SET recipients = array_replace(recipients, %(email)s, %(pseudonym)s)",
                {"email": known.email, "pseudonym": pseudonym},
            )
        self._run("DELETE FROM farthing.person_account WHERE person_id = %(person_id)s", values)
        self._run(
            """
            UPDATE farthing.person SET name = %(pseudonym)s, email = NULL WHERE person_id = %(person_id)s
            """,
            values,
        )

    def link_account(self, account: Account, person_id: UUID, *, at: datetime) -> None:
        """This account is that person's from now on."""
        self._run(
            """
            INSERT INTO farthing.person_account (slack_team, slack_user, person_id, linked_at)
            VALUES (%(slack_team)s, %(slack_user)s, %(person_id)s, %(at)s)
            ON CONFLICT (seller_id, slack_team, slack_user) DO UPDATE
            SET person_id = excluded.person_id, linked_at = excluded.linked_at
            WHERE person_account.person_id <> excluded.person_id
            """,
            {
                "slack_team": account.slack_team,
                "slack_user": account.slack_user,
                "person_id": person_id,
                "at": at,
            },
        )

    def note_standing(self, account: Account, *, is_full: bool, at: datetime) -> None:
        """What Slack said of an account: whether it is a full member of the seller's workspace."""
        self._run(
            """
            UPDATE farthing.person_account SET lapsed_at = CASE WHEN %(is_full)s THEN NULL ELSE %(at)s END
            WHERE slack_team = %(slack_team)s AND slack_user = %(slack_user)s AND (lapsed_at IS NULL) <> %(is_full)s
            """,
            {
                "slack_team": storable(account.slack_team),
                "slack_user": storable(account.slack_user),
                "is_full": is_full,
                "at": at,
            },
        )

    def keep_person_act(self, person: Person, act: PersonAct, *, by: str, at: datetime) -> None:
        """What was done, for later readers."""
        self._run(
            """
            INSERT INTO farthing.person_act (person_id, act, role, customer_id, acted_by, acted_at)
            VALUES (%(person_id)s, %(act)s, %(role)s, %(customer_id)s, %(by)s, %(at)s)
            """,
            {
                "person_id": person.person_id,
                "act": act.value,
                "role": person.role.value,
                "customer_id": person.customer_id,
                "by": storable(by),
                "at": at,
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
