// Looks again every second and a half, and puts what is new in place of what was there; sends forms
// without leaving the page. Every page works without this, too: then the visitor reloads.
"use strict";

const EVERY = 1500; // milliseconds
const SOON = 300;
const sent = new WeakMap(); // how the server last sent an element, or the inside of a live part
const FIRST = ".inside :is(input, textarea, select, .button), footer button";
let latest = ""; // the page that was last sent, if all of it is shown
let sends = 0; // how often something was sent: a page that was asked for before that is an old one
let opener = ""; // the id of what had the focus before a dialog opened
const isSending = () => document.querySelector("[data-sending]");
const liveParts = () => document.querySelectorAll("[data-live]");

function atEnd(part) {
  return part.scrollHeight - part.scrollTop - part.clientHeight < 40;
}

function isChanged(field) {
  if (field.closest("[data-sent]")) return false;
  if (field.options) return [...field.options].some((one) => one.selected !== one.defaultSelected);
  return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
}

// What the visitor has opened, typed, chosen or focused in elements that are about to go, as
// functions that do it again to those with the same ids.
function kept(elements) {
  const again = [];
  const within = (selector) => elements.flatMap((one) => [...one.querySelectorAll(selector)]);
  const later = (id, act) => again.push(() => { const one = document.getElementById(id); if (one) act(one); });
  for (const { id } of within("details[open][id]")) later(id, (one) => { one.open = true; });
  for (const { id, value, checked } of within("input[id], textarea[id], select[id]").filter(isChanged)) {
    later(id, (one) => Object.assign(one, { value, checked }));
  }
  const { id, selectionStart, selectionEnd } = document.activeElement;
  if (id && within(`#${CSS.escape(id)}:not([data-sent] *)`).length) {
    later(id, (one) => {
      one.focus({ preventScroll: true });
      if (selectionStart != null) one.setSelectionRange(selectionStart, selectionEnd);
    });
  }
  return again;
}

function isBeingChosenIn(element) {
  const active = document.activeElement;
  return element.contains(active) && active.matches("select:not([data-sent] *)");
}

// Only what is otherwise than before is replaced, so that all else keeps its focus, selection and place.
function renew(part, fresh) {
  const follows = part.hasAttribute("data-ends") && atEnd(part);
  const wanted = [...fresh.children].map((child) => [child.outerHTML, child]);
  const stays = new Set(wanted.map(([html]) => html));
  const gone = [...part.children].filter((child) => !stays.has(sent.get(child)));
  if (gone.some(isBeingChosenIn) || part.matches("[data-waits]:has(details[open])")) return false;
  const again = kept(gone);
  for (const child of gone) child.remove();
  let at = part.firstElementChild;
  for (const [html, child] of wanted) {
    if (at && sent.get(at) === html) at = at.nextElementSibling;
    else part.insertBefore(note(child), at);
  }
  while (at) {
    const next = at.nextElementSibling;
    at.remove();
    at = next;
  }
  if (!wanted.length) part.innerHTML = fresh.innerHTML; // the server's own page, in which all text is escaped
  if (follows) part.scrollTop = part.scrollHeight;
  if (gone.some((child) => child.matches("dialog")) || part.querySelector("dialog")) lift(part);
  for (const act of again) act();
  return true;
}

function note(child) {
  sent.set(child, child.outerHTML);
  return child;
}

// Whether all of it is shown now: where somebody is choosing or reading something, it has to wait.
function show(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  let all = true;
  for (const part of liveParts()) {
    const fresh = page.getElementById(part.id);
    if (!fresh || fresh.innerHTML === sent.get(part)) continue;
    const html = fresh.innerHTML;
    if (renew(part, fresh)) sent.set(part, html);
    else all = false;
  }
  return all;
}

async function look() {
  if (document.hidden || isSending()) return;
  const before = sends;
  const answer = await fetch(location.href);
  const text = answer.ok ? await answer.text() : latest;
  if (before === sends && text !== latest) latest = show(text) ? text : "";
}

async function lookForEver() {
  try {
    await look();
  } catch (problem) {
    if (!(problem instanceof TypeError)) throw problem; // the sandbox has ended; it may come back
  }
  setTimeout(lookForEver, EVERY);
}

// A dialog that the page came with is open, but not yet over the page.
function lift(part) {
  const dialog = part.querySelector("dialog[open]");
  if (!dialog) {
    if (opener) document.getElementById(opener)?.focus({ preventScroll: true });
    opener = "";
  } else if (!dialog.matches(":modal")) {
    opener ||= document.activeElement.id;
    dialog.close();
    dialog.showModal();
    (dialog.querySelector("[autofocus]") ?? dialog.querySelector(FIRST))?.focus();
  }
}

async function send(form, button) {
  if (form.hasAttribute("data-sending")) return;
  const body = new URLSearchParams(new FormData(form, button));
  sends += 1;
  form.setAttribute("data-sending", "");
  form.setAttribute("data-sent", ""); // until something else is typed or chosen there
  const answer = await fetch(form.action, { method: "POST", body });
  if (answer.ok) show(await answer.text());
  else location.reload();
  if (form.matches("[data-goes-on]")) document.querySelector("[data-goes-on] [name=text]")?.focus();
  form.removeAttribute("data-sending");
  setTimeout(() => look().catch(() => {}), SOON); // what the app did just after it acknowledged
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-in-place]")) return;
  event.preventDefault();
  send(event.target, event.submitter).catch(() => location.reload());
});
document.addEventListener("input", ({ target }) => target.form?.removeAttribute("data-sent"));
document.addEventListener("change", ({ target }) => {
  const around = target.closest("[data-at-once]");
  const confirm = around?.querySelector("details");
  if (confirm) confirm.open = true;
  else around?.querySelector("button").click();
});
document.addEventListener("click", (event) => {
  const { target } = event;
  target.closest("[data-sends]")?.parentElement.querySelector("button").click();
  const shut = target.closest("[data-shut]");
  if (shut) {
    event.preventDefault();
    shut.closest("details").open = false;
    shut.closest("details").querySelector("summary").focus();
  }
  for (const open of document.querySelectorAll("details.menu[open]")) if (!open.contains(target)) open.open = false;
});
document.addEventListener("keydown", ({ key, target }) => {
  const open = key === "Escape" && target.closest("details.menu[open], details.confirm[open]");
  if (open) open.open = false;
});
document.addEventListener("cancel", (event) => {
  event.preventDefault();
  event.target.querySelector("[data-close]")?.click();
}, true);

document.documentElement.classList.add("js");
for (const part of liveParts()) {
  sent.set(part, part.innerHTML);
  for (const child of part.children) note(child);
  if (part.hasAttribute("data-ends") && !part.querySelector(":target")) part.scrollTop = part.scrollHeight;
  lift(part);
}
if (liveParts().length) setTimeout(lookForEver, EVERY);
