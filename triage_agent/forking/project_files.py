"""Every file of a new project by its path, from the answers and what comes with the program."""

from collections.abc import Iterator, Mapping
from typing import Any

from triage_agent.errors import WrongUsage
from triage_agent.forking import first_cases, material, wordlists
from triage_agent.forking.answers import Answers
from triage_agent.operating_model.schema import Page

Files = dict[str, str]
_AS_SHIPPED = (
    "prompts/assess.md",
    "prompts/draft.md",
    "prompts/prices.yaml",
    "eval_cases/README.md",
    ".env.example",
)
_PATTERNS = "prompts/patterns.yaml"
_IGNORED = ".venv/\n.triage\n.env\n"


def files(answers: Answers, page: Page, shipped: Mapping[str, str], version: str) -> Files:
    """All but the page and what is generated from it. `shipped`: texts by their paths."""
    cases = first_cases.placed(answers, page)
    their_name = material.data("defaults.yaml")["shipped_name"]
    made = {f"eval_cases/{name}": text for name, text in first_cases.files(cases).items()}
    return {
        **{path: shipped[path] for path in _AS_SHIPPED},
        **dict(_deployed(shipped)),
        **made,
        _PATTERNS: wordlists.patterns_text(shipped[_PATTERNS], their_name, answers),
        "samples.jsonl": first_cases.samples(cases, page),
        "README.md": _readme(answers),
        "Makefile": material.text("Makefile"),
        "requirements.txt": f"triage-agent[scale]=={version}\n",
        ".gitignore": _IGNORED,
    }


def _readme(answers: Answers) -> str:
    name = " ".join(answers.workflow.name.split())
    return material.rendered("README.md.jinja", name=name, object=answers.workflow.object)


def _deployed(shipped: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The shipped ways to run it, by which a project without code is installed."""
    told: Mapping[str, Any] = material.data("deploy.yaml")
    for path, text in shipped.items():
        folder, _, name = path.partition("/")
        if folder == "deploy" and ("/" not in name or name.partition("/")[0] in told["trees"]):
            yield path, _changed(path, text, told["changes"].get(name))


def _changed(path: str, text: str, change: Mapping[str, str] | None) -> str:
    if change is None:
        return text
    before, found, rest = text.partition(change["from"])
    after = rest.partition(change["until"])[2] if "until" in change else ""
    if not found or change.get("until", "") not in rest:
        raise WrongUsage(f"{path} of the program isn't as it was shipped: see {change['from']!r}")
    return f"{before}{change['instead']}{after}"
