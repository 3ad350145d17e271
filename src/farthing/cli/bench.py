"""Benchmarks: what this machine does, beside what it could do at the most."""

import click

from farthing.cli import bench_ingest, bench_rate
from farthing.cli.commands import Commands


@click.group("bench", cls=Commands)
def group() -> None:
    """Benchmarks: ingest, rate."""


group.add_command(bench_ingest.command)
group.add_command(bench_rate.command)
