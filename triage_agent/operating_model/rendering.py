"""The page as its owner signs it: in Markdown, or as one sheet of HTML to print or to look at.

Whatever a page says is text here: no word of it becomes markup.
"""

import re
from html import escape

from triage_agent.operating_model.loading import OperatingModel
from triage_agent.operating_model.sentences import Line, sections

_MODES = {
    "shadow": "it records what it would do, and changes nothing",
    "live": "it acts",
}
_BLANK = "." * 40
_MARKS = re.compile(r"[\\`*<>\[\]&~|]|(?<!\w)_|_(?!\w)")


def as_markdown(model: OperatingModel) -> str:
    """Headings and lists, without a character of raw HTML."""
    blocks = [f"# {plain(model.page.workflow.name)}", f"Operating model, {plain(_which(model))}"]
    for number, (question, lines) in enumerate(sections(model), 1):
        blocks += [f"## {number}. {question}", "\n".join(map(_item, lines))]
    blocks += [f"Signed: {plain(_signer(model))} {_BLANK} on {_BLANK}"]
    return "\n\n".join(blocks) + "\n"


def _item(line: Line) -> str:
    items = (f"*{plain(name)}:* {plain(means)}" for name, means in line.items)
    return " ".join([f"- **{plain(line.head)}**", plain(line.rest), *items]).replace("  ", " ")


def plain(text: str) -> str:
    """Text on one line that Markdown shows as it is written."""
    return _MARKS.sub(r"\\\g<0>", " ".join(text.split()))


def _which(model: OperatingModel) -> str:
    """What is signed: the very page, and whether it lets the agent act."""
    mode = model.page.workflow.mode
    version = f"version {model.page.version}, SHA-256 {model.sha256[:12]}"
    return f"{version}, mode {mode}: {_MODES[mode]}"


def _signer(model: OperatingModel) -> str:
    owner = model.page.owner
    return f"{owner.name}, {owner.role}"


def as_html(model: OperatingModel) -> str:
    """A document that needs nothing else: no script, no address; A4 when it is printed."""
    name = escape(model.page.workflow.name)
    parts = "".join(
        f"<section><h2><b>{number}</b> {escape(question)}</h2>\n{_lines(lines)}</section>\n"
        for number, (question, lines) in enumerate(sections(model), 1)
    )
    return _SHEET.format(
        style=_STYLE,
        name=name,
        which=escape(_which(model)),
        parts=parts,
        signer=escape(_signer(model)),
    )


def _lines(lines: tuple[Line, ...]) -> str:
    return "".join(f"<p>{_line(line)}</p>\n" for line in lines)


def _line(line: Line) -> str:
    items = (f"<span><i>{escape(name)}:</i> {escape(means)}</span>" for name, means in line.items)
    return " ".join([f"<strong>{escape(line.head)}</strong>", escape(line.rest), *items])


_SHEET = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{name}: operating model</title>
<style>
{style}</style>
</head>
<body>
<header><h1>{name}</h1><p><strong>Operating model</strong>, {which}</p></header>
<main>
{parts}</main>
<footer><p>{signer}</p><p class="blank">Signature</p><p class="blank">Date</p></footer>
</body>
</html>
"""

# Arial and what is measured like it: the sheet breaks in the same places on every machine.
_STYLE = """\
:root { color-scheme: light dark; --ink: #1d2430; --soft: #5a6474; --rule: #d5dae2;
  --tint: #24577a; --paper: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #dfe4ec; --soft: #97a2b4; --rule: #343c4a; --tint: #85bde3; --paper: #14181f; }
}
* { box-sizing: border-box; margin: 0; }
body { max-width: 76rem; margin: auto; padding: 2.5rem clamp(1rem, 4vw, 3rem);
  background: var(--paper); color: var(--ink); overflow-wrap: anywhere;
  font: 0.94rem/1.45 Arial, "Liberation Sans", Arimo, sans-serif; }
header { border-bottom: 2px solid var(--tint); padding-bottom: 0.6em; margin-bottom: 1.4em; }
h1 { font-size: 1.9em; line-height: 1.2; letter-spacing: -0.01em; }
header p { color: var(--soft); }
main { columns: 2 26rem; column-gap: 2.6em; }
section { margin-bottom: 1.3em; }
i { color: var(--tint); }
@media screen { section span { display: block; padding-left: 1.5em; } }
h2 { padding-left: 1.5em; text-indent: -1.5em;
  font-size: 1.08em; line-height: 1.3; color: var(--tint); break-after: avoid;
  border-bottom: 1px solid var(--rule); padding-bottom: 0.15em; margin-bottom: 0.35em; }
h2 b { display: inline-block; min-width: 1.5em; text-indent: 0; }
p + p { margin-top: 0.25em; }
section p { break-inside: avoid; }
footer { display: flex; flex-wrap: wrap; gap: 1.2em 2em; align-items: end; margin-top: 2em; }
footer p + p { margin: 0; }
.blank { flex: 1 1 9em; border-top: 1px solid var(--ink); color: var(--soft); font-size: 0.85em; }
@page { size: A4; margin: 6mm 8mm; }
@media print {
  :root { --ink: #111; --soft: #444; --rule: #bbb; --tint: #1c4966; --paper: #fff; }
  body { max-width: none; padding: 0; font-size: 8.4pt; line-height: 1.05; }
  header { padding-bottom: 0.4em; margin-bottom: 0.6em; }
  main { columns: 2; column-gap: 5mm; }
  section { margin-bottom: 0.3em; }
  h2 { padding-bottom: 0.05em; margin-bottom: 0.25em; }
  footer { margin-top: 1.1em; }
  p + p { margin-top: 0.06em; }
}
"""
