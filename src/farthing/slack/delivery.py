"""Notices become Slack messages: posted once, updated in place, and never where others could read them."""

from __future__ import annotations

from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.client import WebClient

from farthing.core.ids import id_of
from farthing.core.notices import BudgetReached, DataNotice, InvoiceIssued, Notice, ear_of
from farthing.core.people import Person
from farthing.core.refused import Refused
from farthing.core.telling.ear import Hearer
from farthing.languages.language import Language, language
from farthing.slack.abilities import OF_THIS_PROCESS, Abilities
from farthing.slack.auditing import kept_words, words_of
from farthing.slack.clients import refuse_foreign_address, web_client
from farthing.slack.names import NOTICE_MARK, USUAL_COMMANDS, CommandNames
from farthing.slack.places import SHARED_SENTENCE, shared_with_others
from farthing.slack.presenting import card_of_alert, card_of_data, card_of_invoice, run_of
from farthing.slack.telling import ByTheClock, card_by_the_clock, direct_channel
from farthing.slack.troubles import LATER, MUCH_LATER, SOON, code_of, trouble_of
from farthing.slack.views.blocks import Block, Card
from farthing.slack.views.charts import is_native, without_native
from farthing.slack.views.runs import run_card
from farthing.slack.views.words import reading_in
from farthing.usecases.alerts import show_alert
from farthing.usecases.audit_ports import AuditEntry, AuditKind
from farthing.usecases.languages import language_of_person, language_told
from farthing.usecases.notice_settings import find_person
from farthing.usecases.ports import AnswerLost, NoticeRow, NotNow, Posted, SellerStore, SlackInstall
from farthing.usecases.show_invoices import show_invoice, show_run

# Then a message can no longer be changed, and what is new is said below it instead.
_NOT_TO_BE_CHANGED = frozenset({"edit_window_closed", "cant_update_message"})


class SlackNotifier:
    """Tells notices in Slack. Nothing is retried here: what to do next is the outbox's to know."""

    def __init__(self, *, slack_api_url: str, commands: CommandNames = USUAL_COMMANDS) -> None:
        self._slack_api_url = slack_api_url
        self._commands = commands
        self._abilities = OF_THIS_PROCESS

    def tell(self, store: SellerStore, row: NoticeRow) -> Posted:
        """Post the notice, or update what was posted of it.

        Raises NotNow when it was surely not told, with how to mend it; AnswerLost when it may have been.
        """
        install, place = self._place(store, row.notice)
        client = web_client(install.bot_token, slack_api_url=self._slack_api_url)
        channel_id = place if isinstance(place, str) else self._direct(client, place, home_team=install.team_id)
        if isinstance(place, str):
            self._refuse_a_shared_channel(client, channel_id)
        with reading_in(_speaks(store, row.notice)):
            card = self._card(store, row.notice)
        if self._place(store, row.notice)[1] != place:
            raise NotNow("The channel for this was changed just now.", wait=SOON)
        _keep_posting(store, row, install, channel_id, card)
        telling = Telling(client, row, channel_id, card, install.team_id, self._abilities)
        return telling.tell()

    def _place(self, store: SellerStore, notice: Notice) -> tuple[SlackInstall, str | tuple[Person, str]]:
        """The channel in which it is told, or the person with their Slack user."""
        with store.transaction():
            try:
                refuse_foreign_address(store.seller().mode, self._slack_api_url)
            except Refused as no:
                raise NotNow(no.sentence, wait=MUCH_LATER) from None
            install = store.slack_install()
            if install is None:
                raise NotNow("No Slack workspace is connected; run farthing slack connect.", wait=LATER)
            ear = ear_of(notice)
            customer_id = ear.customer_id
            if ear.hearer is Hearer.PERSON:
                found = find_person(store, ear)
                if found is None:
                    raise NotNow("They have no role here any more, so nothing is told to them.", wait=MUCH_LATER)
                return install, (found[0], found[2])
            if customer_id is None:
                if isinstance(notice, DataNotice) and install.data_channel is not None:
                    return install, install.data_channel
                if install.finance_channel is None:
                    raise NotNow(
                        "No finance channel is bound; invite the app to one and type "
                        f"{self._commands.billing} bind finance there.",
                        wait=LATER,
                    )
                return install, install.finance_channel
            channel_id = store.customer_channel(customer_id)
            if channel_id is None:
                customer = store.customer(customer_id)
                key = "this customer" if customer is None else customer.key
                raise NotNow(
                    f"{key} has no channel; invite the app to one and type {self._commands.billing} bind {key} there.",
                    wait=LATER,
                )
            return install, channel_id

    def _refuse_a_shared_channel(self, client: WebClient, channel_id: str) -> None:
        try:
            channel: dict[str, Any] = client.conversations_info(channel=channel_id)["channel"]
        except Exception as error:
            raise _not_told(error) from error
        if shared_with_others(channel):
            raise NotNow(SHARED_SENTENCE, wait=LATER)

    def _direct(self, client: WebClient, whom: tuple[Person, str], *, home_team: str) -> str:
        try:
            return direct_channel(client, *whom, home_team=home_team)
        except NotNow:
            raise
        except Exception as error:
            raise _not_told(error) from error

    def _card(self, store: SellerStore, notice: Notice) -> Card:
        if isinstance(notice, ByTheClock):
            return card_by_the_clock(store, notice, self._card)
        if isinstance(notice, InvoiceIssued):
            return card_of_invoice(show_invoice(store, notice.invoice_id, person=None))
        if isinstance(notice, BudgetReached):
            return card_of_alert(show_alert(store, notice.alert_id, person=None))
        if isinstance(notice, DataNotice):
            return card_of_data(store, notice)
        totals = show_run(store, notice.run_id)
        with store.transaction():
            run = run_of(store, totals)
        return run_card(run, billing_command=self._commands.billing)


