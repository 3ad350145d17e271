"""The benchmark of rating rates what it says, the same every time."""

from __future__ import annotations

import json

from click.testing import CliRunner, Result

from farthing.cli.bench_rate import PRICES
from farthing.cli.main import main
from farthing.core.pricing.shapes import SHAPES


def _run(*options: str) -> Result:
    return CliRunner().invoke(main, ["bench", "rate", "--charges", "1000", "--each", "100", *options])


def test_every_shape_is_measured() -> None:
    assert {terms["shape"] for terms in PRICES.values()} == set(SHAPES)


def test_it_tells_scripts_what_it_measured() -> None:
    told = json.loads(_run("--rounds", "2", "--json").stdout)
    assert told["charges"] == 1000
    assert set(told["shapes"]) == set(PRICES)
    for shape in told["shapes"].values():
        assert shape["per_second"] > 0
        assert len(shape["rounds"]) == 2
    assert min(told["mixed_seconds_rounds"]) <= told["mixed_seconds"] <= max(told["mixed_seconds_rounds"])
    assert told["peak_mib_before"] <= told["peak_mib_at_a_fifth"] <= told["peak_mib_at_all"]
    assert "Python" in told["machine"]


def test_what_is_rated_comes_to_the_same_every_time() -> None:
    totals = {json.loads(_run("--rounds", "1", "--json").stdout)["total_minor"] for _ in range(2)}
    assert len(totals) == 1
    assert totals.pop() > 0


def test_it_tells_people_rates_and_memory() -> None:
    told = _run("--rounds", "1").stdout
    assert "charges a second" in told
    assert "1,000 charges of all shapes" in told
    assert "MiB after 200 charges" in told
