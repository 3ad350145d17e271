"""Who someone is to us, and what they may ask."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from farthing.core.refused import Forbidden
from farthing.core.saying import Saying, message


class Role(StrEnum):
    """What a person is to the seller."""

    OWNER = "owner"
    FINANCE = "finance"
    APPROVER = "approver"
    SUPPORT = "support"
    ENGINEER = "engineer"
    CUSTOMER_ADMIN = "customer-admin"
    CUSTOMER_VIEWER = "customer-viewer"

    @property
    def is_staff(self) -> bool:
        """Whether it is the seller's own people who have it, and only as full members of the seller's workspace."""
        return self not in (Role.CUSTOMER_ADMIN, Role.CUSTOMER_VIEWER)


class Ask(StrEnum):
    """What a person may want from us."""

    SEE_ALL_CUSTOMERS = "see all customers"
    SEE_OWN_ACCOUNT = "see their own account"
    CLOSE_PERIODS = "close periods"
    MANAGE_PEOPLE = "manage people"
    BIND_CHANNELS = "bind channels"
    SET_BUDGETS = "set budgets"
    SEE_TO_ALERTS = "see to alerts"
    READ_AUDIT_LOG = "read the audit log"
    SET_NOTICES = "set what is told"
    SWITCH_CUSTOMERS = "switch customers live or quiet"


_ASKED = {
    Ask.SEE_ALL_CUSTOMERS: message("see all customers"),
    Ask.SEE_OWN_ACCOUNT: message("see their own account"),
    Ask.CLOSE_PERIODS: message("close periods"),
    Ask.MANAGE_PEOPLE: message("manage people"),
    Ask.BIND_CHANNELS: message("bind channels"),
    Ask.SET_BUDGETS: message("set budgets"),
    Ask.SEE_TO_ALERTS: message("see to alerts"),
    Ask.READ_AUDIT_LOG: message("read the audit log"),
    Ask.SET_NOTICES: message("set what is told"),
    Ask.SWITCH_CUSTOMERS: message("switch customers live or quiet"),
}
_STAFF = frozenset({Ask.SEE_ALL_CUSTOMERS, Ask.SEE_OWN_ACCOUNT, Ask.SET_BUDGETS, Ask.SEE_TO_ALERTS})
_MAY: dict[Role, frozenset[Ask]] = {
    Role.OWNER: frozenset(Ask),
    Role.FINANCE: _STAFF | {Ask.CLOSE_PERIODS, Ask.READ_AUDIT_LOG, Ask.SET_NOTICES, Ask.SWITCH_CUSTOMERS},
    Role.APPROVER: _STAFF,
    Role.SUPPORT: _STAFF,
    Role.ENGINEER: _STAFF,
    Role.CUSTOMER_ADMIN: frozenset({Ask.SEE_OWN_ACCOUNT, Ask.SET_BUDGETS, Ask.SEE_TO_ALERTS, Ask.SET_NOTICES}),
    Role.CUSTOMER_VIEWER: frozenset({Ask.SEE_OWN_ACCOUNT}),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with a role; a customer's person belongs to one customer and sees that one only."""

    person_id: UUID
    name: str
    role: Role
    customer_id: UUID | None = None

    def __post_init__(self) -> None:
        assert self.role.is_staff == (self.customer_id is None), f"{self.role} of {self.customer_id}"

    def may(self, ask: Ask) -> bool:
        """Whether the role allows it."""
        return ask in _MAY[self.role]

    def may_see(self, customer_id: UUID) -> bool:
        """Whether this customer's money is this person's to look at."""
        return self.may(Ask.SEE_ALL_CUSTOMERS) or self.customer_id == customer_id

    def must(self, ask: Ask) -> None:
        """Refuses what the role does not allow."""
        if not self.may(ask):
            raise Forbidden(
                message("Your role here is {role}, which may not {ask}; ask an owner."),
                role=self.role.value,
                ask=Saying(_ASKED[ask]),
            )
