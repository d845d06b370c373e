"""Block Kit as documented: which blocks a message or a modal may hold, and what is in each."""

from collections.abc import Iterator

from triage_agent.sandbox.slack import block_elements as elements
from triage_agent.sandbox.slack.checks import (
    Problem,
    boolean,
    either,
    items,
    marked,
    plain,
    shape,
    text,
    typed,
)
from triage_agent.sandbox.slack.rich_text import MANY, RICH

_MOST_BLOCKS = 50


def problems(blocks: object) -> list[str]:
    """Everything that is wrong with a message's blocks, in Slack's form; empty when all is well."""
    return [str(problem) for problem in check(blocks, "/blocks", _MOST_BLOCKS)]


def check(blocks: object, at: str, most: int) -> Iterator[Problem]:
    """The same for as many blocks as `most`, wherever they stand."""
    return items(_BLOCK, most, unique="block_id")(blocks, at)


_BLOCK_ID = {"block_id": elements.ID}
_BLOCK = typed(
    {
        "section": either(
            "text",
            "fields",
            shape(
                {},
                {
                    **_BLOCK_ID,
                    "text": marked(3000),
                    "fields": items(marked(2000), 10),
                    "accessory": typed({**elements.BESIDE_A_SECTION, "image": elements.PICTURE}),
                    "expand": boolean,
                },
            ),
        ),
        "header": shape({"text": plain(150)}, _BLOCK_ID),
        "context": shape(
            {
                "elements": items(
                    typed(
                        {
                            "plain_text": plain(3000),
                            "mrkdwn": marked(3000),
                            "image": elements.PICTURE,
                        }
                    ),
                    10,
                )
            },
            _BLOCK_ID,
        ),
        "actions": shape(
            {"elements": items(typed(elements.IN_ACTIONS), 25, unique="action_id")}, _BLOCK_ID
        ),
        "input": shape(
            {"label": plain(2000), "element": typed(elements.IN_INPUT)},
            {
                **_BLOCK_ID,
                "hint": plain(2000),
                "optional": boolean,
                "dispatch_action": boolean,
            },
        ),
        "divider": shape({}, _BLOCK_ID),
        "image": shape(
            {"image_url": elements.URL, **elements.IMAGE}, {**_BLOCK_ID, "title": plain(2000)}
        ),
        "markdown": shape({"text": text(12_000)}, _BLOCK_ID),
        "rich_text": shape({"elements": items(RICH, MANY)}, _BLOCK_ID),
    }
)
