"""Usage by day as a chart: a PNG to post and an SVG to put on a page, from one description."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import vl_convert

from farthing.core.money import plain
from farthing.documents.display import interval, short_day
from farthing.documents.fonts import FAMILY, FONT_FOLDER, legible

Series = Mapping[str, Sequence[tuple[date, Decimal]]]

WIDTH = 600
HEIGHT = 300
# Two pixels for each one asked for, so that it stays sharp on good screens.
SCALE = 2
INK = "#1d2733"
MUTED = "#5b6675"
HAIRLINE = "#e3e7ec"
# Muted, told apart also by those who see few colours: each differs from its neighbours in lightness.
PALETTE = ("#2f5d8a", "#d9a441", "#5f9e8f", "#8c4a5e", "#9db4cc", "#6b7a3a", "#c98b74", "#4b4f73")
MOST_SERIES = len(PALETTE)
MOST_DAY_LABELS = 8
WIDEST_BAR = 28
LEGEND_COLUMNS = 3
# What the axis, its numbers and the paddings take from the width.
_BESIDE_THE_PLOT = 80
_FONTS = f"{FAMILY}, Helvetica, Arial, sans-serif"
_AXIS_NUMBER = (
    "abs(datum.value) >= 1000 ? replace(upper(format(datum.value, '.4~s')), 'G', 'B') : format(datum.value, ',.6~r')"
)


def usage_chart_png(title: str, series: Series, *, unit: str, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """Usage by local day, stacked, as a PNG of twice this width and height on white."""
    know_our_fonts()
    spec = _chart(title, series, unit=unit, width=width, height=height)
    return bytes(vl_convert.vegalite_to_png(spec, scale=SCALE, allowed_base_urls=[]))


def usage_chart_svg(title: str, series: Series, *, unit: str, width: int = WIDTH, height: int = HEIGHT) -> str:
    """The same chart as an SVG of this width and height."""
    know_our_fonts()
    spec = _chart(title, series, unit=unit, width=width, height=height)
    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


@lru_cache(maxsize=1)
def know_our_fonts() -> None:
    """Every chart is drawn in our own typeface; call it before drawing one."""
    vl_convert.register_font_directory(str(FONT_FOLDER))


def _chart(title: str, series: Series, *, unit: str, width: int, height: int) -> str:
    shown = _largest(_by_legible_name(series))
    days = _all_days(shown)
    usage = [
        # Usage goes over as text: the chart reads it when it draws, and no float is made of it here.
        {"day": on.isoformat(), "name": name, "usage": plain(quantity), "order": order}
        for order, (name, of_days) in enumerate(shown.items())
        for on, quantity in of_days
    ]
    anything = any(quantity for of_days in shown.values() for _, quantity in of_days)
    layers = [_bars(shown, days, width=width), *([] if anything else [_no_usage()])]
    spec: dict[str, Any] = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": width,
        "height": height,
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": {"left": 12, "right": 16, "top": 12, "bottom": 10},
        "background": "white",
        "title": _title(title, days, unit=unit, width=width),
        "data": {"values": usage, "format": {"parse": {"usage": "number"}}},
        "encoding": {"x": _x_axis(days), "y": _y_axis(anything=anything)},
        "layer": layers,
        "config": CONFIG,
    }
    return json.dumps(spec, ensure_ascii=False)


def _title(title: str, days: Sequence[date], *, unit: str, width: int) -> dict[str, Any]:
    below = " · ".join(part for part in (legible(unit), interval(days[0], days[-1]) if days else "") if part)
    return {"text": legible(title), "subtitle": below, "limit": width - 40}


def _bars(shown: Series, days: Sequence[date], *, width: int) -> dict[str, Any]:
    room = (width - _BESIDE_THE_PLOT) // max(1, len(days))
    names = list(shown)
    legend = {"values": names, "labelLimit": (width - 60) // LEGEND_COLUMNS - 36} if len(names) > 1 else None
    return {
        "mark": {"type": "bar", "width": max(1, min(WIDEST_BAR, room * 7 // 10)), "cornerRadiusEnd": 1},
        "encoding": {
            "color": {
                "field": "name",
                "type": "nominal",
                "scale": {"domain": names, "range": list(PALETTE[: len(names)])},
                "legend": legend,
            },
            "order": {"field": "order"},
        },
    }


def _no_usage() -> dict[str, Any]:
    # Said in the middle of the plot: an empty chart alone looks like a broken one.
    return {
        "data": {"values": [{"said": "No usage in these days"}]},
        "mark": {"type": "text", "fontSize": 15, "color": MUTED},
        "encoding": {
            "x": {"value": {"expr": "width / 2"}},
            "y": {"value": {"expr": "height / 2"}},
            "text": {"field": "said"},
        },
    }


def _x_axis(days: Sequence[date]) -> dict[str, Any]:
    every = max(1, -(-len(days) // MOST_DAY_LABELS))
    labelled = days[::every]
    # The dates are worked out here, in the customer's days; the drawing knows no time zone.
    labels = json.dumps({on.isoformat(): short_day(on) for on in labelled}, ensure_ascii=False)
    return {
        "field": "day",
        "type": "ordinal",
        "scale": {"domain": [on.isoformat() for on in days]},
        "axis": {
            "title": None,
            "values": [on.isoformat() for on in labelled],
            "labelExpr": f"{labels}[datum.value]",
            "labelAngle": 0,
            "labelOverlap": True,
        },
    }


def _y_axis(*, anything: bool) -> dict[str, Any]:
    axis = {"title": None, "tickCount": 4, "labelExpr": _AXIS_NUMBER}
    nothing = {"scale": {"domain": [0, 1]}, "axis": axis | {"values": [0]}}
    return {"field": "usage", "type": "quantitative", "stack": "zero", "axis": axis} | ({} if anything else nothing)


def _by_legible_name(series: Series) -> Series:
    """The series by what can be drawn of their names; those that then look alike are numbered."""
    named: dict[str, Sequence[tuple[date, Decimal]]] = {}
    for name, usage in series.items():
        drawn = legible(name)
        if drawn in named:
            drawn = next(f"{drawn} ({n})" for n in range(2, len(series) + 2) if f"{drawn} ({n})" not in named)
        named[drawn] = usage
    return named


def _largest(series: Series) -> Series:
    """As many series as there are colours: the largest, and the rest as one."""
    if len(series) <= MOST_SERIES:
        return series
    by_size = sorted(series, key=lambda name: -abs(sum((quantity for _, quantity in series[name]), Decimal(0))))
    rest = by_size[MOST_SERIES - 1 :]
    together: dict[date, Decimal] = {}
    for name in rest:
        for on, quantity in series[name]:
            together[on] = together.get(on, Decimal(0)) + quantity
    kept = {name: usage for name, usage in series.items() if name not in rest}
    return kept | {f"{len(rest)} others": sorted(together.items())}


def _all_days(series: Series) -> list[date]:
    """Every day from the first to the last: a day without usage keeps its place."""
    days = [on for usage in series.values() for on, _ in usage]
    if not days:
        return []
    return [min(days) + timedelta(days=after) for after in range((max(days) - min(days)).days + 1)]


CONFIG: dict[str, Any] = {
    "font": _FONTS,
    "view": {"stroke": None},
    "title": {
        "anchor": "start",
        "frame": "group",
        "color": INK,
        "subtitleColor": MUTED,
        "fontSize": 18,
        "fontWeight": "normal",
        "subtitleFontSize": 13,
        "subtitlePadding": 4,
        "offset": 14,
    },
    "axis": {"labelColor": INK, "labelFontSize": 13, "labelPadding": 6, "domain": False, "ticks": False},
    # The line at zero is the one that bars stand on, also when corrections reach below it.
    "axisY": {"gridColor": {"condition": {"test": "datum.value === 0", "value": MUTED}, "value": HAIRLINE}},
    "legend": {
        "orient": "bottom",
        "title": None,
        "labelColor": INK,
        "labelFontSize": 13,
        "symbolType": "square",
        "columns": LEGEND_COLUMNS,
        "offset": 12,
    },
}
