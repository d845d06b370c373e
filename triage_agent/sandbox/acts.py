"""`POST /sandbox/people`: a person of the org does what only the user interface can do.

No protocol between agent and sandbox has it. It is for tests, and for whoever plays a person.
"""

from http import HTTPStatus
from typing import Self

from pydantic import Field, ValidationError, model_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from triage_agent.sandbox.salesforce import ids, people
from triage_agent.sandbox.salesforce.call import Sessions
from triage_agent.sandbox.salesforce.org import Org
from triage_agent.sandbox.salesforce.refusals import Refusal
from triage_agent.sandbox.strict import Strict


class Merge(Strict):
    winner: str
    loser: str


class Convert(Strict):
    lead: str


class Act(Strict):
    """What is done, and the user who does it."""

    user: str = Field(alias="as")
    merge: Merge | None = None
    convert: Convert | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.merge) == bool(self.convert):
            raise ValueError('write either "merge": {"winner", "loser"} or "convert": {"lead"}')
        return self


async def answer(request: Request) -> Response:
    """Does it; what came of it, or a 400 that says what is wrong."""
    sessions: Sessions = request.app.state.sessions
    try:
        act = Act.model_validate_json(await request.body())
    except ValidationError as error:
        return _wrong("; ".join(_complaints(error)))
    org = sessions.tokens.get(people.token(ids.canonical(act.user) or ""))
    if org is None:
        return _wrong(f"as: {act.user!r} is no active user of the org; name one by its id")
    try:
        with org.store.changing():
            return JSONResponse(_done(org, act))
    except Refusal as refusal:
        return _wrong(f"{refusal.message} ({refusal.code})")


def _done(org: Org, act: Act) -> dict[str, str]:
    if act.merge:
        people.merge(org, act.merge.winner, act.merge.loser)
        return {"winner": act.merge.winner}
    assert act.convert, "one of the two is there"
    account, contact = people.convert(org, act.convert.lead)
    return {"account": account, "contact": contact}


def _complaints(error: ValidationError) -> list[str]:
    return [
        ": ".join((".".join(map(str, problem["loc"])) or "body", problem["msg"]))
        for problem in error.errors()
    ]


def _wrong(message: str) -> Response:
    return JSONResponse({"error": message}, HTTPStatus.BAD_REQUEST)
