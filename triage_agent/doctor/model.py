"""Whether a model's server does as it is told: fills the form, keeps the limit, is who it says."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from triage_agent.connectors.model import Answer, ModelConnector
from triage_agent.decision.assessment import assessment_schema, read_assessment, rule_names
from triage_agent.decision.item import Item, Record, identity
from triage_agent.decision.prompts import FrontMatter, Prompt, Question, question
from triage_agent.doctor.finding import Finding, Kind
from triage_agent.operating_model.schema import UNCLEAR, Page

FEW = 16
"""Tokens that no filled form can do with."""
REQUEST = "How many people can use it? Please answer in one plain sentence, not in a form."
"""A made-up request that would rather not have a form filled about it."""


def _row(kind: Kind, check: str, what: str, cure: str) -> Finding:
    return Finding(kind=kind, check=check, system="model", what=what, cure=cure)


_, too_little, different, _, _ = (partial(_row, kind) for kind in Kind)


def findings(
    asker: ModelConnector, page: Page, prompt: Prompt, *, pinned: bool
) -> Iterator[Finding]:
    """Asks twice about a made-up request; what is to be said of the answers.

    `pinned`: the prompt names the model that has to answer.
    """
    asked = _question(page, prompt)
    answer = asker.ask("assess", asked)
    if answer.call.outcome == "no_answer":
        cure = "check OPENAI_BASE_URL and the server"
        yield too_little("answer", f"it doesn't answer: {answer.reason}", cure)
        return
    if fault := _unlike_the_form(answer, page):
        yield different("schema", f"it doesn't keep to the form: {fault}", _OTHER_SERVER)
    if pinned and answer.call.answered_by not in (None, answer.call.asked):
        what = f"asked for {answer.call.asked}, {answer.call.answered_by} answers"
        cure = "pin the name that answers in the prompts' front matter, and evaluate again"
        yield different("name", what, cure)
    few = asker.ask("assess", _shortened(asked))
    if few.call.outcome != "truncated":
        told = f"{few.call.output_tokens} tokens, {few.call.outcome}"
        yield different("tokens", f"allowed {FEW} tokens, it answers {told}", _OTHER_SERVER)


_OTHER_SERVER = "use a model and server that obey it: chat completions with a strict JSON schema"


def _question(page: Page, prompt: Prompt) -> Question:
    source = page.workflow.item
    fields = {**dict.fromkeys(page.item_read.fields), source.request_text[-1]: REQUEST}
    record = Record(object=source.object, id="doctor", fields=fields)
    item = Item(identity("shadow", record, page), "shadow", record, page, ())
    told = prompt.render("instructions", page=page)
    return question(prompt, told, item, "assessment", assessment_schema(page))


def _shortened(asked: Question) -> Question:
    front = asked.front
    few = FrontMatter(
        model=front.model, max_output_tokens=FEW, timeout_seconds=front.timeout_seconds
    )
    return replace(asked, front=few)


def _unlike_the_form(answer: Answer, page: Page) -> str | None:
    """How an answer breaks the schema that it was asked to obey; None where it doesn't."""
    if answer.text is None:
        return answer.reason
    try:
        form = read_assessment(answer.text)
    except ValueError as exc:
        return str(exc)
    if form.category not in (*page.workflow.categories, UNCLEAR):
        return "its category is none of those that it may choose from"
    if any(flag.rule not in rule_names(page) for flag in form.flags):
        return "it flags a rule that isn't there"
    return None
