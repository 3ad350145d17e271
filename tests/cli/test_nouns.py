"""The commands of every noun: what they do, and the sentence for what they cannot."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from farthing.postgres.database import PostgresStore
from farthing.usecases.people import claim_ownership
from tests.cli.commands import CATALOGUE, MID_MARCH, Commands
from tests.databases import DatabaseUrls


def write_usage(folder: Path) -> Path:
    file = folder / "usage.csv"
    rows = "".join(f"2026-02-05 10:00:0{second},400\n" for second in range(4))
    file.write_text(f"when,tokens\n{rows}", encoding="utf-8")
    return file


def import_usage(run: Commands, file: Path) -> None:
    arguments = ["--customer", "acme", "--type", "completion", "--time", "when", "--value", "tokens=tokens"]
    run.well("usage", "import", str(file), *arguments, "--zone", "UTC")


def test_a_month_goes_from_a_file_to_an_explained_invoice(acme: Commands, books: PostgresStore, tmp_path: Path) -> None:
    import_usage(acme, write_usage(tmp_path))
    closed = acme.well("period", "close", "--through", "2026-02-28")
    assert "3 new invoices through 2026-02-28" in closed
    assert "149.90" in closed
    assert "0 new invoices" in acme.well("period", "close", "--through", "2026-02-28")
    listed = acme.well("invoice", "list", "acme")
    assert "EX-000003  acme      2026-02-01..2026-02-28        2026-03-15  2026-04-14  51.90  USD" in listed
    assert "EX-000002  acme      2026-01-01..2026-01-31   " in listed
    assert "EX-000001  acme      2026-01-01..2026-01-31 ahead" in listed
    shown = acme.well("invoice", "show", "EX-000003")
    assert "2  Tokens        2026-02-01 to 2026-02-28   1,600 tokens        2.90" in shown
    explained = acme.well("invoice", "explain", "EX-000003", "2", "--events", "--days")
    assert "  Tier 1, 0 to 1,000   1,000 x 0.002  =  2.0\n" in explained
    assert "  Tier 2, above 1,000   600 x 0.0015  =  0.9\n" in explained
    assert "4 events at positions up to 4 measure 1,600 tokens." in explained
    assert "the same to the digit" in explained
    assert explained.count("2026-02-05 10:00:0") == 4
    assert "Platform fee, 49.00 USD" in acme.well("invoice", "explain", "EX-000003")
    checked = acme.well("check", "-v")
    assert re.search(r"sound: \d\d invariants hold over 3 invoices and 4 events of usage\.", checked)
    assert "  4  billed\n  0  open" in checked
    assert "outside every subscription" not in checked
    with books.transaction():
        assert books.counts().billed == 4


def test_an_invoice_is_printed_where_asked(acme: Commands, tmp_path: Path) -> None:
    acme.well("period", "close", "--through", "2026-01-31")
    acme.well("invoice", "pdf", "EX-000001")
    acme.well("invoice", "pdf", "EX-000001", "--out", "other.pdf")
    assert (tmp_path / "EX-000001.pdf").read_bytes().startswith(b"%PDF-")
    assert (tmp_path / "other.pdf").exists()
    assert "cannot be written" in acme.refused("invoice", "pdf", "EX-000001", "--out", "no/such/folder.pdf")


def test_a_fee_for_part_of_a_month_is_told_by_its_days(acme: Commands) -> None:
    acme.well("customer", "add", "late", "--name", "Late Ltd", "--zone", "UTC")
    acme.well("subscription", "add", "late", "starter", "--from", "2026-01-10")
    acme.well("period", "close", "--through", "2026-01-31")
    *_, number = re.findall(r"EX-\d+", acme.well("invoice", "list", "late"))
    explained = acme.well("invoice", "explain", number)
    assert "49 x 22 / 31 days  =  34.774193548387…" in explained
    assert "rounded once to 34.77 USD" in explained


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["customer", "add", "no spaces", "--name", "X", "--zone", "UTC"], "cannot be a customer's key"),
        (["customer", "add", "acme", "--name", "Other", "--zone", "UTC"], "acme"),
        (["customer", "add", "x", "--name", "X", "--zone", "Mars"], "“Mars” is not a time zone"),
        (["customer", "add", "x", "--name", " ", "--zone", "UTC"], "needs a name"),
        (["subscribe", "acmee", "starter", "--from", "2026-01-01"], "Did you mean acme?"),
        (["subscribe", "acme", "nix", "--from", "2026-01-01"], "there are: calls, starter."),
        (["subscribe", "acme", "starter", "--from", "2026-02-31"], "February 2026 has 28 days"),
        (["subscribe", "acme", "starter", "--from", "31.01.2026"], "year first"),
        (["subscribe", "acme", "starter", "--from", "2026-13-01"], "no month 13"),
        (["subscribe", "acme", "starter", "--from", "9999-01-01"], "too far away"),
        (["subscribe", "acme", "starter", "--from", "2026-02-01"], "since 2026-01-01"),
        (["subscribe", "acme", "calls", "--from", "2026-02-01", "--anchor-day", "32"], "from 1 to 31"),
        (["subscription", "end", "acme", "calls"], "no running subscription"),
        (["subscription", "list", "nobody"], "no customer “nobody”"),
        (["period", "close", "--through", "2026-02-30"], "February 2026 has 28 days"),
        (["period", "close", "--through", "2026-03-15"], "has not ended yet"),
        (["period", "close", "--through", "0001-01-01"], "too far away"),
        (["invoice", "show", "EX-1"], "no invoice “EX-1”"),
        (["invoice", "show", "\x00"], "no invoice"),
        (["invoice", "list", "nobody"], "no customer “nobody”"),
        (["usage", "show", "nobody"], "no customer “nobody”"),
        (["person", "add", "me", "--role", "owner", "--name", "Me"], "no Slack member id"),
        (["person", "add", "U123", "--role", "owner", "--name", "Me"], "farthing slack connect first"),
        (
            ["person", "add", "U1", "--role", "customer-admin", "--name", "Me", "--team", "T1"],
            "needs the customer's key",
        ),
        (["person", "language", "U9", "ru", "--team", "T1"], "U9 has no role here"),
        (["slack", "bind", "acme", "#billing"], "is no channel id"),
        (["slack", "bind", "nobody", "C0123"], "no customer “nobody”"),
        (["slack", "bind-finance", "C0123"], "farthing slack connect first"),
        (["slack", "connect"], "--bot-token or FARTHING_SLACK_BOT_TOKEN"),
        (["slack", "connect", "--bot-token", "x", "--app-token", "y"], "begins with xoxb-"),
        (["custmer", "list"], "did you mean customer?"),
        (["usage", "exprot"], "farthing usage exprot"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(
    acme: Commands, books: PostgresStore, arguments: list[str], says: str
) -> None:
    assert says in acme.refused(*arguments)
    with books.transaction():
        assert (len(books.customers()), len(books.subscriptions()), len(books.people())) == (1, 1, 0)
        assert books.invoices() == []


def test_lists_line_up_and_say_what_to_do_when_empty(run: Commands, books: PostgresStore) -> None:
    for arguments, next_step in (
        (["customer", "list"], "farthing customer add"),
        (["subscription", "list"], "farthing subscribe"),
        (["invoice", "list"], "farthing period close"),
        (["person", "list"], "farthing person code"),
    ):
        assert next_step in run.well(*arguments)
    run.well("customer", "add", "a", "--name", "会社", "--zone", "UTC")
    run.well("customer", "add", "b", "--name", "Bertha & Söhne", "--zone", "Asia/Tokyo")
    assert run.well("customer", "list").splitlines() == [
        "KEY  NAME            ZONE",
        "a    会社            UTC",
        "b    Bertha & Söhne  Asia/Tokyo",
    ]
    with books.transaction():
        assert len(books.customers()) == 2


def test_a_subscription_ends_with_its_period(acme: Commands) -> None:
    assert "2026-04-01 is the first day without it" in acme.well("subscription", "end", "acme", "starter")
    assert "2026-01-01  2026-04-01" in acme.well("subscription", "list", "acme")


def test_the_version_of_each_part_of_an_invoice_is_told(acme: Commands, tmp_path: Path) -> None:
    (tmp_path / "dearer.yaml").write_text(CATALOGUE.replace("fee: 49", "fee: 59"), encoding="utf-8")
    acme.well("catalog", "apply", "dearer.yaml", "--for", "existing")
    acme.well("clock", "move", "2026-04-15")
    acme.well("period", "close", "--through", "2026-03-31")
    *_, number = sorted(re.findall(r"EX-\d+", acme.well("invoice", "list", "acme")))
    begins = "Plan Starter, version 1, and version 2 for what begins on 2026-04-01; days in Europe/Berlin\n"
    assert begins in acme.well("invoice", "show", number)
    assert "Plan Starter, version 1; days in Europe/Berlin\n" in acme.well("invoice", "show", "EX-000001")
    explained = acme.well("invoice", "explain", number)
    assert "charged in advance, by version 2 of the plan Starter." in explained
    assert "charged in arrears, by version 1 of the plan Starter." in explained


def test_usage_so_far_is_shown(acme: Commands, tmp_path: Path) -> None:
    file = tmp_path / "march.csv"
    file.write_text("when,tokens\n2026-03-05,1500\n", encoding="utf-8")
    import_usage(acme, file)
    shown = acme.well("usage", "show", "acme", "--days")
    assert shown.splitlines()[3:7] == [
        "  Tokens                 2026-03-01 to 2026-03-31   1,500 tokens   2.75",
        "  So far (USD)                                                     2.75",
        "  Platform fee           2026-04-01 to 2026-04-30  30 of 30 days  49.00",
        "  With fees ahead (USD)                                           51.75",
    ]
    assert "2026-03-05  1,500  1 event" in shown


def test_a_new_owner_code_works_once(run: Commands, books: PostgresStore) -> None:
    code = run.well("person", "code").strip()
    person = claim_ownership(books, code, slack_team="T1", slack_user="U1", name="Ada", now=MID_MARCH)
    assert person.role.value == "owner"
    assert "Ada   owner  T1" in run.well("person", "list")
    assert "Ada reads ru, as chosen." in run.well("person", "language", "U1", "ru", "--team", "T1")
    assert "Ada reads en" in run.well("person", "language", "U1", "default", "--team", "T1")


def test_an_api_key_is_shown_once_on_a_line_of_its_own(run: Commands, books: PostgresStore) -> None:
    result = run("apikey", "new")
    assert result.stdout.startswith("fk_")
    assert result.stdout.count("\n") == 1
    assert "not shown again" in result.stderr
    del books


def test_a_person_is_given_a_role(acme: Commands, books: PostgresStore) -> None:
    acme.well(
        "person", "add", "U0001", "--role", "customer-admin", "--name", "Bo", "--customer", "acme", "--team", "T1"
    )
    with books.transaction():
        [(person, team, user)] = books.people()
    assert (person.role.value, team, user) == ("customer-admin", "T1", "U0001")


def test_check_tells_each_breach_and_ends_with_1(acme: Commands, tmp_path: Path, database_urls: DatabaseUrls) -> None:
    import_usage(acme, write_usage(tmp_path))
    acme.well("period", "close", "--through", "2026-02-28")
    with psycopg.connect(database_urls.owner) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("DELETE FROM farthing.accepted_event WHERE position = 2")
    told = acme.refused("check", code=1)
    assert "INV-04" in told
    assert "EX-000003" in acme.refused("invoice", "explain", "EX-000003", code=1)


def test_an_invoice_is_worked_out_again_and_a_figure_that_was_changed_is_told(
    acme: Commands, tmp_path: Path, database_urls: DatabaseUrls
) -> None:
    import_usage(acme, write_usage(tmp_path))
    acme.well("period", "close", "--through", "2026-02-28")
    assert "EX-000003 comes out again to the digit" in acme.well("invoice", "recompute", "EX-000003")
    assert "There is no invoice" in acme.refused("invoice", "recompute", "EX-000099")
    with psycopg.connect(database_urls.owner) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE farthing.invoice_line SET minor = minor + 1 WHERE kind = 'usage' OR kind IS NULL")
    told = acme.refused("invoice", "recompute", "EX-000003", code=1)
    assert "INV-" in told
    assert "EX-000003 does not come out again" in told


def test_an_invoice_whose_events_are_gone_does_not_come_out_again(
    acme: Commands, tmp_path: Path, database_urls: DatabaseUrls
) -> None:
    import_usage(acme, write_usage(tmp_path))
    acme.well("period", "close", "--through", "2026-02-28")
    with psycopg.connect(database_urls.owner) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("DELETE FROM farthing.accepted_event WHERE position = 2")
    told = acme.refused("invoice", "recompute", "EX-000003", code=1)
    assert "INV-04" in told
    assert "of invoice EX-000003 bills 1600 from 4 events; they measure 1200 from 3." in told


def test_a_folder_without_an_installation_is_told_to_be_set_up(tmp_path: Path) -> None:
    for arguments in (["customer", "list"], ["check"], ["serve"]):
        assert "run farthing init first" in Commands(tmp_path / "nowhere").refused(*arguments)
    assert "To mend: settings." in Commands(tmp_path / "nowhere").refused("doctor", code=1)


def test_every_command_explains_itself(run: Commands) -> None:
    told = run.well("--help")
    for noun in ("apikey", "bench", "catalog", "customer", "invoice", "period", "person", "slack", "usage"):
        assert noun in told
        assert "Commands:" in run.well(noun, "--help")
    for whole in ("init", "check", "doctor", "serve"):
        assert "Usage:" in run.well(whole, "--help")


def test_slack_simulate_of_the_rehearsal_is_found_under_slack(run: Commands) -> None:
    assert "simulate" in run.well("slack", "--help")
    assert "slack-simulate" not in run.well("--help")


def test_the_manifest_names_the_chosen_commands(run: Commands) -> None:
    printed = run.well("slack", "manifest", "--usage-command", "/metered")
    assert '"command": "/metered"' in printed
    assert "cannot be a command" in run.refused("slack", "manifest", "--usage-command", "metered")
