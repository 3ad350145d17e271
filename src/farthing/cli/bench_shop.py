"""Where a benchmark happens: a seller of its own in a scratch folder, served by processes of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import psutil
import psycopg

from farthing.cli.bench_load import CUSTOMERS, EVENT_TYPE
from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.metering.meter import Meter
from farthing.core.metering.total import Sum
from farthing.core.metering.value import Property
from farthing.core.parties import Mode, Seller
from farthing.postgres.urls import with_role
from farthing.settings import Settings, SlackMode
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.customers import add_customer
from farthing.wiring import Wired, initialise, world_now

PROBED = "probed"
_STARTS_SECONDS = 120.0


@dataclass(slots=True)
class Shop:
    """A seller with customers and a meter of tokens, and who serves them. `owner_url` may do anything there."""

    wired: Wired
    api_key: str
    seller_id: UUID
    owner_url: str
    ports: list[int] = field(default_factory=list)
    probed: str = PROBED
    """The key of a customer who uses nothing but what a probe sends."""
    serving: dict[str, psutil.Process] = field(default_factory=dict)

    def cpu_seconds(self) -> dict[str, float]:
        """What each part has spent of the processor since it began: web, worker, postgres."""
        spent = {"web": 0.0, "worker": 0.0, "postgres": 0.0}
        for name, process in self.serving.items():
            spent[name.split()[0]] += _cpu(process)
        spent["postgres"] = sum(map(_cpu, self._postgres()))
        return spent

    def mebibytes(self) -> dict[str, float]:
        """The memory that each process of ours holds, by its name."""
        return {name: process.memory_info().rss / 1024**2 for name, process in self.serving.items()}

    def _postgres(self) -> list[psutil.Process]:
        with psycopg.connect(self.owner_url) as connection:
            postmaster = psutil.Process(connection.info.backend_pid).parent()
        assert postmaster is not None, "a backend has a postmaster"
        return [postmaster, *postmaster.children()]


@contextmanager
def open_shop(scratch: Path, *, webs: int, workers: int = 1) -> Iterator[Shop]:
    """Set it up and serve it by so many processes of each kind while the block lasts."""
    seller = Seller(uuid4(), "Bench", Mode.SANDBOX, LegalEntity("main", "Bench", in_zone="UTC", number_prefix="B"))
    made = initialise(Settings(home=scratch / "home", slack_mode=SlackMode.OFF), seller, now=world_now())
    with Wired(made.settings) as wired, ExitStack() as processes:
        store, now = wired.store, world_now()
        meter = Meter("tokens", 1, EVENT_TYPE, Sum(Property("tokens")), unit="tokens")
        apply_catalogue(store, meters={"tokens": meter}, plans=[], now=now)
        for number in range(CUSTOMERS):
            add_customer(store, key=f"customer-{number}", name=f"Customer {number}", in_zone="UTC", now=now)
        add_customer(store, key=PROBED, name="Probed", in_zone="UTC", now=now)
        shop = Shop(
            wired, made.api_key, seller.seller_id, with_role(str(wired.database_url), role="postgres", password="")
        )
        for number in range(webs):
            port = _free_port()
            shop.ports.append(port)
            shop.serving[f"web {number}"] = processes.enter_context(_serve(scratch, "web", "--port", str(port)))
        for number in range(workers):
            shop.serving[f"worker {number}"] = processes.enter_context(_serve(scratch, "worker"))
        _wait_for(shop.ports)
        yield shop


@contextmanager
def _serve(scratch: Path, part: str, *options: str) -> Iterator[psutil.Process]:
    command = [sys.executable, "-c", "from farthing.cli.main import main; main()"]
    command += ["--home", str(scratch / "home"), "serve", part, *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | {"FARTHING_SLACK_MODE": "off"})
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_for(ports: Sequence[int]) -> None:
    until = time.monotonic() + _STARTS_SECONDS
    for port in ports:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert time.monotonic() < until, f"nothing answers at port {port}"
                time.sleep(0.05)


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        return int(listening.getsockname()[1])


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
