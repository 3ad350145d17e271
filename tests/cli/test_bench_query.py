"""The benchmark of usage questions asks the product as anybody would, and compares the answers."""

from __future__ import annotations

import json

from click.testing import CliRunner

from farthing.cli.main import main


def test_a_month_is_told_alike_over_http_added_up_and_from_events() -> None:
    result = CliRunner().invoke(main, ["bench", "query", "--stored", "3000", "--questions", "20", "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["stored"], told["questions"], told["agree"]) == (3000, 20, True)
    for way in ("http", "added_up", "events"):
        assert 0 < told[way]["p50"] <= told[way]["p99"] <= told[way]["most"]
    assert "Python" in told["machine"]
