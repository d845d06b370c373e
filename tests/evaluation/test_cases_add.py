"""What a person decided about a real item becomes a case that anybody may read, and is tried."""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.conftest import HOME, Ran, TypeIn
from tests.jobs.conftest import written
from tests.review.at_terminal import AS_MAYA
from tests.review.conftest import UNHURRIED, Desk
from tests.sandboxes import running
from triage_agent import wiring
from triage_agent.casebook import FILE
from triage_agent.targets import Target

pytestmark = pytest.mark.long

STOPS = (
    "I'm Ada Lind of Lind Heating. We will take legal action against you unless you answer us at "
    "ada@lind-heating.example or +1 212 555 7788. Lind's terms: lind-heating.example/terms"
)
AROUND = {
    "Account": [
        {
            "Id": "001000000000101AAA",
            "Name": "Lind Heating Group",
            "Type": "Customer",
            "Website": "lind-heating.example",
        }
    ],
    "Contact": [
        {
            "Name": "Ada Lind",
            "LastName": "Lind",
            "FirstName": "Ada",
            "Email": "ada@lind-heating.example",
            "AccountId": "001000000000101AAA",
        }
    ],
}
REAL = ("Ada", "Lind", "lind-heating", "555 7788", "001000000000101")
FREE = [f"person{n}@mail.example" for n in range(9)]


class Bench:
    """A desk with hand-overs, and what is typed there."""

    def __init__(self, desk: Desk, type_in: TypeIn) -> None:
        self.desk, self._type = desk, type_in
        self._where = ("--project", desk.target.project, "--sandbox-url", desk.url)

    def review(self, *words: str) -> None:
        done = self._type("review", *words, *AS_MAYA, *self._where)
        assert done.code == 0, done.err

    def add(self, item: str, *more: str) -> Ran:
        return self._type("cases", "add", item, *more, *self._where)

    def typed(self, *words: str) -> Ran:
        return self._type(*words, "--project", self.desk.target.project)

    def erase(self, person: str) -> Ran:
        as_owner = ("--person", person, "--as", "dana")
        return self._type("ledger", "erase", *as_owner, *self._where)

    @property
    def text(self) -> str:
        return (self.desk.target.project / "eval_cases" / FILE).read_text()

    def case(self, item: str) -> dict[str, Any]:
        """The one in the file."""
        cases: list[dict[str, Any]] = YAML(typ="safe").load(self.text)
        (found,) = [one for one in cases if item[:8] in one["name"]]
        return found


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """After the agent's first run over requests that stop, the first with records around it."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("desk")
        others = [{"Company": f"Acme {n}", "Email": mail} for n, mail in enumerate(FREE)]
        leads: list[dict[str, Any]] = [{"context": AROUND}, *others]
        path = written(folder / "leads.jsonl", [{"Description": STOPS, **one} for one in leads])
        url = stack.enter_context(running(state=None, leads=path, timing=UNHURRIED))
        project = folder / "project"
        shutil.copytree(
            HOME / "prompts", project / "prompts"
        )  # with all patterns, as `check` wants
        shutil.copy(HOME / "operating_model.yaml", project)
        opened = Desk(Target(project, sandbox_url=url), url)
        opened.run()
        yield opened


@pytest.fixture
def bench(desk: Desk, type_in: TypeIn) -> Bench:
    return Bench(desk, type_in)


@pytest.fixture
def item(desk: Desk) -> str:
    """One that no other test decides about."""
    return next(one for one in iter(lambda: desk.another().item, "") if one != of_ada(desk))


def of_ada(desk: Desk) -> str:
    leads = desk.records("Lead").values()
    (found,) = [one["Id"] for one in leads if one["Company"] == "Lind Heating"]
    with closing(wiring.open_ledger(desk.target)) as ledger:
        return ledger.known("live", [found])[found][-1]


def test_a_corrected_item_becomes_a_case(bench: Bench, desk: Desk) -> None:
    """In other names; the records around it are found by them, and nobody else's are left."""
    item = of_ada(desk)
    bench.review("correct", item, "--wrong", "rule", "--category", "existing_customer")
    added = bench.add(item)
    case = bench.case(item)

    assert added.code == 0, added.err
    assert not [one for one in REAL if one.casefold() in added.out.casefold()]
    assert f"{added.out}" in bench.text
    assert "Read it before you check it in: names that stand in no field are still there." in (
        added.err
    )
    assert {
        "category": "existing_customer",
        "escalates": "no",
        "sees": {"Contact": 1, "Account": 1},
    } == case["expect"]
    assert {"Contact", "Account"} == {*case["around"]}
    assert str(case["name"]).endswith(f" {item[:8]}: existing_customer")
    assert "OwnerId" not in case["fields"]

    refused = bench.add(item)
    assert (refused.code, bench.text.count(item[:8])) == (2, 1)
    assert "is a case already" in refused.err


