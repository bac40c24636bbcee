// What a script adds to every form: it is sent once, and stays half filled in when its page is read in another language.
(() => {
  "use strict";
  const key = `sera-form ${location.pathname}`;
  const forms = () => [...document.querySelectorAll("main form")];
  const isChoice = (field) => field.type === "radio" || field.type === "checkbox";
  const isTyped = (field) => field.name && !["hidden", "password", "file", "submit"].includes(field.type);
  // The order of choices follows the language: each is known by its name and value.
  const isSame = (field, part) => field.name === part.name && (!isChoice(field) || field.value === part.value);

  const links = document.querySelector(".languages");
  if (links) links.addEventListener("click", () => {
    const parts = forms().flatMap((form, index) => [...form.elements].filter(isTyped).map((field) => (
      { index, name: field.name, value: field.value, checked: Boolean(field.checked) }
    )));
    try { sessionStorage.setItem(key, JSON.stringify(parts)); } catch { /* This browser keeps nothing. */ }
  });

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

  let parts = [];
  try {
    parts = JSON.parse(sessionStorage.getItem(key)) || [];
    sessionStorage.removeItem(key);
  } catch { /* This browser keeps nothing. */ }
  for (const part of parts) {
    const form = forms()[part.index];
    const field = form && [...form.elements].find((other) => isTyped(other) && isSame(other, part));
    if (!field) continue;
    if (isChoice(field)) field.checked = part.checked;
    else field.value = part.value;
  }
})();
