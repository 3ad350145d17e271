"""The benchmark of documents prints what it says, and tells it to people and to scripts."""

from __future__ import annotations

import json

from click.testing import CliRunner, Result

from farthing.cli.main import main


def _run(*options: str) -> Result:
    return CliRunner().invoke(main, ["bench", "pdf", "--documents", "2", "--rounds", "2", "--threads", "2", *options])


def test_it_tells_scripts_what_it_measured() -> None:
    told = json.loads(_run("--json").stdout)
    for kind in ("plain", "annexed", "raw"):
        assert told[kind]["per_second"] > 0
        assert len(told[kind]["rounds"]) == 2
        assert told[kind]["cpu_milliseconds"] > 0
    assert told["kib_of_a_document"] > 10
    assert "Python" in told["machine"]


def test_it_tells_people_rates_beside_the_floor() -> None:
    said = _run().stdout
    assert "PDFS A SECOND" in said
    assert "as fast as the same words without any layout" in said
