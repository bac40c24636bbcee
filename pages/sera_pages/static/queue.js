// What was entered waits on this device, visible, until the journal has it: sent again and again, never twice.
// IndexedDB alone, since over plain http in a room a browser has no service worker.
(() => {
  "use strict";
  const place = document.getElementById("queue");
  if (!place || !window.indexedDB) return;

  const form = document.querySelector("form[data-person]");
  const person = form ? form.dataset.person : place.dataset.person;
  const token = form ? form.elements.form_token.value : place.dataset.token;
  const again = { first: 1500, most: 30000 };

  const opened = new Promise((resolve, reject) => {
    const request = indexedDB.open("sera", 1);
    request.onupgradeneeded = () => {
      const db = request.result;
      db.createObjectStore("devices", { keyPath: "id" });
      db.createObjectStore("queue", { keyPath: "id", autoIncrement: true });
      db.createObjectStore("running", { keyPath: "id" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

  // Do something in one transaction, safe on disk when it resolves.
  const transact = async (stores, mode, work) => {
    const db = await opened;
    return new Promise((resolve, reject) => {
      const transaction = db.transaction(stores, mode, { durability: "strict" });
      let result;
      transaction.oncomplete = () => resolve(result && "result" in result ? result.result : result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
      result = work(transaction);
    });
  };
  const all = (store) => transact([store], "readonly", (t) => t.objectStore(store).getAll());

  const drawEpoch = () =>
    [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  // Take the next key of this person in this garden and put the entry into the queue, both or neither. Of a count
  // that runs, `fields` makes the fields from it; false where another tab has entered it or thrown it away.
  const enter = async (garden, kind, fields, running) => {
    let isEntered = false;
    await transact(["devices", "queue", "running"], "readwrite", (t) => {
      const put = (values) => {
        const id = `${person}/${garden}`;
        const devices = t.objectStore("devices");
        devices.get(id).onsuccess = (event) => {
          const device = event.target.result || { id, epoch: drawEpoch(), next: 1 };
          const body = { person, epoch: device.epoch, seq: device.next, kind, fields: values };
          devices.put({ ...device, next: device.next + 1 });
          t.objectStore("queue").add({ garden, person, body: JSON.stringify(body) });
          isEntered = true;
        };
      };
      if (!running) return put(fields);
      const counts = t.objectStore("running");
      counts.get(running).onsuccess = (event) => {
        if (!event.target.result) return;
        counts.delete(running);
        put(fields(event.target.result));
      };
    });
    return isEntered;
  };

  const takeOut = (ids) =>
    transact(["queue"], "readwrite", (t) => { for (const id of ids) t.objectStore("queue").delete(id); });

  // Returns how many are left. Those that can never be kept stay to be seen, until their owner takes them out.
  const show = async (problem) => {
    const own = (await all("queue")).filter((item) => item.person === person);
    const refused = own.filter((item) => item.refused);
    const count = own.length - refused.length;
    const texts = [];
    if (count) texts.push(count === 1 ? place.dataset.one : place.dataset.many.replace("{count}", count));
    if (problem) texts.push(problem);
    for (const item of refused) texts.push(place.dataset.refused.replace("{reason}", item.refused));
    place.textContent = texts.join(" ");
    if (refused.length) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button quiet small";
      button.textContent = place.dataset.out;
      button.addEventListener("click", async () => {
        await takeOut(refused.map((item) => item.id));
        await show("");
      });
      place.append(" ", button);
    }
    return own.length;
  };

  const send = async (item) => {
    const answer = await fetch(`/gardens/${item.garden}/entries`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Sera-Form": token },
      body: item.body,
      cache: "no-store",
    });
    if (answer.ok && (await answer.json()).kept === true) {
      await transact(["queue"], "readwrite", (t) => t.objectStore("queue").delete(item.id));
      return "";
    }
    if (answer.status === 401 || answer.status === 403) return place.dataset.again;
    const said = await answer.json().catch(() => ({}));
    if ([400, 404, 409, 422].includes(answer.status)) {
      const refused = { ...item, refused: said.problem || String(answer.status) };
      await transact(["queue"], "readwrite", (t) => t.objectStore("queue").put(refused));
      return "";
    }
    return said.problem || "";
  };

  let pause = again.first;
  let timer = 0;
  let busy = null;
  const flush = () => {
    busy = busy || empty().finally(() => { busy = null; });
    return busy;
  };
  const empty = async () => {
    clearTimeout(timer);
    let problem = "";
    try {
      for (const item of await all("queue")) {
        if (item.person !== person || item.refused) continue;
        // One that is refused does not hold up the others: it stays, and its reason is shown.
        const said = await send(item);
        problem = problem || said;
      }
    } catch {
      problem = "";
    }
    const left = await show(problem);
    pause = left ? Math.min(pause * 2, again.most) : again.first;
    if (left) timer = setTimeout(flush, pause);
    return left === 0;
  };

  addEventListener("online", flush);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { pause = again.first; flush(); } });
  addEventListener("pageshow", flush);

  // How far this device's clock is from the server's when the page was made [s]; small differences are the way.
  const offset = (() => {
    if (!form) return 0;
    const behind = Number(form.dataset.now) - Date.now() / 1000;
    return Math.abs(behind) > 5 ? behind : 0;
  })();
  // A sleeping screen stops the steady clock of some browsers, and the other one can be set back: the later holds.
  const opening = { wall_ms: Date.now(), steady_ms: performance.now() };
  const now = () => {
    const passed_ms = Math.max(Date.now() - opening.wall_ms, performance.now() - opening.steady_ms);
    return (opening.wall_ms + passed_ms) / 1000 + offset;
  };
  // The first number field of a form that the server would refuse, or nothing.
  const wrongNumber = (element) =>
    [...element.querySelectorAll("[data-high]")].find((input) => {
      const value = Number(input.value.replace(",", "."));
      const whole = input.inputMode === "numeric" && !Number.isInteger(value);
      return input.value && !(value >= Number(input.dataset.low) && value <= Number(input.dataset.high) && !whole);
    });
  // Write beside a field why it cannot be, as the server does, and lead to it.
  const refuse = (element, text) => {
    const field = element.closest(".field");
    const note = field.querySelector(".error") || document.createElement("p");
    Object.assign(note, { className: "error", textContent: text }).setAttribute("role", "alert");
    field.insertBefore(note, field.querySelector(".entry, .choice"));
    field.classList.add("wrong");
    field.scrollIntoView({ block: "start" });
    (field.querySelector("input") || field).focus({ preventScroll: true });
  };
  // Return whether a form can be taken; else its first problem is shown.
  const check = (element, choice) => {
    for (const field of element.querySelectorAll(".field.wrong")) {
      field.classList.remove("wrong");
      for (const note of field.querySelectorAll(".error")) note.remove();
    }
    const texts = element.dataset;
    if (!new FormData(element).get(choice)) {
      refuse(document.getElementById(choice), texts.choose);
      return false;
    }
    const wrong = wrongNumber(element);
    if (!wrong) return true;
    const text = wrong.inputMode === "numeric" ? texts.whole : texts.number;
    const number = new Intl.NumberFormat(`${document.documentElement.lang}-u-nu-latn`);
    const bound = (name) => number.format(Number(wrong.dataset[name]));
    refuse(wrong, text.replace("{low}", bound("low")).replace("{high}", bound("high")));
    return false;
  };
  window.sera = { check, enter, flush, transact, all, person, offset, now, show };
})();
