"""What every Books promises of people, keys and Slack, and of answers that are given once."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from farthing.core.parties import Customer, Seller
from farthing.core.people import Person, Role
from farthing.core.refused import Clash, Refused
from farthing.postgres.database import Database, PostgresStore
from farthing.postgres.vault import Vault
from farthing.usecases.ports import SlackInstall
from tests.core.core_values import ACME
from tests.databases import NOW, DatabaseUrls, new_seller, open_books

INSTALL = SlackInstall("T1", "U0BOT", "xoxb-secret", "xapp-secret", "signing-secret", "C0FIN", NOW)


def test_a_person_is_known_by_their_slack_account(store: PostgresStore) -> None:
    open_books(store)
    ada = Person(uuid4(), "Ada", Role.OWNER)
    carl = Person(uuid4(), "Carl", Role.CUSTOMER_ADMIN, customer_id=ACME)
    with store.transaction():
        store.keep_person(carl, slack_team="T2", slack_user="U1", since=NOW)
        store.keep_person(ada, slack_team="T1", slack_user="U1", since=NOW)
        assert store.person(slack_team="T1", slack_user="U1") == ada
        assert store.person(slack_team="T2", slack_user="U1") == carl
        assert store.person(slack_team="T1", slack_user="U2") is None
        assert store.people() == [(ada, "T1", "U1"), (carl, "T2", "U1")]


def test_a_new_role_replaces_the_old_one_and_the_person_stays_the_same(store: PostgresStore) -> None:
    ada = Person(uuid4(), "Ada", Role.SUPPORT)
    with store.transaction():
        store.keep_person(ada, slack_team="T1", slack_user="U1", since=NOW)
        store.keep_person(Person(uuid4(), "Ada L.", Role.OWNER), slack_team="T1", slack_user="U1", since=NOW)
        assert store.people() == [(Person(ada.person_id, "Ada L.", Role.OWNER), "T1", "U1")]


def test_a_newer_owners_code_replaces_the_older_one(store: PostgresStore) -> None:
    with store.transaction():
        assert store.owner_code() is None
        store.keep_owner_code(b"first", made_at=NOW)
        store.note_owner_code(used_at=NOW, wrong_tries=3)
        assert store.owner_code() == (b"first", NOW, 3)
        store.keep_owner_code(b"second", made_at=NOW + timedelta(days=1))
        assert store.owner_code() == (b"second", None, 0)


def test_an_api_key_leads_to_its_seller(shared_database: Database, store: PostgresStore, seller: Seller) -> None:
    mac = uuid4().bytes
    with store.transaction():
        store.keep_api_key(uuid4(), secret_mac=mac, label="importer", created_at=NOW)
    assert shared_database.seller_of_api_key(mac) == seller.seller_id
    assert shared_database.seller_of_api_key(mac + b"0") is None


def test_a_revoked_api_key_leads_nowhere(shared_database: Database, store: PostgresStore) -> None:
    key_id, mac = uuid4(), uuid4().bytes
    with store.transaction():
        store.keep_api_key(key_id, secret_mac=mac, label="importer", created_at=NOW)
        store.connection.execute("UPDATE farthing.api_key SET revoked_at = %s WHERE key_id = %s", [NOW, key_id])
    assert shared_database.seller_of_api_key(mac) is None


def test_the_workspace_is_kept_replaced_and_forgotten(store: PostgresStore) -> None:
    with store.transaction():
        assert store.slack_install() is None
        store.keep_slack_install(INSTALL)
        assert store.slack_install() == INSTALL
        other = replace(INSTALL, team_id="T2", app_token=None, signing_secret=None, finance_channel=None)
        store.keep_slack_install(other)
        assert store.slack_install() == other
        store.forget_slack_install()
        assert store.slack_install() is None


def test_tokens_are_nowhere_in_clear_text(store: PostgresStore) -> None:
    with store.transaction():
        store.keep_slack_install(INSTALL)
        row = store.connection.execute("SELECT * FROM farthing.slack_install").fetchone()
    assert row is not None
    for secret in (INSTALL.bot_token, INSTALL.app_token, INSTALL.signing_secret):
        assert secret is not None
        assert secret not in str(row)
        assert secret.encode() not in bytes(row.secrets)
        assert secret not in repr(INSTALL)


def test_another_key_or_another_seller_does_not_open_the_tokens(
    database: Database, database_urls: DatabaseUrls
) -> None:
    seller, other = new_seller(), new_seller()
    for one in (seller, other):
        database.add_seller(one)
    store, thief = database.for_seller(seller.seller_id), database.for_seller(other.seller_id)
    with store.transaction():
        store.keep_slack_install(INSTALL)
        sealed = store.connection.execute("SELECT secrets FROM farthing.slack_install").fetchone()
    with thief.transaction():
        thief.keep_slack_install(INSTALL)
        thief.connection.execute("UPDATE farthing.slack_install SET secrets = %s", [sealed[0] if sealed else None])
    with pytest.raises(Refused, match="cannot be opened"), thief.transaction():
        thief.slack_install()
    with_another_key = Database(database_urls.app, vault=Vault(b"k" * 32))
    locked_out = with_another_key.for_seller(seller.seller_id)
    with pytest.raises(Refused, match="cannot be opened"), locked_out.transaction():
        locked_out.slack_install()
    with_another_key.close()


def test_a_channel_is_one_customers_and_a_customer_has_one(store: PostgresStore) -> None:
    open_books(store)
    other = Customer(uuid4(), "other", "Other", "UTC")
    with store.transaction():
        store.add_customer(other, email=None, created_at=NOW)
        assert (store.customer_channel(ACME), store.customer_of_channel("C1")) == (None, None)
        store.bind_channel(ACME, "C1")
        store.bind_channel(ACME, "C1")
        assert (store.customer_channel(ACME), store.customer_of_channel("C1")) == ("C1", ACME)
        with pytest.raises(Clash, match="belongs to another customer"):
            store.bind_channel(other.customer_id, "C1")
        store.bind_channel(ACME, "C2")
        store.bind_channel(other.customer_id, "C1")
        assert (store.customer_of_channel("C1"), store.customer_of_channel("C2")) == (other.customer_id, ACME)


def test_an_answer_is_kept_once_and_comes_back_as_it_was(store: PostgresStore) -> None:
    """INV-13: the same request twice has one effect and one answer."""
    request, answer = uuid4(), {"n": Decimal("0.1"), "text": "nul \x00 half \ud800", "list": [1, None, True]}
    with store.transaction():
        assert store.answered("http", "key") is None
        assert store.keep_answer("http", "key", request=request, answer=answer, created_at=NOW)
    with store.transaction():
        assert store.answered("http", "key") == (request, answer)
        assert store.answered("slack", "key") is None
        assert not store.keep_answer("http", "key", request=uuid4(), answer=2, created_at=NOW)
        assert store.answered("http", "key") == (request, answer)
