"""Invitations: the mailed code gives the role, once, for a while; every other code and way gives nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from farthing.core.inviting import NO_SUCH_INVITATION, Invitation
from farthing.core.people import Person, Role
from farthing.core.refused import Clash, Forbidden, Refused, Unknown
from farthing.mail.carrier import Carrier
from farthing.postgres.database import PostgresStore
from farthing.usecases.audit import read_audit_log
from farthing.usecases.audit_ports import AuditEntry, AuditKind
from farthing.usecases.connect_slack import connect_slack
from farthing.usecases.customers import add_customer
from farthing.usecases.invite import Offer, confirm_invitation, invite, withdraw_invitation
from farthing.usecases.mail import connect_mail, send_letters
from farthing.usecases.mail_ports import MailAccount
from farthing.usecases.people import (
    add_person,
    change_role,
    claim_ownership,
    erase_person,
    new_owner_code,
    revoke_role,
    show_people,
    who,
)
from farthing.usecases.people_ports import Account
from farthing.usecases.ports import SlackInstall
from tests.databases import NOW
from tests.usecases.shop import at_once

FAY, TOM, ANN = Account("T1", "UFAY"), Account("T1", "UTOM"), Account("T2", "UANN")


class Office:
    """A seller with an owner, two customers and mail; the codes that were mailed are read as people read them."""

    def __init__(self, store: PostgresStore, folder: Path) -> None:
        self.store, self._folder = store, folder

    def invite(self, email: str, role: Role, *, by: Account | None = FAY, customer: str | None = None) -> Invitation:
        return invite(self.store, Offer(email, role, customer), by=by, by_name="the operator", now=NOW)

    def code(self, email: str) -> str:
        """The newest code that was mailed there."""
        send_letters(self.store, Carrier(), world_now=NOW)
        laid = sorted(self._folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
        letters = [file.read_text() for file in laid]
        found = [re.search(r"[A-Z2-9]{4}(-[A-Z2-9]{4}){2}", letter) for letter in letters if f"To: {email}" in letter]
        assert found
        assert found[-1]
        return found[-1].group()

    def bring(
        self, email: str, code: str, account: Account = TOM, *, full: bool = True, after: timedelta = timedelta()
    ) -> Person:
        return confirm_invitation(
            self.store, email=email, code=code, account=account, name="Tom", is_full_member=full, now=NOW + after
        )

    def has(self, account: Account) -> Person:
        return who(self.store, slack_team=account.slack_team, slack_user=account.slack_user)

    def add(self, account: Account, role: Role, customer: str | None = None) -> Person:
        return add_person(
            self.store, role=role, name=account.slack_user, slack_team=account.slack_team,
            slack_user=account.slack_user, customer_key=customer, by=None, now=NOW,
        )  # fmt: skip


@pytest.fixture
def office(store: PostgresStore, tmp_path: Path) -> Office:
    for key in ("acme", "globex"):
        add_customer(store, key=key, name=key.title(), in_zone="UTC", now=NOW)
    connect_slack(store, SlackInstall("T1", "UBOT", "xoxb-1", "xapp-1", None, finance_channel=None, installed_at=NOW))
    connect_mail(store, MailAccount("billing@example.com", None, NOW, folder=str(tmp_path)))
    code = new_owner_code(store, now=NOW)
    claim_ownership(store, code, slack_team="T1", slack_user="UFAY", name="Fay", now=NOW)
    return Office(store, tmp_path)


def test_whoever_brings_the_mailed_code_has_the_role_and_it_is_kept_by_whom(office: Office) -> None:
    office.invite("Tom@Example.com ", Role.FINANCE)
    assert (
        office.bring(" tom@example.COM", office.code("tom@example.com").lower().replace("-", " ")).role is Role.FINANCE
    )
    assert office.has(TOM).role is Role.FINANCE
    view = show_people(office.store, person=office.has(FAY))
    assert [(member.person.name, member.given_by, member.email) for member in view.members] == [
        ("Fay", "the operator", None),
        ("Tom", "Fay", "tom@example.com"),
    ]
    assert list(view.invitations) == []


def test_another_code_another_address_a_replay_and_a_late_one_are_refused_alike(office: Office) -> None:
    office.invite("tom@example.com", Role.SUPPORT)
    office.invite("ada@example.com", Role.ENGINEER)
    toms, adas = office.code("tom@example.com"), office.code("ada@example.com")
    for email, code, after in (
        ("tom@example.com", adas, timedelta()),
        ("ada@example.com", toms, timedelta()),
        ("nobody@example.com", toms, timedelta()),
        ("no address", toms, timedelta()),
        ("tom@example.com", toms, timedelta(days=7)),
    ):
        with pytest.raises(Refused) as no:
            office.bring(email, code, after=after)
        assert no.value.sentence == NO_SUCH_INVITATION
    office.bring("tom@example.com", toms)
    with pytest.raises(Refused) as again:
        office.bring("tom@example.com", toms, Account("T1", "UEVE"))
    assert again.value.sentence == NO_SUCH_INVITATION


def test_ten_wrong_guesses_spoil_the_right_code_and_a_new_invitation_mends_it(office: Office) -> None:
    office.invite("tom@example.com", Role.SUPPORT)
    right = office.code("tom@example.com")
    at_once(*[lambda: office.bring("tom@example.com", "AAAA-AAAA-AAAA")] * 10)
    with pytest.raises(Refused, match="do not belong together"):
        office.bring("tom@example.com", right)
    office.invite("tom@example.com", Role.SUPPORT)
    with pytest.raises(Refused, match="do not belong together"):
        office.bring("tom@example.com", right)
    assert office.bring("tom@example.com", office.code("tom@example.com")).role is Role.SUPPORT


def test_of_many_who_bring_one_code_at_once_one_gets_the_role(office: Office) -> None:
    office.invite("tom@example.com", Role.SUPPORT)
    code = office.code("tom@example.com")
    acts = [lambda user=f"U{number}": office.bring("tom@example.com", code, Account("T1", user)) for number in range(5)]
    assert sorted(type(answer).__name__ for answer in at_once(*acts)) == ["Person", *["Refused"] * 4]
    assert len(show_people(office.store, person=None).members) == 2


def test_staff_are_full_members_of_the_home_workspace_and_a_refusal_consumes_nothing(office: Office) -> None:
    office.invite("tom@example.com", Role.SUPPORT)
    code = office.code("tom@example.com")
    for account, full in ((TOM, False), (ANN, True)):
        with pytest.raises(Forbidden, match="Only full members"):
            office.bring("tom@example.com", code, account, full=full)
    assert office.bring("tom@example.com", code).role is Role.SUPPORT


def test_a_customers_admin_invites_their_own_people_and_no_others(office: Office) -> None:
    office.invite("ann@acme.example", Role.CUSTOMER_ADMIN, customer="acme")
    office.bring("ann@acme.example", office.code("ann@acme.example"), ANN, full=False)
    office.invite("bob@acme.example", Role.CUSTOMER_VIEWER, by=ANN)
    with pytest.raises(Forbidden, match="your own company's people"):
        office.invite("eve@example.com", Role.SUPPORT, by=ANN)
    with pytest.raises(Unknown, match="There is no customer “globex”"):
        office.invite("eve@example.com", Role.CUSTOMER_VIEWER, by=ANN, customer="globex")
    bob = office.bring("bob@acme.example", office.code("bob@acme.example"), Account("T2", "UBOB"), full=False)
    assert bob.customer_id == office.has(ANN).customer_id
    seen = show_people(office.store, person=office.has(ANN))
    assert {member.person.name for member in seen.members} == {"Tom"}, "both were brought as Tom, and no staff"
    with pytest.raises(Unknown):
        revoke_role(office.store, office.has(FAY).person_id, by=ANN, now=NOW)


def test_two_accounts_of_one_address_are_one_person(office: Office) -> None:
    office.invite("ann@acme.example", Role.CUSTOMER_ADMIN, customer="acme")
    first = office.bring("ann@acme.example", office.code("ann@acme.example"), ANN, full=False)
    with pytest.raises(Clash, match="has another role here already"):
        office.invite("ann@acme.example", Role.CUSTOMER_VIEWER, customer="globex")
    office.invite("ann@acme.example", Role.CUSTOMER_ADMIN, customer="acme")
    second = office.bring("ann@acme.example", office.code("ann@acme.example"), Account("T3", "UANN2"), full=False)
    assert first.person_id == second.person_id
    [ann] = [one for one in show_people(office.store, person=None).members if one.email == "ann@acme.example"]
    assert ann.accounts == (ANN, Account("T3", "UANN2"))
    revoke_role(office.store, ann.person.person_id, by=FAY, now=NOW)
    for account in ann.accounts:
        with pytest.raises(Forbidden):
            office.has(account)


def test_who_has_a_role_does_not_lose_it_to_an_invitation(office: Office) -> None:
    office.invite("x@acme.example", Role.CUSTOMER_VIEWER, customer="acme")
    code = office.code("x@acme.example")
    with pytest.raises(Clash, match="You are owner here already"):
        office.bring("x@acme.example", code, FAY)
    assert office.has(FAY).role is Role.OWNER


def test_a_withdrawn_invitation_gives_nothing(office: Office) -> None:
    made = office.invite("tom@example.com", Role.SUPPORT)
    code = office.code("tom@example.com")
    for _ in range(2):
        withdraw_invitation(office.store, made.invitation_id, by=FAY, now=NOW)
    with pytest.raises(Refused, match="do not belong together"):
        office.bring("tom@example.com", code)
    with pytest.raises(Unknown):
        withdraw_invitation(office.store, UUID(int=1), by=FAY, now=NOW)


def test_without_mail_nobody_is_invited(office: Office) -> None:
    with office.store.transaction():
        office.store.forget_mail_account()
    with pytest.raises(Refused, match="run farthing mail connect first"):
        office.invite("tom@example.com", Role.SUPPORT)
    assert list(show_people(office.store, person=None).invitations) == []


# Roles change ----------------------------------------------------------------------------------------------------


def test_the_last_owner_stays_whoever_asks_and_however_many_at_once(office: Office) -> None:
    fay = office.has(FAY).person_id
    with pytest.raises(Refused, match="That is the last owner"):
        revoke_role(office.store, fay, by=FAY, now=NOW)
    with pytest.raises(Refused, match="That is the last owner"):
        office.add(FAY, Role.SUPPORT)
    tom = office.add(TOM, Role.OWNER).person_id
    at_once(
        lambda: revoke_role(office.store, fay, by=TOM, now=NOW),
        lambda: change_role(office.store, tom, Role.SUPPORT, by=FAY, now=NOW),
    )
    owners = [one for one in show_people(office.store, person=None).members if one.person.role is Role.OWNER]
    assert len(owners) == 1
    with pytest.raises(psycopg.Error, match="the last owner stays"), office.store.transaction():
        office.store.end_person(owners[0].person.person_id, at=NOW)


def test_a_role_changes_within_what_the_giver_may_and_is_kept(office: Office) -> None:
    tom = office.add(TOM, Role.SUPPORT)
    changed = change_role(office.store, tom.person_id, Role.APPROVER, by=FAY, now=NOW + timedelta(days=1))
    assert changed.role is Role.APPROVER
    office.add(Account("T1", "UFIN"), Role.FINANCE)
    for act in (
        lambda: change_role(office.store, tom.person_id, Role.OWNER, by=Account("T1", "UFIN"), now=NOW),
        lambda: revoke_role(office.store, tom.person_id, by=Account("T1", "UFIN"), now=NOW),
    ):
        with pytest.raises(Unknown):
            act()
    with pytest.raises(Refused, match="Staff stay staff"):
        change_role(office.store, tom.person_id, Role.CUSTOMER_VIEWER, by=FAY, now=NOW)
    with office.store.transaction():
        acts = office.store.connection.execute(
            "SELECT act, role, acted_by FROM farthing.person_act WHERE person_id = %s ORDER BY number", [tom.person_id]
        ).fetchall()
    assert [tuple(act) for act in acts] == [
        ("let in", "support", "the operator"),
        ("role changed", "approver", "Fay"),
    ]


def test_whoever_was_taken_a_role_can_be_let_in_again_and_is_the_same_person(office: Office) -> None:
    tom = office.add(TOM, Role.SUPPORT)
    revoke_role(office.store, tom.person_id, by=None, now=NOW)
    with pytest.raises(Forbidden):
        office.has(TOM)
    office.invite("tom@example.com", Role.ENGINEER)
    again = office.bring("tom@example.com", office.code("tom@example.com"))
    assert (again.person_id, again.role) == (tom.person_id, Role.ENGINEER)


def test_whoever_is_erased_is_nowhere_by_name_address_or_account_and_the_log_says_all_else(office: Office) -> None:
    store = office.store
    office.invite("tom@example.com", Role.SUPPORT)
    tom = office.bring("tom@example.com", office.code("tom@example.com"))
    said = "Tom asked; tom@example.com. <@UTOM> was told. Tomorrow is another day."
    entry = AuditEntry(uuid4(), uuid4(), NOW, AuditKind.ASKED, "T1", "UTOM", "Tom", "support", "C1", "", said)
    with store.transaction():
        store.keep_audit_entry(entry)
    left = erase_person(store, tom.person_id, now=NOW)
    [kept] = read_audit_log(store, person=None)
    assert kept == replace(
        entry,
        slack_user=left,
        person_name=left,
        said=f"{left} asked; {left}. <@{left}> was told. Tomorrow is another day.",
    )
    with store.transaction():
        for table in ("person", "person_account", "person_act", "invitation", "mail", "audit_entry"):
            rows = store.connection.execute(f"SELECT * FROM farthing.{table}").fetchall()  # type: ignore[call-overload]
            assert not re.search(r"tom@example|UTOM|\bTom\b", str(rows)), table
    with pytest.raises(Forbidden):
        office.has(TOM)
    with pytest.raises(psycopg.Error, match="permission denied"), store.transaction():
        store.connection.execute("UPDATE farthing.audit_entry SET said = ''")
