// A form that is half filled in stays so when its page is read in another language.
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