class Telling:
    """One notice on its way to one channel."""

    def __init__(
        self, client: WebClient, row: NoticeRow, channel_id: str, card: Card, team_id: str, abilities: Abilities
    ) -> None:
        self._client = client
        self._row = row
        self._channel_id = channel_id
        self._card = card
        self._team_id = team_id
        self._abilities = abilities

    def tell(self) -> Posted:
        there = self._row.message_ts if self._row.channel_id == self._channel_id else None
        try:
            return self._post() if there is None else self._update(there)
        except (NotNow, AnswerLost):
            raise
        except Exception as error:
            raise _not_told(error) from error

    def _update(self, message_ts: str) -> Posted:
        try:
            self._send(lambda blocks: self._client.chat_update(ts=message_ts, **self._said(blocks)))
        except SlackApiError as error:
            if code_of(error) in _NOT_TO_BE_CHANGED:
                self._post(below=message_ts)
            elif code_of(error) == "message_not_found":
                return self._post()
            else:
                raise
        return Posted(self._channel_id, message_ts)

    def _post(self, *, below: str | None = None) -> Posted:
        notice_id = self._row.notice_id
        payload: dict[str, Any] = {"notice_id": str(notice_id), "revision": self._row.revision}
        # The same for a second try of the same words in the same place, and another for anything else.
        message_id = id_of("slack post", notice_id, self._row.revision, self._channel_id, below)
        placed: dict[str, Any] = {}
        if below is not None:
            payload["message_ts"] = below
            placed = {"thread_ts": below}
        try:
            answer = self._send(
                lambda blocks: self._client.chat_postMessage(
                    **self._said(blocks),
                    **placed,
                    metadata={"event_type": NOTICE_MARK, "event_payload": payload},
                    client_msg_id=str(message_id),
                    unfurl_links=False,
                    unfurl_media=False,
                )
            )
        except Exception as error:
            trouble = trouble_of(error)
            if trouble is not None and trouble.maybe_done:
                raise AnswerLost from error
            raise
        return Posted(self._channel_id, str(answer["ts"]))

    def _said(self, blocks: list[Block]) -> dict[str, Any]:
        return {"channel": self._channel_id, "text": self._card.text, "blocks": blocks}

    def _send(self, call: Any) -> Any:
        """Call with the blocks; where charts or tables are not known yet, once more with text."""
        native = is_native(self._card.blocks)
        if native and not self._abilities.draws_natively(self._team_id):
            return call(without_native(self._card.blocks))
        try:
            return call(self._card.blocks)
        except SlackApiError as error:
            if code_of(error) != "invalid_blocks" or not native:
                raise
            answer = call(without_native(self._card.blocks))
            self._abilities.note_plain(self._team_id)
            return answer


def _speaks(store: SellerStore, notice: Notice) -> Language:
    """The language of whoever it is told to."""
    with store.transaction():
        ear = ear_of(notice)
        found = find_person(store, ear) if ear.hearer is Hearer.PERSON else None
        if found is not None:
            return language(language_of_person(store, found[0]).language)
        return language(language_told(store, ear.customer_id))


def _keep_posting(store: SellerStore, row: NoticeRow, install: SlackInstall, channel_id: str, card: Card) -> None:
    """The audit log has it before it can be seen: of what was posted, nothing is missing there.

    The same words in the same place are one entry, however often they are tried.
    """
    entry = AuditEntry(
        entry_id=id_of("audit post", row.notice_id, row.revision, channel_id),
        act_id=row.notice_id,
        happened_at=row.written_at,
        kind=AuditKind.POSTED,
        slack_team=install.team_id,
        slack_user="",
        person_name=None,
        role=None,
        channel_id=channel_id,
        message_ts=row.message_ts or "",
        said=kept_words(f"{card.text}\n{words_of(card.blocks)}"),
    )
    with store.transaction():
        store.keep_audit_entry(entry)


def _not_told(error: Exception) -> Exception:
    trouble = trouble_of(error)
    return error if trouble is None else NotNow(trouble.sentence, wait=trouble.wait)
