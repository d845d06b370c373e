"""A page of the sandbox as a browser understands it, as far as tests ask."""

from html.parser import HTMLParser

import requests

_VOID = frozenset({"input", "img", "link", "meta", "br"})


class Page(HTMLParser):
    """The texts, elements and links of a page, and the texts within elements of some class."""

    def __init__(self, answer: requests.Response) -> None:
        super().__init__(convert_charrefs=True)
        self.status = answer.status_code
        self.texts: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[tuple[str, frozenset[str]]] = []
        self._within: dict[str, list[str]] = {}
        self.feed(answer.text)

    @property
    def text(self) -> str:
        """All that is read on it, its white space as one blank each."""
        return " ".join(" ".join(self.texts).split())

    @property
    def links(self) -> list[str]:
        return [str(given["href"]) for tag, given in self.elements if tag == "a"]

    def within(self, name: str) -> str:
        """The text within elements of a class or an id, as it stands."""
        return "".join(self._within.get(name, []))

    def told(self, name: str) -> str:
        """The same, its white space as one blank each."""
        return " ".join(self.within(name).split())

    def records(self, entity: str) -> list[str]:
        """The ids of the records listed, in their order."""
        start = f"{entity}-"
        return [
            str(given["id"]).removeprefix(start)
            for tag, given in self.elements
            if tag == "a" and str(given.get("id")).startswith(start)
        ]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.elements.append((tag, given))
        if tag not in _VOID:
            names = [*str(given.get("class") or "").split(), str(given.get("id"))]
            self._open.append((tag, frozenset(names)))

    def handle_endtag(self, tag: str) -> None:
        assert tag == self._open.pop()[0], "elements end in the order that they began"

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        for name in {name for _, names in self._open for name in names}:
            self._within.setdefault(name, []).append(data)
