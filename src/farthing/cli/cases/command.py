"""The command `farthing cases`: works out files of cases and says how each goes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from farthing.cli.cases.check import Outcome, Verdict, check_case
from farthing.cli.cases.files import read_cases
from farthing.cli.say import Found, Sentence, counted, showable, table
from farthing.core.refused import Refused


@click.command("cases")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--quiet", is_flag=True, help="Without the cases that pass.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
def command(files: tuple[Path, ...], quiet: bool, as_json: bool) -> None:
    """Work out cases from FILES by the product's own core, and hold the results against those expected.

    A file is a JSON array of objects with id, area, inputs and expected. Each case passes, fails (with both values)
    or is unsupported (with the reason). Ends with 1 when a case fails, with 2 when a file cannot be read.
    """
    try:
        read = [case for path in files for case in read_cases(path)]
    except Refused as refusal:
        raise Sentence(refusal.sentence) from None
    verdicts = [check_case(case) for case in read]
    if as_json:
        click.echo(json.dumps(_as_data(verdicts), ensure_ascii=False, indent=2))
    else:
        for verdict in verdicts:
            if not (quiet and verdict.outcome is Outcome.PASS):
                click.echo(_line(verdict))
        click.echo()
        click.echo(table(_counts(verdicts), right=(1, 2, 3, 4)))
    failed = [verdict for verdict in verdicts if verdict.outcome is Outcome.FAIL]
    if failed:
        universal = sum(verdict.case.universal for verdict in failed)
        raise Found(f"{counted(len(failed), 'case')} failed, {universal} of them universal.")


def _line(verdict: Verdict) -> str:
    said = f"  {verdict.told}" if verdict.told else ""
    kept = "" if verdict.case.universal else " (not universal)"
    return showable(f"{verdict.outcome.value:<11} {verdict.case.area}/{verdict.case.id}{kept}{said}")


def _counts(verdicts: Sequence[Verdict]) -> list[list[str]]:
    """The counts per area, in the order in which the areas came, and in all."""
    areas = list(dict.fromkeys(verdict.case.area for verdict in verdicts))
    rows = [["area", "cases", *(outcome.value for outcome in Outcome)]]
    for area in areas:
        rows.append([area, *_row([verdict for verdict in verdicts if verdict.case.area == area])])
    return [*rows, ["in all", *_row(verdicts)]]


def _row(verdicts: Sequence[Verdict]) -> list[str]:
    by_outcome = Counter(verdict.outcome for verdict in verdicts)
    return [str(len(verdicts)), *(str(by_outcome[outcome]) for outcome in Outcome)]


def _as_data(verdicts: Sequence[Verdict]) -> dict[str, object]:
    header, *rows = _counts(verdicts)
    return {
        "counts": {row[0]: dict(zip(header[1:], map(int, row[1:]), strict=True)) for row in rows},
        "cases": [
            {
                "id": verdict.case.id,
                "area": verdict.case.area,
                "universal": verdict.case.universal,
                "outcome": verdict.outcome.value,
                "differences": [
                    {"key": one.key, "expected": one.expected, "ours": one.ours} for one in verdict.differences
                ],
                "reason": verdict.reason,
            }
            for verdict in verdicts
        ],
    }
