"""The audit log, read by those who may: who asked what in Slack, and the full text of what they saw."""

from collections.abc import Sequence

from farthing.core.people import Ask, Person
from farthing.core.refused import Refused
from farthing.usecases.audit_ports import AuditEntry
from farthing.usecases.ports import SellerStore

MOST_ENTRIES = 1000


def read_audit_log(
    store: SellerStore, *, person: Person | None, slack_user: str | None = None, limit: int = 50, skip: int = 0
) -> Sequence[AuditEntry]:
    """The newest entries first, but for so many that are skipped. `person` is None for the operator's own tools."""
    if person is not None:
        person.must(Ask.READ_AUDIT_LOG)
    if not 1 <= limit <= MOST_ENTRIES:
        raise Refused(f"Ask for 1 to {MOST_ENTRIES:,} entries.", field="limit")
    with store.transaction():
        return store.audit_entries(slack_user=slack_user, limit=limit, skip=skip)
