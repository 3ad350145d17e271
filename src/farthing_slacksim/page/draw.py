"""From blocks and templates to HTML: one environment in which everything is escaped unless made safe here."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import ChainableUndefined, Environment, FileSystemLoader
from markupsafe import Markup, escape

from farthing_slacksim.page import charts, mrkdwn, tables
from farthing_slacksim.page.reader import Reader, safe_address

Json = dict[str, Any]
_HERE = Path(__file__).parent


@lru_cache(maxsize=1)
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        cell_text=tables.text_of,
        channel=lambda channel, reader: mrkdwn.channel_mention(str(channel), reader.names),
        chart=charts.chart,
        day=_day,
        hash=hash_of,
        initials=_initials,
        link=lambda address, shown: mrkdwn.link(str(address), escape(shown or address)),
        literal=escape,
        mrkdwn=lambda text, reader, verbatim=False: mrkdwn.mrkdwn(
            str(text or ""), reader.names, verbatim=verbatim is True
        ),
        plain=lambda text, emoji=True: mrkdwn.plain(str(text or ""), emoji=emoji is not False),
        pretty=lambda value: json.dumps(value, indent=2, ensure_ascii=False, default=str),
        rich_date=_rich_date,
        safe_address=lambda address: safe_address(str(address)),
        size=_size,
        table=tables.table,
        user=lambda user, reader: mrkdwn.user_mention(str(user), reader.names),
    )
    return made


def page(template: str, **values: Any) -> str:
    """The HTML of one template file."""
    return environment().get_template(template).render(**values)


def blocks(found: list[Json], reader: Reader) -> Markup:
    """The HTML of blocks on their own."""
    macros: Any = environment().get_template("blocks.html").module
    return Markup(macros.all_blocks(found, reader))


def hash_of(html: str) -> str:
    """A short name for exactly this HTML, by which the browser sees that nothing changed."""
    return hashlib.blake2b(html.encode(), digest_size=8).hexdigest()


def _rich_date(part: Json, reader: Reader) -> Markup:
    target = f"!date^{part.get('timestamp', 0)}^{part.get('format', '{date_num} {time}')}"
    if part.get("url"):
        target += f"^{part['url']}"
    return mrkdwn.date_text(target, str(part.get("fallback", "")), reader.names)


def _day(moment: datetime, now: datetime) -> str:
    """A day as a divider between messages names it."""
    days = (now.astimezone(moment.tzinfo or UTC).date() - moment.date()).days
    if days in (0, 1):
        return ("Today", "Yesterday")[days]
    return f"{moment:%A}, {moment.day} {moment:%B %Y}"


def _initials(name: str) -> str:
    """
    >>> _initials("Fay Okafor (finance)"), _initials("farthing")
    ('FO', 'F')
    """
    return "".join(word[0] for word in name.split() if word[0].isalnum())[:2].upper()


def _size(count: int) -> str:
    """
    >>> _size(900), _size(48_300), _size(2_500_000)
    ('900 B', '48 kB', '2.5 MB')
    """
    if count < 1_000:
        return f"{count} B"
    return f"{count // 1_000} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
