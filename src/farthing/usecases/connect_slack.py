"""The seller's own Slack workspace is connected, with tokens that were checked."""

from dataclasses import replace

from farthing.usecases.ports import SellerStore, SlackInstall


def connect_slack(store: SellerStore, install: SlackInstall) -> None:
    """Keep the tokens, encrypted. New tokens of the same workspace leave its channels as they are."""
    with store.transaction():
        there = store.slack_install()
        if there is not None and there.team_id == install.team_id:
            install = replace(install, finance_channel=there.finance_channel, data_channel=there.data_channel)
        store.keep_slack_install(install)
