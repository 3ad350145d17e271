"""People in Slack by their own hands: invited from Home, let in by the mailed code, given another role, or none."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from farthing.core.inviting import NO_SUCH_INVITATION
from farthing.core.people import Role
from farthing.mail.carrier import Carrier
from farthing.slack.views.people import CHOSEN, CODE_BLOCK, CUSTOMER_BLOCK, EMAIL_BLOCK, ROLE_BLOCK, TYPED
from farthing.usecases.audit import read_audit_log
from farthing.usecases.drafts import list_drafts
from farthing.usecases.mail import connect_mail, send_letters
from farthing.usecases.mail_ports import MailAccount
from farthing.usecases.people import show_people
from farthing.usecases.solo import show_solo
from farthing_slacksim.model import Json
from tests.slack.test_drafts import queue, value, waiting  # noqa: F401
from tests.slack.world import BEGIN, World, texts


@pytest.fixture
def mailing(world: World, tmp_path: Path) -> tuple[World, Path]:
    """The world, and the folder into which letters are laid."""
    connect_mail(world.store, MailAccount("billing@example.com", None, BEGIN, folder=str(tmp_path)))
    return world, tmp_path


def code_mailed(world: World, folder: Path) -> str:
    send_letters(world.store, Carrier(), world_now=world.clock())
    newest = max(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    found = re.search(r"[A-Z2-9]{4}(-[A-Z2-9]{4}){2}", newest.read_text())
    assert found
    return found.group()


def invite(world: World, name: str, email: str, role: Role, customer: str = "") -> dict[str, str] | None:
    hands = world.person(name)
    hands.open_home()
    hands.click_view("people_invite")
    world.window(name, "A code is mailed")
    form: Json = {EMAIL_BLOCK: {TYPED: email}, ROLE_BLOCK: {CHOSEN: role.value}}
    return hands.submit(form | ({CUSTOMER_BLOCK: {TYPED: customer}} if customer else {}))


def bring(world: World, name: str, email: str, code: str) -> dict[str, str] | None:
    hands = world.person(name)
    hands.open_home()
    hands.click_view("people_code")
    world.window(name, "It works once")
    return hands.submit({EMAIL_BLOCK: {TYPED: email}, CODE_BLOCK: {TYPED: code}})


def home(world: World, name: str) -> str:
    shown = world.person(name).open_home()
    assert shown is not None
    return texts(shown["blocks"])


def test_a_stranger_is_invited_from_home_brings_the_code_gets_another_role_and_none(
    mailing: tuple[World, Path],
) -> None:
    world, folder = mailing
    assert invite(world, "fay", "no address", Role.SUPPORT) == {
        EMAIL_BLOCK: "That is no e-mail address; write one like ann@example.com."
    }
    world.person("fay").close_modal()
    assert invite(world, "fay", "sam@example.com", Role.SUPPORT) is None
    world.window("fay", "is on its way to sam@example.com")
    world.person("fay").close_modal()
    code = code_mailed(world, folder)
    assert bring(world, "sam", "sam@example.com", "AAAA-AAAA-AAAA") == {CODE_BLOCK: NO_SUCH_INVITATION}
    world.person("sam").close_modal()
    assert bring(world, "sam", "sam@example.com", code) is None
    world.window("sam", "You are support here now")
    assert "spend so far" in home(world, "sam")
    assert "Audit log" not in home(world, "sam")

    fay = world.person("fay")
    assert "3 people have a role." in home(world, "fay")
    fay.click_view("people_open")
    window = world.window("fay", "Sam Stranger")
    assert "sam@example.com" in texts(window.blocks)
    sam_id = next(one.person.person_id for one in show_people(world.store, person=None).members if one.email)
    fay.click_view("people_change", f"{sam_id}|engineer", block_id=str(sam_id))
    world.window("fay", "Sam Stranger has another role now.")
    fay.click_view("people_change", f"{sam_id}|revoke", block_id=str(sam_id))
    world.window("fay", "Sam Stranger has no role here any more.")
    fay.close_modal()
    assert "You have no role here yet" in home(world, "sam")

    fay.open_home()
    fay.click_view("audit_open")
    world.window("fay", "|revoke")
    fay.click_view("audit_older")
    world.window("fay", "Newer")
    said = "\n".join(entry.said for entry in read_audit_log(world.store, person=None, limit=200))
    assert code not in said, "a code is nobody's to read later"


def test_the_last_owner_cannot_be_taken_away_in_slack_either(world: World) -> None:
    fay = world.person("fay")
    fay.open_home()
    fay.click_view("people_open")
    world.window("fay", "Fay")
    [owner] = [one for one in show_people(world.store, person=None).members if one.person.role is Role.OWNER]
    fay.click_view("people_change", f"{owner.person.person_id}|revoke", block_id=str(owner.person.person_id))
    world.window("fay", "That is the last owner")


def test_a_customers_admin_invites_a_colleague_from_their_own_home(mailing: tuple[World, Path]) -> None:
    world, folder = mailing
    assert "Deliveries" not in home(world, "ann")
    assert invite(world, "ann", "bob@acme.example", Role.CUSTOMER_VIEWER) is None
    world.person("ann").close_modal()
    assert bring(world, "sam", "bob@acme.example", code_mailed(world, folder)) is None
    assert "Acme & <Sons>: your account" in home(world, "sam")
    assert "People" not in home(world, "sam"), "a viewer invites nobody"


def test_what_is_decided_under_solo_says_so(waiting: World) -> None:  # noqa: F811
    world, fay = waiting, waiting.person("fay")
    fay.open_home()
    fay.click_view("solo_open")
    world.window("fay", "For a company of one")
    until = (world.clock().date() + timedelta(days=91)).isoformat()
    assert "90 days at most" in str(fay.submit({"until": {"picked": until}, "because": {"typed": "One of us."}}))
    until = (world.clock().date() + timedelta(days=30)).isoformat()
    assert fay.submit({"until": {"picked": until}, "because": {"typed": "One of us."}}) is None
    world.window("fay", "one person decides for two")
    fay.close_modal()
    assert show_solo(world.store, now=world.clock())[1]

    shown = queue(world)
    assert fay.click_ephemeral(shown.id, "draft_approve", value(shown, "draft_approve")).ok
    world.until(lambda: len(list_drafts(world.store)) == 1)
    with world.store.transaction():
        [ended] = world.store.connection.execute(  # type: ignore[attr-defined]
            "SELECT ended_by FROM farthing.draft WHERE ended_by LIKE 'Fay%'"
        ).fetchall()
    assert ended.ended_by == f"Fay (alone: solo through {until})"


def test_whoever_slack_says_is_no_member_any_more_approves_nothing_even_within_the_minute(waiting: World) -> None:  # noqa: F811
    world = waiting
    shown = queue(world)
    world.sim.workspace.users[world.people["fay"]].is_bot = True  # And Slack's event about it is lost.
    outcome = world.person("fay").click_ephemeral(shown.id, "draft_approve", value(shown, "draft_approve"))
    assert "You have no role here yet" in world.answered(outcome).text
    assert len(list_drafts(world.store)) == 2
