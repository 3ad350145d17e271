"""The seller's goals in PostgreSQL, and what was done in the first run."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from farthing.core.goals import CheckIn, Goal, Signature
from farthing.postgres.session import Session
from farthing.usecases.goal_ports import Done, Step


class Goals(Session):
    """The seller's goals, and the steps of the first run."""

    def lock_goals(self) -> None:
        """Nobody else sets, signs or drops a goal until this transaction ends."""
        self._lock_name("goals", "")

    def goals(self) -> list[Goal]:
        """Those in force by their places, with their signatures and check_ins."""
        rows = self._rows(
            """
            SELECT goal.*, signed.signed_by, signed.signed_on, signed.signed_at, coalesce(
                (SELECT jsonb_agg(jsonb_build_array(read.value::text, read.read_on, read.read_by, read.read_at)
                                  ORDER BY read.number)
                 FROM farthing.goal_check_in AS read WHERE read.goal_id = goal.goal_id), '[]') AS check_ins
            FROM farthing.goal AS goal LEFT JOIN farthing.goal_signature AS signed USING (seller_id, goal_id)
            WHERE goal.ended_at IS NULL ORDER BY goal.place
            """
        )
        return [_goal(row) for row in rows]

    def keep_goal(self, goal: Goal) -> None:
        """Set it; its place is free."""
        self._run(
            """
            INSERT INTO farthing.goal (goal_id, place, title, unit, baseline, target, by_day, owner, owner_slack_user,
                                       set_by, set_at)
            VALUES (%(goal_id)s, %(place)s, %(title)s, %(unit)s, %(baseline)s, %(target)s, %(by_day)s, %(owner)s,
                    %(owner_slack_user)s, %(set_by)s, %(set_at)s)
            """,
            {
                "goal_id": goal.goal_id,
                "place": goal.place,
                "title": goal.title,
                "unit": goal.unit,
                "baseline": goal.baseline,
                "target": goal.target,
                "by_day": goal.by_day,
                "owner": goal.owner,
                "owner_slack_user": goal.owner_slack_user,
                "set_by": goal.set_by,
                "set_at": goal.set_at,
            },
        )

    def end_goal(self, goal_id: UUID, *, by: str, at: datetime) -> None:
        """It is in force no more; it stays readable in the books."""
        self._run(
            """
            UPDATE farthing.goal SET ended_by = %(by)s, ended_at = %(at)s
            WHERE goal_id = %(goal_id)s AND ended_at IS NULL
            """,
            {"by": by, "at": at, "goal_id": goal_id},
        )

    def sign_goal(self, goal_id: UUID, signature: Signature) -> None:
        """Keep who stands by it; it was not signed before."""
        self._run(
            """
            INSERT INTO farthing.goal_signature (goal_id, signed_by, signed_on, signed_at)
            VALUES (%(goal_id)s, %(by)s, %(on)s, %(at)s)
            """,
            {"goal_id": goal_id, "by": signature.by, "on": signature.on, "at": signature.at},
        )

    def keep_goal_check_in(self, goal_id: UUID, check_in: CheckIn) -> None:
        """Keep its number as it was found."""
        self._run(
            """
            INSERT INTO farthing.goal_check_in (goal_id, number, value, read_on, read_by, read_at)
            SELECT %(goal_id)s, count(*) + 1, %(value)s, %(on)s, %(by)s, %(at)s
            FROM farthing.goal_check_in WHERE goal_id = %(goal_id)s
            """,
            {"goal_id": goal_id, "value": check_in.value, "on": check_in.on, "by": check_in.by, "at": check_in.at},
        )

    def first_run_steps(self) -> list[Done]:
        """What was done in the first run, the newest last."""
        rows = self._rows("SELECT * FROM farthing.first_run_step ORDER BY number")
        return [Done(Step(row.step), row.about, row.done_by, row.done_at) for row in rows]

    def keep_first_run_step(self, done: Done) -> None:
        """Keep that it was done; the goals are locked."""
        self._run(
            """
            INSERT INTO farthing.first_run_step (number, step, about, done_by, done_at)
            SELECT count(*) + 1, %(step)s, %(about)s, %(by)s, %(at)s FROM farthing.first_run_step
            """,
            {"step": done.step.value, "about": done.about, "by": done.by, "at": done.at},
        )


def _goal(row: Any) -> Goal:
    return Goal(
        goal_id=row.goal_id,
        place=row.place,
        title=row.title,
        unit=row.unit,
        baseline=row.baseline,
        target=row.target,
        by_day=row.by_day,
        owner=row.owner,
        owner_slack_user=row.owner_slack_user,
        set_by=row.set_by,
        set_at=row.set_at,
        signature=None if row.signed_by is None else Signature(row.signed_by, row.signed_on, row.signed_at),
        check_ins=tuple(
            CheckIn(Decimal(value), date.fromisoformat(on), by, datetime.fromisoformat(at))
            for value, on, by, at in row.check_ins
        ),
    )
