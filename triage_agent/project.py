"""Finds the project - a folder with a page - and reads what the business wrote in it."""

import hashlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from triage_agent.decision.patterns import Pattern, PatternFile
from triage_agent.decision.prompts import Prompt, parse_prompt
from triage_agent.decision.text import normalised
from triage_agent.decision.values import canonical
from triage_agent.errors import BadPage, Problem, WrongUsage
from triage_agent.evaluation import clearance, comparison, digests
from triage_agent.evaluation.cases import Case, Placed, strangers
from triage_agent.evaluation.clearance import Passed
from triage_agent.evaluation.comparison import Record
from triage_agent.evaluation.results import Evaluated
from triage_agent.operating_model.loading import FILE, OperatingModel, load
from triage_agent.operating_model.schema import Page

if TYPE_CHECKING:  # they bring in the ledger and the model's client, which the page alone needs not
    from triage_agent.connectors.model import Price
    from triage_agent.jobs.parts import Rules

PROMPTS = Path("prompts")
Recorded = TypeVar("Recorded", Passed, Record)
PRICES = f"{PROMPTS}/prices.yaml"
EXAMPLE = Path("triage-example")
"""Where the shipped project is unpacked, for somebody who only wants to look."""
PARTS = (FILE, str(PROMPTS), "eval_cases", "deploy", ".env.example")
"""What the shipped project is made of."""
NOT_SHIPPED = ("__pycache__", ".env")
"""What may lie among these in a checkout, and is nobody else's."""


def shipped() -> Path:
    """The project that comes with the program: a part of its wheel, or the checkout's own root."""
    package = Path(__file__).parent
    carried = package / "shipped"
    return carried if carried.is_dir() else package.parent


def project_folder(named: Path | None) -> Path:
    """`--project`, else `TRIAGE_PROJECT`, else the current folder; it must hold a page."""
    folder = named or Path(os.environ.get("TRIAGE_PROJECT") or ".")
    if not (folder / FILE).is_file():
        raise WrongUsage(
            f"there is no {FILE} in {folder.absolute()}; go to the project's folder, "
            "or name it with --project DIR; `triage-agent demo` shows the one that comes with "
            "this program, `triage-agent new DIR` begins one of your own",
        )
    return folder


def folder_or_example(named: Path | None) -> Path:
    """As `project_folder`; `EXAMPLE`, unpacked, where none is named and none is here."""
    if named or os.environ.get("TRIAGE_PROJECT") or Path(FILE).is_file():
        return project_folder(named)
    if not EXAMPLE.exists():
        unpack(EXAMPLE)
    return project_folder(EXAMPLE)


@contextmanager
def filled(folder: Path) -> Iterator[Path]:
    """A folder beside to be filled; then all in it moves, and else nothing of it stays.

    The folder may be there already, empty; also as the current one.
    """
    whole = folder.absolute()
    try:
        whole.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{whole.name}-", dir=whole.parent) as beside:
            yield Path(beside)
            whole.mkdir(exist_ok=True)
            for part in Path(beside).iterdir():
                part.rename(whole / part.name)
    except OSError as exc:
        raise WrongUsage(f"{whole} can't be made: {exc}") from exc


def unpack(folder: Path) -> None:
    """Copies the shipped project into a new folder."""
    with filled(folder) as beside:
        for part in (shipped() / name for name in PARTS):
            if part.is_dir():
                ignored = shutil.ignore_patterns(*NOT_SHIPPED)
                copied = beside / part.name
                shutil.copytree(part, copied, ignore=ignored, copy_function=shutil.copyfile)
            else:
                shutil.copyfile(part, beside / part.name)


def read_model(folder: Path) -> OperatingModel:
    """The page alone."""
    return _loaded(_text(folder / FILE))


def read_assess(folder: Path) -> Prompt:
    """The first prompt alone, with the model that it pins."""
    return _prompt(folder, "assess.md")


def read_rules(folder: Path) -> "Rules":
    """The page, prompts and patterns of a project; `WrongUsage` names what is wrong with them."""
    from triage_agent.jobs.parts import Rules

    model = read_model(folder)
    assess = read_assess(folder)
    draft = _prompt(folder, "draft.md")
    patterns_text = _text(folder / PROMPTS / "patterns.yaml")
    patterns = _patterns(patterns_text)
    _never_state_is_known(model.page, patterns)
    digest = hashlib.sha256(canonical([assess.text, draft.text, patterns_text])).hexdigest()
    return Rules(model, assess, draft, patterns, digest)


def read_prices(folder: Path) -> "dict[str, Price]":
    """The models' prices, by their pinned names."""
    from triage_agent.connectors.model import Price

    prices: dict[str, Price]
    prices = _valid(dict[str, Price], _text(folder / PROMPTS / "prices.yaml"), PRICES)
    return prices


def read_cases(folder: Path, named: Path | None = None) -> list[Placed]:
    """The cases of a project, or those in a folder that is named."""
    name = named or folder / read_model(folder).page.evaluation.cases
    placed = [
        Placed(stratum=Path(place.partition(":")[0]).stem, case=case)
        for place, case in _cases(name.parent, name.name)
    ]
    keys = Counter(one.key for one in placed)
    if twice := [key for key, times in keys.items() if times > 1]:
        raise WrongUsage("\n".join(f"{key}: two cases are called that" for key in twice))
    return placed


