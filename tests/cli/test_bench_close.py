"""The benchmark of closing closes as anybody would: every subscription once, by several processes, with sound books."""

from __future__ import annotations

import json

from click.testing import CliRunner

from farthing.cli.main import main


def test_two_workers_close_a_month_once_and_in_few_statements() -> None:
    words = ["bench", "close", "--subscriptions", "60", "--events", "1", "--workers", "2", "--json"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["subscriptions"], told["workers"], told["events"], told["lines"]) == (60, 2, 300, 300)
    assert (told["findings"], told["gapless"]) == (0, True)
    assert told["statements_per_subscription"] < 4, "a chunk takes as many statements as one subscription"
    assert told["seconds"] > 0 < told["raw_seconds"]
    assert 0 < told["preview_p50_ms"] <= told["preview_p99_ms"]
    assert "Python" in told["machine"]
