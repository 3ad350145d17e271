"""The seller's own Slack workspace is connected, with tokens that were checked."""

from dataclasses import replace

from farthing.usecases.ports import SellerStore, SlackInstall


def connect_slack(store: SellerStore, install: SlackInstall) -> None:
    """Keep the tokens, encrypted. New tokens of the same workspace leave its finance channel as it is."""
    with store.transaction():
        there = store.slack_install()
        kept = there.finance_channel if there is not None and there.team_id == install.team_id else None
        store.keep_slack_install(replace(install, finance_channel=kept))
