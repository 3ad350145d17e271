"""The stage of one story: a seller of its own, a clock that stands still, and a Slack to look at."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.parties import Mode, Seller
from farthing.jobs.deliver_notices import deliver_notices
from farthing.postgres.database import add_seller
from farthing.slack.delivery import SlackNotifier
from farthing.usecases.bind_channel import bind_finance_channel
from farthing.usecases.ports import SellerStore, SlackInstall
from farthing.wiring import Wired
from farthing_rehearsal.clock import HeldClock
from farthing_rehearsal.slack import connect_app, running_app, visible_text
from farthing_slacksim.server import SlackSim

FINANCE = "#billing"
BEGINNING = datetime(1980, 1, 1, tzinfo=UTC)


@dataclass
class Stage:
    """What a story plays on. `clock` is the clock that `wired` goes by."""

    wired: Wired
    seller_id: UUID
    clock: HeldClock
    store: SellerStore
    slack: SlackSim
    install: SlackInstall
    bot_user_id: str
    _notifier: SlackNotifier
    _channels: dict[str, str]

    def channel(self, name: str) -> str:
        """The id of the channel with this name, made and joined by the app when it is new."""
        if name not in self._channels:
            workspace = self.slack.workspace
            self._channels[name] = workspace.add_channel(name=name.lstrip("#"), private=True, members=[])
            workspace.invite(self._channels[name], self.bot_user_id)
        return self._channels[name]

    def said_in(self, name: str) -> list[str]:
        """What can be read in a channel, message by message."""
        return [visible_text(message) for message in self.slack.workspace.messages(self.channel(name))]

    def deliver(self) -> None:
        """Tell what there is to tell."""
        deliver_notices(self.wired, self.store, self._notifier)

    def lose_next_answer(self) -> None:
        """Slack will take the next message, and the answer to it will be lost."""
        self.slack.faults.drop_after_accept("chat.postMessage")


def new_seller_id() -> UUID:
    """An id that no other story's seller has."""
    return UUID(bytes=secrets.token_bytes(16))


@contextmanager
def set_stage(wired: Wired, clock: HeldClock) -> Iterator[Stage]:
    """A stage for one story. Its seller is new, so stories do not see each other."""
    clock.at = BEGINNING
    seller = Seller(
        seller_id=new_seller_id(),
        name="Story",
        mode=Mode.SANDBOX,
        entity=LegalEntity("main", "Story", in_zone="UTC", number_prefix="ST"),
    )
    add_seller(wired.database, seller)
    store = wired.for_seller(seller.seller_id)
    with SlackSim(clock=clock).running() as sim:
        install, bot_user_id = connect_app(sim, store, now=clock())
        stage = Stage(
            wired=wired,
            seller_id=seller.seller_id,
            clock=clock,
            store=store,
            slack=sim,
            install=install,
            bot_user_id=bot_user_id,
            _notifier=SlackNotifier(slack_api_url=sim.api_url),
            _channels={},
        )
        bind_finance_channel(store, channel_id=stage.channel(FINANCE))
        with running_app(wired, seller.seller_id, install, sim):
            yield stage
