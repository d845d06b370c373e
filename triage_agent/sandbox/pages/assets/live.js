// Looks again every second and a half, and puts what is new in place of what was there.
// Every page works without this, too: then the visitor reloads.
"use strict";

const EVERY = 1500; // milliseconds
const known = new Map(); // what the server last sent, by the element's id
let latest = ""; // the page that was last sent, if all of it is shown

for (const form of document.querySelectorAll("form[data-at-once]")) {
  form.classList.add("at-once");
  form.addEventListener("change", () => form.requestSubmit());
}

function atEnd(part) {
  return part.scrollHeight - part.scrollTop - part.clientHeight < 40;
}

// Somebody types there, or reads what they opened or marked.
function isBusy(part) {
  const active = document.activeElement;
  const marked = getSelection();
  return (part.contains(active) && active.matches("input, textarea, select"))
    || part.querySelector("details[open]") !== null
    || (!marked.isCollapsed && part.contains(marked.anchorNode));
}

// What the visitor looks at keeps its place in the window when more comes above it.
function lookedAt(part) {
  if (part.getBoundingClientRect().top >= 0) return () => {};
  const first = [...part.querySelectorAll("[id]")].find((one) => one.getBoundingClientRect().top >= 0);
  const top = first?.getBoundingClientRect().top;
  return () => {
    const again = first && document.getElementById(first.id);
    if (again) scrollBy(0, again.getBoundingClientRect().top - top);
  };
}

function replace(part, html) {
  const focused = part.contains(document.activeElement) && document.activeElement.id;
  const follows = atEnd(part);
  const stay = lookedAt(part);
  part.innerHTML = html; // the server's own page, in which all text is escaped
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  stay();
  if (follows) part.scrollTop = part.scrollHeight;
}

async function look() {
  if (document.hidden) return;
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const text = await answer.text();
  if (text === latest) return;
  latest = text;
  const page = new DOMParser().parseFromString(text, "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const html = page.getElementById(part.id)?.innerHTML;
    if (html === undefined || html === known.get(part.id)) continue;
    if (isBusy(part)) {
      latest = "";
      continue;
    }
    if (known.has(part.id) || html !== part.innerHTML) replace(part, html);
    known.set(part.id, html);
  }
}

async function lookForEver() {
  try {
    await look();
  } catch (problem) {
    if (!(problem instanceof TypeError)) throw problem; // the sandbox has ended; it may come back
  }
  setTimeout(lookForEver, EVERY);
}

for (const part of document.querySelectorAll("[data-live]")) {
  known.set(part.id, part.innerHTML);
  if (part.hasAttribute("data-ends")) part.scrollTop = part.scrollHeight;
}
if (known.size) setTimeout(lookForEver, EVERY);
