"""The demo's page is looked at in a real browser, where there is one, as a person with a mouse would."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from farthing_rehearsal.demo.proof import Disproved

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from farthing_rehearsal.demo.run import Demo

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Nothing of the browser's own may go out, and as root it runs without its sandbox.
_ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MILLISECONDS = 20_000


def find_browser() -> str | None:
    """The path of a Chromium that can be driven; None without one, or without Playwright."""
    if importlib.util.find_spec("playwright") is None:
        return None
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def browse(demo: Demo, browser: str) -> Iterator[str]:
    """Do in the page what was done by hand, and tell what was seen; Playwright's error tells what was not."""
    from playwright.sync_api import Error, sync_playwright

    arguments = [*_ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=browser, args=arguments)
            try:
                yield from _walk(demo, chromium.new_page(viewport={"width": 1440, "height": 950}))
            finally:
                chromium.close()
    except Error as fault:
        raise Disproved(f"In Chromium: {' '.join(fault.message.split())}") from None


def _walk(demo: Demo, page: Page) -> Iterator[str]:
    workspace = demo.sim.workspace
    finance, northwind = workspace.channel_named("finance"), workspace.channel_named("customer-northwind")
    fay = workspace.user_named("fay")
    assert finance is not None
    assert northwind is not None
    assert fay is not None
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{demo.page_url}as/{fay.id}/{finance.id}")
    page.get_by_text("Billing run through").last.wait_for()
    yield "in Chromium: #finance shows the closing run"
    page.get_by_text("Usage on 20 Mar 2026").last.wait_for()
    page.get_by_text("Events received on 20 Mar 2026").last.wait_for()
    yield "in Chromium: and the audit of a day, with its chart"
    page.get_by_placeholder("Message #finance").fill("/usage northwind")
    page.keyboard.press("Enter")
    page.get_by_text("Only visible to you").last.wait_for()
    yield "in Chromium: /usage northwind answers, only visible to this person"
    page.goto(f"{demo.page_url}as/{fay.id}/{northwind.id}")
    page.get_by_role("button", name="Explain").last.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Explain line").nth(1).click()
    dialog.get_by_role("button", name="Events", exact=True).click()
    dialog.get_by_role("button", name="Open event").first.click()
    dialog.get_by_text("nimbus/gateway").first.wait_for()
    yield "in Chromium: Explain goes down to one event"
    if unknown := page.locator("[data-unknown-block]").count():
        faults.append(f"{unknown} blocks that the page cannot draw")
    if faults:
        raise Disproved(f"In Chromium: {'; '.join(faults)}")
    yield "in Chromium: no script failed and no block was unknown"
