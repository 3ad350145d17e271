"""Notices are told: taken one at a time, told at least once, and never twice where the answer was lost (INV-14)."""

from datetime import timedelta

from farthing.logs import get_logger
from farthing.usecases.ports import AnswerLost, Installation, Notifier, NotNow, SellerStore
from farthing.usecases.quiet_hours import is_not_told_now

# Slack redelivers the event that says a message was posted at once, after one minute and after five.
UNSURE_AFTER = timedelta(seconds=90)
LONGEST_WAIT = timedelta(minutes=15)
log = get_logger()


def deliver_notices(
    installation: Installation,
    store: SellerStore,
    notifier: Notifier,
    *,
    unsure_after: timedelta = UNSURE_AFTER,
    most: int = 100,
) -> int:
    """Tell what is due, at most so many; the number that was told.

    Waiting is done by the world's clock: a sandbox clock that jumps must not cut it short.
    """
    told = 0
    for _ in range(most):
        now = installation.world()
        row = store.outbox.take(now=now, unsure_after=unsure_after)
        if row is None:
            break
        if is_not_told_now(store, row, world=now):
            continue
        try:
            posted = notifier.tell(store, row)
        except NotNow as later:
            # An earlier call that had no answer may still turn out to have been told.
            doubted = row.sending_since is not None
            store.outbox.put_off(
                row.notice_id, until=now + _patience(later.wait, row.attempts), trouble=later.sentence, sent=doubted
            )
            log.info("notice put off", notice=str(row.notice_id), why=later.sentence)
        except AnswerLost:
            sentence = "Slack did not answer; waiting to hear whether the message is there before trying again."
            store.outbox.put_off(row.notice_id, until=now + unsure_after, trouble=sentence, sent=True)
            log.warning("answer lost", notice=str(row.notice_id))
        else:
            store.outbox.told(
                row.notice_id, revision=row.revision, channel_id=posted.channel_id, message_ts=posted.message_ts
            )
            told += 1
    return told


def _patience(wait: timedelta, attempts: int) -> timedelta:
    """What was asked for, doubled with each attempt, and never more than a quarter of an hour."""
    doubled: timedelta = wait * (1 << min(attempts, 10))
    return min(doubled, max(wait, LONGEST_WAIT))
