"""Slack's mark-up and standard markdown, as a browser gets them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from tests.sandbox.pages.markup_reading import Reading
from triage_agent.sandbox.pages.slack.markdown import markdown
from triage_agent.sandbox.pages.slack.markup import host, is_address, link
from triage_agent.sandbox.pages.slack.mentions import Names
from triage_agent.sandbox.pages.slack.mrkdwn import mrkdwn

NAMES = Names({"U0DANA00001": "Dana Reyes"}, {"C0SALESDEV1": "sales-triage"})
A = '<a href="{0}" title="{0}" target="_blank" rel="noreferrer noopener">{1}</a>'
ALLOWED = frozenset(
    "p b i s u code pre blockquote a span time hr ul ol li mark svg rect".split()  # noqa: SIM905 - so they are easier to read
)
MARKED = st.text(st.sampled_from("ab*_~`<>|&;:!@#/.\\[]()\"' \n-1+") | st.characters(codec="utf-8"))


def shown(text: str) -> Markup:
    return mrkdwn(text, NAMES)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*a* _b_ ~c~ `d`", "<p><b>a</b> <i>b</i> <s>c</s> <code>d</code></p>"),
        ("*a _b_*", "<p><b>a <i>b</i></b></p>"),
        ("2*3*4 snake_case_x * a *", "<p>2*3*4 snake_case_x * a *</p>"),
        ("`*a*`", "<p><code>*a*</code></p>"),
        ("a```\n*b*\n```c", "<p>a</p><pre>*b*</pre><p>c</p>"),
        ("> a\n&gt; *b*\nc", "<blockquote>a\n<b>b</b></blockquote><p>c</p>"),
        ("&lt;b&gt; &amp;amp;", "<p>&lt;b&gt; &amp;amp;</p>"),
        ("<@U0DANA00001>", '<p><span class="mention">@Dana Reyes</span></p>'),
        ("<@U0NOBODY|joe>", '<p><span class="mention">@joe</span></p>'),
        (
            "<#C0SALESDEV1>",
            '<p><a class="mention" href="/slack/C0SALESDEV1">#sales-triage</a></p>',
        ),
        ("<!here>", '<p><span class="mention all">@here</span></p>'),
        ("<!subteam^S1|@team>", '<p><span class="mention">@team</span></p>'),
        (":no_such_thing: 10:30:45", "<p>:no_such_thing: 10:30:45</p>"),
        ("<https://a.example/?b&amp;c|d>", f"<p>{A.format('https://a.example/?b&amp;c', 'd')}</p>"),
        ("see https://a.example.", f"<p>see {A.format('https://a.example', 'https://a.example')}.</p>"),
        ("<mailto:a@b.example|write>", f"<p>{A.format('mailto:a@b.example', 'write')}</p>"),
        ("<javascript:alert(1)|x> <data:text/html,x|y>", "<p>x y</p>"),
        ("a < b > c", "<p>a &lt; b &gt; c</p>"),
    ],
)  # fmt: skip
def test_mrkdwn(text: str, html: str) -> None:
    """Each mark becomes what Slack makes of it, and what only looks like one stays text."""
    assert html == shown(text)


def test_an_emoji_has_a_name() -> None:
    """One that is known is a picture with a name, for those who don't see it."""
    (emoji,) = [one for one in Reading(shown(":tada:")).all("span") if one["class"] == "emoji"]

    assert ("img", "tada") == (emoji["role"], emoji["aria-label"])
    assert "🎉" == Reading(shown(":tada:")).text


def test_a_date_in_the_form_that_was_asked_for() -> None:
    """The tokens of a date are filled in; a time that isn't one leaves the fallback."""
    text = Reading(shown("<!date^1392734382^On {date_num}, {nothing}|some day>")).text

    assert "On 2014-02-18, {nothing}" == text
    assert "some day" == Reading(shown("<!date^999999999999^{date}|some day>")).text


