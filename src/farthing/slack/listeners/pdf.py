"""*PDF*: the invoice as a file, below its card in the customer's own channel, else as a direct message."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from slack_bolt.async_app import AsyncApp

from farthing.core.ids import content_hash
from farthing.core.people import Person
from farthing.slack.desk import Desk
from farthing.slack.hearing import SCOPE, listener
from farthing.slack.listeners.explain import Place
from farthing.slack.places import shared_with_others
from farthing.slack.posting import upload
from farthing.slack.views.blocks import escaped
from farthing.slack.views.words import day_text, money_text, say
from farthing.slack.visit import Visit
from farthing.usecases.ports import SellerStore
from farthing.usecases.print_documents import print_view
from farthing.usecases.show_invoices import InvoiceView, show_invoice

# Two clicks this close together are one wish.
CLICKS_TOGETHER = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Wish:
    """The invoice that somebody wants as a file; `below` is the message it goes below, if it may be shown there."""

    view: InvoiceView
    below: str | None
    is_new: bool


def register(app: AsyncApp, desk: Desk) -> None:
    """Hear the button."""
    app.action("invoice_pdf")(listener(desk, _pdf))


async def _pdf(visit: Visit) -> None:
    invoice_id = Place.of(visit.value).invoice_id
    clicked = await visit.read(lambda store: _wish(store, visit, visit.known, invoice_id))
    invoice = clicked.view.invoice
    if not clicked.is_new:
        return
    await visit.tell(say("Working… the PDF of {number} will be here in a moment.", number=invoice.number))
    content = await visit.read(lambda _: _print(visit.desk, clicked.view))
    channel_id, below = visit.channel_id, clicked.below
    if below is None or not await _still_theirs(visit, clicked.view):
        opened = await visit.client.conversations_open(users=visit.actor.user_id)
        channel_id, below = opened["channel"]["id"], None
    comment = say(
        "Invoice {number} for {customer}: {amount}, due {day}.",
        number=escaped(invoice.number),
        customer=escaped(clicked.view.customer.name),
        amount=money_text(invoice.total),
        day=day_text(invoice.due_on),
    )
    visit.note(comment, [])
    await upload(
        visit.client,
        content,
        filename=f"{invoice.number}.pdf",
        title=say("Invoice {number}", number=invoice.number),
        channel_id=channel_id,
        thread_ts=below,
        comment=comment,
    )
    if below is None:
        await visit.tell(say("The PDF of {number} was sent to you as a direct message.", number=invoice.number))


def _wish(store: SellerStore, visit: Visit, person: Person, invoice_id: UUID) -> Wish:
    view = show_invoice(store, invoice_id, person=person)
    container = visit.body.get("container") or {}
    with store.transaction():
        own = store.customer_channel(view.customer.customer_id)
        visible_to_all = own == visit.channel_id and not container.get("is_ephemeral")
        below = container.get("thread_ts") or container.get("message_ts") if visible_to_all else None
        is_new = _first_of(store, f"{invoice_id} {below or visit.actor.user_id}", now=visit.desk.installation.world())
    return Wish(view, below, is_new)


def _first_of(store: SellerStore, wish: str, *, now: datetime) -> bool:
    """Whether nobody clicked for the same a moment ago; to be called in a transaction."""
    window = int(now.timestamp() // CLICKS_TOGETHER.total_seconds())
    if store.answered(SCOPE, f"pdf {wish} {window - 1}") is not None:
        return False
    key = f"pdf {wish} {window}"
    return store.answered(SCOPE, key) is None and store.keep_answer(
        SCOPE, key, request=content_hash(key.encode()), answer={"heard": True}, created_at=now
    )


def _print(desk: Desk, view: InvoiceView) -> bytes:
    return print_view(desk.documents, view).content


async def _still_theirs(visit: Visit, view: InvoiceView) -> bool:
    """Whether the channel is the customer's own and nobody else is in it, asked right before the file goes there."""
    told = await visit.client.conversations_info(channel=visit.channel_id)

    def own(store: SellerStore) -> bool:
        with store.transaction():
            return store.customer_channel(view.customer.customer_id) == visit.channel_id

    return not shared_with_others(told["channel"]) and await visit.read(own)
