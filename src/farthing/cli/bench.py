"""Benchmarks: what this machine does, beside what it could do at the most."""

import click

from farthing.cli import bench_close, bench_entitle, bench_ingest, bench_pdf, bench_quality, bench_query, bench_rate
from farthing.cli.commands import Commands


@click.group("bench", cls=Commands)
def group() -> None:
    """Benchmarks: ingest, query, entitle, rate, close, quality, pdf."""


group.add_command(bench_ingest.command)
group.add_command(bench_query.command)
group.add_command(bench_entitle.command)
group.add_command(bench_rate.command)
group.add_command(bench_close.command)
group.add_command(bench_quality.command)
group.add_command(bench_pdf.command)
