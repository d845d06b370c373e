"""Who may do what people do: only whom the page names, and only as themselves."""

from collections.abc import Sequence

from triage_agent.errors import NotAllowed
from triage_agent.operating_model.schema import Member, Page, Person

Somebody = Person | Member


def known_in_slack(page: Page, names: Sequence[str], user: str) -> Somebody | None:
    """The person with that user id among those behind some names of the page; else nobody."""
    everybody = (one for name in names for one in page.people(name))
    return next((one for one in everybody if one.slack == user), None)


def listed(page: Page, names: Sequence[str]) -> str:
    """Those behind some names of the page, each once, as people say it."""
    return ", ".join(dict.fromkeys(one.name for name in names for one in page.people(name)))


def identified(somebody: Somebody) -> dict[str, str | None]:
    """Who somebody is wherever they are known, as each decision tells it."""
    salesforce = somebody.salesforce if isinstance(somebody, Member) else None
    return {
        "by": somebody.name,
        "login": somebody.login,
        "slack": somebody.slack,
        "salesforce": salesforce,
    }


def acting(
    page: Page,
    allowed: Sequence[str],
    named: str | None,
    login: str,
    *,
    playing: bool,
    option: str = "--as",
) -> Somebody:
    """Whom a command acts as, of those behind some names of the page; `NotAllowed` without one.

    `named`: a person's name or login, else whoever is logged in as `login`. `playing`: in a
    sandbox anybody may take the part of anybody on the page. `option`: how they are named.
    """
    people = {one.login: one for name in allowed for one in page.people(name)}
    if named is None:
        found = people.get(login)
    else:
        wanted = named.casefold()
        by_name = {one.name.casefold(): one for one in people.values()}
        found = people.get(wanted) or by_name.get(wanted)
    if found is None:
        names = ", ".join(f"{one.name} ({one.login})" for one in people.values())
        raise NotAllowed(
            f"{named or login} is none of those whom the page lets do this: {names}; "
            f"name one of them with {option}",
        )
    if not playing and found.login != login:
        raise NotAllowed(
            f"{option} {named}: you are logged in as {login}, and {found.name} logs in as "
            f"{found.login}; they have to do it themselves",
        )
    return found
