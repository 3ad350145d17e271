"""What can be typed, told to whoever asks or types something else."""

from farthing.slack.views.blocks import Card, escaped, section
from farthing.slack.views.words import say


def usage_help(*, usage_command: str) -> Card:
    """How `/usage` is typed."""
    u = escaped(usage_command)
    lines = [
        say("`{usage}` in a customer's own channel: that customer's usage so far; elsewhere it asks whose.", usage=u),
        say("`{usage} northwind`: a customer by key or name.", usage=u),
        say("`{usage} northwind october 2026` or `{usage} northwind 2026-10`: an earlier month.", usage=u),
    ]
    return Card(
        say("{usage} [customer] [month] shows what a customer has used and what it comes to.", usage=u),
        [section("\n".join([say("*Usage, and what it comes to*"), *lines]))],
    )


def billing_help(*, usage_command: str, billing_command: str, unknown: str = "") -> Card:
    """How `/billing` is typed; `unknown` is the word that was not understood."""
    u, b = escaped(usage_command), escaped(billing_command)
    lines = [
        say("`{billing} invoices` or `{billing} invoices northwind`: the newest invoices.", billing=b),
        say("`{billing} invoice EX-000042`: one invoice, with its PDF.", billing=b),
        say(
            "`{billing} explain EX-000042` or `{billing} explain EX-000042 2`: how it, or its second line, came about.",
            billing=b,
        ),
        say("`{billing} drafts`: invoices that wait, to approve or hold (owners and finance).", billing=b),
        say(
            "`{billing} budget`: budgets as they stand; `{billing} budget northwind 500` or "
            "`{billing} budget northwind`: set one.",
            billing=b,
        ),
        say(
            "`{billing} notices`: what you are told by yourself; `{billing} digest weekly`: what a digest would say.",
            billing=b,
        ),
        say(
            "`{billing} quiet northwind`, `{billing} live northwind`: whether they are told for themselves (owners and "
            "finance).",
            billing=b,
        ),
        say(
            "`{billing} bind northwind`, `{billing} bind finance` or `{billing} bind data`: this channel is told that "
            "customer's invoices, closing runs, or how usage arrives (owners only).",
            billing=b,
        ),
        say("`{usage} northwind`: usage so far.", usage=u),
    ]
    said = [say("“{word}” is not something {billing} knows.", word=escaped(unknown[:64]), billing=b)] if unknown else []
    known = say("{billing} knows: invoices, invoice NUMBER, explain NUMBER, drafts, budget, bind, help.", billing=b)
    return Card(
        " ".join([*said, known]),
        [*(section(each) for each in said), section("\n".join([say("*Billing*"), *lines]))],
    )
