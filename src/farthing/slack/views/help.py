"""What can be typed, told to whoever asks or types something else."""

from farthing.slack.views.blocks import Card, escaped, section


def usage_help(*, usage_command: str) -> Card:
    """How `/usage` is typed."""
    u = escaped(usage_command)
    lines = [
        f"`{u}` in a customer's own channel: that customer's usage so far; elsewhere it asks whose.",
        f"`{u} northwind`: a customer by key or name.",
        f"`{u} northwind october 2026` or `{u} northwind 2026-10`: an earlier month.",
    ]
    return Card(
        f"{u} [customer] [month] shows what a customer has used and what it comes to.",
        [section("*Usage, and what it comes to*\n" + "\n".join(lines))],
    )


def billing_help(*, usage_command: str, billing_command: str, unknown: str = "") -> Card:
    """How `/billing` is typed; `unknown` is the word that was not understood."""
    u, b = escaped(usage_command), escaped(billing_command)
    lines = [
        f"`{b} invoices` or `{b} invoices northwind`: the newest invoices.",
        f"`{b} invoice EX-000042`: one invoice, with its PDF.",
        f"`{b} explain EX-000042` or `{b} explain EX-000042 2`: how it, or its second line, came about.",
        f"`{b} drafts`: invoices that wait, to approve or hold (owners and finance).",
        f"`{b} budget`: budgets as they stand; `{b} budget northwind 500` or `{b} budget northwind`: set one.",
        f"`{b} notices`: what you are told by yourself; `{b} digest weekly`: what a digest would say now.",
        f"`{b} quiet northwind`, `{b} live northwind`: whether they are told for themselves (owners and finance).",
        f"`{b} bind northwind`, `{b} bind finance` or `{b} bind data`: this channel is told that customer's invoices, "
        "closing runs, or how usage arrives (owners only).",
        f"`{u} northwind`: usage so far.",
    ]
    said = f"“{escaped(unknown[:64])}” is not something {b} knows. " if unknown else ""
    blocks = [section(said)] if said else []
    return Card(
        f"{said}{b} knows: invoices, invoice NUMBER, explain NUMBER, drafts, budget, notices, digest, bind, help.",
        [*blocks, section("*Billing*\n" + "\n".join(lines))],
    )
