"""Running commands as a person does, and what every refusal has in common."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner, Result

from farthing.cli.main import main

MID_MARCH = datetime(2026, 3, 15, 12, tzinfo=UTC)
CATALOGUE = """
meters:
  tokens: {event_type: completion, measure: sum, property: tokens, unit: tokens}
  calls: {event_type: call, measure: count, unit: calls}
plans:
  starter:
    name: Starter
    currency: USD
    prices:
      platform: {name: Platform fee, shape: flat, fee: 49, charged: advance}
      tokens:
        name: Tokens
        meter: tokens
        shape: graduated
        tiers: [{up_to: 1000, unit: 0.002}, {unit: 0.0015}]
  calls:
    currency: USD
    prices:
      calls: {meter: calls, shape: per_unit, unit: 0.01}
"""


@dataclass(frozen=True)
class Commands:
    """Commands of one installation."""

    home: Path

    def __call__(self, *arguments: str, piped: bytes | None = None) -> Result:
        """Whatever comes of it; an exception that is no exit is a fault of ours."""
        result = CliRunner().invoke(
            main, ["--home", str(self.home), *arguments], prog_name="farthing", env={"FARTHING_HOME": None}, input=piped
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def well(self, *arguments: str) -> str:
        """What it prints when all is well."""
        result = self(*arguments)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    def refused(self, *arguments: str, code: int = 2) -> str:
        """The sentence with which it is refused."""
        result = self(*arguments)
        assert result.exit_code == code, (result.exit_code, result.output)
        assert "Traceback" not in result.output
        sentence = result.stderr.strip()
        assert sentence[-1] in ".?", sentence
        return sentence
