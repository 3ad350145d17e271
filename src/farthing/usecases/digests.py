"""Digests: made when they are due by each reader's calendar, once however many workers look, and drawn when told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.notices import DigestMade
from farthing.core.refused import Unknown
from farthing.core.telling.digest import Digest
from farthing.core.telling.due_days import Due, Span
from farthing.core.telling.ear import FINANCE, Ear
from farthing.core.telling.settings import Settings
from farthing.usecases.digest_contents import draw_digest
from farthing.usecases.notice_settings import called, settings_of
from farthing.usecases.ports import SellerStore
from farthing.usecases.telling_ports import DigestRow


@dataclass(frozen=True, slots=True)
class DigestView:
    """A digest as it stands, for whom, by whose calendar, and who set it up."""

    digest: Digest
    ear: Ear
    called: str
    in_zone: str
    settings: Settings


def make_digests(store: SellerStore, *, now: datetime) -> int:
    """Make every digest that is due; the number of those that had something to say."""
    with store.transaction():
        wanted = [settings for settings in _all_settings(store) if settings.spans]
    told = 0
    for settings in wanted:
        for span in sorted(settings.spans):
            told += _make(store, settings, span, now=now)
    return told


def show_digest(store: SellerStore, digest_id: UUID) -> DigestView:
    """One that was made, drawn as it stands."""
    with store.snapshot():
        row = store.digest(digest_id)
        if row is None:
            raise Unknown("There is no such digest.")
        settings = settings_of(store, row.ear)
        digest = draw_digest(store, row, days_ahead=settings.days_ahead)
        return DigestView(digest, row.ear, called(store, row.ear), row.in_zone, settings)


def preview_digest(store: SellerStore, ear: Ear, span: Span, *, now: datetime) -> DigestView:
    """What a digest would say if it was due this minute; nothing is kept."""
    with store.snapshot():
        settings = settings_of(store, ear)
        row = _row(settings, span, settings.due_days(span).this_minute(now), now=now)
        digest = draw_digest(store, row, days_ahead=settings.days_ahead)
        return DigestView(digest, ear, called(store, ear), settings.in_zone, settings)


def _make(store: SellerStore, settings: Settings, span: Span, *, now: datetime) -> bool:
    with store.snapshot():
        last = store.last_digest(settings.ear, span)  # Read.
        due = settings.due_days(span).due(since=settings.since, last=last, now=now)
        if due is None:
            return False
        row = _row(settings, span, due, now=now)
        try:
            is_told = draw_digest(store, row, days_ahead=settings.days_ahead).has_something_to_say  # Decide.
        except Unknown:
            is_told = False  # Who asked for it has no role any more.
    with store.transaction():
        if not store.keep_digest(row, is_told=is_told):  # Write.
            return False
        if is_told:
            store.write_notices([DigestMade(row.digest_id, row.ear)], written_at=now)
    return is_told


def _row(settings: Settings, span: Span, due: Due, *, now: datetime) -> DigestRow:
    digest_id = id_of("digest", settings.ear, span.value, due.day.isoformat())
    return DigestRow(digest_id, settings.ear, span, due, settings.in_zone, now)


def _all_settings(store: SellerStore) -> Iterable[Settings]:
    """Of finance where a workspace is connected, and of whoever set something."""
    kept = {settings.ear: settings for settings in store.all_notice_settings()}
    if FINANCE not in kept and store.slack_install() is not None:
        kept[FINANCE] = settings_of(store, FINANCE)
    return kept.values()
