"""Rich text as documented: what a person's own formatting becomes, and what may be said in it."""

from triage_agent.sandbox.slack.block_elements import ID, URL
from triage_agent.sandbox.slack.checks import boolean, items, number, shape, text, typed, word

_STYLE = shape(
    {}, dict.fromkeys(("bold", "italic", "strike", "code", "underline", "highlight"), boolean)
)
_INLINE = typed(
    {
        "text": shape({"text": text(40_000)}, {"style": _STYLE}),
        "link": shape({"url": URL}, {"text": text(40_000), "style": _STYLE, "unsafe": boolean}),
        "user": shape({"user_id": ID}, {"style": _STYLE}),
        "channel": shape({"channel_id": ID}, {"style": _STYLE}),
        "usergroup": shape({"usergroup_id": ID}, {"style": _STYLE}),
        "emoji": shape({"name": ID}, {"unicode": ID, "style": _STYLE}),
        "broadcast": shape({"range": word("here", "channel", "everyone")}, {}),
        "color": shape({"value": ID}, {}),
        "date": shape(
            {"timestamp": number, "format": text(500)}, {"url": URL, "fallback": text(500)}
        ),
    }
)
MANY = 10_000
_INLINES = {"elements": items(_INLINE, MANY)}
_SECTION = shape(_INLINES, {})
RICH = typed(
    {
        "rich_text_section": _SECTION,
        "rich_text_quote": shape(_INLINES, {"border": number}),
        "rich_text_preformatted": shape(_INLINES, {"border": number, "language": ID}),
        "rich_text_list": shape(
            {
                "style": word("bullet", "ordered"),
                "elements": items(typed({"rich_text_section": _SECTION}), MANY),
            },
            {"indent": number, "border": number, "offset": number},
        ),
    }
)