def test_verbatim_text_has_only_the_links_it_marks() -> None:
    """A bare address stays text there, a marked one is a link."""
    read = Reading(mrkdwn("https://a.example <https://b.example>", NAMES, verbatim=True))

    assert ["https://b.example"] == [one["href"] for one in read.all("a")]


@pytest.mark.parametrize(
    ("url", "label", "beside"),
    [
        ("https://evil.example/x", "https://bank.example/login", "(evil.example)"),
        ("https://evil.example", "bank.example", "(evil.example)"),
        ("https://evil.example", "go to bank.example now", "(evil.example)"),
        ("https://bank.example@evil.example/", "", "(evil.example)"),
        ("https://b\N{CYRILLIC SMALL LETTER A}nk.example", "bank.example", "(xn--bnk-6cd.example)"),
        ("https://evil.example", "bank\N{IDEOGRAPHIC FULL STOP}example", "(evil.example)"),
        ("https://evil.example", "bank\N{ZERO WIDTH SPACE}.example", "(evil.example)"),
        ("mailto:thief@evil.example", "boss@bank.example", "(thief@evil.example)"),
        ("https://bank.example/login", "https://bank.example", ""),
        ("https://bank.example:8080/a.b", "bank.example", ""),
        ("https://bank.example", "our bank, 1.5 % interest", ""),
    ],
)
def test_a_link_that_claims_another_host(url: str, label: str, beside: str) -> None:
    """Where the words name another host than the address has, the address's stands beside them."""
    assert f"{label or url}{' ' * bool(beside)}{beside}" == Reading(link(url, label)).text


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "https:evil", "https:///x", "https://a\\@b", "https://a b", "//a", "ftp://a"],
)  # fmt: skip
def test_no_way_there(url: str) -> None:
    """What browsers would read otherwise than we do, or run, is no link."""
    assert not is_address(url)
    assert "x" == link(url, "x")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("## a\nb **c**", '<p class="headline"><b>a</b></p><p>b <b>c</b></p>'),
        ("_a_\n\nb", "<p><i>a</i></p><p>b</p>"),
        ("- a\n  - b", '<ul class="in-0"><li>a</li></ul><ul class="in-1"><li>b</li></ul>'),
        ("2. c", '<ol class="in-0" start="2"><li>c</li></ol>'),
        ("> a\n> b", "<blockquote>a\nb</blockquote>"),
        ("```py\n**a**\n```\nb", "<pre>**a**</pre><p>b</p>"),
        ("```a", "<pre></pre>"),
        ("a\n\n---\n\n~~b~~ `c`", "<p>a</p><hr><p><s>b</s> <code>c</code></p>"),
        ("[a](https://b.example)", f"<p>{A.format('https://b.example', 'a')}</p>"),
        ("[a](javascript:b) \\*c\\*", "<p>a *c*</p>"),
        ("<b>a</b> *b*", "<p>&lt;b&gt;a&lt;/b&gt; <i>b</i></p>"),
    ],
)  # fmt: skip
def test_markdown(text: str, html: str) -> None:
    """The part of markdown that Slack shows becomes HTML, and HTML in it stays text."""
    assert html == markdown(text)


@given(MARKED)
def test_no_text_becomes_another_tag(text: str) -> None:
    """Whatever is written, only our own tags come out, and links lead only where they may."""
    for html in (shown(text), markdown(text)):
        read = Reading(html)

        assert {tag for tag, _ in read.tags} <= ALLOWED
        assert all(
            is_address(str(one["href"])) or one["class"] == "mention" for one in read.all("a")
        )


@given(st.text(st.characters(categories=("L", "N", "S", "Zs")), min_size=1))
def test_words_are_not_lost(text: str) -> None:
    """Text without marks comes out as it went in."""
    words = "".join(letter for letter in text if letter not in "`~<>|+^$=&").strip() or "x"

    assert words == Reading(shown(words)).text.strip()
    assert words == Reading(markdown(words)).text.strip()


@given(st.text())
def test_any_address_has_a_host_to_show(url: str) -> None:
    """Showing where an address leads never fails."""
    assert isinstance(host(f"https://{url}"), str)
