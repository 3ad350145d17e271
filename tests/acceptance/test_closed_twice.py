"""The same month closed by two processes at once: one invoice a subscription and moment, each booked once."""

from pathlib import Path

from farthing.core.invoicing.invoice import Invoice
from farthing.usecases.record_usage import record_usage
from tests.acceptance.processes import BEGIN, events, finished, home_in, open_shop

CUSTOMERS = [f"customer-{number:02d}" for number in range(30)]


def test_two_processes_close_the_same_month_once(empty_database: str, tmp_path: Path) -> None:
    with home_in(tmp_path / "home", owner_url=empty_database) as home:
        with home.store() as store:
            open_shop(store, *CUSTOMERS)
            for customer in CUSTOMERS:
                record_usage(store, events(20, subject=customer), now=BEGIN.replace(month=3))
        closing = [home.begin("period", "close", "--through", "2024-02-29") for _ in range(3)]
        said = [finished(process) for process in closing]
        with home.store() as store, store.transaction():
            invoices: list[Invoice] = list(store.all_invoices())
            transactions = list(store.all_transactions())
            runs = store.runs()
        moments = {(invoice.draft.subscription_id, invoice.draft.at) for invoice in invoices}
        assert len(moments) == len(invoices) == len(CUSTOMERS) * 3
        assert [invoice.sequence for invoice in invoices] == list(range(1, len(invoices) + 1))
        booked = [transaction.about for transaction in transactions if transaction.kind.value == "invoice"]
        assert sorted(booked) == sorted(invoice.invoice_id for invoice in invoices)
        released = [transaction.about for transaction in transactions if transaction.kind.value == "release"]
        assert len(released) == len(set(released)) == len(CUSTOMERS) * 2
        assert [(str(run.through), run.invoices) for run in runs] == [("2024-02-29", len(invoices))]
        assert any(f"the run has {len(invoices)} in all" in words for words in said)
        assert "0 new invoices" in home.run("period", "close", "--through", "2024-02-29")
        home.check()
