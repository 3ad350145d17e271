"""Notices are told: taken one at a time, told at least once, and never twice where the answer was lost (INV-14)."""

from datetime import timedelta

from farthing.core.refused import Refused
from farthing.logs import get_logger
from farthing.usecases.deliveries import mail_instead
from farthing.usecases.ports import AnswerLost, Installation, NoticeRow, Notifier, NotNow, SellerStore
from farthing.usecases.quiet_hours import is_not_told_now

# Slack redelivers the event that says a message was posted at once, after one minute and after five.
UNSURE_AFTER = timedelta(seconds=90)
LONGEST_WAIT = timedelta(minutes=15)
# So often Slack may refuse for good, some minutes apart, before a letter says it: an app that was taken out of a
# channel by mistake is back by then.
TRIES_BEFORE_MAIL = 3
MOST_WAITING = 10
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
    store.outbox.fold(most=MOST_WAITING, now=installation.world())
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
            if (
                later.for_good
                and row.attempts >= TRIES_BEFORE_MAIL
                and _mailed(installation, store, notifier, row, later)
            ):
                continue
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


def _mailed(installation: Installation, store: SellerStore, notifier: Notifier, row: NoticeRow, later: NotNow) -> bool:
    """Whether a letter says it now; if none can, it goes on waiting for Slack."""
    try:
        words = notifier.in_words(store, row.notice)
        return mail_instead(store, row, words=words, why=later.sentence, now=installation.now(store))
    except Refused as no:
        log.warning("a notice cannot be mailed either", notice=str(row.notice_id), why=no.sentence)
        return False


def _patience(wait: timedelta, attempts: int) -> timedelta:
    """What was asked for, doubled with each attempt, and never more than a quarter of an hour."""
    doubled: timedelta = wait * (1 << min(attempts, 10))
    return min(doubled, max(wait, LONGEST_WAIT))
