"""People: who someone is in Slack, how the first owner proves to be one, and how others are let in."""

import hashlib
import hmac
import secrets
from datetime import datetime
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.people import Ask, Person, Role
from farthing.core.refused import Forbidden, Refused
from farthing.core.saying import message
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore

_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
MOST_WRONG_TRIES = 10


def new_owner_code(store: SellerStore, *, now: datetime) -> str:
    """A one-time code for the first owner, to be shown once; a newer one replaces an older one."""
    code = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
    with store.transaction():
        store.keep_owner_code(_mac(code), made_at=now)
    return code


def claim_ownership(
    store: SellerStore, code: str, *, slack_team: str, slack_user: str, name: str, now: datetime
) -> Person:
    """Make whoever brings the code an owner. It works once, and not at all after ten wrong guesses."""
    with store.transaction():
        known = store.owner_code()  # Read.
        install = store.slack_install()
        refusal: Refused | None = None
        if install is not None and install.team_id != slack_team:
            refusal = Forbidden(message("Only members of the seller's own workspace can be owners."))
        elif known is None or known[1] is not None or known[2] >= MOST_WRONG_TRIES:
            refusal = Refused(
                message("No code is waiting; ask the operator for a new one: farthing person code."), field="code"
            )
        elif not hmac.compare_digest(known[0], _mac(code)):  # Decide.
            refusal = Refused(message("That is not the code; it was printed by farthing init."), field="code")
            store.note_owner_code(used_at=None, wrong_tries=known[2] + 1)  # Write.
        person = Person(id_of("person", slack_team, slack_user), name=name, role=Role.OWNER)
        if refusal is None and known is not None:
            store.note_owner_code(used_at=now, wrong_tries=known[2])
            store.keep_person(person, slack_team=slack_team, slack_user=slack_user, since=now)
    if refusal is not None:
        raise refusal
    return person


def add_person(
    store: SellerStore,
    *,
    role: Role,
    name: str,
    slack_team: str,
    slack_user: str,
    customer_key: str | None = None,
    by: Person | None,
    now: datetime,
) -> Person:
    """Give someone a role. `by` is None for the operator's own tools."""
    if by is not None:
        by.must(Ask.MANAGE_PEOPLE)
    with store.transaction():
        customer_id: UUID | None = None
        if role.is_staff:
            _refuse_foreign_staff(store, slack_team)
        elif customer_key is None:
            raise Refused(message("A customer's person needs the customer's key."), field="customer")
        else:
            customer_id = find_customer(store, customer_key, person=by).customer_id
        person = Person(id_of("person", slack_team, slack_user), name=name, role=role, customer_id=customer_id)
        store.keep_person(person, slack_team=slack_team, slack_user=slack_user, since=now)
    return person


def who(store: SellerStore, *, slack_team: str, slack_user: str) -> Person:
    """Who this is to us; refuses a stranger with what to do about it."""
    with store.transaction():
        person = store.person(slack_team=slack_team, slack_user=slack_user)
    if person is None:
        raise Forbidden(message("You have no role here yet. Open the app's Home tab to see how to get one."))
    return person


def _refuse_foreign_staff(store: SellerStore, slack_team: str) -> None:
    """Staff are members of the seller's own workspace, whatever another workspace says of its people."""
    install = store.slack_install()
    if install is not None and install.team_id != slack_team:
        raise Forbidden(message("Only members of the seller's own workspace can be staff."), field="team")


def _mac(code: str) -> bytes:
    plain = "".join(character for character in code.upper() if character.isalnum())
    return hashlib.sha256(f"farthing owner code {plain}".encode()).digest()
