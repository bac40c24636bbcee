"""Contrast of texts as a browser draws them, after WCAG 2.2."""

from __future__ import annotations

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
