"""What a machine sees of a page: text that is cut or covered, small controls; and, by axe, barriers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Contrast after WCAG 2.2.
# Of each text that is seen, with the nearest ground that is not transparent, but for what is skipped.
CONTRASTS = """skipped => {
  const linear = v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const lum = c => .2126 * linear(c[0]) + .7152 * linear(c[1]) + .0722 * linear(c[2]);
  const parse = s => s.match(/[\\d.]+/g).map(Number);
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode, element = text.parentElement;
    if (!text.data.trim() || !element.checkVisibility() || element.closest(skipped)) continue;
    let ground = element, colour = [0, 0, 0, 0];
    for (; ground; ground = ground.parentElement) {
      colour = parse(getComputedStyle(ground).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) break;
    }
    if (!ground) colour = [255, 255, 255];
    const a = lum(parse(getComputedStyle(element).color).slice(0, 3)), b = lum(colour.slice(0, 3));
    found.push([(Math.max(a, b) + .05) / (Math.min(a, b) + .05), text.data.trim().slice(0, 40)]);
  }
  return found;
}"""

# Up to this width a page is used by fingers [CSS px].
PHONE_WIDTH: Final = 480

# Things that a finger or a screen reader needs: names of fields and buttons, sizes, order of headings, ids;
# and that every text stands inside the page, whole, and over no other.
_FAULTS: Final = """isPhone => {
  const faults = [], seen = new Set(), all = selector => [...document.querySelectorAll(selector)];
  const isSeen = e => e.checkVisibility({visibilityProperty: true}) && !e.closest('.skip');
  const name = e => (e.getAttribute('aria-label') || e.textContent || e.alt || '').trim()
    || [...e.querySelectorAll('img')].map(i => i.alt).join('')
    || [...(e.labels || [])].map(l => l.textContent.trim()).join('');
  const say = (kind, e) => faults.push(`${kind}: ${e.outerHTML.slice(0, 100)}`);
  const controls = all('input:not([type=hidden]), select, textarea, button, summary, a[href]').filter(isSeen);
  for (const e of [...controls, ...all('img').filter(isSeen)]) if (!name(e)) say('no name', e);
  for (const e of isPhone ? controls : []) {
    // A link inside a sentence is as high as its line; a box or a dot is pressed by its label.
    const parent = e.parentElement, around = parent.textContent.replace(e.textContent, '').trim();
    if (e.tagName === 'A' && getComputedStyle(e).display === 'inline' && around) continue;
    const box = (e.closest('label.choice') || e).getBoundingClientRect();
    if (box.height < 43.5 || box.width < 43.5) {
      say(`${Math.round(box.width)} by ${Math.round(box.height)} px`, e);
    }
  }
  const levels = all('h1,h2,h3,h4').filter(isSeen).map(h => +h.tagName[1]);
  if (levels.filter(l => l === 1).length !== 1) faults.push('headings of the first level: ' + levels);
  levels.forEach((level, i) => {
    if (level > (levels[i - 1] || 0) + 1) faults.push('a level is left out: ' + levels);
  });
  for (const e of all('[id]')) {
    if (seen.has(e.id)) faults.push('id twice: ' + e.id);
    seen.add(e.id);
  }
  for (const e of all('[aria-describedby]')) {
    for (const id of e.getAttribute('aria-describedby').split(/\\s+/).filter(Boolean)) {
      if (!document.getElementById(id)) faults.push('described by nothing: ' + id);
    }
  }
  for (const e of all('a[href^="#"]')) {
    if (!document.getElementById(e.getAttribute('href').slice(1))) say('leads nowhere', e);
  }
  for (const e of all('.problem li a')) {
    const field = document.getElementById(e.getAttribute('href').slice(1));
    const label = field && (field.labels ? field.labels[0] : field.querySelector('legend'));
    const begins = label && e.textContent.trim().startsWith(label.textContent.trim());
    if (label && !begins) say('a problem without its field', e);
  }
  for (const e of all('input:not([type]), input[type=text], textarea')) {
    const runs = getComputedStyle(e), isRight = getComputedStyle(e.parentElement).direction === 'rtl';
    if (isRight && runs.unicodeBidi !== 'plaintext') say('typed text runs as the page', e);
  }
  if (!document.documentElement.lang || !document.title.trim()) faults.push('no language or title');
  const over = document.documentElement.scrollWidth - innerWidth;
  if (over > 0) faults.push('sideways by ' + over);
  const pieces = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode, element = text.parentElement;
    if (!text.data.trim() || !isSeen(element) || element.closest('svg, select, textarea')) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const size = parseFloat(getComputedStyle(element).fontSize);
    const scroller = element.closest('.scroll');
    let cut = null;
    for (let e = element; e && e !== document.documentElement; e = e.parentElement) {
      if (!['hidden', 'clip'].includes(getComputedStyle(e).overflowX)) continue;
      cut = e.getBoundingClientRect();
      break;
    }
    for (const box of range.getClientRects()) {
      if (box.width < 1 || box.height < 1) continue;
      const words = text.data.trim().slice(0, 40);
      if (!scroller && (box.left < -1 || box.right > innerWidth + 1)) faults.push('outside: ' + words);
      const isAside = cut && (box.right > cut.right + 1 || box.left < cut.left - 1);
      if (isAside || (cut && box.bottom > cut.bottom + size / 3)) faults.push('cut: ' + words);
      // What stands above the page is for whoever hears it: heads of tables that are stacked.
      if (box.bottom + scrollY < 0) continue;
      pieces.push({box, size, words, menu: element.closest('.menu > div')});
    }
  }
  pieces.sort((a, b) => a.box.top - b.box.top);
  pieces.forEach((a, i) => {
    for (let j = i + 1; j < pieces.length && pieces[j].box.top < a.box.bottom; j += 1) {
      const b = pieces[j];
      // An opened menu lies over the page, on a ground of its own.
      if (a.menu !== b.menu) continue;
      const least = Math.min(a.size, b.size);
      const high = Math.min(a.box.bottom, b.box.bottom) - b.box.top;
      const wide = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      // A letter's box is higher than the letter: two lines may share a little of it.
      if (wide > 2 && high > .4 * least) faults.push(`over one another: ${a.words} | ${b.words}`);
    }
  });
  return faults;
}"""
# What opens is looked at shut and open; where nothing opens, or all is open already, once.
_SHUT_AND_OPEN: Final = f"""isPhone => {{
  const look = {_FAULTS};
  const faults = look(isPhone), shut = [...document.querySelectorAll('details:not([open])')];
  shut.forEach(one => {{ one.open = true; }});
  return [...new Set([...faults, ...(shut.length ? look(isPhone) : [])])];
}}"""

# The narrowest that a page must fit into [CSS px].
_NARROWEST: Final = 320
_OPEN: Final = "document.querySelectorAll('details').forEach(one => { one.open = true });"
# How far a page reaches aside is asked with the rest: each question takes its time.
_BARRIERS: Final = f"""rules => {{
  {_OPEN}
  const over = document.documentElement.scrollWidth - innerWidth;
  return axe.run(document, {{resultTypes: ['violations'], ...rules}})
    .then(result => result.violations.filter(one => ['serious', 'critical'].includes(one.impact))
    .map(one => `${{one.id}}: ${{one.nodes[0].html.slice(0, 160)}}`)
    .concat(over > 0 ? ['sideways by ' + over] : []));
}}"""
# Of all that axe looks at, the colours alone depend on light and dark; they take most of its time, and no
# language changes them.
_COLOURS: Final[dict[str, Any]] = {"runOnly": ["color-contrast"]}
_BESIDES_COLOURS: Final[dict[str, Any]] = {"rules": {"color-contrast": {"enabled": False}}}
_BROKEN: Final = """() => {
  const broken = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode, range = document.createRange();
    // What people typed, and what is no word, may be broken anywhere.
    if (text.parentElement.closest('svg, select, textarea, bdi, code, dd, .code, .url, .digest')) continue;
    for (const word of text.data.matchAll(/\\p{L}{3,}/gu)) {
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const boxes = [...range.getClientRects()].filter(box => box.width > 1);
      const tops = boxes.map(box => box.top);
      if (boxes.length && Math.max(...tops) - Math.min(...tops) > boxes[0].height / 2) broken.push(word[0]);
    }
  }
  return broken;
}"""


def page_faults(tab: Page) -> list[str]:
    """Return what is wrong with the looks of the page in a tab at its width, what opens shut and open."""
    size = tab.viewport_size
    return list(tab.evaluate(_SHUT_AND_OPEN, size is not None and size["width"] <= PHONE_WIDTH))


def barriers(tab: Page, *, colours: bool, in_dark: bool) -> list[str]:
    """Return what is serious on the page in a tab at the narrowest width, opened.

    Its colours are looked at where that is asked for, in light and maybe in dark.

    The browser's context must have had axe as its first script: the pages' policy lets no other one in.
    """
    tab.set_viewport_size({"width": _NARROWEST, "height": 800})
    found = list(tab.evaluate(_BARRIERS, {} if colours else _BESIDES_COLOURS))
    if colours and in_dark:
        tab.emulate_media(color_scheme="dark")
        found += [f"{fault}, dark" for fault in tab.evaluate(_BARRIERS, _COLOURS)]
        tab.emulate_media(color_scheme="light")
    return found


def broken_words(tab: Page) -> list[str]:
    """Return the words of a page's own sentences that a line ends within."""
    return [str(word) for word in tab.evaluate(_BROKEN)]
