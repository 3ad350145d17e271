"""Invitations in PostgreSQL, each with its code's fingerprint; and what was said of deciding alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from farthing.core.deciding_alone import Solo
from farthing.core.inviting import Ended, Invitation
from farthing.core.people import Role
from farthing.postgres.session import Session
from farthing.postgres.written import storable


class Invitations(Session):
    """Who is asked to come, and whether one may decide for two."""

    def invitation_to(self, email: str) -> tuple[Invitation, bytes] | None:
        """The one that was not ended, with its code's fingerprint; held until the transaction ends."""
        row = self._row(
            "SELECT * FROM farthing.invitation WHERE email = %(email)s AND ended_at IS NULL FOR UPDATE",
            {"email": email},
        )
        return None if row is None else (_invitation(row), bytes(row.code_mac))

    def invitation(self, invitation_id: UUID) -> Invitation | None:
        """One, held until the transaction ends."""
        row = self._row(
            "SELECT * FROM farthing.invitation WHERE invitation_id = %(invitation_id)s FOR UPDATE",
            {"invitation_id": invitation_id},
        )
        return None if row is None else _invitation(row)

    def invitations(self) -> Sequence[Invitation]:
        """Those that were not ended, newest first."""
        rows = self._rows("SELECT * FROM farthing.invitation WHERE ended_at IS NULL ORDER BY invited_at DESC, email")
        return [_invitation(row) for row in rows]

    def keep_invitation(self, invitation: Invitation, *, code_mac: bytes) -> None:
        """A new one."""
        self._run(
            """
            INSERT INTO farthing.invitation
                (invitation_id, email, role, customer_id, code_mac, invited_by, invited_at, expires_at)
            VALUES (%(invitation_id)s, %(email)s, %(role)s, %(customer_id)s, %(code_mac)s, %(invited_by)s,
                    %(invited_at)s, %(expires_at)s)
            """,
            {
                "invitation_id": invitation.invitation_id,
                "email": invitation.email,
                "role": invitation.role.value,
                "customer_id": invitation.customer_id,
                "code_mac": code_mac,
                "invited_by": storable(invitation.invited_by),
                "invited_at": invitation.invited_at,
                "expires_at": invitation.expires_at,
            },
        )

    def note_wrong_try(self, invitation_id: UUID) -> None:
        """Somebody guessed."""
        self._run(
            "UPDATE farthing.invitation SET wrong_tries = wrong_tries + 1 WHERE invitation_id = %(invitation_id)s",
            {"invitation_id": invitation_id},
        )

    def end_invitation(self, invitation_id: UUID, ended: Ended, *, at: datetime, person_id: UUID | None = None) -> None:
        """What became of it."""
        self._run(
            """
            UPDATE farthing.invitation SET ended = %(ended)s, ended_at = %(at)s, person_id = %(person_id)s
            WHERE invitation_id = %(invitation_id)s AND ended_at IS NULL
            """,
            {"invitation_id": invitation_id, "ended": ended.value, "at": at, "person_id": person_id},
        )

    def solo(self) -> Solo | None:
        """What was said of it last."""
        row = self._row("SELECT * FROM farthing.solo ORDER BY number DESC LIMIT 1")
        return None if row is None else Solo(row.until_day, row.because, row.set_by, row.set_at)

    def keep_solo(self, solo: Solo) -> None:
        """What holds from now on."""
        self._run(
            """
            INSERT INTO farthing.solo (until_day, because, set_by, set_at)
            VALUES (%(until)s, %(because)s, %(set_by)s, %(set_at)s)
            """,
            {
                "until": solo.until,
                "because": storable(solo.because),
                "set_by": storable(solo.set_by),
                "set_at": solo.set_at,
            },
        )


def _invitation(row: Any) -> Invitation:
    return Invitation(
        row.invitation_id,
        email=row.email,
        role=Role(row.role),
        customer_id=row.customer_id,
        invited_by=row.invited_by,
        invited_at=row.invited_at,
        expires_at=row.expires_at,
        wrong_tries=row.wrong_tries,
        ended=None if row.ended is None else Ended(row.ended),
    )
