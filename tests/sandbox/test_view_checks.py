"""What a view may hold: what fits exactly, and what is one too many."""

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.sandbox.slack_people import BUTTONS, Json, modal, option, plain


def refused(bot: WebClient, view: Json) -> tuple[str, list[str]]:
    """The error that a view is refused with, and what is said about it."""
    with pytest.raises(SlackApiError) as refusal:
        bot.views_open(trigger_id="1.2.a", view=view)
    answer = refusal.value.response
    return answer["error"], answer.get("response_metadata", {}).get("messages", [])


TEXT = {"type": "plain_text_input", "action_id": "text"}
INPUT: Json = {"type": "input", "label": plain("?"), "element": TEXT}


@pytest.mark.parametrize(
    ("view", "pointer", "message"),
    [
        (modal(title=plain("x" * 25)), "/view/title/text", "less than 25"),
        (modal(submit=plain("x" * 25)), "/view/submit/text", "less than 25"),
        (modal(close=plain("x" * 25)), "/view/close/text", "less than 25"),
        (modal(callback_id="x" * 256), "/view/callback_id", "less than 256"),
        (modal(private_metadata="x" * 3001), "/view/private_metadata", "less than 3001"),
        (modal(external_id="x" * 256), "/view/external_id", "less than 256"),
        (modal(*[{"type": "divider"}] * 101), "/view/blocks", "no more than 100"),
        (modal(blocks=[]), "/view/blocks", "no fewer than 1"),
        (modal(type="home"), "/view/type", "unsupported type: home"),
        ({"type": "modal", "title": plain("x"), "blocks": [INPUT]}, "/view/submit", "missing"),
        (
            modal(INPUT | {"label": plain("x" * 2001)}),
            "/view/blocks/0/label/text",
            "less than 2001",
        ),
        (modal(INPUT | {"hint": plain("x" * 2001)}), "/view/blocks/0/hint/text", "less than 2001"),
        (
            modal(INPUT | {"element": TEXT | {"max_length": 3001}}),
            "/view/blocks/0/element/max_length",
            "between 1 and 3000",
        ),
        (
            modal(INPUT | {"element": TEXT | {"min_length": "1"}}),
            "/view/blocks/0/element/min_length",
            "must be an integer",
        ),
        (
            modal(INPUT | {"element": TEXT | {"placeholder": plain("x" * 151)}}),
            "/view/blocks/0/element/placeholder/text",
            "less than 151",
        ),
        (
            modal(INPUT | {"element": {"type": "static_select"}}),
            "/view/blocks/0/element",
            "missing required field: options or option_groups",
        ),
        (
            modal(INPUT | {"element": {"type": "radio_buttons", "options": [option("a")] * 11}}),
            "/view/blocks/0/element/options",
            "no more than 10",
        ),
        (
            modal(INPUT | {"element": {"type": "datepicker", "initial_date": "tomorrow"}}),
            "/view/blocks/0/element/initial_date",
            "must match",
        ),
        (
            modal(INPUT | {"element": BUTTONS["elements"][0]}),
            "/view/blocks/0/element/type",
            "unsupported type: button",
        ),
    ],
)
def test_a_view_that_is_wrong_is_explained(
    slack: WebClient, view: Json, pointer: str, message: str
) -> None:
    """invalid_arguments comes with the place and the reason."""
    found, (problem,) = refused(slack, view)

    assert "invalid_arguments" == found
    assert problem.endswith(f"[json-pointer:{pointer}]")
    assert message in problem


def test_a_view_may_be_too_large(slack: WebClient) -> None:
    """250 kB is the most, whatever it is made of."""
    texts = [{"type": "section", "text": plain("x" * 2900)} for _ in range(100)]

    assert "view_too_large" == refused(slack, modal(*texts))[0]


def test_a_view_as_large_as_documented_is_good(slack: WebClient) -> None:
    """Every limit may be reached: what is refused then is the trigger."""
    long = {
        "label": plain("x" * 2000),
        "hint": plain("x" * 2000),
        "optional": True,
        "element": {
            **TEXT,
            "multiline": True,
            "min_length": 0,
            "max_length": 3000,
            "initial_value": "",
            "placeholder": plain("x" * 150),
            "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]},
        },
    }
    groups = [{"label": plain("x" * 75), "options": [option(str(n)) for n in range(100)]}]
    menu = {"type": "multi_static_select", "option_groups": groups, "max_selected_items": 3}
    few = {"type": "checkboxes", "options": [option(str(n)) for n in range(10)]}
    whole = modal(
        INPUT | long,
        INPUT | {"element": menu},
        INPUT | {"element": {"type": "datepicker", "initial_date": "2027-01-31"}},
        {"type": "section", "text": plain("x"), "accessory": menu},
        {"type": "actions", "elements": [few, few | {"type": "radio_buttons"}]},
        *[{"type": "divider"}] * 95,
        title=plain("x" * 24),
        submit=plain("x" * 24),
        close=plain("x" * 24),
        callback_id="x" * 255,
        external_id="x" * 255,
        private_metadata="x" * 3000,
        clear_on_close=False,
        notify_on_close=True,
    )

    assert ("invalid_trigger_id", []) == refused(slack, whole)
