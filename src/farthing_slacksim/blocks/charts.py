"""The rules of Slack's own charts: a pie of slices, or bars, lines and areas over the same categories."""

from __future__ import annotations

from typing import Any

from farthing_slacksim.blocks.checks import (
    ANY,
    ID,
    Report,
    both,
    items,
    number,
    record,
    string,
    typed,
    unique,
)

_label = string(longest=20)


def _is_more_than_nothing(report: Report, at: str, value: Any) -> None:
    if value <= 0:
        report.error(at, "must be greater than 0")


_series = record({"name": _label, "data": items(record({"label": _label, "value": number}), most=20)})
_axes = record({"categories": items(_label, most=20)}, {"x_label": string(longest=50), "y_label": string(longest=50)})


def _every_series_has_every_category(report: Report, at: str, value: Any) -> None:
    series, axes = value["series"], value["axis_config"]
    unique([(f"{at}/series/{index}/name", each["name"]) for index, each in enumerate(series)], report, "name")
    unique(
        [(f"{at}/axis_config/categories/{index}", label) for index, label in enumerate(axes["categories"])],
        report,
        "category",
    )
    for index, each in enumerate(series):
        if sorted(point["label"] for point in each["data"]) != sorted(axes["categories"]):
            report.error(f"{at}/series/{index}/data", "labels must match axis_config.categories exactly")


_plotted = both(
    record({**ANY, "series": items(_series, most=6), "axis_config": _axes}), _every_series_has_every_category
)
_pie = record(
    {**ANY, "segments": items(record({"label": _label, "value": both(number, _is_more_than_nothing)}), most=6)}
)
data_visualization = record(
    {
        **ANY,
        "title": string(longest=50),
        "chart": typed({"pie": _pie, "bar": _plotted, "line": _plotted, "area": _plotted}),
    },
    {"block_id": ID},
)
