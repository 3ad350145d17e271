"""What is told by itself, over HTTP: settings of each ear, looked at and set; customers switched live or quiet."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field

from farthing.core.telling.due_days import Span
from farthing.core.telling.ear import Ear
from farthing.core.telling.settings import Kind, heard_by
from farthing.http_api.access import Asking, Changing, Looking
from farthing.http_api.problems import responses
from farthing.http_api.shapes import Given, Taken, Text, Whole
from farthing.usecases.notice_settings import (
    SettingsChange,
    SettingsView,
    change_settings,
    find_ear,
    list_settings,
    quiet_from,
    show_settings,
    time_from,
)
from farthing.usecases.ports import SellerStore
from farthing.usecases.quiet_mode import switch_customer

router = APIRouter(tags=["notices"])
_EXAMPLE: dict[str, Any] = {"digests": ["daily"], "at": "8:30", "quiet": "22:00-7:00", "by": "Ada"}
EarNamed = Annotated[Text, Path(description="finance, data, a customer's key, or a person's Slack user.")]
Customer = Annotated[Text, Path(description="The customer's key.")]


class SettingsTaken(Taken):
    """What is to be different; what is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    digests: list[Annotated[Span, Field(strict=False)]] | None = Field(None, description="Empty for none.")
    told: list[Annotated[Kind, Field(strict=False)]] | None = Field(None, description="The kinds that are told.")
    at: Text | None = Field(None, description="When digests come, such as 8:30.")
    zone: Text | None = Field(None, description="On whose clock, such as Europe/Berlin.")
    quiet: Text | None = Field(None, description="Hours in which nothing is told, such as 22:00-7:00; “none” for none.")
    days_ahead: Whole | None = Field(None, description="How many days before it comes something is told.")
    by: Text


class SettingsGiven(Given):
    """What an ear is told, and who set it up."""

    ear: str
    called: str
    told: list[str]
    digests: list[str]
    at: str
    zone: str
    quiet: str | None
    days_ahead: int
    set_by: str


class AllSettingsGiven(Given):
    """Finance's and data's settings, and all that somebody set."""

    settings: list[SettingsGiven]


class HearingTaken(Taken):
    """Whether a customer hears for themselves."""

    live: bool
    by: Text


class HearingGiven(Given):
    """Who said so, and how many messages that waited for them were kept back."""

    customer: str
    live: bool
    set_by: str
    set_at: datetime
    kept_back: int


@router.get("/v1/notice-settings", summary="List what is told to whom", responses=responses())
def get_all_settings(asking: Looking) -> AllSettingsGiven:
    """Those that hold where nobody set anything say so in `set_by`."""
    return AllSettingsGiven(settings=[_given(view) for view in list_settings(asking.store, person=None)])


@router.get("/v1/notice-settings/{ear}", summary="Look at what is told to one", responses=responses(404))
def get_settings(asking: Looking, ear: EarNamed) -> SettingsGiven:
    """Kinds, digests, quiet hours."""
    return _given(show_settings(asking.store, _found(asking.store, ear), person=None))


@router.post(
    "/v1/notice-settings/{ear}", summary="Set what is told to one", responses=responses(400, 404, 409, 413, 503)
)
def post_settings(asking: Changing, ear: EarNamed, taken: SettingsTaken) -> SettingsGiven:
    """The same again changes nothing."""

    def act(store: SellerStore) -> object:
        found = _found(store, ear)
        off = None if taken.told is None else frozenset(kind for kind in heard_by(found) if kind not in taken.told)
        change = SettingsChange(
            spans=None if taken.digests is None else frozenset(taken.digests),
            switched_off=off,
            at=None if taken.at is None else time_from(taken.at, field="at"),
            in_zone=taken.zone,
            quiet=None if taken.quiet in (None, "none") else quiet_from(taken.quiet),
            no_quiet=taken.quiet == "none",
            days_ahead=taken.days_ahead,
        )
        view = change_settings(store, found, change, by=taken.by, person=None, now=asking.now)
        return _given(view).model_dump(mode="json")

    scope = f"POST /v1/notice-settings/{ear}"
    return SettingsGiven.model_validate(asking.once(scope, taken.model_dump(mode="json"), act))


@router.post(
    "/v1/customers/{customer}/hearing",
    summary="Switch a customer live or quiet",
    responses=responses(400, 404, 409, 413, 503),
)
def post_hearing(asking: Changing, customer: Customer, taken: HearingTaken) -> HearingGiven:
    """What a quiet customer would have been told goes to finance; what is past is not sent later."""

    def act(store: SellerStore) -> object:
        return _switched(asking, store, customer, taken).model_dump(mode="json")

    scope = f"POST /v1/customers/{customer}/hearing"
    return HearingGiven.model_validate(asking.once(scope, taken.model_dump(mode="json"), act), strict=False)


def _switched(asking: Asking, store: SellerStore, customer: str, taken: HearingTaken) -> HearingGiven:
    switched = switch_customer(store, customer, live=taken.live, by=taken.by, person=None, now=asking.now)
    return HearingGiven(
        customer=switched.customer.key,
        live=switched.hearing.is_live,
        set_by=switched.hearing.set_by,
        set_at=switched.hearing.set_at,
        kept_back=switched.kept_back,
    )


def _found(store: SellerStore, ear: str) -> Ear:
    with store.transaction():
        return find_ear(store, ear, person=None)


def _given(view: SettingsView) -> SettingsGiven:
    settings = view.settings
    quiet = settings.quiet
    return SettingsGiven(
        ear=str(settings.ear),
        called=view.called,
        told=[kind.value for kind in heard_by(settings.ear) if settings.hears(kind)],
        digests=[span.value for span in Span if span in settings.spans],
        at=f"{settings.at:%H:%M}",
        zone=settings.in_zone,
        quiet=None if quiet is None else f"{quiet.begins:%H:%M}-{quiet.ends:%H:%M}",
        days_ahead=settings.days_ahead,
        set_by=settings.set_by,
    )
