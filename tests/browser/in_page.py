"""What a page is asked in the browser: scripts that answer with plain values."""

BROUGHT = """
() => document.querySelectorAll(
  '[onerror], main script, main img:not([src^="/assets/"]), main style, main iframe, a[href*=evil]'
).length
"""
"""Elements that a hostile text would have brought."""

IS_TOO_WIDE = """
() => [document.documentElement, ...document.querySelectorAll('.rows, .message, .inside')]
  .some((one) => one.scrollWidth > one.clientWidth)
"""
"""Whether anything reaches out of the window, or out of Slack's messages and modals."""

UNNAMED = """
() => {
  const isNamed = (one) => one.labels?.length || one.getAttribute('aria-label')?.trim()
    || one.getAttribute('aria-labelledby') || !one.matches(FIELD) && one.textContent.trim();
  return [...document.querySelectorAll(FIELD + ', button, a[href], summary')]
    .filter((one) => !isNamed(one)).map((one) => one.outerHTML);
}
""".replace("FIELD", "'input:not([type=hidden]), select, textarea'")
"""Fields without a label, and other controls without words."""

TWICE = """
() => [...document.querySelectorAll('[id]')].map((one) => one.id)
  .filter((id, place, all) => all.indexOf(id) < place)
"""
"""Ids that more than one element has."""

COUNTED = """
() => Object.fromEntries(['h1', 'body > header', 'body > main', 'img:not([alt])']
  .map((selector) => [selector, document.querySelectorAll(selector).length]))
"""

FOCUSED = """
() => {
  const one = document.activeElement, look = getComputedStyle(one);
  if (one === document.body) return null;
  const box = one.getBoundingClientRect();
  return {
    name: one.id || one.textContent.trim(),
    shown: look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) > 0
      && box.width > 0 && box.height > 0 && box.right > 0 && box.left < innerWidth,
    html: one.outerHTML.slice(0, 200),
  };
}
"""
"""What has the focus: its id or words, and whether one sees that; nothing if nothing has it."""

LOST = """
(part) => [...part.querySelectorAll('*')]
  .filter((one) => one.matches('hr, input, textarea, select, button, summary, [role=img]')
    || [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  .filter((one) => !one.matches('option, [type=hidden], [hidden] *, .unseen')
    && !one.matches('.js [data-at-once] > button, details:not([open]) > :not(summary) *'))
  .filter((one) => !one.getBoundingClientRect().width || !one.getBoundingClientRect().height)
  .map((one) => one.outerHTML)
"""
"""Within a part: what has words or a use, but takes up no room, unless it is put away."""

FAINT = """
() => {
  const paint = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = color;
    paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data].map((part) => part / 255);
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((part, i) => part * a + under[i] * (1 - a));
  const linear = (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = (one) => one
    ? over(rgba(getComputedStyle(one).backgroundColor), behind(one.parentElement)) : [1, 1, 1];
  const contrast = (one) => {
    const under = behind(one), above = over(rgba(getComputedStyle(one).color), under);
    const lights = [light(under), light(above)];
    return (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
  };
  const isText = (node) => node.nodeType === 3 && node.data.trim();
  return [...document.body.querySelectorAll('*')]
    .filter((one) => [...one.childNodes].some(isText) && one.checkVisibility())
    .filter((one) => !one.matches(':disabled, option'))
    .map((one) => [contrast(one), one.outerHTML.slice(0, 120)])
    .filter(([ratio]) => ratio < 4.5);
}
"""
"""Text that stands out from what is behind it by less than 4.5 to 1."""
