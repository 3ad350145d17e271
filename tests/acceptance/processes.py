"""Installations that are run the way an operator runs them: as processes, which can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

import httpx2
import psycopg
from click.testing import CliRunner, Result

from farthing.cli.main import main
from farthing.core.metering.meter import Reading
from farthing.core.metering.sample import whole
from farthing.core.parties import Seller
from farthing.core.pricing.plan import Plan
from farthing.postgres.embedded import EmbeddedPostgres
from farthing.postgres.roles import drop_role
from farthing.postgres.urls import parts_of
from farthing.settings import Settings, load
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.customers import add_customer
from farthing.usecases.ports import SellerStore
from farthing.usecases.subscribe import subscribe
from farthing.wiring import Wired, initialise
from tests.databases import new_seller
from tests.usecases.shop import METERS, STARTER

PROGRAM = Path(sys.executable).with_name("farthing")
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Home:
    """An installation in a folder."""

    folder: Path
    api_key: str

    def command(self, *words: str) -> list[str]:
        return [str(PROGRAM), "--home", str(self.folder), *words]

    def begin(self, *words: str, complains_to: IO[str] | int = subprocess.PIPE) -> subprocess.Popen[str]:
        """A command as a process of its own, not waited for."""
        return subprocess.Popen(
            self.command(*words),
            env={name: value for name, value in os.environ.items() if not name.startswith("FARTHING_")},
            stdout=subprocess.PIPE,
            stderr=complains_to,
            text=True,
        )

    def run(self, *words: str) -> str:
        """What a command prints that must work, run as a process of its own."""
        return finished(self.begin(*words))

    def here(self, *words: str) -> Result:
        """A command in this process, which is quicker; its exit code and what it says are in the result."""
        return CliRunner().invoke(main, self.command(*words)[1:])

    def check(self) -> None:
        """The books prove: it is silent, and ends with 0."""
        checked = self.begin("check")
        said, complained = checked.communicate(timeout=120)
        assert (said, complained, checked.returncode) == ("", "", 0)

    @contextmanager
    def store(self) -> Iterator[SellerStore]:
        """The seller's store, opened from this process."""
        with Wired(load(self.folder, environment={}), small_database=True) as wired:
            yield wired.store

    @contextmanager
    def serving(self, *parts: str, warnings_expected: bool = False) -> Iterator[Serving]:
        """`farthing serve` as a process of its own, ended with SIGTERM unless it was killed before.

        It serves web and worker, or the `parts` named. What it complains of fails the test, or only its errors do.
        """
        with tempfile.TemporaryFile("w+", encoding="utf-8") as complaints:
            process = self.begin("serve", *(parts or ("web", "worker")), "--port", "0", complains_to=complaints)
            assert process.stdout is not None
            told = process.stdout.readline()
            assert told.startswith("Farthing serves"), told + _read_again(complaints)
            address = told.split()[3] if " at " in told else ""
            with httpx2.Client(base_url=address, trust_env=False, timeout=120) as client:
                try:
                    yield Serving(process, client, self.api_key)
                finally:
                    if process.poll() is None:
                        process.terminate()
                        process.communicate(timeout=120)
                        complained = _read_again(complaints)
                        assert process.returncode == 0, complained
                        assert not complained or (warnings_expected and "[error" not in complained), complained


@dataclass(frozen=True)
class Serving:
    """A serving process and a caller of its API."""

    process: subprocess.Popen[str]
    client: httpx2.Client
    api_key: str

    def send(self, events: Sequence[object]) -> dict[str, Any]:
        """What is told of a batch."""
        answer = self.client.post("/v1/events", json={"events": events}, headers=self.headers())
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def get(self, path: str, *, api_key: str | None = None) -> httpx2.Response:
        return self.client.get(path, headers=self.headers(api_key))

    def headers(self, api_key: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {api_key or self.api_key}"}

    def kill(self) -> None:
        """End it as a crash does; nothing of it gets to say goodbye."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.communicate(timeout=60)


def _read_again(written: IO[str]) -> str:
    written.seek(0)
    return written.read()


def finished(process: subprocess.Popen[str]) -> str:
    """What a process printed that must have worked."""
    said, complaints = process.communicate(timeout=300)
    assert process.returncode == 0, complaints
    return said


@contextmanager
def home_in(folder: Path, *, owner_url: str | None = None, seller: Seller | None = None) -> Iterator[Home]:
    """A new installation, in an empty database or with a PostgreSQL of its own."""
    made = initialise(Settings(home=folder), seller or new_seller(), now=BEGIN, owner_url=owner_url,
                      small_database=True)  # fmt: skip
    try:
        yield Home(folder, made.api_key)
    finally:
        if owner_url is None:
            EmbeddedPostgres(made.settings.database_folder).remove()
        elif made.settings.database_url is not None:
            _end_sessions(owner_url, made.settings.database_url)
            drop_role(owner_url, made.settings.database_url)


def _end_sessions(owner_url: str, app_url: str) -> None:
    """A session that is being ended still has its temporary tables, without which its role cannot be dropped."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute(
            "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE usename = %s",
            [parts_of(app_url)["user"]],
        )


def open_shop(store: SellerStore, *customers: str, plans: Sequence[Plan] = (STARTER,)) -> None:
    """Customers on the first of the plans since 1 January 2024."""
    apply_catalogue(store, meters=METERS, plans=plans, now=BEGIN)
    for key in customers:
        add_customer(store, key=key, name=key.title(), in_zone="UTC", now=BEGIN)
        subscribe(store, customer_key=key, plan_key=plans[0].key, starts_on=date(2024, 1, 1))


def events(count: int, *, subject: str = "acme", begin: int = 0) -> list[dict[str, object]]:
    """Events of January 2024, each with as many tokens as its number says."""
    return [
        {
            "id": f"{subject}-{number}",
            "source": "sender",
            "type": "completion",
            "subject": subject,
            "time": f"2024-01-{1 + number % 31:02d}T{number % 24:02d}:00:00Z",
            "data": {"tokens": number},
        }
        for number in range(begin, begin + count)
    ]


def usage_of_january(store: SellerStore, customer_key: str = "acme") -> tuple[int, int]:
    """How many events there are, and how many tokens."""
    with store.transaction():
        customer = store.customer_by_key(customer_key)
        assert customer is not None
        (subscription,) = store.subscriptions(customer_id=customer.customer_id)
        january = subscription.period_at(BEGIN)
        assert january is not None
        measured = store.measure(
            Reading(METERS["tokens"], whole(january)),
            customer_id=customer.customer_id,
            to_position=store.last_position(),
        )
    return measured.events, int(measured.quantity)