def test_it_is_a_case_like_any_other(bench: Bench, item: str) -> None:
    """`check` passes, `cases list` has it, and `evaluate` finds the records around it."""
    bench.review("release", item, "--category", "pricing_question")
    assert bench.add(item).code == 0

    assert "in eval_cases" in bench.typed("check").out
    listed = bench.typed("cases", "list").out
    assert f"{item[:8]}: pricing_question" in listed
    assert "go on." in listed.splitlines()[-1]
    assert max(map(len, listed.splitlines())) <= 80
    told = json.loads(bench.typed("cases", "list", "--json").out)["cases"]
    assert {"from_people"} == {one["stratum"] for one in told}
    folder = bench.desk.target.project / "eval_cases"
    tried = json.loads(bench.typed("evaluate", "--cases", str(folder), "--format", "json").out)
    asked = [
        check["ok"]
        for one in tried["evaluation"]["cases"]
        for trial in one["trials"]
        for check in trial["checks"]
        if check["question"] == "sources"
    ]
    assert asked
    assert all(asked)


def test_the_same_case_is_made_each_time(bench: Bench, item: str) -> None:
    """Taken out and added anew, it is the one that was there."""
    bench.review("release", item, "--category", "demo_request")
    first = bench.add(item)
    path = bench.desk.target.project / "eval_cases" / FILE
    path.write_text(bench.text.replace(first.out, ""))

    assert first.code == 0
    assert first.out == bench.add(item[:10]).out
    assert bench.text.startswith("# Real items as people decided them")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (("correct", "--wrong", "category", "--category", "partnership"), "yes"),
        (("reject", "--reason", "I have seen it."), "no"),
        (("correct", "--wrong", "not_an_item"), "no"),
    ],
)
def test_what_they_left_open_is_asked_for(
    bench: Bench, item: str, said: tuple[str, ...], answer: str
) -> None:
    """Another category, or that it was of no use, says nothing of whether it has to stop."""
    bench.review(said[0], item, *said[1:])
    refused = bench.add(item)

    assert refused.code == 2
    assert "--escalates yes, or --escalates no" in " ".join(refused.err.split())
    assert bench.add(item, "--escalates", answer).code == 0
    category = {"category": "partnership"} if "partnership" in said else {}
    assert {"escalates": answer, **category} == bench.case(item)["expect"]


def test_no_request_at_all_goes_on_where_the_page_does_nothing_with_it(
    bench: Bench, item: str
) -> None:
    """A category without reply and task is how the page has it set aside."""
    said = ("--wrong", "not_an_item", "--category", "job_or_vendor_spam")
    bench.review("correct", item, *said)

    assert bench.add(item).code == 0
    assert {"category": "job_or_vendor_spam", "escalates": "no"} == bench.case(item)["expect"]


def test_nobody_is_contradicted(bench: Bench, item: str) -> None:
    """What a person said is not said otherwise by whoever adds it."""
    bench.review("release", item, "--category", "new_business")
    refused = bench.add(item, "--escalates", "yes")

    assert refused.code == 2
    assert "leave the option out" in " ".join(refused.err.split())


def test_only_what_a_person_decided_becomes_a_case(bench: Bench, item: str) -> None:
    """Whoever has merely claimed it has said nothing of it."""
    bench.review("claim", item)
    refused = bench.add(item)

    assert refused.code == 2
    assert "only what a person decided becomes a case" in " ".join(refused.err.split())
    assert bench.add("no-such-item").code == 2


def test_what_was_erased_makes_no_case(bench: Bench, desk: Desk, item: str) -> None:
    """Its texts are gone for good; nothing is written."""
    bench.review("release", item, "--category", "new_business")
    with closing(wiring.open_ledger(desk.target)) as ledger:
        record = ledger.story(item).record
    assert record
    person = str(record.fields["Email"])
    erased = bench.erase(person)
    assert erased.code == 0, erased.err

    refused = bench.add(item)
    assert refused.code == 2
    assert "erased or expired" in " ".join(refused.err.split())
    assert item[:8] not in bench.text
