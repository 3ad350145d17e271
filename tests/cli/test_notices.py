"""Who hears what at the command line: listed, set, looked at ahead; customers made quiet and live again."""

from __future__ import annotations

from tests.cli.commands import Commands


def test_settings_are_listed_and_set_and_say_who_set_them(acme: Commands) -> None:
    listed = acme.well("notices", "list").splitlines()
    assert listed[1].split()[:2] == ["finance", "runs,"]
    assert "weekly, monthly" in listed[1]
    assert "Farthing's usual settings" in listed[1]
    said = acme.well(
        "notices", "set", "acme", "--digest", "daily", "--at", "7:30", "--quiet", "22:00-7:00", "--off", "alerts",
        "--days-ahead", "14", "--by", "Ada",
    )  # fmt: skip
    assert "Digests: daily, at 07:30" in said
    assert "14 days ahead" in said
    assert "Quiet hours: 22:00-07:00." in said
    row = acme.well("notices", "list", "acme").splitlines()[1]
    assert row.endswith("Ada")
    assert "invoices, ahead" in row
    assert "Quiet hours: none." in acme.well("notices", "set", "acme", "--not-quiet", "--on", "alerts")
    assert "used:" in (shown := acme.well("notices", "digest", "acme", "--span", "monthly")) or "invoiced:" in shown


def test_a_customer_is_made_quiet_and_live_again(acme: Commands) -> None:
    assert acme.well("customer", "quiet", "acme", "--by", "Ada") == "acme is quiet; Ada said so.\n"
    assert acme.well("customer", "live", "acme").startswith("acme is live")
    assert acme.well("notices", "new-customers", "quiet") == "New customers are quiet from now on.\n"


def test_what_cannot_be_is_told(acme: Commands) -> None:
    for words, says in (
        (("notices", "set", "acme", "--at", "25:00"), "no time of day"),
        (("notices", "set", "acme", "--quiet", "22:00"), "Write quiet hours like"),
        (("notices", "set", "acme", "--off", "runs"), "nothing of that kind is told there"),
        (("notices", "set", "acme", "--zone", "Mars"), "is not a time zone"),
        (("notices", "list", "nobody"), "There is no customer “nobody” here"),
    ):
        refused = acme(*words)
        assert refused.exit_code != 0
        assert says in refused.output
