"""The sandbox's web pages, where a visitor plays the people. No protocol has any of it."""

from collections.abc import Iterable

from starlette.routing import BaseRoute, Mount

from triage_agent.sandbox.pages import crm, faults, home, log, site, slack


def routes() -> Iterable[BaseRoute]:
    """All pages, from `/` on."""
    yield Mount("/assets", site.assets())
    for page in (site, home, crm, slack, log, faults):
        yield from page.routes()
