// What was done in a garden goes into the same queue as counts; without this script the form is sent plainly.
(() => {
  "use strict";
  const sera = window.sera;
  const form = document.getElementById("log");
  if (!sera || !form) return;
  const said = document.getElementById("said");
  const opened = form.elements.time.value;
  const began = sera.now();

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
    if (!sera.check(form, "action")) return;
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      await sera.enter(form.dataset.garden, "action", fields());
    } catch {
      // This browser keeps nothing: the server takes the form as it does without script.
      HTMLFormElement.prototype.submit.call(form);
      return;
    }
    form.reset();
    button.disabled = false;
    await watch();
  });
})();
