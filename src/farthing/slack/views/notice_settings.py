"""What an ear is told, as a form: kinds, digests and their hour, how far ahead, and quiet hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time

from farthing.core.telling.due_days import Span
from farthing.core.telling.ear import Ear, Hearer
from farthing.core.telling.settings import Kind, Settings, heard_by
from farthing.slack.views.blocks import Block, actions, button, escaped, modal, section, small_print
from farthing.slack.views.digests import span_text, who_set_up
from farthing.slack.views.fields import field, option
from farthing.slack.views.words import say

SETTINGS_VIEW = "notice_settings"
KINDS_BLOCK, SPANS_BLOCK, AT_BLOCK, ZONE_BLOCK = "kinds", "spans", "at", "zone"
BEGINS_BLOCK, ENDS_BLOCK, DAYS_BLOCK = "quiet_begins", "quiet_ends", "days"
CHOSEN = "chosen"
NO_TIME = "none"
DAYS_OFFERED = (1, 3, 7, 14, 30, 60)


def settings_form(settings: Settings, *, called: str, zones: Sequence[str]) -> Block:
    """The form; `zones` are the reader's own first, then others that are likely."""
    ear = settings.ear
    kinds = heard_by(ear)
    blocks: list[Block] = [section(escaped(_whose(ear, called)))]
    if kinds:
        options = [option(_kind_text(kind), kind.value) for kind in kinds]
        ticked = [option for option, kind in zip(options, kinds, strict=True) if kind not in settings.switched_off]
        blocks.append(field(KINDS_BLOCK, say("Tell"), _boxes(options, ticked), optional=True))
    spans = [option(span_text(span), span.value) for span in Span]
    chosen = [option for option, span in zip(spans, Span, strict=True) if span in settings.spans]
    blocks.append(field(SPANS_BLOCK, say("A digest"), _boxes(spans, chosen), optional=True))
    blocks.append(field(AT_BLOCK, say("At"), _clock(settings.at)))
    blocks.append(field(ZONE_BLOCK, say("On the clock of"), _select(zones, settings.in_zone)))
    if Kind.AHEAD in kinds or ear.hearer in (Hearer.FINANCE, Hearer.PERSON):
        days = [str(each) for each in sorted({*DAYS_OFFERED, settings.days_ahead})]
        blocks.append(field(DAYS_BLOCK, say("Days ahead"), _select(days, str(settings.days_ahead))))
    begins, ends = (None, None) if settings.quiet is None else (settings.quiet.begins, settings.quiet.ends)
    hint = say("What comes up in quiet hours is told when they end. Choose none in both for no quiet hours.")
    blocks.append(field(BEGINS_BLOCK, say("Quiet from"), _clock_or_none(begins)))
    blocks.append(field(ENDS_BLOCK, say("Quiet until"), _clock_or_none(ends), hint=hint))
    blocks.append(small_print(escaped(who_set_up(settings))))
    form = modal(say("What is told"), blocks, callback_id=SETTINGS_VIEW, submit=say("Save"))
    return form | {"private_metadata": str(ear)}


def settings_done(settings: Settings, *, called: str) -> Block:
    """What holds now, in words."""
    return modal(say("What is told"), [section("\n".join(escaped(line) for line in settings_lines(settings, called)))])


def settings_lines(settings: Settings, called: str) -> list[str]:
    """The settings in sentences."""
    at = clock_text(settings.at)
    lines = [_whose(settings.ear, called)]
    told = [_kind_text(kind) for kind in heard_by(settings.ear) if settings.hears(kind)]
    if told:
        lines.append(say("Told: {kinds}.", kinds=", ".join(told)))
    spans = [span_text(span) for span in Span if span in settings.spans]
    if spans:
        lines.append(say("A digest {when} at {at} ({zone}).", when=", ".join(spans), at=at, zone=settings.in_zone))
    else:
        lines.append(say("No digest."))
    if settings.quiet is not None:
        begins, ends = clock_text(settings.quiet.begins), clock_text(settings.quiet.ends)
        lines.append(say("Quiet from {begins} to {ends} ({zone}).", begins=begins, ends=ends, zone=settings.in_zone))
    lines.append(who_set_up(settings))
    return lines


def settings_home(ears: Sequence[tuple[Ear, str]]) -> list[Block]:
    """In Home: the way to one's own settings, and to those of the channels that one may set."""
    buttons = [button(_button_text(ear, called), f"notice_settings_open_{number}", str(ear))
               for number, (ear, called) in enumerate(ears[:5])]  # fmt: skip
    text = say("Digests, quiet hours and what is told.")
    return [section(f"*{escaped(say('What is told'))}*\n{escaped(text)}"), actions(*buttons)]


def clock_text(at: time) -> str:
    """A time of day, which is written alike everywhere."""
    return f"{at:%H:%M}"


def _whose(ear: Ear, called: str) -> str:
    match ear.hearer:
        case Hearer.FINANCE:
            return say("What is told in the finance channel.")
        case Hearer.DATA:
            return say("What is told to those who look after the data.")
        case Hearer.CUSTOMER:
            return say("What is told in the channel of {name}.", name=called)
        case Hearer.PERSON:
            return say("What you are told by yourself, in a direct message.")


def _button_text(ear: Ear, called: str) -> str:
    match ear.hearer:
        case Hearer.FINANCE:
            return say("Finance channel…")
        case Hearer.DATA:
            return say("Data channel…")
        case Hearer.CUSTOMER:
            return say("Channel of {name}…", name=called)
        case Hearer.PERSON:
            return say("My own…")


def _kind_text(kind: Kind) -> str:
    match kind:
        case Kind.INVOICES:
            return say("invoices")
        case Kind.RUNS:
            return say("billing runs")
        case Kind.ALERTS:
            return say("alerts of budgets and credit")
        case Kind.AHEAD:
            return say("what comes: trial ends, renewals, new prices, credit that expires")
        case Kind.DATA:
            return say("how usage arrives")


def _boxes(options: Sequence[Block], ticked: Sequence[Block]) -> Block:
    made: Block = {"type": "checkboxes", "action_id": CHOSEN, "options": list(options)}
    return made | {"initial_options": list(ticked)} if ticked else made


def _select(options: Sequence[str], chosen: str) -> Block:
    offered = [option(each, each) for each in dict.fromkeys((*options, chosen))]
    return {
        "type": "static_select",
        "action_id": CHOSEN,
        "options": offered[:100],
        "initial_option": option(chosen, chosen),
    }


def _clock(at: time) -> Block:
    return _select(_half_hours(at), clock_text(at))


def _clock_or_none(at: time | None) -> Block:
    """A menu, since a clock that was picked could not be taken away again."""
    none = option(say("none"), NO_TIME)
    chosen = none if at is None else option(clock_text(at), clock_text(at))
    options = [none, *(option(each, each) for each in _half_hours(at))]
    return {"type": "static_select", "action_id": CHOSEN, "options": options, "initial_option": chosen}


def _half_hours(at: time | None) -> list[str]:
    halves = {clock_text(time(hour, minute)) for hour in range(24) for minute in (0, 30)}
    return sorted(halves if at is None else {*halves, clock_text(at)})
