"""Solo, what could not be delivered, and the audit log, from Home."""

from __future__ import annotations

from datetime import date

from slack_bolt.async_app import AsyncApp

from farthing.core.deciding_alone import LONGEST
from farthing.core.people import Ask
from farthing.core.period import local_date
from farthing.slack.desk import Desk
from farthing.slack.forms import Taken, at_once, form
from farthing.slack.hearing import listener
from farthing.slack.identity import account_of, typed_in
from farthing.slack.views.blocks import Block, sentence_modal
from farthing.slack.views.overseeing import (
    BECAUSE_BLOCK,
    ENTRIES_A_PAGE,
    PICKED,
    SOLO_VIEW,
    TYPED,
    UNTIL_BLOCK,
    EntryShown,
    StuckShown,
    audit_window,
    deliveries_window,
    solo_form,
    solo_line,
)
from farthing.slack.views.words import say
from farthing.slack.visit import Visit
from farthing.usecases.audit import read_audit_log
from farthing.usecases.audit_ports import AuditEntry
from farthing.usecases.deliveries import check_known, list_stuck, resend
from farthing.usecases.ports import SellerStore
from farthing.usecases.solo import set_solo, show_solo

_BLOCK_OF = {"until": UNTIL_BLOCK, "because": BECAUSE_BLOCK}


def register(app: AsyncApp, desk: Desk) -> None:
    """Hear Home's buttons, those of their windows, and the form."""
    app.action("deliveries_open")(listener(desk, _deliveries))
    app.action("deliveries_resend")(listener(desk, _resend))
    app.action("audit_open")(listener(desk, _log))
    for turn in ("audit_older", "audit_newer"):
        app.action(turn)(listener(desk, _log))
    app.action("solo_open")(listener(desk, _solo))
    app.action("solo_end")(listener(desk, _end_solo, deciding=True))
    app.view(SOLO_VIEW)(form(desk, _submitted, fields=_BLOCK_OF, otherwise=UNTIL_BLOCK, deciding=True))


async def _deliveries(visit: Visit) -> None:
    await visit.window(lambda store: _stuck(store, visit))


async def _resend(visit: Visit) -> None:
    key = check_known(visit.value)

    def again(store: SellerStore) -> Block:
        resend(store, key, person=visit.known)
        return _stuck(store, visit, said=say("It is sent again, once."))

    await visit.window(again)


async def _log(visit: Visit) -> None:
    skipped = int(visit.value) if visit.value.isdecimal() else 0

    def page(store: SellerStore) -> Block:
        entries = read_audit_log(store, person=visit.known, limit=ENTRIES_A_PAGE + 1, skip=skipped)
        shown = [_entry(entry) for entry in entries[:ENTRIES_A_PAGE]]
        more = len(entries) > ENTRIES_A_PAGE
        return audit_window(shown, skipped=skipped, more=more, in_zone=_zone(store))

    await visit.window(page)


async def _solo(visit: Visit) -> None:
    visit.known.must(Ask.DECIDE_ALONE)

    def form(store: SellerStore) -> Block:
        solo, is_on = show_solo(store, now=visit.now)
        latest = local_date(visit.now, in_zone=_zone(store)) + LONGEST
        if solo is None or not is_on:
            return solo_form(None, latest=latest)
        return solo_form(solo.until, latest=latest, because=solo.because)

    await visit.window(form)


async def _end_solo(visit: Visit) -> None:
    account = account_of(visit.body)

    def end(store: SellerStore) -> Block:
        set_solo(store, until=None, because="Ended in Slack", by=account, now=visit.now)
        return sentence_modal(say("Solo"), say("Solo is over: decisions need two again."))

    await visit.window(end)


async def _submitted(visit: Visit) -> Taken:
    """Sent twice, it says the same twice."""
    body = visit.body
    picked, because = typed_in(body, UNTIL_BLOCK, PICKED), typed_in(body, BECAUSE_BLOCK, TYPED)
    until = date.fromisoformat(picked)

    def keep(store: SellerStore) -> date:
        solo = set_solo(store, until=until, because=because, by=account_of(body), now=visit.now)
        assert solo.until is not None, "a day was picked"
        return solo.until

    kept = await at_once(visit, keep)
    return Taken(sentence_modal(say("Solo"), solo_line(kept)), f"{picked}: {because}")


def _stuck(store: SellerStore, visit: Visit, *, said: str = "") -> Block:
    shown = [
        StuckShown(
            key=str(one.key),
            what=one.what,
            why=say("Went by mail instead: {why}", why=one.why) if one.by_mail is not None else one.why,
            attempts=one.attempts,
            since=one.since,
        )
        for one in list_stuck(store, person=visit.known)
    ]
    return deliveries_window(shown, in_zone=_zone(store), said=said)


def _entry(entry: AuditEntry) -> EntryShown:
    who = entry.person_name or ("Farthing" if not entry.slack_user else entry.slack_user)
    role = "" if entry.role is None else f", {entry.role}"
    return EntryShown(entry.happened_at, f"{who}{role}", entry.kind.value, entry.said)


def _zone(store: SellerStore) -> str:
    with store.transaction():
        return store.seller().entity.in_zone
