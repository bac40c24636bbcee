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
  let pending = 0;
  let wasOver = false;

  // Several tabs may show one count: the database has it, each change is made to what stands there, and the other
  // tabs are told. A tab draws its own taps at once.
  const tabs = window.BroadcastChannel ? new BroadcastChannel("sera-counts") : null;
  const change = async (alter) => {
    alter(state);
    draw();
    pending += 1;
    let stored;
    await sera.transact(["running"], "readwrite", (t) => {
      const running = t.objectStore("running");
      running.get(id).onsuccess = (event) => {
        stored = event.target.result;
        if (!stored) return;
        alter(stored);
        running.put(stored);
      };
    });
    pending -= 1;
    if (pending === 0) show(stored);
    if (tabs) tabs.postMessage(id);
  };
  const show = (stored) => {
    if (!stored) {
      // Entered or thrown away in another tab.
      if (state) location.reload();
      return;
    }
    if (!state) begin(stored);
    state = stored;
    draw();
  };
  const look = async () => {
    const stored = (await sera.all("running")).find((count) => count.id === id);
    if (pending === 0) show(stored);
  };
  if (tabs) tabs.onmessage = (event) => { if (event.data === id && at("finished").hidden) look(); };
  const sums = (count) => {
    const numbers = {};
    for (const button of at("groups").children) numbers[button.dataset.group] = 0;
    for (const group of count.taps) numbers[group] += 1;
    return numbers;
  };

  // A browser forbids it, and complains, before somebody has touched the page.
  const shake = (pattern) => {
    if (navigator.vibrate && navigator.userActivation && navigator.userActivation.hasBeenActive) navigator.vibrate(pattern);
  };

  const draw = () => {
    const numbers = sums(state);
    for (const button of at("groups").children) {
      button.querySelector("b").textContent = numbers[button.dataset.group];
    }
    at("undo").disabled = state.taps.length === 0;
  };

  const tick = () => {
    if (!state) return;
    const gone = Math.min(total, Math.max(0, sera.now() - state.began));
    const left = Math.ceil(total - gone);
    at("left").textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    at("bar").style.width = `${(100 * gone) / total}%`;
    at("done").disabled = gone < Number(words.least);
    const over = gone >= total;
    if (over && !wasOver) {
      wasOver = true;
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

  at("start-row").hidden = false;
  at("plain").hidden = true;
  at("start").addEventListener("click", async () => {
    if (!sera.check(form, "flower")) return;
    let running = { id, began: sera.now(), taps: [], fields: setting() };
    await sera.transact(["running"], "readwrite", (t) => {
      const counts = t.objectStore("running");
      counts.get(id).onsuccess = (event) => {
        if (event.target.result) running = event.target.result;
        else counts.put(running);
      };
    });
    begin(running);
    if (tabs) tabs.postMessage(id);
    at("groups").firstElementChild.focus({ preventScroll: true });
    scrollTo(0, 0);
  });

  at("groups").addEventListener("click", (event) => {
    const button = event.target.closest("[data-group]");
    if (!button || !state) return;
    change((count) => count.taps.push(button.dataset.group));
    button.classList.add("hit");
    setTimeout(() => button.classList.remove("hit"), 120);
    shake(15);
  });

  at("undo").addEventListener("click", () => {
    const group = state.taps[state.taps.length - 1];
    const button = [...at("groups").children].find((choice) => choice.dataset.group === group);
    at("said").textContent = words.undo.replace("{group}", button.querySelector("span").textContent);
    change((count) => count.taps.pop());
  });

  at("discard").addEventListener("click", async () => {
    await sera.transact(["running"], "readwrite", (t) => t.objectStore("running").delete(id));
    state = null;
    if (tabs) tabs.postMessage(id);
    location.reload();
  });

  at("done").addEventListener("click", async () => {
    if (!state) return;
    at("done").disabled = true;
    const ended = sera.now();
    let insects = 0;
    const fieldsOf = (count) => {
      const seconds = Math.max(1, Math.min(total, Math.round(ended - count.began)));
      insects = count.taps.length;
      return {
        ...count.fields,
        ...Object.fromEntries(Object.entries(sums(count)).map(([group, sum]) => [group, String(sum)])),
        seconds: String(seconds),
        ended_s: String(Math.round(count.began + seconds)),
        uncertainty_s: sera.offset ? "10" : "2",
      };
    };
    const isEntered = await sera.enter(words.garden, "count", fieldsOf, id);
    if (tabs) tabs.postMessage(id);
    if (!isEntered) {
      location.reload();
      return;
    }
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
  // Where the browser keeps nothing, the plain form does the same.
  look().catch(() => {
    at("start-row").hidden = true;
    at("plain").hidden = false;
  });
})();
