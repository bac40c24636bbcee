// What was done in a garden goes into the same queue as counts; without this script the form is sent plainly.
(() => {
  "use strict";
  const sera = window.sera;
  const form = document.getElementById("log");
  if (!sera || !form) return;
  const said = document.getElementById("said");
  const opened = form.elements.time.value;
  const began = Date.now() / 1000 + sera.offset;

  const fields = () => {
    const read = {};
    for (const name of ["action", "time", "water_depth", "area"]) {
      const value = new FormData(form).get(name);
      if (value) read[name] = String(value);
    }
    // A time that nobody changed is that of the page, to the second: no clock of a zone is needed for it.
    if (read.time === opened) {
      delete read.time;
      read.time_s = String(Math.round(began));
    }
    return read;
  };

  const watch = async () => {
    if (await sera.flush()) {
      said.textContent = form.dataset.kept;
      return;
    }
    said.textContent = form.dataset.waits;
    setTimeout(watch, 2000);
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!fields().action) {
      said.textContent = form.dataset.choose;
      document.getElementById("action").classList.add("wrong");
      form.querySelector("[name=action]").focus();
      return;
    }
    const wrong = sera.wrongNumber(form);
    if (wrong) {
      wrong.closest(".field").classList.add("wrong");
      wrong.focus();
      return;
    }
    const button = form.querySelector("button");
    button.disabled = true;
    await sera.enter(form.dataset.garden, "action", fields());
    form.reset();
    button.disabled = false;
    await watch();
  });
})();
