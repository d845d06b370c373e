"""The workspace in a browser: what is seen, clicked and filled in, as one person or another."""

import json
import re
from collections.abc import Iterator

import pytest
import requests
from slack_sdk import WebClient

from tests.sandbox.pages.markup_reading import Reading
from tests.sandbox.slack_people import (
    BUTTON,
    DANA,
    MAYA,
    SALES,
    App,
    Json,
    listening,
    modal,
    option,
    plain,
)
from tests.sandboxes import running

TEXT_AND_BOXES = (
    {
        "type": "input",
        "block_id": "why",
        "label": plain("Why?"),
        "element": {"type": "plain_text_input", "action_id": "text", "initial_value": "At first"},
    },
    {
        "type": "input",
        "block_id": "which",
        "label": plain("Which?"),
        "optional": True,
        "element": {"type": "checkboxes", "action_id": "c", "options": [option("a"), option("b")]},
    },
    {"type": "actions", "block_id": "acts", "elements": [BUTTON]},
)


class Visitor:
    """A browser: it keeps the page's cookie, follows where it is led, and fills in forms."""

    def __init__(self, url: str, user: str = DANA) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.cookies.set("person", user)

    def page(self, path: str = f"/slack/{SALES}") -> str:
        answer = self._session.get(self._url + path, timeout=10)
        answer.raise_for_status()
        return answer.text

    def leads_to(self, path: str) -> str:
        answer = self._session.get(self._url + path, timeout=10, allow_redirects=False)
        return answer.headers["location"]

    def send(self, path: str, **form: object) -> str:
        """The page that a form leads to; where it is there."""
        answer = self._session.post(self._url + path, data=form, timeout=10)
        answer.raise_for_status()
        return answer.text

    def click(self, ts: str, action: str = "claim", **more: object) -> str:
        where = {"channel": SALES, "ts": ts, "block_id": "acts", "action_id": action}
        return self.send("/slack/act", **where, back=f"/slack/{SALES}#m-{ts}", **more)

    def fill(self, html: str, **form: object) -> str:
        """Sends the modal of a page; `form` by block_id, but for the button that sends it."""
        (hidden,) = [one["value"] for one in Reading(html).all("input") if one["name"] == "view_id"]
        names = {"why": json.dumps(["why", "text"]), "which": json.dumps(["which", "c"])}
        given = {names.get(name, name): value for name, value in form.items()}
        return self.send("/slack/modal", view_id=hidden, back=f"/slack/{SALES}", **given)


@pytest.fixture
def app() -> Iterator[App]:
    with listening(App()) as found:
        yield found


@pytest.fixture
def base(app: App) -> Iterator[str]:
    with running(state=None, leads=None, request_url=app.url) as url:
        yield url


@pytest.fixture
def bot(base: str) -> WebClient:
    return WebClient("xoxb-sandbox", base_url=f"{base}/api/")


@pytest.fixture
def dana(base: str) -> Visitor:
    return Visitor(base)


def posted(bot: WebClient, *elements: Json) -> str:
    acts = {"type": "actions", "block_id": "acts", "elements": list(elements) or [BUTTON]}
    return str(bot.chat_postMessage(channel=SALES, text="x", blocks=[acts])["ts"])


def texts(html: str, part: str = "messages") -> list[str]:
    """What is said in each row of a part, without its head."""
    found = re.search(
        rf'<ol class="rows" id="{part}".*?</ol>\n *<(/section|div id="typing")', html, re.DOTALL
    )
    assert found
    return re.findall(r'<div class="said"><p>(.*?)</p>', found[0])


def opens(app: App, bot: WebClient, view: Json) -> None:
    """The app answers each click in a message with a modal."""

    def answer(payload: Json) -> tuple[int, object]:
        if payload["type"] == "block_actions" and "message" in payload:
            bot.views_open(trigger_id=payload["trigger_id"], view=view)
        return 200, None

    app.answer = answer


def test_the_first_page_is_of_a_channel_with_messages(bot: WebClient, dana: Visitor) -> None:
    """The first channel in which something was said; if there is none, the first."""
    at_first = dana.leads_to("/slack")
    bot.chat_postMessage(channel="C0SUPPORT01", text="x")

    assert ("/slack/C0SALESDEV1", "/slack/C0SUPPORT01") == (at_first, dana.leads_to("/slack"))


