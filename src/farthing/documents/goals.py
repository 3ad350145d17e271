"""The seller's goals on one page: each number before, now and to be reached, who answers for it, and the signature."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from farthing.core.goals import Goal
from farthing.core.parties import Seller
from farthing.documents.fonts import legible
from farthing.documents.frame import frame_content
from farthing.documents.typeset import printed
from farthing.languages.language import Language


def goals_pdf(goals: Sequence[Goal], seller: Seller, on: date, language: Language) -> bytes:
    """One page A4."""
    say = language.say
    title = say("Goals of billing: {name}", name=seller.name)
    content = {
        **frame_content(
            language,
            title=title,
            seller_name=seller.name,
            footer=[[title], [say("As it stands on {day}", day=language.day(on))]],
        ),
        "heading": say("What billing is to do better"),
        "name": legible(seller.name),
        "columns": [say("Before"), say("Now"), say("To reach")],
        "goals": [_goal(goal, language) for goal in goals],
    }
    return printed("goals", content, at=datetime.combine(on, time(), UTC), rows=len(goals))


def _goal(goal: Goal, language: Language) -> dict[str, Any]:
    say, number, day = language.say, language.number, language.day
    signature = goal.signature
    return {
        "title": legible(f"{goal.place}. {goal.title}"),
        "unit": legible(goal.unit),
        "numbers": [number(goal.baseline), number(goal.now), number(goal.target)],
        "way": max(0, min(100, goal.percent)),
        "told": say("{percent}% of the way", percent=number(goal.percent)),
        "by": say("By {day}", day=day(goal.by_day)),
        "owner": say("{owner} answers for it", owner=legible(goal.owner)),
        "signed": say("Not signed off yet")
        if signature is None
        else say("Signed off by {name} on {day}", name=legible(signature.by), day=day(signature.on)),
    }
