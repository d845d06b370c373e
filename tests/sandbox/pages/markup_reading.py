"""What a browser would make of HTML: its tags, its text, and its fields."""

from html.parser import HTMLParser

Tag = tuple[str, frozenset[str]]


class Reading(HTMLParser):
    """`tags`: each element's name and the names of its attributes, in the document's order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[Tag] = []
        self.attributes: list[dict[str, str | None]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, frozenset(name for name, _ in attrs)))
        self.attributes.append({"tag": tag, **dict(attrs)})

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each element of that name."""
        return [one for one in self.attributes if one["tag"] == tag]
