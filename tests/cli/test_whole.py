"""The commands for the whole: setting up, serving, looking over, measuring."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import httpx2
import psycopg
import pytest
from click.testing import CliRunner

from farthing.cli.main import main
from farthing.settings import load
from tests.cli.commands import MID_MARCH, Commands

SELLER = ["--name", "Example Inference", "--zone", "Europe/Berlin", "--prefix", "EX", "--mode", "sandbox"]


def farthing(*arguments: str, stdin: int | None = None) -> subprocess.Popen[str]:
    """The command as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", "from farthing.cli.main import main; main(prog_name='farthing')", *arguments],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )


def test_init_sets_up_once_and_a_second_time_changes_nothing(tmp_path: Path, empty_database: str) -> None:
    run = Commands(tmp_path / "home")
    told = run.well("init", *SELLER, "--database-url", empty_database)
    assert re.search(r"\b[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}\b", told)
    assert re.search(r"\bfk_[\w-]{40,}", told)
    settings = load(run.home, {})
    for file in (settings.file, settings.key_file):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = (settings.file.read_bytes(), settings.key_file.read_bytes())
    assert "already" in run.refused("init", *SELLER, "--database-url", empty_database)
    assert (settings.file.read_bytes(), settings.key_file.read_bytes()) == before
    assert settings.database_url is not None
    assert settings.database_url != empty_database
    with psycopg.connect(empty_database) as owner:
        assert owner.execute("SELECT count(*) FROM farthing.seller").fetchone() == (1,)
    assert run.well("customer", "list").startswith("There are no customers yet")


def test_init_with_a_database_of_its_own_needs_nothing_else(tmp_path: Path) -> None:
    run = Commands(tmp_path / "a home")
    run.well("init", *SELLER)
    assert run.well("customer", "add", "acme", "--name", "Acme", "--zone", "UTC").startswith("acme is a customer")
    looked = run.well("doctor")
    assert "ok     database  PostgreSQL" in looked
    assert "which row-level security binds" in looked
    (run.home / "secret.key").chmod(0o644)
    assert "To mend: key." in run.refused("doctor", code=1)
    (run.home / "secret.key").unlink()
    assert "restore it from your backup" in run.refused("customer", "list")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "needs --name, --zone, --mode when"),
        (SELLER[2:], "needs --name"),
        ([*SELLER, "--zone", "Mars"], "is not a time zone"),
        ([*SELLER, "--prefix", "no spaces"], "cannot open invoice numbers"),
        ([*SELLER, "--name", " "], "needs a name"),
        ([*SELLER, "--database-url", "postgresql://127.0.0.1:1/none"], ""),
        ([*SELLER, "--database-url", "what"], ""),
    ],
)
def test_init_refused_leaves_nothing_that_looks_set_up(tmp_path: Path, arguments: list[str], says: str) -> None:
    run = Commands(tmp_path / "home")
    assert says in run.refused("init", *arguments)
    assert not (run.home / "farthing.toml").exists()


def test_init_takes_the_initials_where_nobody_can_be_asked_for_a_prefix(tmp_path: Path, empty_database: str) -> None:
    arguments = ["--name", "Example Ltd", "--zone", "UTC", "--mode", "sandbox", "--database-url", empty_database]
    Commands(tmp_path / "home").well("init", *arguments)
    with psycopg.connect(empty_database) as owner:
        assert owner.execute("SELECT number_prefix FROM farthing.legal_entity").fetchone() == ("EL",)


def test_init_on_a_terminal_asks_again_after_a_bad_answer(tmp_path: Path, empty_database: str) -> None:
    ours, theirs = pty.openpty()
    words = ["--home", str(tmp_path / "home"), "init", "--database-url", empty_database, "--mode", "sandbox"]
    with farthing(*words, stdin=theirs) as asking:
        os.close(theirs)
        os.write(ours, b" \nExample Ltd\nMars\nUTC\nno spaces\n\n")
        said, complained = asking.communicate(timeout=120)
        assert asking.returncode == 0, said + complained
    os.close(ours)
    assert said.count("Invoice numbers begin with [EL]") == 2
    assert "Mars” is not a time zone" in said + complained
    assert "Example Ltd is set up" in said


def test_init_can_be_told_its_home_behind_its_name(tmp_path: Path, empty_database: str) -> None:
    arguments = ["init", *SELLER, "--database-url", empty_database, "--home", str(tmp_path / "there")]
    result = CliRunner().invoke(main, arguments, env={"FARTHING_HOME": str(tmp_path / "elsewhere")})
    assert result.exit_code == 0, result.output
    assert (tmp_path / "there" / "farthing.toml").exists()
    assert not (tmp_path / "elsewhere").exists()


def test_serve_answers_until_it_is_told_to_stop(acme: Commands) -> None:
    key = acme.well("apikey", "new").strip()
    serving = farthing("--home", str(acme.home), "serve", "--port", "0")
    try:
        assert serving.stdout is not None
        address = re.search(r"http://\S+/", serving.stdout.readline())
        assert address is not None
        with httpx2.Client(base_url=address.group(), trust_env=False, timeout=60) as client:
            assert client.get("/health").json() == {"status": "ok"}
            sent = client.post(
                "/v1/events",
                headers={"Authorization": f"Bearer {key}"},
                json={
                    "id": "1",
                    "source": "test",
                    "type": "completion",
                    "subject": "acme",
                    "time": f"{MID_MARCH:%Y-%m-%dT%H:%M:%SZ}",
                    "data": {"tokens": 7},
                },
            )
            assert sent.json()["accepted"] == 1
        assert "7 tokens" in acme.well("usage", "show", "acme")
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(timeout=60) == 0
    finally:
        serving.kill()
        serving.communicate()


def test_a_busy_port_is_told_with_what_to_do(acme: Commands) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        told = acme.refused("serve", "--port", port)
    assert f"Port {port}" in told
    assert "--port" in told


def test_bench_prints_one_object_whose_ratio_follows_from_its_rates(tmp_path: Path) -> None:
    small = ("--events", "1000", "--rounds", "1", "--webs", "1", "--connections", "4", "--stored", "2000")
    measured = json.loads(Commands(tmp_path / "none").well("bench", "ingest", *small, "--json"))
    assert (measured["events"], measured["stored"], measured["webs"]) == (1000, 2000, 1)
    assert measured["rates"] == [measured["events_per_second"]]
    expected = measured["events_per_second"] / measured["raw_copy_per_second"]
    assert measured["ratio"] == pytest.approx(expected, abs=0.002)
    assert set(measured["cpu_microseconds"]) == {"web", "worker", "postgres", "load"}
    assert measured["lag_p99_ms"] > 0
    assert measured["answered_in_p99_ms"] > 0
