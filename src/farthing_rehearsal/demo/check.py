"""The demo is checked: everything the Try strip says is done without a person, and each step proves something."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2

from farthing.core.refused import Refused
from farthing.usecases.check_books import check_books
from farthing_rehearsal.demo.browse import browse, find_browser
from farthing_rehearsal.demo.cast import CAST, EDGE
from farthing_rehearsal.demo.lock import alone_in
from farthing_rehearsal.demo.proof import Checker, Disproved, Say
from farthing_rehearsal.demo.reset import forget
from farthing_rehearsal.demo.run import Demo, running_demo
from farthing_rehearsal.demo.strip import EVENT_SOURCE
from farthing_rehearsal.slack import visible_text
from farthing_slacksim.model import Message

PATIENCE_SECONDS = 20.0


def check_demo(home: Path, *, say: Say) -> bool:
    """Run a demo of its own in this folder and walk it; whether all of it went as promised."""
    checker = Checker(say)
    try:
        with alone_in(home):
            forget(home)
            with running_demo(home, say=say, port=0) as demo:
                _walk(demo, checker)
    except (Disproved, Refused, httpx2.HTTPError) as fault:
        say(f"FAIL  {fault}")
        return False
    say(f"All {checker.checked} checks hold, in {checker.seconds:.1f} s.")
    return True


def _walk(demo: Demo, checker: Checker) -> None:
    with httpx2.Client(
        base_url=demo.api_url, headers={"Authorization": f"Bearer {demo.api_key}"}, timeout=PATIENCE_SECONDS
    ) as api:
        _see_an_invoice(api, checker)
        _send_events(api, checker)
    hands = Hands(demo, "fay")
    _look_in_slack(demo, hands, checker)
    _prove(demo, checker)
    _sleep_a_night(demo, hands, checker)
    _close_the_month(demo, hands, checker)
    _prove(demo, checker)
    browser = find_browser()
    if browser is None:
        checker.say("  --  no Chromium and Playwright here, so the page was not looked at in a browser")
    else:
        for sentence in browse(demo, browser):
            checker.holds(True, sentence)
    steps = demo.strip.steps()
    checker.holds(all(step.done for step in steps if step.key not in ("own", "summary")), "the Try strip ticked itself")


def _see_an_invoice(api: httpx2.Client, checker: Checker) -> None:
    newest = _answer(api.get("/v1/invoices", params={"limit": 1}))["invoices"][0]
    checker.holds(
        newest["number"], f"an invoice is seen over HTTP {checker.seconds:.1f} s after the start: {newest['number']}"
    )
    pdf = api.get(f"/v1/invoices/{newest['number']}/pdf")
    checker.holds(pdf.content.startswith(b"%PDF-"), f"it is there as a PDF of {len(pdf.content) // 1024} kB")


def _send_events(api: httpx2.Client, checker: Checker) -> None:
    events = [
        {
            "id": f"check-{number}",
            "source": EVENT_SOURCE,
            "type": "inference",
            "subject": "northwind",
            "data": {"input_tokens": 1000, "output_tokens": 100},
        }
        for number in range(3)
    ]
    first = _answer(api.post("/v1/events", json=events))
    checker.holds(first["accepted"] == 3, "three events sent over HTTP are accepted", otherwise=first)
    second = _answer(api.post("/v1/events", json=events))
    checker.holds(second["duplicate"] == 3, "sent again they are duplicates, and count once", otherwise=second)


def _look_in_slack(demo: Demo, hands: Hands, checker: Checker) -> None:
    summaries = hands.summaries()
    checker.holds(
        len(summaries) == 4, "#finance has one summary for each of four closing runs", otherwise=len(summaries)
    )
    answer = hands.command("/usage northwind", "finance")
    checker.holds("Northwind" in answer, "/usage northwind answers, to this person only")
    card = hands.messages("customer-northwind")[-1]
    checker.holds("Invoice" in card.text, "the invoice's card is in its customer's channel")
    hands.press(card, "Explain")
    checker.holds("Northwind" in hands.modal_text(), "Explain opens on the invoice")
    hands.press_in_modal("Explain line", nth=1)
    checker.holds("tokens" in hands.modal_text(), "a line shows its tiers and days")
    hands.press_in_modal("Events")
    hands.press_in_modal("Open")
    checker.holds(EVENT_SOURCE in hands.modal_text(), "down to one event", otherwise=hands.modal_text())
    hands.person.close_modal(all_of_them=True)
    hands.press(card, "PDF")
    files = demo.sim.workspace
    channel = card.channel
    arrived = files.wait_until(lambda: any(message.files for message in files.messages(channel)), PATIENCE_SECONDS)
    checker.holds(arrived, "PDF brings the file into the channel")


def _sleep_a_night(demo: Demo, hands: Hands, checker: Checker) -> None:
    workspace = demo.sim.workspace
    said = demo.strip.act("audit")

    def told(words: str) -> bool:
        return workspace.wait_until(
            lambda: any(words in message.text for message in hands.messages("finance")), PATIENCE_SECONDS
        )

    checker.holds(told(f"fell silent: {EDGE}"), "a source that falls silent is told of in #finance", otherwise=said)
    checker.holds(told("On 20 March 2026"), "so is the audit of the day, with its verdict")


def _close_the_month(demo: Demo, hands: Hands, checker: Checker) -> None:
    before = len(hands.summaries())
    said = demo.strip.act("close")
    workspace = demo.sim.workspace
    arrived = workspace.wait_until(lambda: len(hands.summaries()) > before, PATIENCE_SECONDS)
    checker.holds(arrived, "moving the clock to the month's end closes March, and finance is told")
    running = [part for part in CAST if part.leaves_on is None]
    told = workspace.wait_until(
        lambda: all(
            any("Mar 2026" in message.text for message in hands.messages(f"customer-{part.key}")) for part in running
        ),
        PATIENCE_SECONDS,
    )
    checker.holds(told, f"each of {len(running)} customers has March's invoice in their channel", otherwise=said)
    checker.holds(len(hands.summaries()) == before + 1, "finance is told once")


def _prove(demo: Demo, checker: Checker) -> None:
    findings = check_books(demo.wired.store)
    checker.holds(not findings, "the books are proved: every invariant holds", otherwise=findings)


class Hands:
    """What one person of the demo does, by the words on the buttons."""

    def __init__(self, demo: Demo, name: str) -> None:
        user = demo.sim.workspace.user_named(name)
        assert user is not None, f"{name} is in the demo"
        self._workspace = demo.sim.workspace
        self.person = demo.sim.person(user.id)

    def messages(self, channel: str) -> list[Message]:
        """The app's messages in a channel, without the threads."""
        return [m for m in self._workspace.messages(self._channel(channel)) if m.app_id and m.thread_ts is None]

    def summaries(self) -> list[Message]:
        """The summaries of closing runs, among what finance is told."""
        return [message for message in self.messages("finance") if message.text.startswith("Billing run")]

    def command(self, line: str, channel: str) -> str:
        """Type a command; all that can be read in the answer."""
        outcome = self.person.command(line, channel=self._channel(channel)).wait_for_answer(PATIENCE_SECONDS)
        if not outcome.ok:
            raise Disproved(f"{line} was not answered: {outcome.notice}")
        self._workspace.wait_until(lambda: any(shown.blocks for shown in outcome.ephemerals), PATIENCE_SECONDS)
        return "\n".join(_read(shown.text, shown.blocks) for shown in outcome.ephemerals)

    def press(self, message: Message, label: str) -> None:
        """Press a message's button; waits for what it opens when it opens something."""
        button = _button(message.blocks, label)
        outcome = self.person.click(message.channel, message.ts, button["action_id"], button.get("value"))
        if not outcome.ok:
            raise Disproved(f"The button {label} was not answered: {outcome.notice}")
        if label == "Explain":
            self._settle(lambda: self.person.modal is not None and "Explain line" in self.modal_text())

    def press_in_modal(self, label: str, *, nth: int = 0) -> None:
        """Press a button of the form on top, and wait until the form has changed."""
        modal = self.person.modal
        if modal is None:
            raise Disproved(f"There is no form with a button {label}.")
        button = _button(modal.blocks, label, nth=nth)
        before = self.modal_text()
        self.person.click_view(button["action_id"], button.get("value"), block_id=button.get("block_id"))
        self._settle(lambda: self.modal_text() != before and "Working" not in self.modal_text())

    def modal_text(self) -> str:
        """All that can be read in the form on top."""
        modal = self.person.modal
        return "" if modal is None else _read("", modal.blocks)

    def _settle(self, true: Callable[[], object]) -> None:
        self._workspace.wait_until(true, PATIENCE_SECONDS)

    def _channel(self, name: str) -> str:
        channel = self._workspace.channel_named(name)
        assert channel is not None, f"#{name} is in the demo"
        return channel.id


def _answer(response: httpx2.Response) -> Any:
    if response.status_code >= 400:
        raise Disproved(f"{response.request.url.path} answered {response.status_code}: {response.text}")
    return response.json()


def _read(text: str, blocks: list[dict[str, Any]]) -> str:
    return visible_text(Message(ts="", channel="", user="", text=text, blocks=blocks))


def _button(blocks: list[dict[str, Any]], label: str, *, nth: int = 0) -> dict[str, Any]:
    found = [button for button in _buttons(blocks) if button["text"]["text"] == label]
    if len(found) <= nth:
        there = ", ".join(button["text"]["text"] for button in _buttons(blocks))
        raise Disproved(f"There is no button “{label}”; there are: {there or 'none'}.")
    return found[nth]


def _buttons(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.get("type") == "button":
            yield value
        for member in value.values():
            yield from _buttons(member)
    elif isinstance(value, list):
        for member in value:
            yield from _buttons(member)
