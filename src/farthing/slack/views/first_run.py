"""The first run in Home: six steps from goals to a first invoice, what to do next, and the windows that they open."""

from __future__ import annotations

import json
from collections.abc import Sequence

from farthing.catalogues.examples import EXAMPLES, Example
from farthing.core.first_run import FirstRun
from farthing.core.invoicing.invoice import Draft
from farthing.core.parties import Customer
from farthing.core.period import Period
from farthing.slack.views.blocks import (
    Block,
    actions,
    button,
    divider,
    escaped,
    header,
    long_columns,
    modal,
    named,
    plain,
    preformatted,
    section,
    small_print,
)
from farthing.slack.views.fields import field, line, menu, option
from farthing.slack.views.goals import goals_told
from farthing.slack.views.invoices import line_quantity, line_title
from farthing.slack.views.words import instant_text, money_text, number_text, period_text, say, several

EXAMPLE_VIEW, TRIAL_VIEW = "first_run_example", "first_run_customer"
EXAMPLE_BLOCK, CURRENCY_BLOCK, NAME_BLOCK, PLAN_BLOCK = "example", "currency", "name", "plan"
CHOSEN = "chosen"
CURRENCIES = ("USD", "EUR", "GBP")
_DONE, _OPEN, _WAITING = "✅", "⬜", "🟡"


def first_run_blocks(run: FirstRun, *, in_zone: str) -> list[Block]:
    """The steps at the top of an owner's Home; once all are done or put away, what is left of them is one line."""
    if run.is_put_away or run.is_done:
        said = say("The first run is done.") if run.is_done else say("The first run is put away.")
        row = [button(say("Goals"), "goals_open", "open")]
        if not run.is_done:
            row.append(button(say("Go on with it"), "first_run_take_out", "out"))
        return [section(f"{said} {goals_told(run.goals)}"), actions(*row), divider()]
    goals, channel, catalogue, customer, event, preview = run.steps
    done = sum(run.steps)
    blocks = [header(say("Set up: {done} of {all} done", done=number_text(done), all=number_text(len(run.steps))))]
    blocks.append(_step(goals, say("Goals"), goals_told(run.goals), button(say("Goals…"), "goals_open", "open")))
    blocks.append(_step(channel, say("Finance channel"), _channel_told(run), _channel_picker(run)))
    blocks.append(
        _step(
            catalogue,
            say("Catalogue"),
            _catalogue_told(run),
            button(say("Another example…") if catalogue else say("Take an example…"), "first_run_example", "open"),
        )
    )
    blocks.append(
        _step(
            customer,
            say("A customer to try with"),
            _customer_told(run),
            button(say("Add one…"), "first_run_customer", "open") if catalogue else None,
        )
    )
    blocks.append(
        _step(
            event,
            say("First event"),
            _event_told(run, in_zone=in_zone),
            button(say("How to send it"), "first_run_event", "open") if customer else None,
            waits=run.waits_for_event,
        )
    )
    blocks.append(
        _step(
            preview,
            say("First invoice, as it stands"),
            say("What would be invoiced if the period ended now; nothing is issued."),
            button(say("Look"), "first_run_preview", "open") if run.trial is not None else None,
        )
    )
    blocks += [actions(button(say("Put this away"), "first_run_put_away", "away")), divider()]
    return blocks


def example_form(examples: Sequence[Example] = EXAMPLES) -> Block:
    """The form that chooses an example."""
    options = [option(say(one.name), one.key, description=say(one.sentence)) for one in examples]
    blocks = [
        section(
            say("A catalogue says what is measured and what it costs. Take one that is close; it can be changed later.")
        ),
        field(
            EXAMPLE_BLOCK,
            say("Example"),
            {"type": "radio_buttons", "action_id": CHOSEN, "options": options, "initial_option": options[0]},
        ),
        field(CURRENCY_BLOCK, say("Currency"), menu(CHOSEN, [option(code, code) for code in CURRENCIES])),
    ]
    return modal(say("Catalogue"), blocks, callback_id=EXAMPLE_VIEW, submit=say("Take it"))


def example_taken(taken: Example, *, changes: int) -> Block:
    """What there is now."""
    if changes:
        said = several(
            "“{name}” is in the catalogue: {n} meter or plan is new.",
            "“{name}” is in the catalogue: {n} meters and plans are new.",
            changes,
            name=named(say(taken.name)),
            n=number_text(changes),
        )
    else:
        said = say("“{name}” was in the catalogue already; nothing changed.", name=named(say(taken.name)))
    blocks = [
        section(said),
        section(say("To make it your own, write it to a file, change it, look what would change, and apply it:")),
        preformatted(
            "farthing catalog export > mine.yaml\nfarthing catalog diff mine.yaml\nfarthing catalog apply mine.yaml"
        ),
        small_print(say("Next: add a customer to try with.")),
    ]
    return modal(say("Catalogue"), blocks)