def evaluated(folder: Path, rules: "Rules") -> Evaluated:
    """What an evaluation of the project would be of."""
    return digests.evaluated(
        rules.page, [rules.assess, rules.draft], rules.patterns, read_cases(folder)
    )


def read_passed(folder: Path, page: Page) -> Passed | None:
    """What passed an evaluation; None where nothing has yet."""
    path = folder / page.evaluation.cases / clearance.FILE
    return _recorded(Passed, path) if path.exists() else None


def read_baseline(folder: Path, page: Page) -> Record | None:
    """What the baseline's cases came to when that was recorded; None where it never was."""
    path = folder / page.evaluation.cases / comparison.BASELINE_FILE
    return _recorded(Record, path) if path.exists() else None


def _recorded(kind: type[Recorded], path: Path) -> Recorded:
    try:
        return kind.model_validate_json(_text(path))
    except ValidationError as exc:
        raise WrongUsage(f"{path} isn't as it was written; evaluate anew with --record") from exc


def check(folder: Path) -> list[str]:
    """What a project holds, a line each; `WrongUsage` with all that is wrong with its parts."""
    rules = read_rules(folder)
    read_prices(folder)
    page, patterns = rules.page, [*rules.patterns.everything()]
    cases = _cases(folder, page.evaluation.cases)
    problems = [
        *_without_patterns(page, rules.patterns),
        *_undecided(page, rules.patterns),
        *_wrong_examples(patterns),
        *(f"{place}: {what}" for place, case in cases for what in strangers(case, page)),
    ]
    if problems:
        raise WrongUsage("\n".join(problems))
    models = f"{rules.assess.front.model} assesses, {rules.draft.front.model} drafts"
    return [
        f"page      version {page.version} ({rules.model.sha256[:12]}), {len(page.may)} actions",
        f"prompts   {models}",
        f"patterns  {len(patterns)}, each with what it finds and what it doesn't",
        f"cases     {len(cases)} in {page.evaluation.cases}",
    ]


def _cases(folder: Path, name: str) -> list[tuple[str, Case]]:
    files = sorted((folder / name).glob("*.yaml"))
    if not files:
        raise WrongUsage(f"evaluation.cases: {folder / name} holds no case; write one, in YAML")
    found: list[tuple[str, Case]] = []
    for file in files:
        place = f"{name}/{file.name}"
        cases: list[Case] = _valid(list[Case], _text(file), place)
        found += [(f"{place}: {case.name}", case) for case in cases]
    return found


def _without_patterns(page: Page, patterns: PatternFile) -> Iterator[str]:
    """What the page wants stopped without asking a model, and nothing looks for."""
    rules = page.stops_when
    conflicts = rules.conflicting_information.conflicts
    claims = [one.claim for one in conflicts if not one.given_in]
    claims += [one.unless for one in conflicts if one.unless]
    for wanted, there in (
        (rules.restricted_topic.topics, patterns.topics),
        (rules.outside_policy.policies, patterns.policies),
        (rules.consequential_request.about, patterns.consequential),
        (claims, patterns.claims),
    ):
        for name in wanted:
            if name not in there:
                yield f"{PROMPTS}/patterns.yaml: {name} has no pattern, and the page stops for it"


def _undecided(page: Page, patterns: PatternFile) -> Iterator[str]:
    """Pairs of categories that nothing could tell apart but the model."""
    for pair in page.stops_when.low_confidence.costly_pairs:
        if not {*pair} & patterns.categories.keys():
            yield f"{PROMPTS}/patterns.yaml: categories has neither of {' and '.join(pair)}"


def _wrong_examples(patterns: Sequence[Pattern]) -> Iterator[str]:
    for pattern in patterns:
        for texts, finds in ((pattern.hits, True), (pattern.misses, False)):
            for text in texts:
                if bool(pattern.expression.search(normalised(text))) is not finds:
                    does = "doesn't find" if finds else "finds"
                    yield f"{PROMPTS}/patterns.yaml: {pattern.match!r} {does} {text!r}"


def _prompt(folder: Path, name: str) -> Prompt:
    return _parsed(_text(folder / PROMPTS / name), f"{PROMPTS}/{name}")


# Who stays, as `listen` does, reads a text anew only where it says something else.
_loaded = lru_cache(maxsize=8)(load)
_parsed = lru_cache(maxsize=8)(parse_prompt)


@lru_cache(maxsize=8)
def _patterns(text: str) -> PatternFile:
    patterns: PatternFile = _valid(PatternFile, text, f"{PROMPTS}/patterns.yaml")
    return patterns


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as exc:
        raise WrongUsage(f"{path} is missing; a project needs it") from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise WrongUsage(f"{path} can't be read: {exc}") from exc


def _valid(kind: Any, text: str, name: str) -> Any:  # noqa: ANN401 - of the kind that is asked for
    try:
        return TypeAdapter(kind).validate_python(YAML(typ="safe").load(text))
    except YAMLError as exc:
        raise WrongUsage(f"{name} is no YAML: {exc}") from exc
    except ValidationError as exc:
        lines = "\n".join(
            f"{name}: {'.'.join(map(str, error['loc']))}: {error['msg']}"
            for error in exc.errors(include_url=False)
        )
        raise WrongUsage(lines) from exc


def _never_state_is_known(page: Page, patterns: PatternFile) -> None:
    problems = [
        Problem(FILE, f"drafts.never_state: {name} has no pattern in {PROMPTS}/patterns.yaml")
        for name in page.drafts.never_state
        if name not in patterns.never_state
    ]
    if problems:
        raise BadPage(problems)