def test_messages_stand_oldest_first(bot: WebClient, dana: Visitor) -> None:
    """Each as it is now, under its day, and the channel says how many there are."""
    first = bot.chat_postMessage(channel=SALES, text="first")["ts"]
    bot.chat_postMessage(channel=SALES, text="second")
    bot.chat_update(channel=SALES, ts=first, text="*changed*")
    html = dana.page()

    assert ["<b>changed</b>", "second"] == texts(html)
    assert 1 == html.count("(edited)")
    assert "<h2>Today</h2>" in html
    assert "# sales-triage 2 messages" in " ".join(Reading(html).text.split())


def test_a_thread_stands_beside_its_channel(bot: WebClient, dana: Visitor) -> None:
    """Replies are counted below the head, and seen only in the thread."""
    head = bot.chat_postMessage(channel=SALES, text="head")["ts"]
    reply = bot.chat_postMessage(channel=SALES, text="reply", thread_ts=head)["ts"]
    html = dana.page(f"/slack/{SALES}/{head}")

    assert ["head"] == texts(html)
    assert ["head", "reply"] == texts(html, "thread")
    assert f'href="/slack/{SALES}/{head}"><b>1 reply</b>' in html
    with pytest.raises(requests.HTTPError, match="404"):
        dana.page(f"/slack/{SALES}/{reply}")


def test_many_messages_come_in_pages(bot: WebClient, dana: Visitor) -> None:
    """The newest fifty, and a way to those before them."""
    for number in range(60):
        bot.chat_postMessage(channel=SALES, text=str(number))
    html = dana.page()
    (earlier,) = re.findall(r'id="to-earlier" href="([^"]+)"', html)
    before = dana.page(earlier)

    assert [str(number) for number in range(10, 60)] == texts(html)
    assert [str(number) for number in range(10)] == texts(before)
    assert "Earlier messages" not in before


def test_a_note_is_for_one_person(base: str, bot: WebClient, dana: Visitor) -> None:
    """Only that person sees it, where its time is, and is told so."""
    bot.chat_postMessage(channel=SALES, text="one")
    bot.chat_postEphemeral(channel=SALES, user=DANA, text="psst")
    bot.chat_postMessage(channel=SALES, text="two")

    assert ["one", "psst", "two"] == texts(dana.page())
    assert "Only visible to you" in dana.page()
    assert ["one", "two"] == texts(Visitor(base, MAYA).page())


def test_everybody_has_a_direct_channel_of_their_own(base: str, bot: WebClient) -> None:
    """It is in their list, and somebody else's leads there."""
    bot.chat_postMessage(channel=MAYA, text="for Maya")
    maya = Visitor(base, MAYA)

    assert ["for Maya"] == texts(maya.page("/slack/D0MAYA00002"))
    assert "/slack/D0MAYA00002" == maya.leads_to("/slack/D0DANA00001")


def test_a_click_is_the_visitors(app: App, base: str, bot: WebClient) -> None:
    """The app is told who clicked what, and what it makes of the message is seen at once."""
    ts = posted(bot)

    def answer(_payload: Json) -> tuple[int, object]:
        bot.chat_update(channel=SALES, ts=ts, text="claimed", blocks=[])
        return 200, None

    app.answer = answer
    html = Visitor(base, MAYA).click(ts)
    (told,) = app.told

    assert (MAYA, ts, "claim") == (
        told["user"]["id"],
        told["container"]["message_ts"],
        told["actions"][0]["action_id"],
    )
    assert ["claimed"] == texts(html)


@pytest.mark.parametrize(
    ("kind", "chosen", "told"),
    [
        ("static_select", "b", {"selected_option": option("b")}),
        ("overflow", "a", {"selected_option": option("a")}),
        ("radio_buttons", "b", {"selected_option": option("b")}),
        ("checkboxes", ["a", "b"], {"selected_options": [option("a"), option("b")]}),
        ("checkboxes", [], {"selected_options": []}),
    ],
)
def test_a_choice(
    app: App, bot: WebClient, dana: Visitor, kind: str, chosen: str | list[str], told: Json
) -> None:
    """What is chosen in an element is what the app is told."""
    ts = posted(bot, {"type": kind, "action_id": "it", "options": [option("a"), option("b")]})
    dana.click(ts, "it", value=chosen)
    (action,) = app.told[0]["actions"]

    assert told == {name: action[name] for name in told}


