"""A modal that is sent off: what Slack looks at first, and what it does with the app's answer."""

from collections.abc import Mapping

from triage_agent.sandbox.slack import parts, views
from triage_agent.sandbox.slack.parts import Json, Place
from triage_agent.sandbox.slack.refusal import SlackError
from triage_agent.sandbox.slack.workspace import Workspace

_REQUIRED = "Please complete this required field."


class BadAnswer(Exception):
    """The app answered with something that Slack can't do."""


def filled(
    blocks: list[Json], values: Mapping[Place, str | list[str] | None]
) -> tuple[Mapping[Place, Json], Mapping[str, str]]:
    """What was filled in, as `state.values` tells it, and what can't be chosen, by block_id."""
    entries: dict[Place, Json] = {}
    errors = {}
    for block, part in parts.placed(blocks):
        place = (block["block_id"], part["action_id"])
        if place in values and parts.keeps_its_choice(part):
            try:
                entries[place] = parts.entry(part, values[place])
            except parts.UnknownChoice:
                errors[place[0]] = "Please choose one of the options."
    return entries, errors


def problems(view: Json) -> Mapping[str, str]:
    """What has to be put right before the app hears of it, by block_id."""
    errors = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            part = block["element"]
            entry = view["state"]["values"][block["block_id"]][part["action_id"]]
            if problem := _problem(block, part, parts.content(entry)):
                errors[block["block_id"]] = problem
    return errors


def _problem(block: Json, part: Json, content: object) -> str | None:
    if not content:
        return None if block.get("optional", False) else _REQUIRED
    if isinstance(content, str) and part["type"] == "plain_text_input":
        least, most = part.get("min_length", 0), part.get("max_length", 3000)
        if len(content) < least:
            return f"Please enter at least {least} characters."
        if len(content) > most:
            return f"Please enter no more than {most} characters."
    return None


def obey(workspace: Workspace, user: str, view_id: str, answer: Json) -> Mapping[str, str] | None:
    """Do what the app answered; errors to show, if it has any."""
    modals = workspace.live.modals
    modal = modals.one(view_id)
    if modal is None:
        return None  # closed by the person meanwhile
    try:
        match answer.get("response_action"):
            case None if not answer:
                modals.close(view_id)
            case "clear":
                modals.clear(user)
            case "update":
                views.changed(workspace, modal, views.checked(answer.get("view")))
            case "push":
                views.pushed(workspace, user, views.checked(answer.get("view")))
            case "errors":
                return _errors(modal.view, answer.get("errors"))
            case _:
                raise BadAnswer
    except SlackError as error:
        raise BadAnswer from error
    return None


def _errors(view: Json, given: object) -> Mapping[str, str]:
    """Only inputs can be wrong."""
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    if not isinstance(given, dict) or not given or not given.keys() <= inputs:
        raise BadAnswer
    return {str(block): str(message) for block, message in given.items()}
