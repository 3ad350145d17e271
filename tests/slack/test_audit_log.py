"""The audit log holds what was asked in Slack and every word that was shown, once, and no secret."""

import pytest

from farthing.core.people import Person, Role
from farthing.core.refused import Forbidden, Refused
from farthing.usecases.audit import read_audit_log
from farthing.usecases.audit_ports import AuditEntry, AuditKind
from tests.slack.world import World


def logged(world: World, kind: AuditKind) -> list[AuditEntry]:
    return [entry for entry in read_audit_log(world.store, person=None, limit=100) if entry.kind is kind]


def test_a_question_and_its_whole_answer_are_kept_with_who_and_where(world: World) -> None:
    world.closed_january()

    world.answered(world.person("fay").command("/usage acme", channel=world.channels["finance"]))

    world.until(lambda: logged(world, AuditKind.SHOWN))
    [asked], [shown] = logged(world, AuditKind.ASKED), logged(world, AuditKind.SHOWN)
    assert (asked.said, asked.person_name, asked.role) == ("/usage acme", "Fay", "owner")
    assert asked.slack_user == world.people["fay"]
    assert asked.channel_id == shown.channel_id == world.channels["finance"]
    assert asked.act_id == shown.act_id
    assert "USD" in shown.said


def test_a_stranger_who_is_refused_is_in_the_log_too(world: World) -> None:
    world.answered(world.person("sam").command("/usage acme", channel=world.channels["lobby"]))

    world.until(lambda: logged(world, AuditKind.FAILED))
    [entry] = logged(world, AuditKind.FAILED)
    assert (entry.person_name, entry.role, entry.slack_user) == (None, None, world.people["sam"])
    assert "You have no role here yet" in entry.said


def test_what_looks_like_a_secret_is_not_kept_whoever_typed_it(world: World) -> None:
    world.answered(world.person("fay").command("/billing xoxb-123456789-abcdef", channel=world.channels["lobby"]))

    world.until(lambda: logged(world, AuditKind.SHOWN))
    assert "123456789" not in "".join(entry.said for entry in read_audit_log(world.store, person=None))


def test_what_is_posted_by_itself_is_kept_once_with_every_word(world: World) -> None:
    world.closed_january()
    world.deliver()
    world.deliver()

    posted = logged(world, AuditKind.POSTED)

    assert {entry.channel_id for entry in posted} == {world.channels["finance"], world.channels["acme"]}
    assert len(posted) == len(world.said_in("finance")) + len(world.said_in("acme"))
    assert all(entry.slack_user == "" for entry in posted)
    assert any("51.45" in entry.said for entry in posted) or any("49.00" in entry.said for entry in posted)


def test_only_owners_and_finance_read_it(quiet_world: World) -> None:
    store = quiet_world.store
    for role in (Role.OWNER, Role.FINANCE):
        assert list(read_audit_log(store, person=Person(store.seller_id, "Fay", role))) == []
    for role in (Role.APPROVER, Role.SUPPORT, Role.ENGINEER):
        with pytest.raises(Forbidden, match="may not read the audit log"):
            read_audit_log(store, person=Person(store.seller_id, "Sam", role))
    with pytest.raises(Refused, match="1 to 1,000"):
        read_audit_log(store, person=None, limit=0)
