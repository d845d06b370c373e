"""Block Kit's elements as documented: what may stand in a block, and how long each part may be."""

from collections.abc import Mapping

from triage_agent.sandbox.slack.checks import (
    Check,
    between,
    boolean,
    either,
    items,
    marked,
    matching,
    plain,
    shape,
    text,
    word,
)

ID = text(255)
URL = text(3000)
_CONFIRM = shape(
    {"title": plain(100), "text": marked(300), "confirm": plain(30), "deny": plain(30)},
    {"style": word("primary", "danger")},
)
_OPTION = shape({"text": marked(75), "value": text(150)}, {"description": marked(75), "url": URL})
_GROUP = shape({"label": plain(75), "options": items(_OPTION, 100)}, {})
IMAGE = {"alt_text": text(2000)}
PICTURE = shape({"image_url": URL, **IMAGE}, {})
_NAMED = {"action_id": ID, "confirm": _CONFIRM, "focus_on_load": boolean}
_SELECT = {**_NAMED, "placeholder": plain(150)}
_CHOICES = {"options": items(_OPTION, 100), "option_groups": items(_GROUP, 100)}
_FEW = {"options": items(_OPTION, 10)}

_BUTTON = shape(
    {"text": plain(75)},
    {
        "action_id": ID,
        "value": text(2000),
        "url": URL,
        "style": word("primary", "danger"),
        "confirm": _CONFIRM,
        "accessibility_label": text(75),
    },
)
_OVERFLOW = shape({"options": items(_OPTION, 5)}, {"action_id": ID, "confirm": _CONFIRM})
_TEXT_INPUT = shape(
    {},
    {
        "action_id": ID,
        "initial_value": text(3000, least=0),
        "multiline": boolean,
        "min_length": between(0, 3000),
        "max_length": between(1, 3000),
        "dispatch_action_config": shape(
            {"trigger_actions_on": items(word("on_enter_pressed", "on_character_entered"), 2)},
            {},
        ),
        "focus_on_load": boolean,
        "placeholder": plain(150),
    },
)
# What keeps what was chosen in it, wherever it stands.
_CHOOSERS: Mapping[str, Check] = {
    "static_select": either(
        "options", "option_groups", shape({}, {**_SELECT, **_CHOICES, "initial_option": _OPTION})
    ),
    "users_select": shape({}, {**_SELECT, "initial_user": ID}),
    "radio_buttons": shape(_FEW, {**_NAMED, "initial_option": _OPTION}),
    "checkboxes": shape(_FEW, {**_NAMED, "initial_options": items(_OPTION, 10)}),
    "datepicker": shape({}, {**_SELECT, "initial_date": matching(r"\d{4}-\d{2}-\d{2}")}),
}
_SEVERAL: Mapping[str, Check] = {
    "multi_static_select": either(
        "options",
        "option_groups",
        shape(
            {},
            {
                **_SELECT,
                **_CHOICES,
                "initial_options": items(_OPTION, 100),
                "max_selected_items": between(1, 100),
            },
        ),
    ),
}
IN_ACTIONS: Mapping[str, Check] = {"button": _BUTTON, "overflow": _OVERFLOW, **_CHOOSERS}
BESIDE_A_SECTION: Mapping[str, Check] = {**IN_ACTIONS, **_SEVERAL}
IN_INPUT: Mapping[str, Check] = {"plain_text_input": _TEXT_INPUT, **_CHOOSERS, **_SEVERAL}
