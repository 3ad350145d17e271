"""The seller's own Slack workspace, with its tokens sealed, and which channel is which customer's."""

from uuid import UUID

from farthing.core.refused import Clash
from farthing.postgres.session import Session
from farthing.postgres.written import is_storable, read_json, write_json
from farthing.usecases.ports import SlackInstall

_PURPOSE = "slack tokens"


class Slack(Session):
    """Where the seller is spoken to."""

    def slack_install(self) -> SlackInstall | None:
        """The workspace, its tokens in clear text; refuses when the key that sealed them is not at hand."""
        row = self._row("SELECT * FROM farthing.slack_install")
        if row is None:
            return None
        opened = read_json(self._vault.decrypt(bytes(row.secrets), seller_id=self._seller_id, purpose=_PURPOSE))
        return SlackInstall(
            team_id=row.team_id,
            bot_user_id=row.bot_user_id,
            bot_token=opened["bot_token"],
            app_token=opened["app_token"],
            signing_secret=opened["signing_secret"],
            finance_channel=row.finance_channel,
            installed_at=row.installed_at,
            data_channel=row.data_channel,
        )

    def keep_slack_install(self, install: SlackInstall) -> None:
        """Keep the workspace, which replaces an earlier one."""
        secrets = {
            "bot_token": install.bot_token,
            "app_token": install.app_token,
            "signing_secret": install.signing_secret,
        }
        sealed = self._vault.encrypt(write_json(secrets).encode(), seller_id=self._seller_id, purpose=_PURPOSE)
        self._run(
            """
            INSERT INTO farthing.slack_install (
                team_id, bot_user_id, secrets, finance_channel, data_channel, installed_at
            ) VALUES (
                %(team_id)s, %(bot_user_id)s, %(secrets)s, %(finance_channel)s, %(data_channel)s, %(installed_at)s
            )
            ON CONFLICT (seller_id) DO UPDATE
            SET team_id = excluded.team_id, bot_user_id = excluded.bot_user_id, secrets = excluded.secrets,
                finance_channel = excluded.finance_channel, data_channel = excluded.data_channel,
                installed_at = excluded.installed_at
            """,
            {
                "team_id": install.team_id,
                "bot_user_id": install.bot_user_id,
                "secrets": sealed,
                "finance_channel": install.finance_channel,
                "data_channel": install.data_channel,
                "installed_at": install.installed_at,
            },
        )

    def forget_slack_install(self) -> None:
        """Take the workspace and its tokens away."""
        self._run("DELETE FROM farthing.slack_install")

    def customer_channel(self, customer_id: UUID) -> str | None:
        """The channel in which a customer hears about their invoices."""
        row = self._row(
            "SELECT channel_id FROM farthing.customer_channel WHERE customer_id = %(customer_id)s",
            {"customer_id": customer_id},
        )
        return None if row is None else row.channel_id

    def customer_of_channel(self, channel_id: str) -> UUID | None:
        """Whose channel this is."""
        if not is_storable(channel_id):
            return None
        row = self._row(
            "SELECT customer_id FROM farthing.customer_channel WHERE channel_id = %(channel_id)s",
            {"channel_id": channel_id},
        )
        return None if row is None else row.customer_id

    def lock_channels(self) -> None:
        """Until the transaction ends nobody else binds a channel, a customer's or finance's."""
        self._lock_name("channels")

    def bind_channel(self, customer_id: UUID, channel_id: str) -> None:
        """From now on this is the customer's channel; refuses (Clash) one that is another customer's."""
        self.lock_channels()
        if self.customer_of_channel(channel_id) not in (None, customer_id):
            raise Clash("That channel belongs to another customer; give this one a channel of their own.")
        self._run(
            """
            INSERT INTO farthing.customer_channel (customer_id, channel_id)
            VALUES (%(customer_id)s, %(channel_id)s)
            ON CONFLICT (seller_id, customer_id) DO UPDATE SET channel_id = excluded.channel_id
            """,
            {"customer_id": customer_id, "channel_id": channel_id},
        )
