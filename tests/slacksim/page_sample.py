"""A small workspace to look at: a finance channel with a run summary, an invoice card, a Home, a form.

Behind the simulator answers a real slack_bolt app in Socket Mode, so that the page is tried with the
same traffic as a product makes.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from farthing_slacksim.model import InstalledApp
from farthing_slacksim.page.extras import PageExtras, Step
from farthing_slacksim.server import SlackSim

Json = dict[str, Any]

MANIFEST: Json = {
    "display_information": {"name": "Sample Books"},
    "features": {
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "bot_user": {"display_name": "Sample Books", "always_online": True},
        "slash_commands": [
            {"command": "/spend", "description": "What a customer used so far", "usage_hint": "[customer]"},
            {"command": "/refund", "description": "Ask for a refund", "usage_hint": ""},
        ],
    },
    "oauth_config": {
        "scopes": {
            "bot": ["commands", "chat:write", "files:write", "files:read", "im:write", "users:read"],
        }
    },
    "settings": {
        "socket_mode_enabled": True,
        "interactivity": {"is_enabled": True},
        "event_subscriptions": {"bot_events": ["app_home_opened"]},
    },
}


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": True}


def marked(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def button(text: str, action_id: str, value: str = "1", **more: Any) -> Json:
    return {"type": "button", "text": plain(text), "action_id": action_id, "value": value, **more}


def cells(*texts: str) -> list[Json]:
    return [{"type": "raw_text", "text": text} for text in texts]


CUSTOMERS = [
    ("Northwind Traders", "INV-2026-0031", "12,480.50 USD", "+4.1 %"),
    ("Blue Harbour Robotics", "INV-2026-0032", "8,112.00 USD", "-2.0 %"),
    ("Atelier Lumière", "INV-2026-0033", "964.75 USD", "+61.3 %"),
    ("Kestrel & Sons", "INV-2026-0034", "49.00 USD", "0.0 %"),
]


def run_summary() -> list[Json]:
    months = ("June", "July", "August")
    return [
        {"type": "header", "text": plain("August is closed :tada:")},
        {
            "type": "section",
            "text": marked("*4 invoices* for *21,606.25 USD* were issued to _4 customers_; none is held back."),
            "accessory": button("Open the run", "open_run"),
        },
        {
            "type": "data_visualization",
            "title": "Invoiced by month",
            "chart": {
                "type": "bar",
                "series": [
                    {
                        "name": "Usage",
                        "data": [
                            {"label": m, "value": v} for m, v in zip(months, (15210.5, 17933.25, 19606.25), strict=True)
                        ],
                    },
                    {"name": "Platform fees", "data": [{"label": m, "value": 2000} for m in months]},
                ],
                "axis_config": {"categories": list(months), "y_label": "USD"},
            },
        },
        {
            "type": "table",
            "column_settings": [{"is_wrapped": True}, {}, {"align": "right"}, {"align": "right"}],
            "rows": [
                cells("Customer", "Invoice", "Amount", "Change"),
                *(cells(*row) for row in CUSTOMERS),
            ],
        },
        {"type": "context", "elements": [marked("Closed by <!date^1788220800^{date_short} at {time}|1 Sep>")]},
    ]


def invoice_card(status: str = "Issued, due 30 September 2026") -> list[Json]:
    return [
        {"type": "header", "text": plain("Invoice INV-2026-0031")},
        {
            "type": "section",
            "fields": [
                marked("*Customer*\nNorthwind Traders"),
                marked("*Amount due*\n12,480.50 USD"),
                marked("*Period*\n1 – 31 August 2026"),
                marked(f"*Status*\n{status}"),
            ],
        },
        {
            "type": "actions",
            "elements": [
                button("Explain", "explain", style="primary"),
                button("Question a line", "question"),
                button(
                    "Approve",
                    "approve",
                    "INV-2026-0031",
                    confirm={
                        "title": plain("Approve this invoice?"),
                        "text": marked("*12,480.50 USD* to Northwind Traders"),
                        "confirm": plain("Approve"),
                        "deny": plain("Not yet"),
                    },
                ),
                {
                    "type": "overflow",
                    "action_id": "more",
                    "options": [
                        {"text": plain("History"), "value": "history"},
                        {"text": plain("Copy number"), "value": "copy"},
                    ],
                },
            ],
        },
    ]


def spend_card(customer: str) -> list[Json]:
    days = [f"{day} Aug" for day in range(1, 15)]
    return [
        {"type": "section", "text": marked(f"*{customer}* has used *6,204.10 USD* since 1 August.")},
        {
            "type": "data_visualization",
            "title": "Tokens a day, in millions",
            "chart": {
                "type": "area",
                "series": [
                    {
                        "name": name,
                        "data": [{"label": d, "value": 40 + (i * step) % 37} for i, d in enumerate(days)],
                    }
                    for name, step in (("Input", 11), ("Output", 7))
                ],
                "axis_config": {"categories": days},
            },
        },
        {"type": "actions", "elements": [button("Breakdown", "breakdown"), button("Share", "share")]},
    ]


def refund_form() -> Json:
    reasons = [("Service was down", "down"), ("Billed twice", "twice")]
    return {
        "type": "modal",
        "callback_id": "refund",
        "title": plain("Ask for a refund"),
        "submit": plain("Send to finance"),
        "close": plain("Cancel"),
        "blocks": [
            {"type": "section", "text": marked("It goes to <#C000|finance> and waits for a second person.")},
            {
                "type": "input",
                "block_id": "amount",
                "label": plain("Amount in USD"),
                "hint": plain("At most 12,480.50"),
                "element": {"type": "number_input", "action_id": "amount", "is_decimal_allowed": True},
            },
            {
                "type": "input",
                "block_id": "reason",
                "label": plain("Reason"),
                "element": {
                    "type": "static_select",
                    "action_id": "reason",
                    "placeholder": plain("Choose a reason"),
                    "options": [{"text": plain(text), "value": value} for text, value in reasons],
                },
            },
            {
                "type": "input",
                "block_id": "customer",
                "optional": True,
                "label": plain("Customer"),
                "element": {"type": "external_select", "action_id": "customer", "min_query_length": 2},
            },
            {
                "type": "input",
                "block_id": "note",
                "optional": True,
                "label": plain("Note"),
                "element": {"type": "plain_text_input", "action_id": "note", "multiline": True},
            },
            {
                "type": "input",
                "block_id": "tell",
                "optional": True,
                "label": plain("Tell also"),
                "element": {
                    "type": "checkboxes",
                    "action_id": "tell",
                    "options": [
                        {"text": plain("The customer"), "value": "customer"},
                        {"text": plain("Account manager"), "value": "manager"},
                    ],
                },
            },
        ],
    }


def home(opened: int) -> Json:
    return {
        "type": "home",
        "blocks": [
            {"type": "header", "text": plain("Good morning, Fay")},
            {"type": "section", "text": marked(f"*19,606.25 USD* used this month. Opened {opened} times.")},
            {
                "type": "section",
                "fields": [marked("*Northwind Traders*\n12,480.50 USD"), marked("*Kestrel & Sons*\n49.00 USD")],
            },
            {"type": "divider"},
            {
                "type": "section",
                "text": marked(":hourglass_flowing_sand: *1 refund* waits for you"),
                "accessory": button("Look at it", "look", style="primary"),
            },
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "static_select",
                        "action_id": "digest",
                        "placeholder": plain("Digest"),
                        "options": [
                            {"text": plain("Digest every day"), "value": "day"},
                            {"text": plain("Digest every week"), "value": "week"},
                        ],
                    },
                    button("Help", "help"),
                ],
            },
        ],
    }


@dataclass
class Sample:
    """The running workspace, and what its app heard."""

    sim: SlackSim
    app: InstalledApp
    fay: str
    omar: str
    finance: str
    northwind: str
    heard: list[tuple[str, Any]] = field(default_factory=list)

    def address(self, person: str | None = None, place: str | None = None) -> str:
        return f"{self.sim.url}as/{person or self.fay}/{place or self.finance}"


def build_app(sample: Sample, client: AsyncWebClient) -> AsyncApp:
    app = AsyncApp(client=client, process_before_response=False)
    opened = 0

    @app.command("/spend")
    async def spend(ack: Any, command: Json, respond: Any) -> None:
        await ack()
        sample.heard.append(("command", command["text"]))
        customer = command["text"].strip() or "Northwind Traders"
        await respond(text=f"{customer} has used 6,204.10 USD", blocks=spend_card(customer))

    @app.command("/refund")
    async def refund(ack: Any, command: Json) -> None:
        await ack()
        await client.views_open(trigger_id=command["trigger_id"], view=refund_form())

    @app.view("refund")
    async def refund_sent(ack: Any, view: Json, body: Json) -> None:
        values = view["state"]["values"]
        amount = values["amount"]["amount"]["value"]
        if float(amount) > 12_480.5:
            await ack(response_action="errors", errors={"amount": "At most 12,480.50 can be given back."})
            return
        await ack()
        sample.heard.append(("refund", values))
        await client.chat_postMessage(
            channel=sample.finance,
            text=f"<@{body['user']['id']}> asks to give back *{amount} USD*: "
            + values["reason"]["reason"]["selected_option"]["text"]["text"],
        )

    @app.options("customer")
    async def customers(ack: Any, payload: Json) -> None:
        found = [name for name, *_ in CUSTOMERS if payload["value"].lower() in name.lower()]
        await ack(options=[{"text": plain(name), "value": name.split()[0].lower()} for name in found])

    @app.action("approve")
    async def approve(ack: Any, body: Json) -> None:
        await ack()
        sample.heard.append(("approve", body["actions"][0]["value"]))
        await client.chat_update(
            channel=body["channel"]["id"],
            ts=body["message"]["ts"],
            text="Invoice INV-2026-0031 is approved",
            blocks=invoice_card(status=":white_check_mark: Approved")[:2],
        )

    @app.action("explain")
    async def explain(ack: Any, respond: Any) -> None:
        await ack()
        await respond(
            text="12,480.50 USD is 412.6 M tokens on two prices and a fee.",
            response_type="ephemeral",
            replace_original=False,
        )

    @app.event("app_home_opened")
    async def home_opened(event: Json) -> None:
        nonlocal opened
        opened += 1
        await client.views_publish(user_id=event["user"], view=home(opened))

    @app.action("digest")
    async def digest(ack: Any, action: Json) -> None:
        await ack()
        sample.heard.append(("digest", action["selected_option"]["value"]))

    @app.action({"type": "block_actions"})
    async def other(ack: Any) -> None:
        await ack()

    return app


@contextlib.contextmanager
def listening(sample: Sample) -> Iterator[None]:
    """Runs the slack_bolt app in a thread of its own while the block lasts."""
    ready, done = threading.Event(), threading.Event()

    async def run() -> None:
        client = AsyncWebClient(token=sample.app.bot_token, base_url=sample.sim.api_url)
        client.proxy = None
        app = build_app(sample, client)
        web = AsyncWebClient(token=sample.app.bot_token, base_url=sample.sim.api_url)
        web.proxy = None
        handler = AsyncSocketModeHandler(app, sample.app.app_token, web_client=web)
        handler.client.proxy = None
        await handler.connect_async()
        ready.set()
        while not done.is_set():
            await asyncio.sleep(0.05)
        await handler.close_async()

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert ready.wait(15), "The sample app did not connect"
    try:
        yield
    finally:
        done.set()
        thread.join(10)


@contextlib.contextmanager
def sample_workspace(port: int = 0) -> Iterator[Sample]:
    """The whole sample, running."""
    sample: Sample

    def steps() -> list[Step]:
        kinds = {kind for kind, _ in sample.heard}
        return [
            Step("summary", "Read the run summary in #finance", "It is already open.", done=True),
            Step("spend", "Type /spend northwind", "In #finance, at the bottom.", done="command" in kinds),
            Step("approve", "Approve the invoice", "It asks before it does.", done="approve" in kinds),
            Step("close", "Move to the end of the month", "September closes.", "closed" in kinds, "Move"),
        ]

    def act(key: str) -> str:
        sample.heard.append(("closed", key))
        return "September is closed: 4 invoices were issued."

    extras = PageExtras(
        title="Sample workspace", clock_text=lambda: "Tue 1 September 2026, 09:00", steps=steps, act=act
    )
    sim = SlackSim(port=port, page=extras)
    with sim.running():
        workspace = sim.workspace
        app = workspace.install_app(MANIFEST)
        fay = workspace.add_user(name="fay", real_name="Fay Finance", tz="Europe/Paris", is_admin=True)
        omar = workspace.add_user(name="omar", real_name="Omar Okafor", tz="America/New_York")
        finance = workspace.add_channel(
            name="finance", private=True, members=[fay, app.bot_user_id], purpose="Closing, invoices, refunds"
        )
        northwind = workspace.add_channel(name="cust-northwind", members=[fay, omar, app.bot_user_id])
        sample = Sample(sim, app, fay, omar, finance, northwind)
        with listening(sample):
            yield sample
