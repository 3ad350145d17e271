"""The installation that is crashed: two web processes, a worker and a PostgreSQL, started again whenever one died."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx2
import psutil

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.metering.count import Count
from farthing.core.metering.meter import Meter
from farthing.core.metering.total import Sum
from farthing.core.metering.value import Property
from farthing.core.parties import Mode, Seller
from farthing.core.pricing.terms import plan_from
from farthing.postgres.embedded import EmbeddedPostgres
from farthing.postgres.embedded_locks import server_runs
from farthing.postgres.embedded_place import place_for
from farthing.postgres.embedded_processes import leftovers_of, postmaster_of
from farthing.settings import Settings, SlackMode
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.customers import add_customer
from farthing.usecases.move_clock import move_clock
from farthing.usecases.subscribe import subscribe
from farthing.wiring import Wired, initialise
from farthing_rehearsal.crash.sent import CUSTOMERS, EVENT_TYPE

WORKER = "a worker"
WEBS = ("a web process", "the other web process")
# How a database is killed.
WHOLE, FIRST, CONNECTION = HOW = ("all of PostgreSQL", "PostgreSQL's first process", "a connection of PostgreSQL's")
_FARTHING = (sys.executable, "-c", "from farthing.cli.main import main; main(prog_name='farthing')")
_SERVES = b"Farthing serves"
_COMES_UP_SECONDS = 180.0
_ENDS_SECONDS = 60.0
_READY_ON_DAY = 28

METERS = {
    "tokens": Meter("tokens", 1, EVENT_TYPE, Sum(Property("tokens")), unit="tokens"),
    "calls": Meter("calls", 1, EVENT_TYPE, Count(), unit="calls"),
}
PLAN = plan_from(
    "starter",
    {
        "name": "Starter",
        "currency": "USD",
        "meters": {
            "tokens": {"event_type": EVENT_TYPE, "measure": "sum", "property": "tokens", "version": 1},
            "calls": {"event_type": EVENT_TYPE, "measure": "count", "version": 1},
        },
        "prices": [
            {"key": "platform", "name": "Platform fee", "shape": "flat", "fee": "49", "charged": "advance"},
            {"key": "calls", "name": "Calls", "meter": "calls", "shape": "per_unit", "unit": "0.001"},
            {
                "key": "tokens",
                "name": "Tokens",
                "meter": "tokens",
                "shape": "graduated",
                "tiers": [{"up_to": "100000", "unit": "0.00002"}, {"unit": "0.000015"}],
            },
        ],
    },
    version=1,
)


@dataclass(slots=True)
class Installation:
    """One installation in a folder of its own, and the processes that serve it."""

    settings: Settings
    api_key: str
    addresses: tuple[str, ...]
    killed: Counter[str] = field(default_factory=Counter)
    # Those that ended without us, as one does that comes up while its database is killed.
    ended: Counter[str] = field(default_factory=Counter)
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _worker_log_began_at: int = 0

    def command(self, *words: str) -> list[str]:
        """A command of Farthing's on this installation."""
        return [*_FARTHING, "--home", str(self.settings.home), *words]

    def log_of(self, name: str) -> Path:
        """Where a process writes what it has to say."""
        return self.settings.home / f"{name.replace(' ', '-')}.log"

    def revive(self) -> None:
        """Start every process that is not there, as a service manager would."""
        for name, words in self._parts().items():
            process = self._processes.get(name)
            if process is not None and process.poll() is None:
                continue
            if process is not None:
                self.ended[name] += 1
            self._begin(name, words)

    def is_up(self) -> bool:
        """Whether the worker works and every web process answers, and its database with it."""
        with self.log_of(WORKER).open("rb") as log:
            log.seek(self._worker_log_began_at)
            return _SERVES in log.read() and all(_answers(address) for address in self.addresses)

    def wait_until_up(self) -> None:
        """Until then, whatever dies meanwhile is started again."""
        give_up_at = time.monotonic() + _COMES_UP_SECONDS
        while True:
            self.revive()
            if self.is_up():
                return
            assert time.monotonic() < give_up_at, f"nothing answers; see the logs in {self.settings.home}"
            time.sleep(0.05)

    def wait_until_billed(self) -> int:
        """Until the worker, whatever it went through, has billed what is due; how many invoices there are then."""
        give_up_at = time.monotonic() + _COMES_UP_SECONDS
        with Wired(self.settings) as wired:
            store = wired.store
            while True:
                with store.transaction():
                    invoices = sum(run.invoices for run in store.runs())
                if invoices >= len(CUSTOMERS):
                    return invoices
                assert time.monotonic() < give_up_at, f"nothing was billed; see the logs in {self.settings.home}"
                time.sleep(0.1)

    def kill(self, name: str) -> None:
        """End a process of ours as a crash does, and start it again."""
        process = self._processes[name]
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.killed[name] += 1
        else:
            self.ended[name] += 1
        self._begin(name, self._parts()[name])

    def kill_database(self, *, how: str) -> None:
        """End PostgreSQL as a crash does, in one of the ways of `HOW`; nobody starts it again but who uses it."""
        data = place_for(self.settings.database_folder).data
        first = _found(lambda: postmaster_of(data))
        serving = [process for process in leftovers_of(data) if process != first]
        # The first process goes first, so that it starts nothing again.
        doomed = {WHOLE: [first, *serving], FIRST: [first], CONNECTION: _of_connections(serving)[:1]}[how]
        for process in doomed:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        self.killed[how] += 1

    def move_clock(self, to: datetime) -> None:
        """Let the seller's time be this, so that what is due by then is billed."""
        with Wired(self.settings) as wired:
            move_clock(wired.store, to=to, world=wired.world())

    def stop(self) -> list[str]:
        """Tell every process to end, as a service manager does; a sentence for each that did not end well."""
        for process in self._processes.values():
            process.terminate()
        wrong = []
        for name, process in self._processes.items():
            try:
                code = process.wait(timeout=_ENDS_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
            if code != 0:
                wrong.append(
                    f"{name[0].upper()}{name[1:]} ended with {code} when told to stop; see {self.log_of(name)}."
                )
        self._processes.clear()
        if server_runs(place_for(self.settings.database_folder)):
            wrong.append("The embedded PostgreSQL was left running when the last process ended.")
        return wrong

    def abandon(self) -> None:
        """Leave nothing running, whatever state it is in."""
        for process in self._processes.values():
            if process.poll() is None:
                process.kill()
                process.wait()
        self._processes.clear()
        # A PostgreSQL that nobody uses any more stops when its last user leaves.
        with EmbeddedPostgres(self.settings.database_folder):
            pass

    def remove(self) -> None:
        """Away with the database; the folder is the caller's."""
        self.abandon()
        EmbeddedPostgres(self.settings.database_folder).remove()

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of Farthing's, run to its end."""
        return subprocess.run(
            self.command(*words), env=_environment(), capture_output=True, text=True, check=False, timeout=600
        )

    def _parts(self) -> dict[str, Sequence[str]]:
        webs = {
            name: ("serve", "web", "--port", address.rpartition(":")[2])
            for name, address in zip(WEBS, self.addresses, strict=True)
        }
        return {**webs, WORKER: ("serve", "worker")}

    def _begin(self, name: str, words: Sequence[str]) -> None:
        with self.log_of(name).open("ab") as log:
            if name == WORKER:
                self._worker_log_began_at = log.tell()
            self._processes[name] = subprocess.Popen(
                self.command(*words), env=_environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )


def set_up(folder: Path, *, month: datetime) -> Installation:
    """A new installation with customers on a plan since this month began, served by nobody yet."""
    entity = LegalEntity("main", "Crash Test", in_zone="UTC", number_prefix="CT")
    seller = Seller(uuid4(), "Crash Test", Mode.SANDBOX, entity)
    made = initialise(Settings(home=folder, slack_mode=SlackMode.OFF), seller, now=datetime.now(UTC))
    with Wired(made.settings) as wired:
        now = datetime.now(UTC)
        if now.day < _READY_ON_DAY:
            # Usage of the whole month is sent, and none of it may lie ahead.
            now = move_clock(wired.store, to=month.replace(day=_READY_ON_DAY), world=now)
        apply_catalogue(wired.store, meters=METERS, plans=[PLAN], now=now)
        for key in CUSTOMERS:
            add_customer(wired.store, key=key, name=key.title(), in_zone="UTC", now=now)
            subscribe(wired.store, customer_key=key, plan_key=PLAN.key, starts_on=month.date())
    addresses = tuple(f"http://127.0.0.1:{port}" for port in _free_ports(len(WEBS)))
    return Installation(made.settings, made.api_key, addresses)


def _free_ports(how_many: int) -> list[int]:
    with contextlib.ExitStack() as opened:
        listening = [opened.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(how_many)]
        return [one.getsockname()[1] for one in listening]


def _found(look: Callable[[], psutil.Process | None]) -> psutil.Process:
    """What is looked for, waited for while it comes up."""
    give_up_at = time.monotonic() + _COMES_UP_SECONDS
    while (found := look()) is None:
        assert time.monotonic() < give_up_at, "PostgreSQL does not come up"
        time.sleep(0.02)
    return found


def _answers(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/health", timeout=30, trust_env=False).status_code == 200
    except httpx2.HTTPError:
        return False


def _of_connections(processes: Sequence[psutil.Process]) -> list[psutil.Process]:
    """Those that serve a client: their titles name the database."""
    found = []
    for process in processes:
        with contextlib.suppress(psutil.Error):
            if " farthing " in " ".join(process.cmdline()):
                found.append(process)
    return found


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("FARTHING_")}
