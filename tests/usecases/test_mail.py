"""Letters are written with what they tell of and handed over once, whatever the mail server does meanwhile."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from farthing.core.refused import Refused
from farthing.mail.carrier import Carrier
from farthing.postgres.database import PostgresStore
from farthing.usecases.mail import UNSURE_AFTER, connect_mail, resend_letter, send_letters, write_letter
from farthing.usecases.mail_ports import Letter, MailAccount, MailSecurity, MailState
from farthing_rehearsal.post_office import Fault, PostOffice, post_office
from tests.databases import NOW
from tests.usecases.shop import at_once


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as opened:
        yield opened


@pytest.fixture
def account(office: PostOffice) -> MailAccount:
    return MailAccount("billing@example.com", None, NOW, host="127.0.0.1", port=office.port, security=MailSecurity.NONE)


@pytest.fixture
def mailing(store: PostgresStore, account: MailAccount) -> PostgresStore:
    connect_mail(store, account)
    return store


def write(store: PostgresStore, *, text: str = "Ten euros.\n.\nГотово.", about: object = None) -> None:
    with store.transaction():
        write_letter(store, about=about or uuid4(), revision=1, recipients=["ann@acme.example"],
                     subject="An invoice\nof ten", text=text, now=NOW)  # type: ignore[arg-type]  # fmt: skip


def send(store: PostgresStore, *, after: timedelta = timedelta()) -> int:
    return send_letters(store, Carrier(), world_now=NOW + after)


def newest(store: PostgresStore) -> Letter:
    with store.transaction():
        return store.letters(limit=1)[0]


def test_a_letter_arrives_as_it_was_written_and_its_words_are_not_kept(
    mailing: PostgresStore, office: PostOffice
) -> None:
    write(mailing)
    assert send(mailing) == 1
    [kept] = office.kept
    assert kept.text.replace("\r\n", "\n").rstrip("\n") == "Ten euros.\n.\nГотово."
    assert (kept.message["Subject"], kept.message["To"]) == ("An invoice of ten", "ann@acme.example")
    with mailing.transaction():
        row = mailing.connection.execute("SELECT state, sealed FROM farthing.mail").fetchone()
    assert row == ("sent", None)
    assert send(mailing) == 0


def test_words_that_wait_are_sealed_and_so_is_the_password(mailing: PostgresStore, account: MailAccount) -> None:
    connect_mail(mailing, replace(account, user="billing", password="hush"))
    write(mailing, text="the code")
    with mailing.transaction():
        sealed = mailing.connection.execute("SELECT sealed FROM farthing.mail").fetchone()
        secrets = mailing.connection.execute("SELECT secrets FROM farthing.mail_account").fetchone()
        assert mailing.mail_account() == replace(account, user="billing", password="hush")
    assert sealed
    assert b"the code" not in sealed[0]
    assert secrets
    assert b"hush" not in secrets[0]
    assert "hush" not in repr(account)


def test_many_senders_at_once_send_each_letter_once(mailing: PostgresStore, office: PostOffice) -> None:
    for number in range(6):
        write(mailing, text=f"Letter {number}")
    assert sum(answer for answer in at_once(*[lambda: send(mailing)] * 4) if isinstance(answer, int)) == 6
    assert sorted(kept.text.strip() for kept in office.kept) == [f"Letter {number}" for number in range(6)]


def test_the_same_letter_is_written_once(mailing: PostgresStore) -> None:
    about = uuid4()
    at_once(*[lambda: write(mailing, about=about)] * 4)
    with mailing.transaction():
        assert len(mailing.letters(limit=10)) == 1


def test_without_an_account_nothing_is_promised(store: PostgresStore) -> None:
    with pytest.raises(Refused, match="run farthing mail connect first"):
        write(store)
    assert send(store) == 0


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.DROP_BEFORE_DATA])
def test_what_was_surely_not_taken_is_sent_again_with_more_and_more_patience(
    mailing: PostgresStore, office: PostOffice, fault: Fault
) -> None:
    office.faults += [fault, fault]
    write(mailing)
    assert (send(mailing), send(mailing)) == (0, 0)
    assert "The mail server 127.0.0.1" in str(newest(mailing).trouble)
    assert send(mailing, after=timedelta(seconds=30)) == 0
    assert send(mailing, after=timedelta(seconds=60)) == 0, "it waits twice as long"
    assert send(mailing, after=timedelta(seconds=91)) == 1
    assert len(office.kept) == 1


def test_a_refusal_for_good_stays_visible_until_somebody_sends_it_again_and_twice_is_once(
    mailing: PostgresStore, office: PostOffice
) -> None:
    office.faults += [Fault.UNKNOWN_RECIPIENT]
    write(mailing)
    assert send(mailing) == send(mailing, after=timedelta(days=1)) == 0
    letter = newest(mailing)
    assert letter.state is MailState.REFUSED
    assert "knows none of ann@acme.example" in str(letter.trouble)
    at_once(*[lambda: resend_letter(mailing, letter.mail_id)] * 2)
    assert (send(mailing), send(mailing)) == (1, 0)
    assert len(office.letters_to("ann@acme.example")) == 1


def test_a_lost_answer_is_waited_for_and_the_second_copy_is_the_same_message(
    mailing: PostgresStore, office: PostOffice
) -> None:
    office.faults += [Fault.DROP_AFTER_ACCEPT]
    write(mailing)
    assert send(mailing) == send(mailing, after=UNSURE_AFTER / 2) == 0
    assert send(mailing, after=UNSURE_AFTER) == 1
    assert len(office.kept) == 2
    assert len(office.letters_to("ann@acme.example")) == 1, "one Message-ID"


def test_in_a_folder_a_letter_that_is_there_is_not_laid_again(store: PostgresStore, tmp_path: Path) -> None:
    connect_mail(store, MailAccount("billing@example.com", None, NOW, folder=str(tmp_path)))
    write(store)
    with store.transaction():
        letter = store.take_letter(now=NOW, unsure_before=NOW)
    assert letter is not None
    with store.transaction():
        account = store.mail_account()
    assert account is not None
    Carrier().send(account, letter)  # And then the process is killed.
    [laid] = tmp_path.glob("*.eml")
    laid.write_text("looked at")
    assert send(store, after=UNSURE_AFTER) == 1
    assert laid.read_text() == "looked at"


def test_a_server_that_is_not_there_is_said_so(store: PostgresStore, account: MailAccount) -> None:
    connect_mail(store, replace(account, port=9))
    write(store)
    assert send(store) == 0
    assert "cannot be reached" in str(newest(store).trouble)