def test_trouble_stands_beside_what_was_clicked(app: App, bot: WebClient, dana: Visitor) -> None:
    """Until it is clicked again, and then it goes well."""
    ts = posted(bot)
    app.answer = lambda _payload: (500, None)
    before = Reading(dana.click(ts))
    app.answer = lambda _payload: (200, None)
    after = Reading(dana.click(ts))

    assert "The app answered with status 500." in before.text
    assert ["alert"] == [one["role"] for one in before.all("p") if one.get("role")]
    assert "status 500" not in after.text


def test_a_modal_is_filled_in(app: App, bot: WebClient, dana: Visitor) -> None:
    """It opens over the page; what is wrong stands beside its input, what was typed is kept."""
    opens(app, bot, modal(*TEXT_AND_BOXES))
    opened = dana.click(posted(bot))
    app.answer = lambda _payload: (200, {"response_action": "errors", "errors": {"why": "No."}})
    wrong = dana.fill(opened, do="submit", why="Because\r\n<b>", which=["a", "b"])
    app.answer = lambda _payload: (200, None)
    closed = dana.fill(wrong, do="submit", why="Good", which=[])
    values = [one["view"]["state"]["values"]["why"]["text"]["value"] for one in app.told[1:]]

    assert ["Hand back"] == re.findall(r"<h2 id=\"view-[^\"]+-title\">(.*?)</h2>", opened)
    assert ["At first"] == [one["value"] for one in _typed(opened)]
    assert [("Because\n<b>", "true", None)] == [
        (one["value"], one["aria-invalid"], one["autofocus"]) for one in _typed(wrong)
    ]
    assert "No." in Reading(wrong).text
    assert ["a", "b"] == [one["value"] for one in Reading(wrong).all("input") if "checked" in one]
    assert ["Because\n<b>", "Good"] == values
    assert "<dialog" not in closed


def test_a_click_in_a_modal_keeps_what_was_typed(app: App, bot: WebClient, dana: Visitor) -> None:
    """The app is told the button; what wasn't sent off yet is still there."""
    opens(app, bot, modal(*TEXT_AND_BOXES))
    opened = dana.click(posted(bot))
    after = dana.fill(opened, choose=json.dumps(["acts", "claim"]), why="Typed", which=["b"])

    assert ["claim", "claim"] == [one["actions"][0]["action_id"] for one in app.told]
    assert ["Typed"] == [one["value"] for one in _typed(after)]


def test_another_view_forgets_what_was_wrong(app: App, bot: WebClient, dana: Visitor) -> None:
    """What was told of a block isn't told any more when the app takes that block away."""
    opens(app, bot, modal(*TEXT_AND_BOXES))
    opened = dana.click(posted(bot))
    app.answer = lambda _payload: (200, {"response_action": "errors", "errors": {"why": "No."}})
    dana.fill(opened, do="submit", why="Because")
    view_id = app.told[-1]["view"]["id"]
    bot.views_update(view_id=view_id, view=modal(TEXT_AND_BOXES[1], title=plain("Another")))
    html = dana.page()

    assert "Another" in html
    assert "No." not in Reading(html).text


def test_a_modal_is_closed(app: App, bot: WebClient, dana: Visitor) -> None:
    """By its own button, and nothing is sent off."""
    opens(app, bot, modal())
    closed = dana.fill(dana.click(posted(bot)), do="close")

    assert "<dialog" not in closed
    assert ["block_actions"] == [one["type"] for one in app.told]


def test_nobody_elses_modal_is_seen(app: App, base: str, bot: WebClient, dana: Visitor) -> None:
    """A modal is before the person for whom it was opened."""
    opens(app, bot, modal())
    opened = dana.click(posted(bot))

    assert "<dialog" in opened
    assert "<dialog" not in Visitor(base, MAYA).page()


def test_what_is_not_there_is_missing(dana: Visitor) -> None:
    """An unknown channel, message or record is a page that says so."""
    for path in ("/slack/C0NOTHING01", f"/slack/{SALES}/1.000000", "/00Q000000000001AAA"):
        with pytest.raises(requests.HTTPError, match="404"):
            dana.page(path)


def _typed(html: str) -> list[dict[str, str | None]]:
    return [one for one in Reading(html).all("input") if one.get("type") == "text"]
