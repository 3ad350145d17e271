"""`/billing`: invoices, how they came about, and which channel is told what; and looking at one from a summary."""

from slack_bolt.async_app import AsyncApp

from farthing.core.people import Ask
from farthing.core.refused import Refused
from farthing.core.saying import message
from farthing.slack.desk import Desk
from farthing.slack.hearing import listener
from farthing.slack.listeners.alerts import budget_command
from farthing.slack.listeners.drafts import draft_command
from farthing.slack.listeners.explain import Place, invoice_window, line_window
from farthing.slack.listeners.notices import digest_command, notices_command, switch_command
from farthing.slack.places import SHARED_SENTENCE, shared_with_others
from farthing.slack.presenting import card_of_invoice
from farthing.slack.reading import typed
from farthing.slack.views.blocks import Card, sentence_card
from farthing.slack.views.help import billing_help
from farthing.slack.views.invoices import invoice_list
from farthing.slack.views.words import say
from farthing.slack.visit import Visit
from farthing.usecases.bind_channel import bind_customer_channel, bind_data_channel, bind_finance_channel
from farthing.usecases.ports import SellerStore
from farthing.usecases.show_invoices import list_invoices, show_invoice

NEWEST = 20


def register(app: AsyncApp, desk: Desk) -> None:
    """Hear the command and the choice in a run's summary."""
    app.command(desk.commands.billing)(listener(desk, _command))
    app.action("show_invoice")(listener(desk, _chosen))


async def _chosen(visit: Visit) -> None:
    invoice_id = Place.of(visit.value).invoice_id
    await visit.answer(lambda store: card_of_invoice(show_invoice(store, invoice_id, person=visit.known)))


async def _command(visit: Visit) -> None:
    words = typed(visit.body.get("text") or "").split(" ")
    verb, rest = words[0].lower(), words[1:]
    match verb:
        case "" | "help":
            await visit.show(_help(visit))
        case "invoices":
            await visit.answer(lambda store: _list(store, visit, " ".join(rest)))
        case "invoice" if rest:
            await visit.answer(lambda store: card_of_invoice(show_invoice(store, _number(rest), person=visit.known)))
        case "explain" if rest:
            await _explain(visit, rest)
        case "draft" | "drafts":
            await draft_command(visit)
        case "budget" | "budgets":
            await budget_command(visit, rest)
        case "notices":
            await notices_command(visit)
        case "digest":
            await digest_command(visit, rest)
        case "quiet" | "live" if rest:
            await switch_command(visit, " ".join(rest), live=verb == "live")
        case "bind" if rest:
            await _bind(visit, " ".join(rest))
        case "invoice" | "explain":
            said = message("Which invoice? Type {command} and its number.")
            raise Refused(said, field="number", command=f"{visit.desk.commands.billing} {verb}")
        case "quiet" | "live":
            said = message("Which customer? Type {command} CUSTOMER.")
            raise Refused(said, command=f"{visit.desk.commands.billing} {verb}")
        case "bind":
            said = message("To whom? Type {billing} bind CUSTOMER, bind finance or bind data.")
            raise Refused(said, billing=visit.desk.commands.billing)
        case _:
            await visit.show(_help(visit, unknown=verb))


async def _explain(visit: Visit, rest: list[str]) -> None:
    number = _number(rest)
    if len(rest) == 1:
        await visit.window(lambda store: invoice_window(store, visit, number))
        return
    if not rest[1].isdecimal():
        said = message("“{word}” is not a line; lines are numbered 1, 2, 3 …")
        raise Refused(said, field="line", word=rest[1][:20])
    await visit.window(lambda store: line_window(store, visit, number, int(rest[1])))


async def _bind(visit: Visit, whom: str) -> None:
    visit.known.must(Ask.BIND_CHANNELS)
    channel_id = visit.channel_id
    told = await visit.client.conversations_info(channel=channel_id)
    if shared_with_others(told["channel"]):
        raise Refused(SHARED_SENTENCE)
    if not told["channel"].get("is_member"):
        raise Refused(message("The app is not in this channel; type /invite @Farthing, then try again."))

    def bind(store: SellerStore) -> Card:
        if whom.lower() == "finance":
            bind_finance_channel(store, channel_id=channel_id)
            return sentence_card(say("Done: closing runs are told in this channel from now on."))
        if whom.lower() == "data":
            bind_data_channel(store, channel_id=channel_id)
            return sentence_card(say("Done: how usage arrives is told in this channel from now on."))
        bind_customer_channel(store, customer_key=whom, channel_id=channel_id)
        return sentence_card(
            say("Done: the invoices of {customer} are told in this channel from now on.", customer=whom)
        )

    await visit.answer(bind)


def _list(store: SellerStore, visit: Visit, whom: str) -> Card:
    invoices = list_invoices(store, person=visit.known, customer_key=whom or None, limit=NEWEST)
    return invoice_list(invoices, of_whom=whom)


def _number(rest: list[str]) -> str:
    return rest[0].upper()


def _help(visit: Visit, *, unknown: str = "") -> Card:
    commands = visit.desk.commands
    return billing_help(usage_command=commands.usage, billing_command=commands.billing, unknown=unknown)
