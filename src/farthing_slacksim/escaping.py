"""How Slack keeps text: a bare & < > is escaped, while links, mentions and entities stay as they are."""

import re

_ENTITY = re.compile(r"&(?!(?:amp|lt|gt);)")
_TOKEN = re.compile(
    r"<(?:[@#][A-Z][A-Z0-9]+(?:\|[^<>]*)?"
    r"|![a-z]+(?:\^[^<>]*)?(?:\|[^<>]*)?"
    r"|(?:https?|mailto|tel|slack):[^<>]*)>"
)


def kept(text: str) -> str:
    """Text as Slack stores and returns it.

    >>> kept("R&D < 5, <@U012>: <https://a.example|see> &amp; <!channel> <b>")
    'R&amp;D &lt; 5, <@U012>: <https://a.example|see> &amp; <!channel> &lt;b&gt;'
    """
    pieces = []
    end = 0
    for token in _TOKEN.finditer(text):
        pieces += [_escaped(text[end : token.start()]), token.group()]
        end = token.end()
    return "".join([*pieces, _escaped(text[end:])])


def _escaped(text: str) -> str:
    text = _ENTITY.sub("&amp;", text).replace("<", "&lt;")
    # A quotation begins its line with ">" or ">>>", which Slack leaves alone.
    return re.sub(r"(?<!^)(?<!^>)(?<!^>>)>", "&gt;", text, flags=re.MULTILINE)
