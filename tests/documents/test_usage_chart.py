"""Charts of usage: the right size, readable, and drawn for any data."""

from __future__ import annotations

import re
import struct
import xml.etree.ElementTree as ElementTree
import zlib
from datetime import date, timedelta
from decimal import Decimal

import pytest

from farthing.documents.charts import PALETTE, usage_chart_png, usage_chart_svg
from tests.documents.samples import DAYS_OF_JANUARY, some_usage

ONE_POINT = {"Requests": [(date(2026, 1, 5), Decimal("1234.5"))]}
NO_USAGE = {"Requests": [(on, Decimal(0)) for on in DAYS_OF_JANUARY]}
A_MONTH = {"Input tokens": some_usage(seed=1), "Output tokens": some_usage(seed=2)}


def png_size(png: bytes) -> tuple[int, int]:
    """Width and height, after checking that the picture is whole."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    place, pixels, size = 8, b"", (0, 0)
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        kind, body = png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        assert struct.unpack(">I", png[place + 8 + length : place + 12 + length])[0] == zlib.crc32(kind + body)
        if kind == b"IHDR":
            size = struct.unpack(">II", body[:8])
        pixels += body if kind == b"IDAT" else b""
        place += 12 + length
    assert len(zlib.decompress(pixels)) == size[1] * (size[0] * 4 + 1)
    return size


def words(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def bars(svg: str, color: str) -> int:
    return len(re.findall(rf'aria-roledescription="bar"[^>]*fill="{color}"', svg))


@pytest.mark.parametrize("series", [ONE_POINT, NO_USAGE, A_MONTH, {}], ids=["one", "zero", "month", "none"])
def test_a_picture_is_twice_as_many_pixels_as_asked_for(series: dict[str, list[tuple[date, Decimal]]]) -> None:
    assert png_size(usage_chart_png("Acme", series, unit="requests")) == (1200, 600)
    assert png_size(usage_chart_png("Acme", series, unit="requests", width=480, height=240)) == (960, 480)


def test_a_month_shows_each_day_of_each_series() -> None:
    svg = usage_chart_svg("Northwind", A_MONTH, unit="tokens")
    said = words(svg)
    assert {"Northwind", "tokens · 1–31 Jan 2026", "Input tokens", "Output tokens"} <= set(said)
    assert {"1 Jan", "5 Jan", "29 Jan"} <= set(said)
    assert {"0", "1M", "2M"} <= set(said)
    assert bars(svg, PALETTE[0]) == bars(svg, PALETTE[1]) == 31


def test_one_point_is_one_bar() -> None:
    svg = usage_chart_svg("Acme", ONE_POINT, unit="requests")
    assert bars(svg, PALETTE[0]) == 1
    assert {"requests · 5 Jan 2026", "5 Jan", "500", "1K"} <= set(words(svg))


def test_no_usage_is_said() -> None:
    for series in (NO_USAGE, {}):
        assert "No usage in these days" in words(usage_chart_svg("Acme", series, unit="requests"))
    assert "No usage in these days" not in words(usage_chart_svg("Acme", ONE_POINT, unit="requests"))


def test_a_day_without_usage_keeps_its_place() -> None:
    apart = {"Requests": [(date(2026, 1, 1), Decimal(5)), (date(2026, 1, 4), Decimal(5))]}
    said = words(usage_chart_svg("Acme", apart, unit="requests"))
    assert [day for day in said if day.endswith("Jan")] == ["1 Jan", "2 Jan", "3 Jan", "4 Jan"]


def test_names_are_text_and_nothing_else() -> None:
    name = "#x <b>'\"\\ ${Ё}"
    svg = usage_chart_svg(name, {name: ONE_POINT["Requests"], "b": ONE_POINT["Requests"]}, unit=name)
    said = words(svg)
    assert said.count(name) == 2
    assert f"{name} · 5 Jan 2026" in said
    assert "<b>" not in svg


def test_what_cannot_be_drawn_is_left_out_and_names_that_then_look_alike_are_numbered() -> None:
    series = {"GPU \U0001f680": ONE_POINT["Requests"], "GPU": ONE_POINT["Requests"]}
    assert {"GPU", "GPU (2)"} <= set(words(usage_chart_svg("Acme", series, unit="hours")))


def test_more_series_than_colours_are_drawn_as_the_largest_and_the_rest() -> None:
    series = {f"Model {place:02}": [(date(2026, 1, 1), Decimal(place + 1))] for place in range(12)}
    said = words(usage_chart_svg("Acme", series, unit="requests"))
    assert [name for name in said if name.startswith("Model")] == [f"Model {place:02}" for place in range(5, 12)]
    assert "5 others" in said


def test_tiny_and_huge_usage_have_readable_axes() -> None:
    tiny = [(date(2026, 2, 1) + timedelta(days=after), Decimal("0.013") * after) for after in range(5)]
    assert {"0.01", "0.05"} <= set(words(usage_chart_svg("GPU", {"GPU": tiny}, unit="hours")))
    huge = [(date(2026, 2, 1), Decimal(4_000_000_000))]
    assert {"1B", "4B"} <= set(words(usage_chart_svg("Tokens", {"Tokens": huge}, unit="tokens")))


def test_corrections_reach_below_the_line() -> None:
    usage = [(date(2026, 2, 1), Decimal(-2000)), (date(2026, 2, 2), Decimal(4000))]
    said = words(usage_chart_svg("Acme", {"Requests": usage}, unit="requests"))
    assert {"−2K", "0", "4K"} <= set(said)


def test_the_same_usage_gives_the_same_picture() -> None:
    assert usage_chart_png("Acme", A_MONTH, unit="tokens") == usage_chart_png("Acme", A_MONTH, unit="tokens")
