"""The system's Chromium, if there is one, and a few questions about what it shows."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> str:
    """Where Chromium is; without one the test is skipped with one sentence."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("No Chromium on this machine: install one to run the browser tests.")
    return found


@contextlib.contextmanager
def opened_browser() -> Iterator[Any]:
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def open_page(browser: Any, address: str, *, width: int = 1280, height: int = 860) -> Page:
    """A tab at an address, once its live connection has spoken; anything its script complains of fails."""
    page: Page = browser.new_page(viewport={"width": width, "height": height})
    page.on("pageerror", lambda error: pytest.fail(f"The page's script failed: {error}"))
    page.goto(address)
    page.wait_for_selector("body[data-live=yes]")
    return page


UNNAMED = """() => {
  const seen = (e) => e.checkVisibility({ visibilityProperty: true });
  const named = (e) => (e.getAttribute("aria-label") || e.innerText || e.title || "").trim()
    || [...(e.labels || [])].some((l) => l.innerText.trim())
    || (e.getAttribute("aria-labelledby") || "").split(" ").some((id) => document.getElementById(id)?.innerText.trim())
    || [...e.querySelectorAll("img[alt]")].some((i) => i.alt);
  const used = "a[href], button, input, select, textarea, summary, dialog[open], [role=region]";
  return [...document.querySelectorAll(used)]
    .filter((e) => seen(e) && !named(e)).map((e) => e.outerHTML.slice(0, 200));
}"""

REPEATED_IDS = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  return ids.filter((id, at) => ids.indexOf(id) !== at);
}"""

# Text against the first opaque colour behind it, by the formula of WCAG 2: 4.5 to 1, or 3 to 1 when large.
FAINT = """() => {
  const channels = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
      if (at.matches(".side")) return [27, 61, 54];  // Its gradient, at its lightest.
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const e = node.parentElement;
    if (!node.textContent.trim() || !e.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (e.closest(".unseen, svg, [aria-hidden=true]")) continue;
    const style = getComputedStyle(e);
    const [one, other] = [light(channels(style.color)), light(behind(e))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const words = node.textContent.trim().slice(0, 40);
    if (ratio < (large ? 3 : 4.5)) faint.push(`${ratio.toFixed(2)} ${e.className} ${words}`);
  }
  return faint;
}"""

CUT = """() => {
  const cut = [...document.querySelectorAll("#middle *, #thread *, #modal *")].filter((e) =>
    e.checkVisibility() && !e.closest(".block-table, pre, svg, .unseen, .suggestions")
    && e.getBoundingClientRect().right > innerWidth + 1);
  const sideways = document.documentElement.scrollWidth > innerWidth + 1 ? ["the page scrolls sideways"] : [];
  return cut.map((e) => e.className + ": " + e.innerText.slice(0, 60)).concat(sideways);
}"""


def assert_readable(page: Page) -> None:
    """Everything one can use has a name, every id is one thing, every text stands out, and nothing is cut."""
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate(REPEATED_IDS) == []
    assert page.evaluate(FAINT) == []
    assert page.evaluate(CUT) == []
    assert page.locator("[data-unknown-block]").count() == 0
