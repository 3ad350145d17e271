"""The rules of the things a person can click, pick from or type into, and of pictures among text."""

from __future__ import annotations

from typing import Any

from farthing_slacksim.blocks.checks import (
    ANY,
    ID,
    Check,
    Report,
    anything,
    boolean,
    both,
    integer,
    items,
    marked,
    one_of,
    plain,
    record,
    string,
    typed,
    url,
)

confirm = record(
    {"title": plain(100), "text": marked(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)


def _option(text: Check) -> Check:
    return record({"text": text, "value": string(longest=150)}, {"description": marked(75), "url": url()})


plain_option = _option(plain(75))
marked_option = _option(marked(75))
option_group = record({"label": plain(75), "options": items(plain_option, most=100)})

_DATE = string(pattern=r"\d{4}-\d{2}-\d{2}")
_FOCUS = {"focus_on_load": boolean}
_PLACEHOLDER = {"placeholder": plain(150)}
_ACTION = {"action_id": ID, "confirm": confirm}


def _initial_is_an_option(one: str | None, several: str | None) -> Check:
    """What is chosen at first must be one of the options, to the letter."""

    def check(report: Report, at: str, value: Any) -> None:
        groups = value.get("option_groups") or []
        options = list(value.get("options") or []) + [o for g in groups for o in g["options"]]
        chosen = [value[one]] if one and value.get(one) else list(value.get(several or "") or [])
        for choice in chosen:
            if choice not in options:
                report.error(at, "initial option must be one of the options")

    return check


def _options_or_groups(report: Report, at: str, value: Any) -> None:
    if ("options" in value) == ("option_groups" in value):
        report.error(at, "must have either options or option_groups")


def _values_differ(report: Report, at: str, value: Any) -> None:
    values = [option["value"] for option in value.get("options") or []]
    if len(set(values)) != len(values):
        report.error(f"{at}/options", "option values must be unique")


button = record(
    {**ANY, "text": plain(75)},
    {
        **_ACTION,
        "value": string(shortest=0, longest=2000),
        "url": url(),
        "style": one_of("primary", "danger"),
        "accessibility_label": string(longest=75),
    },
)
static_select = both(
    record(
        ANY,
        {
            **_ACTION,
            **_FOCUS,
            **_PLACEHOLDER,
            "options": items(plain_option, most=100),
            "option_groups": items(option_group, most=100),
            "initial_option": plain_option,
        },
    ),
    _options_or_groups,
    _values_differ,
    _initial_is_an_option("initial_option", None),
)
external_select = record(
    ANY,
    {
        **_ACTION,
        **_FOCUS,
        **_PLACEHOLDER,
        "initial_option": plain_option,
        "min_query_length": integer(least=0),
    },
)
users_select = record(ANY, {**_ACTION, **_FOCUS, **_PLACEHOLDER, "initial_user": ID})
conversations_select = record(
    ANY,
    {
        **_ACTION,
        **_FOCUS,
        **_PLACEHOLDER,
        "initial_conversation": ID,
        "default_to_current_conversation": boolean,
        "response_url_enabled": boolean,
        "filter": record(
            {},
            {
                "include": items(one_of("im", "mpim", "private", "public"), most=4),
                "exclude_external_shared_channels": boolean,
                "exclude_bot_users": boolean,
            },
        ),
    },
)
overflow = both(record({**ANY, "options": items(plain_option, most=5)}, _ACTION), _values_differ)
datepicker = record(ANY, {**_ACTION, **_FOCUS, **_PLACEHOLDER, "initial_date": _DATE})
checkboxes = both(
    record(
        {**ANY, "options": items(marked_option, most=10)},
        {**_ACTION, **_FOCUS, "initial_options": items(marked_option, most=10)},
    ),
    _values_differ,
    _initial_is_an_option(None, "initial_options"),
)
radio_buttons = both(
    record(
        {**ANY, "options": items(marked_option, most=10)},
        {**_ACTION, **_FOCUS, "initial_option": marked_option},
    ),
    _values_differ,
    _initial_is_an_option("initial_option", None),
)
_dispatch = record({}, {"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), most=2)})
plain_text_input = record(
    ANY,
    {
        "action_id": ID,
        **_FOCUS,
        **_PLACEHOLDER,
        "initial_value": string(shortest=0),
        "multiline": boolean,
        "min_length": integer(least=0, most=3000),
        "max_length": integer(least=1, most=3000),
        "dispatch_action_config": _dispatch,
    },
)
number_input = record(
    {**ANY, "is_decimal_allowed": boolean},
    {
        "action_id": ID,
        **_FOCUS,
        **_PLACEHOLDER,
        "initial_value": string(),
        "min_value": string(),
        "max_value": string(),
        "dispatch_action_config": _dispatch,
    },
)


def _picture_source(report: Report, at: str, value: Any) -> None:
    if ("image_url" in value) == ("slack_file" in value):
        report.error(at, "must have either image_url or slack_file")
    file = value.get("slack_file")
    if file and not report.file_exists(str(file.get("id") or file.get("url"))):
        report.error(f"{at}/slack_file", "invalid slack file")


slack_file = record({}, {"id": string(), "url": url()})
image = both(
    record(
        {**ANY, "alt_text": string(longest=2000)},
        {"image_url": url(), "slack_file": slack_file},
    ),
    _picture_source,
)
image_block = both(
    record(
        {**ANY, "alt_text": string(longest=2000)},
        {"block_id": ID, "image_url": url(), "slack_file": slack_file, "title": plain(2000)},
    ),
    _picture_source,
)

_SELECTS: dict[str, Check] = {
    "static_select": static_select,
    "external_select": external_select,
    "users_select": users_select,
    "conversations_select": conversations_select,
}
_PICKS: dict[str, Check] = {
    **_SELECTS,
    "datepicker": datepicker,
    "checkboxes": checkboxes,
    "radio_buttons": radio_buttons,
}
accessory = typed({**_PICKS, "button": button, "overflow": overflow, "image": image})
action = typed({**_PICKS, "button": button, "overflow": overflow})
input_element = typed({**_PICKS, "plain_text_input": plain_text_input, "number_input": number_input})
context_element = typed(
    {
        "image": image,
        "mrkdwn": record({"type": anything, "text": string(longest=3000)}, {"verbatim": boolean}),
        "plain_text": record({"type": anything, "text": string(longest=3000)}, {"emoji": boolean}),
    }
)
