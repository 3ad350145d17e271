"""A Slack channel is bound: to finance, to who looks after the data, or to the one customer it is for."""

from dataclasses import replace

from farthing.core.refused import Clash, Refused
from farthing.core.saying import message
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore


def bind_customer_channel(store: SellerStore, *, customer_key: str, channel_id: str) -> None:
    """From now on this customer's invoices are told in this channel, and nobody else's are."""
    with store.transaction():
        store.lock_channels()
        customer = find_customer(store, customer_key, person=None)
        install = store.slack_install()
        if install is not None and install.finance_channel == channel_id:
            raise Clash(
                message("That is the finance channel; a customer needs a channel of their own."), field="channel"
            )
        if install is not None and install.data_channel == channel_id:
            raise Clash(message("That is the data channel; a customer needs a channel of their own."), field="channel")
        holder = store.customer_of_channel(channel_id)
        if holder not in (None, customer.customer_id):
            raise Clash(message("That channel belongs to another customer; give this one a channel of their own."))
        store.bind_channel(customer.customer_id, channel_id)


def bind_finance_channel(store: SellerStore, *, channel_id: str) -> None:
    """From now on closing runs are told in this channel."""
    with store.transaction():
        store.lock_channels()
        install = store.slack_install()
        if install is None:
            raise Refused(message("No Slack workspace is connected yet; run farthing slack connect first."))
        if store.customer_of_channel(channel_id) is not None:
            raise Clash(
                message("That channel belongs to a customer; finance needs a channel of its own."), field="channel"
            )
        store.keep_slack_install(replace(install, finance_channel=channel_id))


def bind_data_channel(store: SellerStore, *, channel_id: str) -> None:
    """From now on it is told in this channel, and not in finance's, how usage arrives."""
    with store.transaction():
        store.lock_channels()
        install = store.slack_install()
        if install is None:
            raise Refused(message("No Slack workspace is connected yet; run farthing slack connect first."))
        if store.customer_of_channel(channel_id) is not None:
            raise Clash(
                message("That channel belongs to a customer; data needs a channel of its own."), field="channel"
            )
        store.keep_slack_install(replace(install, data_channel=channel_id))
