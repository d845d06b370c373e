"""What the model by itself says of a case, without floor, rules or plan: one vote to compare."""

from triage_agent.connectors.model import ModelConnector
from triage_agent.decision.assessment import Assessment, assessment_schema, read_assessment
from triage_agent.decision.prompts import Prompt, question
from triage_agent.decision.story import Story
from triage_agent.evaluation.ending import Ending
from triage_agent.evaluation.results import Alone
from triage_agent.operating_model.schema import UNCLEAR, Page


class Voter:
    """Has the model assess what the floor stopped before it was asked."""

    def __init__(self, asker: ModelConnector, assess: Prompt, page: Page) -> None:
        self._asker, self._assess, self._page = asker, assess, page
        self._instructions = assess.render("instructions", page=page)
        self._schema = assessment_schema(page)

    def alone(self, ending: Ending) -> Alone | None:
        """Its vote; None where it gave none."""
        said = ending.story.assessment or self._asked(ending.item, ending.story)
        if said is None:
            return None
        known = said.category in self._page.workflow.categories
        unsure = said.confidence < self._page.stops_when.low_confidence.below
        return Alone(
            category=said.category if known else UNCLEAR,
            confidence=said.confidence,
            stops=bool(said.flags) or not known,
            unsure=unsure,
        )

    def _asked(self, item: str, story: Story) -> Assessment | None:
        if story.record is None:
            return None
        whole = story.item(item, self._page)
        asked = question(self._assess, self._instructions, whole, "assessment", self._schema)
        answer = self._asker.ask("assess", asked)
        try:
            return read_assessment(answer.text) if answer.text else None
        except ValueError:  # torn: no vote
            return None
