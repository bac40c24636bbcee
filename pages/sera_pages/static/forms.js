// What a script adds to every form: it is sent once, is known again on the way back, and stays filled in, in another
// language too.
(() => {
  "use strict";
  const key = `sera-form ${location.pathname}`;
  const forms = () => [...document.querySelectorAll("main form")];
  const isChoice = (field) => field.type === "radio" || field.type === "checkbox";
  const isTyped = (field) => field.name && !["hidden", "password", "file", "submit"].includes(field.type);
  const typed = (isKept) => forms().flatMap((form, index) => [...form.elements].filter(isTyped)
    .filter((field) => isKept(form, field))
    .map((field) => ({ index, action: form.getAttribute("action"), name: field.name, value: field.value, checked: Boolean(field.checked) })));
  // The order of choices follows the language: each is known by its name and value.
  const isSame = (field, part) => field.name === part.name && (!isChoice(field) || field.value === part.value);

  const fill = (parts) => {
    for (const part of parts) {
      const form = forms()[part.index];
      const field = form && form.getAttribute("action") === part.action && [...form.elements].find((other) => isTyped(other) && isSame(other, part));
      if (!field) continue;
      if (isChoice(field)) field.checked = part.checked;
      else field.value = part.value;
    }
  };
  const remember = (more) => {
    try { history.replaceState({ ...history.state, ...more }, ""); } catch { /* More than this browser keeps. */ }
  };

  const links = document.querySelector(".languages");
  if (links) links.addEventListener("click", () => {
    try { sessionStorage.setItem(key, JSON.stringify(typed(() => true))); } catch { /* This browser keeps nothing. */ }
  });

  // The way back and a reload show what was typed, in this tab alone: no code and no word that opens something, and
  // nothing of the forms that have a queue of their own.
  const opening = ["code", "slip", "word", "known_word"];
  const keep = () => remember({ typed: typed((form, field) => !form.dataset.garden && !opening.includes(field.name)) });
  addEventListener("change", keep);
  addEventListener("submit", keep, true);

  // A second press while the answer is on its way sends nothing: a phone would be two groups of a workshop. After
  // some seconds it does again, as where the answer was a file.
  const again_ms = 4000;
  addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    setTimeout(() => { delete form.dataset.sent; }, again_ms);
  });

  // A page that is shown again by the way back has the same forms as before: one that was sent from it and is
  // pressed once more enters nothing more.
  const drawn = [...document.querySelectorAll("input[type=hidden][name=form]")];
  const nameOf = (input) => JSON.stringify([input.form.getAttribute("action"), ...[...input.form.elements]
    .filter((other) => other.type === "hidden" && !["form", "form_token"].includes(other.name) && other.value.length < 200)
    .map((other) => [other.name, other.value])]);
  const before = (history.state && history.state.drawn) || {};
  for (const input of drawn) input.value = before[nameOf(input)] || input.value;
  // What a page shows with its problems, or to be looked at, is as it was sent.
  if (!document.getElementById("problem")) fill((history.state && history.state.typed) || []);
  remember({ drawn: Object.fromEntries(drawn.map((input) => [nameOf(input), input.value])) });

  let parts = [];
  try {
    parts = JSON.parse(sessionStorage.getItem(key)) || [];
    sessionStorage.removeItem(key);
  } catch { /* This browser keeps nothing. */ }
  fill(parts);
})();
