"""Who looks after the data is told, where there is a channel in which somebody can hear it."""

from collections.abc import Iterable
from datetime import datetime

from farthing.core.notices import DataNotice
from farthing.usecases.ports import SellerStore


def tell_data(store: SellerStore, notices: Iterable[DataNotice], *, written_at: datetime) -> None:
    """Write these notices; to be called in the transaction that decides.

    Where no channel is bound none is written: what nobody could hear today is no news once somebody can, and
    `farthing usage audit` tells it at any time.
    """
    told = list(notices)
    if not told:
        return
    install = store.slack_install()
    if install is not None and (install.data_channel or install.finance_channel):
        store.write_notices(told, written_at=written_at)
