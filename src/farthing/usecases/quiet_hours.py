"""Before something is told: quiet hours hold it until they end, and a customer who is quiet is not told at all."""

from __future__ import annotations

from datetime import datetime

from farthing.core.notices import Meanwhile, WouldHaveTold, ear_of
from farthing.usecases.notice_settings import settings_of
from farthing.usecases.ports import NoticeRow, SellerStore

# So many that came up in quiet hours are told in one message.
FOLDED_FROM = 3


def is_not_told_now(store: SellerStore, row: NoticeRow, *, world: datetime) -> bool:
    """Whether a notice that was taken to be told is kept back, or became a line of another one.

    Quiet hours are those of the reader's own clock on the wall, so they go by the world's time. What only changes a
    message that is there already disturbs nobody.
    """
    ear = ear_of(row.notice)
    with store.transaction():
        settings = settings_of(store, ear)
        hearing = None if ear.customer_id is None else store.hearing(ear.customer_id)
    if hearing is not None and not hearing.is_live:
        # They fell quiet at the very moment at which it was written.
        store.outbox.let_go(row.notice_id)
        with store.transaction():
            store.fold_untold(ear, WouldHaveTold(row.written_at.date()), written_at=row.written_at)
        return True
    if row.told_revision:
        return False
    until = settings.held_until(world)
    if until is not None:
        store.outbox.hold(row.notice_id, until=until)
        return True
    if row.held_until is None or row.held_until > world or isinstance(row.notice, Meanwhile):
        return False
    store.outbox.let_go(row.notice_id)
    with store.transaction():
        meanwhile = Meanwhile(ear, row.held_until)
        store.fold_untold(ear, meanwhile, written_at=row.written_at, keep_alone_below=FOLDED_FROM, new_only=True)
    return True
