"""Clients of Slack's Web API that never send a thing twice by themselves, and never go round by a proxy to loopback."""

import ipaddress
from typing import Any
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.client import WebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from farthing.core.parties import Mode
from farthing.core.refused import Refused

TIMEOUT_SECONDS = 15


def is_loopback(url: str) -> bool:
    """Whether the address is this machine.

    >>> [is_loopback(url) for url in ("http://127.0.0.1:8/api/", "http://localhost/", "https://slack.com/api/")]
    [True, True, False]
    """
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def official_address(url: str) -> bool:
    """Whether this is Slack's own API; a live seller's tokens are sent nowhere else.

    >>> [official_address(url) for url in ("https://slack.com/api/", "http://slack.com/api/", "https://slack.com.x.org/")]
    [True, False, False]
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme == "https" and (host in ("slack.com", "slack-gov.com") or host.endswith(".slack.com"))


def refuse_foreign_address(mode: Mode, url: str) -> None:
    """Refuses to send a live seller's tokens and amounts anywhere but to Slack."""
    if mode is Mode.LIVE and not official_address(url):
        raise Refused(
            f"This seller is live, and {url} is not Slack's address; take slack_api_url out of the settings.",
            field="slack_api_url",
        )


def with_slash(url: str) -> str:
    """The API's address as the client wants it."""
    return url if url.endswith("/") else f"{url}/"


class _Direct(WebClient):
    """For this machine: without a proxy the SDK leaves it to urllib, which takes one from the environment too."""

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:  # noqa: ARG002
        with build_opener(ProxyHandler({})).open(req, timeout=self.timeout) as answer:
            body = answer.read().decode(answer.headers.get_content_charset() or "utf-8")
            return {"status": answer.status, "headers": answer.headers, "body": body}


def web_client(token: str, *, slack_api_url: str) -> WebClient:
    """For the delivery job. Without retries: a post whose answer was lost may be there already."""
    kind = _Direct if is_loopback(slack_api_url) else WebClient
    return kind(token=token, base_url=with_slash(slack_api_url), retry_handlers=[], timeout=TIMEOUT_SECONDS)


def async_web_client(token: str, *, slack_api_url: str) -> AsyncWebClient:
    """The same for the app."""
    client = AsyncWebClient(token=token, base_url=with_slash(slack_api_url), retry_handlers=[], timeout=TIMEOUT_SECONDS)
    if is_loopback(slack_api_url):
        # The SDK takes a proxy from the environment even for this machine, whatever it is given at first.
        client.proxy = None
    return client


def answer_client(response_url: str) -> AsyncWebhookClient:
    """The same for answering a command or a click."""
    client = AsyncWebhookClient(response_url, retry_handlers=[], timeout=TIMEOUT_SECONDS)
    if is_loopback(response_url):
        client.proxy = None
    return client