def customer_form(plans: Sequence[tuple[str, str]], *, chosen: str | None) -> Block:
    """The form that adds a customer; `plans` are names and keys, `chosen` the key that is offered first."""
    ordered = sorted(plans, key=lambda plan: plan[1] != chosen)
    blocks = [
        field(
            NAME_BLOCK,
            say("Name"),
            line(CHOSEN, longest=200, within=say("Example Customer"), focus=True),
        ),
        field(PLAN_BLOCK, say("Plan"), menu(CHOSEN, [option(name, key) for name, key in ordered])),
        small_print(say("They start on the first of this month. Nobody outside is told anything.")),
    ]
    return modal(say("Customer"), blocks, callback_id=TRIAL_VIEW, submit=say("Add"))


def event_modal(trial: Customer | None, example: Example | None, *, api_url: str) -> Block:
    """How the first event is sent: one line for a terminal, with the key in the environment, never in Slack."""
    event = {
        "id": "first-1",
        "source": "first-run",
        "type": "example.call" if example is None else example.event_type,
        "subject": "CUSTOMER" if trial is None else trial.key,
        "data": {} if example is None else dict(example.data),
    }
    line = (
        f'curl -sS {api_url}/v1/events -H "Authorization: Bearer $FARTHING_API_KEY" \\\n'
        f"  -H 'Content-Type: application/json' \\\n  -d '{json.dumps(event)}'"
    )
    blocks = [
        section(say("Paste this into a terminal:")),
        preformatted(line),
        section(
            say(
                "The key stays in your terminal: `export FARTHING_API_KEY=…` first. `farthing init` showed it once; "
                "`farthing apikey new` makes another."
            )
        ),
        small_print(
            say("The step in Home turns green by itself when the event is there. The same line twice is one event.")
        ),
    ]
    return modal(say("First event"), blocks)


def preview_modal(customer: Customer, plans: Sequence[tuple[str, Period, str, Draft]]) -> Block:
    """The next invoice as it stands; each plan by name, period, zone and draft."""
    blocks: list[Block] = [section(say("*{name}*: the next invoice, as it stands", name=named(customer.name)))]
    for name, period, in_zone, draft in plans:
        rows = [[say("Line"), say("Quantity"), say("Amount")]]
        rows += [
            [line_title(line, in_zone=in_zone, beside=period), line_quantity(line), money_text(line.amount)]
            for line in draft.lines
        ]
        rows.append([say("Total"), "", money_text(draft.total)])
        blocks += [
            section(f"*{named(name)}* · {escaped(period_text(period, in_zone=in_zone))}"),
            *long_columns(rows, right=(1, 2), widest=34),
        ]
    blocks.append(
        small_print(
            say("Nothing is issued by looking. When the period ends, this becomes a draft that you approve or hold.")
        )
    )
    return modal(say("First invoice"), blocks)


def _channel_told(run: FirstRun) -> str:
    if run.finance_channel is None:
        return say("Closing runs, alerts and what is unusual are told there. Invite the app to it, then choose it.")
    return say("Closing runs and alerts are told in {channel}.", channel=f"<#{run.finance_channel}>")


def _channel_picker(run: FirstRun) -> Block:
    made: Block = {
        "type": "conversations_select",
        "action_id": "first_run_channel",
        "placeholder": plain(say("Choose a channel…"), 150),
        "filter": {
            "include": ["public", "private"],
            "exclude_external_shared_channels": True,
            "exclude_bot_users": True,
        },
    }
    return made if run.finance_channel is None else made | {"initial_conversation": run.finance_channel}


def _catalogue_told(run: FirstRun) -> str:
    if not run.plans:
        return say("What is measured and what it costs; begin with an example.")
    names = ", ".join(named(plan.name, 40) for plan in run.plans[:5])
    if len(run.plans) > 5:
        return several(
            "{names} and {n} more plan.",
            "{names} and {n} more plans.",
            len(run.plans) - 5,
            names=names,
            n=number_text(len(run.plans) - 5),
        )
    return say("Plans: {names}.", names=names)


def _customer_told(run: FirstRun) -> str:
    if run.trial is not None:
        return say("{name}, `{key}` in events.", name=named(run.trial.name), key=escaped(run.trial.key))
    if run.has_subscriptions:
        return say("Customers are there already; add one more to try with.")
    return say("One that stands for yours, on a plan of the catalogue.")


def _event_told(run: FirstRun, *, in_zone: str) -> str:
    if run.event_id is not None and run.event_at is not None:
        at = instant_text(run.event_at, in_zone=in_zone)
        return say("“{id}” arrived on {instant}.", id=named(run.event_id, 60), instant=escaped(at))
    if run.has_events:
        return say("Usage arrives.")
    if run.waits_for_event:
        return say("Waiting for it; this turns green by itself.")
    return say("One line in a terminal sends it.")


def _step(is_done: bool, title: str, told: str, accessory: Block | None, *, waits: bool = False) -> Block:
    mark = _DONE if is_done else _WAITING if waits else _OPEN
    return section(f"{mark} *{title}*\n{told}", accessory=accessory)
