"""What every listener works with: the seller's store, the documents, the connection to Slack, and what time it is."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from slack_sdk.web.async_client import AsyncWebClient

from farthing.slack.abilities import Abilities
from farthing.slack.names import CommandNames
from farthing.slack.standing import Standings
from farthing.slack.threads import Threads
from farthing.usecases.document_ports import Documents
from farthing.usecases.ports import Installation, SellerStore, SlackInstall


@dataclass(frozen=True, slots=True)
class Desk:
    """One seller's desk in Slack. `client` is ours: the one Bolt hands out takes a proxy from the environment."""

    installation: Installation
    seller_id: UUID
    documents: Documents
    install: SlackInstall
    commands: CommandNames
    client: AsyncWebClient
    abilities: Abilities
    threads: Threads
    standings: Standings

    def store(self) -> SellerStore:
        """The seller's store."""
        return self.installation.for_seller(self.seller_id)

    def now(self) -> datetime:
        """The seller's time; not to be asked in a transaction."""
        return self.installation.now(self.store())
