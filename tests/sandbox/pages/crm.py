"""Records written as programs write them, and the CRM's pages about them as visitors see them."""

from typing import Any

import requests

from tests.sandbox.conftest import Client
from tests.sandbox.pages.html import Page

Json = dict[str, Any]

MAYA = "005000000000002AAA"
LEAD = {"LastName": "Ames", "Company": "Alpha", "Email": "a@alpha.example"}
AS_IS = {"Sforce-Auto-Assign": "FALSE"}
TAG = {"Triage_Category__c": "demo_request", "Triage_Confidence__c": 0.86}


def new(client: Client, entity: str, values: Json) -> str:
    """A new record as it is, no assignment rule; its id."""
    made = client.restful(f"sobjects/{entity}", method="POST", json=values, headers=AS_IS)
    return str(made["id"])


def change(client: Client, entity: str, identifier: str, values: Json) -> None:
    client.restful(f"sobjects/{entity}/{identifier}", method="PATCH", json=values, headers=AS_IS)


def see(url: str, path: str, **cookies: str) -> Page:
    return Page(requests.get(f"{url}{path}", cookies=cookies, timeout=10))


def press(url: str, path: str, person: str, **fields: str) -> Page:
    """A form sent as one of the people; the page that a browser ends at."""
    cookies = {"person": person}
    return Page(requests.post(f"{url}{path}", data=fields, cookies=cookies, timeout=10))
