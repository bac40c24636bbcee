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

  // Take the next key of this person in this garden and put the entry into the queue, both or neither.
  const enter = (garden, kind, fields, running) =>
    transact(["devices", "queue", "running"], "readwrite", (t) => {
      const id = `${person}/${garden}`;
      const devices = t.objectStore("devices");
      devices.get(id).onsuccess = (event) => {
        const device = event.target.result || { id, epoch: drawEpoch(), next: 1 };
        const body = { person, epoch: device.epoch, seq: device.next, kind, fields };
        devices.put({ ...device, next: device.next + 1 });
        t.objectStore("queue").add({ garden, person, body: JSON.stringify(body) });
        if (running) t.objectStore("running").delete(running);
      };
    });

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
  // The first number field of a form that the server would refuse, or nothing.
  const wrongNumber = (element) =>
    [...element.querySelectorAll("[data-high]")].find((input) => {
      const value = Number(input.value.replace(",", "."));
      const whole = input.inputMode === "numeric" && !Number.isInteger(value);
      return input.value && !(value >= Number(input.dataset.low) && value <= Number(input.dataset.high) && !whole);
    });
  window.sera = { wrongNumber, enter, flush, transact, all, person, offset, show };
})();
