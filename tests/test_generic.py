"""What the agent does stands on the page: its code names no thing of the shipped workflow."""

import re
from collections.abc import Iterator
from pathlib import Path

CODE = Path(__file__).parent.parent / "triage_agent"
KNOWS_SALESFORCE = ("connectors", "sandbox")
"""These may name Salesforce's objects: they speak to it, and play it."""

WRITTEN = "forking/written/"
"""What a new project is written from is no code: its page, its questions, its words."""

WORKFLOW = re.compile(
    r"leads?|sales|opportunit(?:y|ies)|accounts?|contacts?|prospects?|demos?|pricing|quotations?|"
    r"customers?|compan(?:y|ies)|crm",
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
"""A word of prose, or of a name in any case: `LeadSource`, `lead_source` and `LEAD_SOURCE`."""

_THE_VERB = re.compile(r"leads? (?:to|there)\b|they lead\b|for company\b")

ALLOWED = {
    "authority/soql.py": [  # whose history isn't called after it
        '{"Opportunity": "OpportunityFieldHistory"}'
    ],
    "cli.py": [  # names kept for those who type them
        '"--leads"',
        "Without --leads",
        "def demo(",
        "    demo,",
    ],
    "cli_new.py": ['["demo"]'],  # likewise
    "demonstration.py": ["leads=samples(target.project)"],
    "evaluating.py": ["leads=records"],
    "project.py": ["`triage-agent demo`"],
    "staging.py": ["from triage_agent.sandbox.leads import SAMPLE"],
    "targets.py": ["leads=records"],
    "terminal.py": ['["demo"]'],  # likewise
    "wiring.py": ["leads=records or samples(target.project)"],
}


def _sources() -> Iterator[tuple[str, str]]:
    for path in sorted(CODE.rglob("*")):
        within = path.relative_to(CODE)
        is_data = within.parts[0] in KNOWS_SALESFORCE or within.as_posix().startswith(WRITTEN)
        if path.is_file() and path.suffix != ".pyc" and not is_data:
            yield within.as_posix(), path.read_text(encoding="utf-8")


def _left(name: str, text: str) -> str:
    """A file without what is allowed there; an allowance that isn't needed any more fails."""
    for fragment in ALLOWED.get(name, ()):
        assert fragment in text, f"{name} no longer has {fragment!r}; allow it no longer"
        text = text.replace(fragment, "")
    return text


def _workflow_words(text: str) -> list[str]:
    words = _WORD.findall(_THE_VERB.sub("", text))
    return [word for word in words if WORKFLOW.fullmatch(word.lower())]


def test_the_code_knows_no_workflow() -> None:
    """No name, string, docstring or comment has a word of it, but for what is allowed above."""
    found = [
        f"{name}:{number}: {words}"
        for name, text in _sources()
        for number, line in enumerate(_left(name, text).splitlines(), 1)
        if (words := _workflow_words(line))
    ]

    assert [] == found


def test_its_words_are_found() -> None:
    """In any case, in prose as in names; the verb and longer words are something else."""
    told = "The Lead's LeadSource, lead_source, LEADS, AccountId, sales_team, a demo for prospects"
    other = "It leads to Salesforce, an accounting of contacting misleading leaders; they lead"

    assert ["Lead", "Lead", "lead", "LEADS", "Account", "sales", "demo", "prospects"] == (
        _workflow_words(told)
    )
    assert [] == _workflow_words(other)
