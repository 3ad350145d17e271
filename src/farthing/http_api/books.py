"""The books over HTTP: trial balance, aging, journal, the file for the accountant's program, and months."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from fastapi.responses import PlainTextResponse
from pydantic import Field

from farthing.core.ledger.chart import CHART
from farthing.core.ledger.month import Month, month_from
from farthing.core.ledger.plain_text import Format
from farthing.core.refused import Refused
from farthing.http_api.access import Changing, Looking
from farthing.http_api.problems import responses
from farthing.http_api.shapes import Day, Given, MoneyGiven, Taken, Text, money
from farthing.usecases.close_month import close_month, list_locks, lock_month, unlock_month
from farthing.usecases.export_books import export_books
from farthing.usecases.ledger_ports import AccountBalance, JournalPlace, MonthLock
from farthing.usecases.ports import SellerStore
from farthing.usecases.report_books import Aged, Bucket, JournalEntry, aging, journal_page, trial_balance

router = APIRouter(tags=["books"])
_Month = Annotated[str, Field(max_length=7, json_schema_extra={"pattern": "^(19|[2-8][0-9])[0-9]{2}-(0[1-9]|1[0-2])$"})]
OnlyMonth = Annotated[_Month | None, Query(description="Only this month, like 2026-10.")]
NamedMonth = Annotated[_Month, Path(description="The month, like 2026-10.")]


class BalanceGiven(Given):
    """One account in one currency; debits are positive."""

    account: str = Field(examples=["receivable"])
    number: str = Field(examples=["1200"])
    name: str
    opening: MoneyGiven
    debit: MoneyGiven
    credit: MoneyGiven
    closing: MoneyGiven


class TrialBalanceGiven(Given):
    """Each account over a month, or over all time; the closing balances of a currency add up to nothing."""

    month: str | None
    locked_through: date | None = Field(description="The last day of the last locked month.")
    accounts: list[BalanceGiven]


class OpenItemGiven(Given):
    """A document that is not paid, or not all of it."""

    number: str
    issued_on: date
    due_on: date
    open: MoneyGiven


class AgedGiven(Given):
    """What one customer has still to pay in one currency, by how long it is overdue."""

    customer: str
    total: MoneyGiven
    not_due: MoneyGiven
    days_1_to_30: MoneyGiven
    days_31_to_60: MoneyGiven
    days_61_to_90: MoneyGiven
    over_90_days: MoneyGiven
    items: list[OpenItemGiven]


class AgingGiven(Given):
    """What is still to be paid on a day."""

    as_of: date
    customers: list[AgedGiven]


class PostingGiven(Given):
    """An amount on an account, debits positive."""

    account: str
    number: str
    amount: MoneyGiven


class EntryGiven(Given):
    """A transaction."""

    transaction_id: UUID
    booked_on: date
    kind: str = Field(examples=["invoice"])
    customer: str
    narration: str
    postings: list[PostingGiven]


class JournalGiven(Given):
    """A page of what was booked, by booking date."""

    entries: list[EntryGiven]
    next_after: str | None = Field(description="Ask with after=… for what follows; null at the end.")


class MonthLockGiven(Given):
    """That a month was locked, or unlocked."""

    month: str
    locked: bool
    at: datetime
    by: str
    because: str


class MonthLocksGiven(Given):
    """Who locked and unlocked months, the newest act first."""

    acts: list[MonthLockGiven]


class ActTaken(Taken):
    """Who locks or unlocks a month, and why."""

    by: Text
    because: Text


class CloseTaken(Taken):
    """Who closes a month; `dry_run` only tells what is in the way."""

    by: Text
    dry_run: bool = False


class ClosedGiven(Given):
    """What closing a month came to."""

    month: str
    locked: bool
    released: int = Field(description="How many releases of what was paid ahead were booked.")
    accrued: int = Field(description="How many accruals were booked.")
    in_the_way: list[str] = Field(description="What keeps the month from being locked, in sentences.")


@router.get("/v1/books/trial-balance", summary="See the trial balance", responses=responses())
def get_trial_balance(asking: Looking, month: OnlyMonth = None) -> TrialBalanceGiven:
    """Each account in each currency: where it began, debits, credits, where it ended."""
    balance = trial_balance(asking.store, _optional(month))
    return TrialBalanceGiven(
        month=month, locked_through=balance.locked_through, accounts=[_balance(one) for one in balance.accounts]
    )


@router.get("/v1/books/aging", summary="See what is still to be paid", responses=responses(404))
def get_aging(
    asking: Looking,
    as_of: Annotated[Day | None, Query(description="On this day; without it today.")] = None,
    customer: Annotated[Text | None, Query(description="Only this customer's.")] = None,
) -> AgingGiven:
    """By customer and currency, and by how long it is overdue."""
    day, aged = aging(asking.store, as_of=as_of, customer_key=customer, now=asking.now)
    return AgingGiven(as_of=day, customers=[_aged(one) for one in aged])


@router.get("/v1/books/journal", summary="See the journal", responses=responses())
def get_journal(
    asking: Looking,
    month: OnlyMonth = None,
    after: Annotated[Text | None, Query(description="The `next_after` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> JournalGiven:
    """Every transaction, by booking date."""
    page = journal_page(asking.store, _optional(month), after=_place(after), limit=limit + 1)
    shown = page[:limit]
    last = shown[-1].transaction if len(page) > limit else None
    return JournalGiven(
        entries=[_entry(one) for one in shown],
        next_after=None if last is None else f"{last.booked_on}_{last.transaction_id}",
    )


@router.get(
    "/v1/books/export",
    summary="Export the journal of a month",
    response_class=PlainTextResponse,
    responses=responses(),
)
def get_export(
    asking: Looking, form: Annotated[Format, Query(alias="format")], month: Annotated[_Month, Query()]
) -> PlainTextResponse:
    """As a file that Beancount or hledger reads; it begins with the balances of before."""
    lines = export_books(asking.store, form, month=month_from(month))
    return PlainTextResponse("".join(f"{line}\n" for line in lines))


@router.get("/v1/books/months", summary="See who locked months", responses=responses())
def get_months(asking: Looking) -> MonthLocksGiven:
    """The newest act first."""
    return MonthLocksGiven(acts=[_lock(act) for act in list_locks(asking.store)])


@router.post("/v1/books/months/{month}/close", summary="Close a month", responses=responses(400, 409, 413, 503))
def post_close(asking: Changing, month: NamedMonth, taken: CloseTaken) -> ClosedGiven:
    """Release what is earned, accrue what is used, prove the books, and lock the month if nothing is in the way."""
    closed = close_month(asking.store, month_from(month), by=taken.by, now=asking.now, dry_run=taken.dry_run)
    return ClosedGiven(
        month=month,
        locked=closed.is_locked,
        released=closed.released,
        accrued=closed.accrued,
        in_the_way=list(closed.in_the_way),
    )


@router.post("/v1/books/months/{month}/lock", summary="Lock a month", responses=responses(400, 409, 413, 503))
def post_lock(asking: Changing, month: NamedMonth, taken: ActTaken) -> MonthLockGiven:
    """It and all before it take no bookings any more, as they are."""

    def act(store: SellerStore) -> object:
        done = lock_month(store, month_from(month), by=taken.by, because=taken.because, now=asking.now)
        return _lock(done).model_dump(mode="json")

    request = {"month": month, **taken.model_dump(mode="json")}
    return MonthLockGiven.model_validate(asking.once("POST /v1/books/months/lock", request, act))


@router.post("/v1/books/months/{month}/unlock", summary="Unlock a month", responses=responses(400, 409, 413, 503))
def post_unlock(asking: Changing, month: NamedMonth, taken: ActTaken) -> MonthLockGiven:
    """Only the last one that is locked."""

    def act(store: SellerStore) -> object:
        done = unlock_month(store, month_from(month), by=taken.by, because=taken.because, now=asking.now)
        return _lock(done).model_dump(mode="json")

    request = {"month": month, **taken.model_dump(mode="json")}
    return MonthLockGiven.model_validate(asking.once("POST /v1/books/months/unlock", request, act))


def _optional(written: str | None) -> Month | None:
    return None if written is None else month_from(written)


def _place(written: str | None) -> JournalPlace | None:
    if written is None:
        return None
    day, _, transaction_id = written.partition("_")
    try:
        return JournalPlace(date.fromisoformat(day), UUID(transaction_id))
    except ValueError:
        raise Refused("That is no place in the journal; send the `next_after` of a page.", field="after") from None


def _balance(one: AccountBalance) -> BalanceGiven:
    name = CHART[one.account]
    return BalanceGiven(
        account=one.account.value,
        number=name.number,
        name=name.name,
        opening=money(one.opening),
        debit=money(one.debit),
        credit=money(one.credit),
        closing=money(one.closing),
    )


def _aged(one: Aged) -> AgedGiven:
    return AgedGiven(
        customer=one.customer_key,
        total=money(one.total),
        not_due=money(one.within(Bucket.NOT_DUE)),
        days_1_to_30=money(one.within(Bucket.DAYS_30)),
        days_31_to_60=money(one.within(Bucket.DAYS_60)),
        days_61_to_90=money(one.within(Bucket.DAYS_90)),
        over_90_days=money(one.within(Bucket.OLDER)),
        items=[
            OpenItemGiven(number=item.number, issued_on=item.issued_on, due_on=item.due_on, open=money(item.open))
            for item in one.items
        ],
    )


def _entry(entry: JournalEntry) -> EntryGiven:
    booked = entry.transaction
    return EntryGiven(
        transaction_id=booked.transaction_id,
        booked_on=booked.booked_on,
        kind=booked.kind.value,
        customer=entry.customer.key,
        narration=entry.narration,
        postings=[
            PostingGiven(
                account=posting.account.value, number=CHART[posting.account].number, amount=money(posting.amount)
            )
            for posting in booked.postings
        ],
    )


def _lock(act: MonthLock) -> MonthLockGiven:
    return MonthLockGiven(month=str(act.month), locked=act.locked, at=act.at, by=act.by, because=act.because)
