"""Slack's own markup in messages (bold, links, mentions, dates) turned into safe HTML."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from markupsafe import Markup, escape

from farthing_slacksim.page.emoji import with_emoji
from farthing_slacksim.page.names import Names

# Finished pieces of HTML wait behind a marker that no text can hold, so that bold may enclose a link and a
# star inside an address never starts bold.
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARKER = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_PRIVATE = re.compile("[\ue000-\ue001]")
_FENCE = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_ANGLE = re.compile(r"<([^<>\n]+)>")
_BARE_ADDRESS = re.compile(r"(?<![\w/])https?://[^\s<>\ue000]+[^\s<>\ue000.,;:!?)\]'\"*_~]")
_EMPHASIS = (
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), r"<b>\1</b>"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])"), r"<i>\1</i>"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])"), r"<s>\1</s>"),
)
_LINKS = ("http://", "https://", "mailto:", "tel:")


def unescaped(text: str) -> str:
    """The three characters Slack asks apps to write as entities, and no others."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def plain(text: str, *, emoji: bool = True) -> Markup:
    """A `plain_text` object: nothing in it is markup."""
    shown = unescaped(text)
    return escape(with_emoji(shown) if emoji else shown)


def link(address: str, shown: Markup | str) -> Markup:
    """A link that opens in a new tab; any address that is not of the web or mail is only text."""
    if not address.lower().startswith(_LINKS):
        return Markup("{} ({})").format(shown, address) if str(shown) != address else escape(shown)
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(address, shown)


def mrkdwn(text: str, names: Names, *, verbatim: bool = False) -> Markup:
    """HTML for one text: mentions, links and dates as this reader sees them, all else escaped.

    >>> str(mrkdwn("*Total* &lt;1&gt; <script>", Names()))
    '<b>Total</b> &lt;1&gt; &lt;script&gt;'
    """
    finished: list[Markup] = []

    def keep(piece: Markup) -> str:
        finished.append(piece)
        return f"{_OPEN}{len(finished) - 1}{_CLOSE}"

    text = _PRIVATE.sub("", text)
    text = _FENCE.sub(lambda m: keep(Markup("<pre>{}</pre>").format(_code_text(m[1]))), text)
    text = _CODE.sub(lambda m: keep(Markup("<code>{}</code>").format(_code_text(m[1]))), text)
    text = _ANGLE.sub(lambda m: keep(_angle(m[1], names)) if _is_known(m[1]) else m[0], text)
    if not verbatim:
        text = _BARE_ADDRESS.sub(lambda m: keep(link(unescaped(m[0]), unescaped(m[0]))), text)
    shown = _lines(str(escape(unescaped(text))))
    for pattern, html in _EMPHASIS:
        shown = pattern.sub(html, shown)
    shown = with_emoji(shown)
    return Markup(_MARKER.sub(lambda m: str(finished[int(m[1])]), shown))


def _code_text(text: str) -> str:
    """Code as typed: links and mentions inside it read as their own text."""
    return unescaped(_ANGLE.sub(lambda m: m[1].rpartition("|")[2] if _is_known(m[1]) else m[0], text))


def _lines(html: str) -> str:
    """Lines that begin with `>` are a quotation; lines that begin with a bullet hang under it."""
    shown: list[str] = []
    quoted: list[str] = []

    def close_quote() -> None:
        if quoted:
            shown.append("<blockquote>" + "\n".join(quoted) + "</blockquote>")
            quoted.clear()

    for line in html.split("\n"):
        if line.startswith("&gt;"):
            quoted.append(line[4:].removeprefix(" "))
            continue
        close_quote()
        if line.lstrip().startswith(("• ", "◦ ")):
            shown.append(f'<span class="bullet">{line.strip()}</span>')
        else:
            shown.append(line)
    close_quote()
    joined = "\n".join(shown)
    # These draw their own line break, and one more would show as an empty line.
    return re.sub(r"(</blockquote>|</span>)\n", r"\1", re.sub(r"\n(<blockquote>|<span class)", r"\1", joined))


def _is_known(inside: str) -> bool:
    if inside.startswith(("@", "#")):
        return bool(re.match(r"[@#][A-Z0-9]+(\||$)", inside))
    if inside.startswith("!"):
        return bool(re.match(r"!(here|channel|everyone)(\||$)|!subteam\^|!date\^", inside))
    return inside.lower().startswith(_LINKS)


def _angle(inside: str, names: Names) -> Markup:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        return user_mention(target[1:], names, label=unescaped(label))
    if target.startswith("#"):
        return channel_mention(target[1:], names, label=unescaped(label))
    if target.startswith("!date^"):
        return date_text(target, unescaped(label), names)
    if target.startswith("!subteam^"):
        return Markup('<span class="mention">{}</span>').format(unescaped(label) or "@group")
    if target.startswith("!"):
        return Markup('<span class="mention broadcast">@{}</span>').format(target[1:])
    address = unescaped(target)
    return link(address, unescaped(label) or address.removeprefix("mailto:"))


def user_mention(user: str, names: Names, *, label: str = "") -> Markup:
    """A person's name; the reader's own stands out."""
    kind = "mention mention-me" if user == names.me else "mention"
    return Markup('<span class="{}">@{}</span>').format(kind, names.users.get(user) or label or user)


def channel_mention(channel: str, names: Names, *, label: str = "") -> Markup:
    """A channel's name, leading to it where the reader may see it; otherwise only a private channel."""
    known = names.channels.get(channel)
    if known is None:
        return Markup('<span class="mention">#{}</span>').format(label or "private-channel")
    return Markup('<a class="mention" data-soft href="{}/{}">#{}</a>').format(names.here, channel, known)


def date_text(target: str, fallback: str, names: Names) -> Markup:
    """`<!date^seconds^format^link|fallback>` as the reader's own clock and calendar show it."""
    parts = target.split("^")
    try:
        moment = datetime.fromtimestamp(int(parts[1]), UTC).astimezone(names.zone)
        form = parts[2]
    except (IndexError, ValueError, OverflowError, OSError):
        return escape(fallback)
    shown = re.sub(r"\{(\w+)\}", lambda m: _date_word(m[1], moment, names) or m[0], unescaped(form))
    html = Markup('<time datetime="{}">{}</time>').format(moment.isoformat(), shown)
    return link(unescaped(parts[3]), html) if len(parts) > 3 and parts[3] else html


def _date_word(word: str, moment: datetime, names: Names) -> str | None:
    day, month, year = moment.day, moment.strftime("%B"), moment.year
    pretty = _near_day(moment, names) if word.endswith("_pretty") else None
    match word.removesuffix("_pretty"):
        case "date_num":
            return moment.strftime("%Y-%m-%d")
        case "date":
            return pretty or f"{month} {day}, {year}"
        case "date_short":
            return pretty or f"{month[:3]} {day}, {year}"
        case "date_long":
            return pretty or f"{moment.strftime('%A')}, {month} {day}, {year}"
        case "time":
            return moment.strftime("%H:%M")
        case "time_secs":
            return moment.strftime("%H:%M:%S")
        case "ago":
            return _ago(names.now - moment)
    return None


def _near_day(moment: datetime, names: Names) -> str | None:
    days = (moment.date() - names.now.astimezone(names.zone).date()).days
    return {0: "today", -1: "yesterday", 1: "tomorrow"}.get(days)


def _ago(passed: timedelta) -> str:
    seconds = int(abs(passed.total_seconds()))
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            words = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"{words} ago" if passed.total_seconds() > 0 else f"in {words}"
    return "just now"
