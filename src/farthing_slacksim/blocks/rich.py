"""The rules of rich text: paragraphs, lists, quotes and code, made of text, links, people, emoji and dates."""

from farthing_slacksim.blocks.checks import (
    ANY,
    ID,
    anything,
    boolean,
    integer,
    items,
    one_of,
    record,
    string,
    typed,
    url,
)

_style = record({}, dict.fromkeys(("bold", "italic", "strike", "code", "underline", "highlight"), boolean))
_inline = typed(
    {
        "text": record({**ANY, "text": string()}, {"style": _style}),
        "link": record({**ANY, "url": url()}, {"text": string(), "unsafe": boolean, "style": _style}),
        "emoji": record({**ANY, "name": string()}, {"unicode": string(), "style": _style}),
        "user": record({**ANY, "user_id": string()}, {"style": _style}),
        "channel": record({**ANY, "channel_id": string()}, {"style": _style}),
        "usergroup": record({**ANY, "usergroup_id": string()}, {"style": _style}),
        "broadcast": record({**ANY, "range": one_of("here", "channel", "everyone")}, {"style": _style}),
        "color": record({**ANY, "value": string()}, {"style": _style}),
        "date": record(
            {**ANY, "timestamp": integer(least=0), "format": string()},
            {"url": url(), "fallback": string(), "style": _style},
        ),
    }
)
_line = items(_inline, fewest=0)
_section = record({**ANY, "elements": _line})
_part = typed(
    {
        "rich_text_section": _section,
        "rich_text_list": record(
            {
                **ANY,
                "style": one_of("bullet", "ordered"),
                "elements": items(typed({"rich_text_section": _section})),
            },
            {
                "indent": integer(least=0, most=8),
                "offset": integer(least=0),
                "border": integer(least=0, most=1),
            },
        ),
        "rich_text_preformatted": record(
            {**ANY, "elements": _line}, {"border": integer(least=0, most=1), "language": anything}
        ),
        "rich_text_quote": record({**ANY, "elements": _line}, {"border": integer(least=0, most=1)}),
    }
)
rich_text = record({**ANY, "elements": items(_part)}, {"block_id": ID})
