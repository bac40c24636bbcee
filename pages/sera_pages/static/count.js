// Ten minutes of counting: big buttons, undo, a clock of wall time that a sleeping screen does not stop.
(() => {
  "use strict";
  const sera = window.sera;
  const form = document.getElementById("count");
  if (!sera || !form) return;
  const at = (id) => document.getElementById(id);
  const words = form.dataset;
  const id = `${sera.person}/${words.garden}`;
  const total = Number(words.seconds);
  let state = null;

  const now = () => Date.now() / 1000 + sera.offset;
  const keep = () => sera.transact(["running"], "readwrite", (t) => t.objectStore("running").put(state));
  const counts = () => {
    const sums = {};
    for (const button of at("groups").children) sums[button.dataset.group] = 0;
    for (const group of state.taps) sums[group] += 1;
    return sums;
  };

  // A browser forbids it, and complains, before somebody has touched the page.
  const shake = (pattern) => {
    if (navigator.vibrate && navigator.userActivation && navigator.userActivation.hasBeenActive) navigator.vibrate(pattern);
  };

  const draw = () => {
    const sums = counts();
    for (const button of at("groups").children) {
      const group = button.dataset.group;
      button.querySelector("b").textContent = sums[group];
      button.setAttribute("aria-label", `${button.querySelector("span").textContent}: ${sums[group]}`);
    }
    at("undo").disabled = state.taps.length === 0;
  };

  const tick = () => {
    if (!state) return;
    const gone = Math.min(total, Math.max(0, now() - state.began));
    const left = Math.ceil(total - gone);
    at("left").textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    at("bar").style.width = `${(100 * gone) / total}%`;
    at("done").disabled = gone < Number(words.least);
    const over = gone >= total;
    if (over && !state.over) {
      state.over = true;
      at("said").textContent = words.over;
      shake([200, 100, 200]);
    }
  };

  const begin = (saved) => {
    state = saved;
    at("setting").hidden = at("plain").hidden = form.hidden = true;
    at("counting").hidden = false;
    document.body.classList.add("busy");
    draw();
    tick();
  };

  const setting = () => {
    const data = new FormData(form);
    const fields = {};
    for (const name of ["flower", "flower_units", "patch_area", "cloud_cover", "wind_force", "air_temperature"]) {
      const value = data.get(name);
      if (value) fields[name] = String(value);
    }
    return fields;
  };

  const missing = () => {
    return (!new FormData(form).get("flower") && at("flower")) || sera.wrongNumber(form);
  };

  at("start-row").hidden = false;
  at("plain").hidden = true;
  at("start").addEventListener("click", async () => {
    const wrong = missing();
    if (wrong) {
      (wrong.closest(".field") || wrong).classList.add("wrong");
      wrong.scrollIntoView({ block: "start" });
      (wrong.querySelector("input") || wrong).focus({ preventScroll: true });
      return;
    }
    begin({ id, began: now(), taps: [], fields: setting(), over: false });
    await keep();
    at("groups").firstElementChild.focus({ preventScroll: true });
    scrollTo(0, 0);
  });

  at("groups").addEventListener("click", (event) => {
    const button = event.target.closest("[data-group]");
    if (!button || !state) return;
    state.taps.push(button.dataset.group);
    button.classList.add("hit");
    setTimeout(() => button.classList.remove("hit"), 120);
    shake(15);
    draw();
    keep();
  });

  at("undo").addEventListener("click", () => {
    const group = state.taps.pop();
    const button = [...at("groups").children].find((one) => one.dataset.group === group);
    at("said").textContent = words.undo.replace("{group}", button.querySelector("span").textContent);
    draw();
    keep();
  });

  at("discard").addEventListener("click", async () => {
    await sera.transact(["running"], "readwrite", (t) => t.objectStore("running").delete(id));
    state = null;
    location.reload();
  });

  at("done").addEventListener("click", async () => {
    if (!state) return;
    at("done").disabled = true;
    const seconds = Math.max(1, Math.min(total, Math.round(now() - state.began)));
    const fields = { ...state.fields, seconds: String(seconds), ended_s: String(Math.round(state.began + seconds)) };
    for (const [group, sum] of Object.entries(counts())) fields[group] = String(sum);
    fields.uncertainty_s = sera.offset ? "10" : "2";
    const insects = state.taps.length;
    await sera.enter(words.garden, "count", fields, id);
    state = null;
    at("counting").hidden = true;
    at("finished").hidden = false;
    document.body.classList.remove("busy");
    at("total").textContent = String(insects);
    at("outcome").textContent = words.waits;
    at("finished").focus();
    await watch();
  });

  // Says "kept" only once the journal has all that was entered here.
  const watch = async () => {
    if (await sera.flush()) {
      at("outcome").textContent = words.kept;
      return;
    }
    setTimeout(watch, 2000);
  };

  document.addEventListener("visibilitychange", tick);
  setInterval(tick, 250);
  sera.all("running").then((saved) => {
    const mine = saved.find((one) => one.id === id);
    if (mine) begin(mine);
  });
})();
