"""Farthing connected to the simulated Slack by the command that the simulator prints, and both told to stop."""

from __future__ import annotations

import asyncio
import shlex
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from farthing.settings import SlackMode, load, save
from tests.cli.commands import Commands
from tests.cli.test_whole import SELLER, farthing


@pytest.fixture
def sandbox(run: Commands) -> Commands:
    """An installation that listens to Slack by a socket."""
    save(replace(load(run.home, {}), slack_mode=SlackMode.SOCKET, port=0))
    return run


@pytest.fixture
def simulator(sandbox: Commands, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`farthing slack simulate` with our app installed, as a process of its own."""
    manifest = tmp_path / "manifest.json"
    manifest.write_text(sandbox.well("slack", "manifest"), encoding="utf-8")
    simulating = farthing("slack", "simulate", "--port", "0", "--manifest", str(manifest))
    try:
        yield simulating
    finally:
        simulating.kill()
        simulating.communicate()


def connecting(simulator: subprocess.Popen[str]) -> list[str]:
    """The command it prints, as words behind `farthing`."""
    assert simulator.stdout is not None
    printed = []
    while not printed or "Ctrl-C" not in printed[-1]:
        printed.append(simulator.stdout.readline())
        assert printed[-1], simulator.stderr
    [command] = [line for line in printed if line.startswith("  farthing slack connect")]
    return shlex.split(command)[1:]


def test_the_printed_command_connects_and_doctor_goes_there_too(
    sandbox: Commands, simulator: subprocess.Popen[str]
) -> None:
    command = connecting(simulator)
    assert "is connected" in sandbox.well(*command)
    address = command[command.index("--api-url") + 1]
    assert load(sandbox.home, {}).slack_api_url == address
    sandbox.well("slack", "bind-finance", "C0000001")
    looked = sandbox.well("doctor")
    assert "its tokens have every scope that is used" in looked
    assert "simulate" in sandbox.well("slack", "--help")


@pytest.mark.parametrize("url", ["https://slack.example.com/api/", "ftp://127.0.0.1/", "127.0.0.1", "http://[::1/", ""])
def test_tokens_of_a_sandbox_go_to_this_machine_only(sandbox: Commands, url: str) -> None:
    tokens = ["--bot-token", "xoxb-1", "--app-token", "xapp-1"]
    assert "is no address on this machine" in sandbox.refused("slack", "connect", "--api-url", url, *tokens)
    assert load(sandbox.home, {}).slack_api_url == "https://slack.com/api/"


def test_tokens_of_a_live_seller_go_to_slack_only(tmp_path: Path, empty_database: str) -> None:
    live = Commands(tmp_path / "live")
    live.well("init", *SELLER[:-1], "live", "--database-url", empty_database)
    tokens = ["--api-url", "http://127.0.0.1:1/api/", "--bot-token", "xoxb-1", "--app-token", "xapp-1"]
    assert "This seller is live" in live.refused("slack", "connect", *tokens)
    assert load(live.home, {}).slack_api_url == "https://slack.com/api/"


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("reading", [True, False])
def test_it_ends_quietly_with_an_app_and_a_page_connected(
    simulator: subprocess.Popen[str], times: int, reading: bool
) -> None:
    command = connecting(simulator)
    options = dict(zip(command[2::2], command[3::2], strict=True))

    async def until_it_ends() -> tuple[str, str]:
        async with aiohttp.ClientSession(base_url=options["--api-url"], trust_env=False) as session:
            bearer = {"Authorization": f"Bearer {options['--app-token']}"}
            async with session.post("apps.connections.open", headers=bearer) as answer:
                address = (await answer.json())["url"]
            async with session.ws_connect(address) as socket:
                assert (await socket.receive_json())["type"] == "hello"
                page = await session.get(options["--api-url"].removesuffix("api/"))
                assert page.url.parts[1] == "as"
                stream = await session.get(f"/as/{page.url.parts[2]}/live")
                assert stream.status == 200
                for _ in range(times):
                    simulator.send_signal(signal.SIGINT)
                    await asyncio.sleep(0.3)
                ended = asyncio.to_thread(simulator.communicate, timeout=60)
                if reading:
                    _, told = await asyncio.gather(socket.receive(), ended)
                    return told
                return await ended

    _, complained = asyncio.run(until_it_ends())
    assert (complained, simulator.returncode) == ("", 0)
