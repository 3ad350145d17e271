"""The benchmark of entitlements asks, holds and uses as anybody would, and the sums are right at the end."""

from __future__ import annotations

import json

from click.testing import CliRunner

from farthing.cli.main import main


def test_what_is_left_is_right_after_all_that_was_held_used_and_given_back() -> None:
    result = CliRunner().invoke(
        main, ["bench", "entitle", "--stored", "500", "--rounds", "20", "--callers", "2", "--json"]
    )
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["stored"], told["callers"], told["agrees"]) == (500, 2, True)
    assert told["took"]["check"]["many"] == told["took"]["reserve"]["many"] == 40
    assert told["took"]["use"]["many"] + told["took"]["release"]["many"] == 40
    for took in told["took"].values():
        assert 0 < took["p50"] <= took["p99"] <= took["most"]
    assert "Python" in told["machine"]
