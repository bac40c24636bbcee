// A bed that several phones draw at once: a shared document here and in this browser's store, sent whenever there is
// a network. Without this script, or without its library, the page shows the plan.
(() => {
  "use strict";
  const place = document.getElementById("drawing");
  if (!place || !window.SeraDrawing || !window.indexedDB || !window.WebSocket) return;
  const { IndexeddbPersistence, Y } = window.SeraDrawing;
  const { dataset } = place;
  const by = (id) => document.getElementById(id);
  const SVG = "http://www.w3.org/2000/svg";
  const SEND_EVERY_MS = 100;
  const STEP_M = 0.05;
  const FINE_STEP_M = 0.01;

  const storeName = (generation) => `sera-design-${dataset.design}-${generation}`;
  const doc = new Y.Doc();
  const bed = doc.getMap("bed");
  const plants = doc.getMap("plants");
  const store = new IndexeddbPersistence(storeName(dataset.generation), doc);
  // What is undone at once is what one hand did: a step ends where the next one begins, however soon or late.
  const undo = new Y.UndoManager(plants, { captureTimeout: Infinity });
  const act = (work) => {
    undo.stopCapturing();
    doc.transact(work);
  };
  let table = new Map();
  let isReadOnly = false;

  // --- What is sent, and what is kept -------------------------------------------------------------------------
  const again = { first: 1000, most: 20000 };
  let socket = null;
  let isMet = false;
  let sent = 0;
  let kept = 0;
  let hasWaiting = false;
  let pause = again.first;
  let ending = "";

  const encode = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  const decode = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const push = (update) => {
    const message = new Uint8Array(update.length + 4);
    sent += 1;
    new DataView(message.buffer).setUint32(0, sent);
    message.set(update, 4);
    socket.send(message);
  };
  const showState = () => {
    const isOpen = socket && isMet;
    by("state").textContent = ending || (!isOpen ? dataset.away : hasWaiting || sent > kept ? dataset.waits : dataset.kept);
    place.dataset.state = ending ? "ended" : !isOpen ? "away" : hasWaiting || sent > kept ? "waits" : "kept";
  };
  const endings = { 4401: dataset.ended, 4403: dataset.ended, 4404: dataset.gone, 4409: dataset.again, 4413: dataset.full };
  const connect = () => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    socket = new WebSocket(`${scheme}://${location.host}${dataset.live}`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () =>
      socket.send(JSON.stringify({ generation: dataset.generation, state: encode(Y.encodeStateVector(doc)) }));
    socket.onmessage = ({ data }) => {
      if (typeof data !== "string") {
        Y.applyUpdate(doc, new Uint8Array(data), "server");
        return;
      }
      const message = JSON.parse(data);
      const state = message.state || message.again;
      if (state) {
        isMet = true;
        pause = again.first;
        hasWaiting = false;
        push(Y.encodeStateAsUpdate(doc, decode(state)));
      }
      if (message.kept) {
        kept = Math.max(kept, message.kept);
        if (kept === sent) askFindings();
      }
      showState();
    };
    socket.onclose = ({ code }) => {
      socket = null;
      isMet = false;
      sent = kept = 0;
      if (endings[code]) {
        ending = endings[code];
        makeReadOnly();
      } else {
        setTimeout(connect, pause);
        pause = Math.min(pause * 2, again.most);
      }
      showState();
    };
  };
  doc.on("update", (update, origin) => {
    if (origin === "server" || origin === store) {
      if (origin === "server") askFindings();
      return;
    }
    if (socket && isMet && socket.readyState === WebSocket.OPEN) push(update);
    else hasWaiting = true;
    showState();
  });
  addEventListener("online", () => { pause = again.first; });

  // --- Findings, which the server writes ----------------------------------------------------------------------
  let asking = 0;
  const askFindings = () => {
    clearTimeout(asking);
    asking = setTimeout(async () => {
      try {
        const answer = await fetch(dataset.findings, { cache: "no-store" });
        // Written by our own template, with every name in it escaped.
        if (answer.ok) by("findings").innerHTML = await answer.text();
      } catch {
        return;
      }
      showFindings();
    }, 500);
  };
  const showFindings = () => {
    const looked = new Set();
    for (const item of by("findings").querySelectorAll("[data-ids]")) {
      const ids = item.dataset.ids.split(" ").filter(Boolean);
      if (!["poison", "width_unknown"].includes(item.dataset.code)) ids.forEach((id) => looked.add(id));
      if (item.dataset.code === "unreadable" && !isReadOnly) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "button quiet small";
        button.textContent = by("remove").textContent;
        button.addEventListener("click", () => act(() => ids.forEach((id) => plants.delete(id))));
        item.append(" ", button);
      }
    }
    for (const [id, shape] of shapes) shape.group.classList.toggle("looked", looked.has(id));
  };

  // --- The bed, drawn in metres -------------------------------------------------------------------------------
  const shapes = new Map();
  let svg = null;
  let letters = null;
  let box = null;
  let chosen = "";
  const element = (name, attributes, parent) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (parent) parent.append(made);
    return made;
  };
  const isPoint = (at) => Array.isArray(at) && at.length === 2 && at.every((part) => Number.isFinite(part) && Math.abs(part) < 120);
  const outline = () => {
    const corners = bed.get("outline");
    return Array.isArray(corners) && corners.length >= 3 && corners.every(isPoint) ? corners : null;
  };
  const widthOf = (cells) => {
    const width = cells.get("width_m");
    const row = table.get(cells.get("taxon"));
    return Number.isFinite(width) && width >= 0.02 && width <= 20 ? width : row ? row.width : 0.4;
  };
  const drawBed = () => {
    const corners = outline();
    if (!corners) return;
    const [xs, ys] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
    box = { left: Math.min(...xs), right: Math.max(...xs), front: Math.min(...ys), back: Math.max(...ys) };
    const width = box.right - box.left;
    const depth = box.back - box.front;
    const edge = Math.max(width, depth) * 0.06;
    svg = element("svg", { viewBox: `${-edge} ${-edge} ${width + 2 * edge} ${depth + 2 * edge}`, role: "group" });
    svg.setAttribute("aria-label", document.querySelector("h1").textContent);
    svg.style.setProperty("--line", `${Math.max(width, depth) / 400}px`);
    const points = corners.map(([x, y]) => `${x - box.left},${box.back - y}`).join(" ");
    element("polygon", { class: "soil", points }, svg);
    const paths = bed.get("paths");
    const lines = {
      front: [0, depth + edge / 2, width, depth + edge / 2], back: [0, -edge / 2, width, -edge / 2],
      left: [-edge / 2, 0, -edge / 2, depth], right: [width + edge / 2, 0, width + edge / 2, depth],
    };
    for (const side of Array.isArray(paths) ? paths : []) {
      const line = lines[side];
      if (line) element("line", { class: "path", x1: line[0], y1: line[1], x2: line[2], y2: line[3] }, svg);
    }
    for (let metre = 0; metre <= width; metre += 1) element("line", { class: "metre", x1: metre, y1: depth, x2: metre, y2: depth + edge / 4 }, svg);
    for (let metre = 0; metre <= depth; metre += 1) element("line", { class: "metre", x1: 0, y1: depth - metre, x2: -edge / 4, y2: depth - metre }, svg);
    // Letters for eyes lie above all plants; a plant's name and place are said of the plant itself.
    letters = element("g", { "aria-hidden": "true", class: "letters" }, svg);
    by("bed").replaceChildren(svg);
  };
  const toScreen = ([x, y]) => [x - box.left, box.back - y];
  // Three letters of one word, or the first of each.
  const shortName = (name) => {
    const words = name.replace(/[^\p{L} ]/gu, "").split(" ").filter(Boolean);
    return words.length > 1 ? words.slice(0, 3).map((word) => word[0].toUpperCase()).join("") : name.slice(0, 3);
  };
  const drawPlant = (id) => {
    const cells = plants.get(id);
    let shape = shapes.get(id);
    const isReadable = cells instanceof Y.Map && isPoint(cells.get("at")) && table.has(cells.get("taxon"));
    if (!isReadable) {
      if (shape) {
        shape.group.remove();
        shape.label.remove();
        shapes.delete(id);
        if (chosen === id) choose("");
      }
      return;
    }
    const row = table.get(cells.get("taxon"));
    if (!shape) {
      const group = element("g", { class: "plant", role: "button", tabindex: "0" });
      letters.before(group);
      shape = { circle: element("circle", { class: row.habit }, group), group, label: element("text", {}, letters) };
      shape.label.textContent = shortName(row.name);
      shapes.set(id, shape);
      listen(group, id);
    }
    const radius = widthOf(cells) / 2;
    const isKnown = row.known || Number.isFinite(cells.get("width_m"));
    shape.circle.setAttribute("r", radius);
    shape.circle.classList.toggle("stand-in", !isKnown);
    shape.circle.classList.toggle("poison", Boolean(row.poison));
    shape.label.setAttribute("font-size", Math.min(radius, (box.right - box.left) / 14));
    if (dragged !== id) placeShape(shape, cells.get("at"));
    shape.group.setAttribute("aria-label", `${row.name}, ${where(cells.get("at"))}`);
    if (chosen === id) showChosen();
  };
  const placeShape = (shape, at) => {
    const [x, y] = toScreen(at);
    const move = `translate(${x.toFixed(3)} ${y.toFixed(3)})`;
    shape.group.setAttribute("transform", move);
    shape.label.setAttribute("transform", move);
  };
  const number = new Intl.NumberFormat(`${document.documentElement.lang}-u-nu-latn`, { maximumFractionDigits: 2 });
  const where = ([x, y]) =>
    dataset.at.replace("{right}", number.format(x - box.left)).replace("{back}", number.format(y - box.front));

  // --- Hands on plants ----------------------------------------------------------------------------------------
  let dragged = "";
  const put = (id, at) => {
    const cells = plants.get(id);
    // Somebody else may have taken it out meanwhile.
    if (cells instanceof Y.Map) cells.set("at", at.map((part) => Math.round(part * 1000) / 1000));
  };
  const listen = (group, id) => {
    let grab = null;
    group.addEventListener("focus", () => choose(id));
    group.addEventListener("pointerdown", (event) => {
      if (isReadOnly || !event.isPrimary) return;
      event.preventDefault();
      group.focus({ preventScroll: true });
      group.setPointerCapture(event.pointerId);
      const matrix = svg.getScreenCTM().inverse();
      const at = plants.get(id).get("at");
      const from = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
      grab = { at, from, last: at, matrix, sent: performance.now() };
      undo.stopCapturing();
      dragged = id;
    });
    group.addEventListener("pointermove", (event) => {
      if (!grab) return;
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(grab.matrix);
      grab.last = [grab.at[0] + point.x - grab.from.x, grab.at[1] - point.y + grab.from.y];
      if (shapes.has(id)) placeShape(shapes.get(id), grab.last);
      if (event.timeStamp - grab.sent > SEND_EVERY_MS) {
        grab.sent = event.timeStamp;
        put(id, grab.last);
      }
    });
    const end = () => {
      if (!grab) return;
      const { last } = grab;
      grab = null;
      dragged = "";
      put(id, last);
    };
    group.addEventListener("pointerup", end);
    group.addEventListener("pointercancel", end);
    group.addEventListener("keydown", (event) => {
      const moves = { ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1] };
      if (isReadOnly) return;
      if (moves[event.key]) {
        event.preventDefault();
        const step = event.shiftKey ? FINE_STEP_M : STEP_M;
        const at = plants.get(id).get("at");
        if (!event.repeat) undo.stopCapturing();
        put(id, [at[0] + moves[event.key][0] * step, at[1] + moves[event.key][1] * step]);
      } else if (event.key === "Delete" || event.key === "Backspace") {
        event.preventDefault();
        act(() => plants.delete(id));
      }
    });
  };
  const choose = (id) => {
    if (shapes.has(chosen)) shapes.get(chosen).group.classList.remove("is-chosen");
    chosen = id;
    by("chosen").hidden = !id || isReadOnly;
    if (!id) return;
    shapes.get(id).group.classList.add("is-chosen");
    const cells = plants.get(id);
    by("chosen-width").value = Math.round(widthOf(cells) * 100);
    showChosen();
  };
  const showChosen = () => {
    const cells = plants.get(chosen);
    const row = table.get(cells.get("taxon"));
    const isKnown = row.known || Number.isFinite(cells.get("width_m"));
    by("chosen-name").textContent = row.name;
    by("chosen-taxon").textContent = row.name === row.taxon ? "" : row.taxon;
    by("chosen-at").textContent = where(cells.get("at")) + (isKnown ? "" : ` · ${dataset.standIn}`);
    by("chosen-poison").textContent = row.poison;
  };

  // --- Tools --------------------------------------------------------------------------------------------------
  const drawId = () =>
    [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  // The first place with room, row by row from the front; the middle where there is none.
  const freePlace = (radius) => {
    const others = [...plants.values()].filter((cells) => cells instanceof Y.Map && isPoint(cells.get("at")));
    const step = Math.max(radius / 2, 0.05);
    for (let y = box.front + radius; y <= box.back - radius + 1e-9; y += step) {
      for (let x = box.left + radius; x <= box.right - radius + 1e-9; x += step) {
        const isFree = others.every((cells) => Math.hypot(cells.get("at")[0] - x, cells.get("at")[1] - y) >= radius + widthOf(cells) / 2);
        if (isFree) return [x, y];
      }
    }
    return [(box.left + box.right) / 2, (box.front + box.back) / 2];
  };
  const add = () => {
    const row = table.get(by("plant").value);
    if (!row || !box) return;
    if (plants.size >= Number(dataset.most)) {
      by("state").textContent = dataset.fullBed;
      return;
    }
    const id = drawId();
    const cells = new Y.Map();
    cells.set("taxon", row.taxon);
    cells.set("at", freePlace(row.width / 2).map((part) => Math.round(part * 1000) / 1000));
    act(() => plants.set(id, cells));
    flush();
    if (shapes.has(id)) shapes.get(id).group.focus();
  };
  by("add").addEventListener("click", add);
  by("undo").addEventListener("click", () => undo.undo());
  by("remove").addEventListener("click", () => act(() => plants.delete(chosen)));
  by("chosen-width").addEventListener("change", (event) => {
    const width = Number(event.target.value) / 100;
    if (plants.get(chosen) instanceof Y.Map && width >= 0.02 && width <= 20) {
      act(() => plants.get(chosen).set("width_m", width));
    } else if (chosen) event.target.value = Math.round(widthOf(plants.get(chosen)) * 100);
  });
  const makeReadOnly = () => {
    isReadOnly = true;
    by("tools").hidden = true;
    choose("");
  };

  // What others changed is drawn once a frame, and only that.
  const changed = new Set();
  let frame = 0;
  const flush = () => {
    cancelAnimationFrame(frame);
    frame = 0;
    if (!svg) drawBed();
    if (!svg) return;
    for (const id of changed) drawPlant(id);
    changed.clear();
  };
  const redraw = () => { frame = frame || requestAnimationFrame(flush); };
  plants.observeDeep((events) => {
    for (const event of events) {
      if (event.path.length) changed.add(event.path[0]);
      else for (const id of event.keys.keys()) changed.add(id);
    }
    redraw();
  });
  bed.observe(() => {
    svg = null;
    shapes.clear();
    for (const id of plants.keys()) changed.add(id);
    redraw();
  });

  // --- A copy of a drawing that was begun again stays here until somebody drops it -----------------------------
  const copies = async () => {
    if (!indexedDB.databases) return [];
    const own = storeName(dataset.generation);
    const names = (await indexedDB.databases()).map((database) => database.name);
    return names.filter((name) => name && name.startsWith(`sera-design-${dataset.design}-`) && name !== own);
  };
  const showCopies = async () => {
    const names = await copies();
    by("before").hidden = !names.length;
    by("drop-copy").onclick = async () => {
      for (const name of names) indexedDB.deleteDatabase(name);
      by("before").hidden = true;
    };
    by("show-copy").onclick = async () => {
      const copy = new Y.Doc();
      const kept = new IndexeddbPersistence(names.at(-1), copy);
      await kept.whenSynced;
      const list = document.createElement("ul");
      for (const cells of copy.getMap("plants").values()) {
        if (!(cells instanceof Y.Map) || !isPoint(cells.get("at"))) continue;
        const item = document.createElement("li");
        const row = table.get(cells.get("taxon"));
        item.textContent = `${row ? row.name : cells.get("taxon")}, ${where(cells.get("at"))}`;
        list.append(item);
      }
      by("before").append(list);
      await kept.destroy();
    };
  };

  // --- 3-D ----------------------------------------------------------------------------------------------------
  const loadViewer = () =>
    new Promise((resolve, reject) => {
      if (window.SeraViewer) {
        resolve();
        return;
      }
      const script = document.createElement("script");
      script.src = dataset.viewer;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
  if (dataset.viewer) {
    by("look").hidden = false;
    by("look").addEventListener("click", async () => {
      await loadViewer();
      const viewer = document.createElement("model-viewer");
      const attributes = {
        alt: document.querySelector("h1").textContent, ar: "", "ar-modes": "webxr", "ar-scale": "fixed",
        "camera-controls": "", "interaction-prompt": "none", "shadow-intensity": "1", "touch-action": "pan-y",
        src: `${dataset.model}?at=${Date.now()}`,
      };
      for (const [name, value] of Object.entries(attributes)) viewer.setAttribute(name, value);
      // Its own bar of progress stays after the model is there.
      viewer.append(Object.assign(document.createElement("span"), { slot: "progress-bar" }));
      by("model").replaceChildren(viewer);
      by("model").hidden = false;
      window.SeraViewer.adopt(viewer);
      viewer.scrollIntoView({ block: "nearest" });
    });
  }
  by("apple").hidden = !by("apple").relList.supports("ar");

  // --- Begin --------------------------------------------------------------------------------------------------
  const begin = async () => {
    const answer = await fetch(dataset.plants);
    const rows = await answer.json();
    table = new Map(rows.map((row) => [row.taxon, row]));
    by("plant").replaceChildren(...rows.map((row) => new Option(row.name === row.taxon ? row.taxon : `${row.name} (${row.taxon})`, row.taxon)));
    by("tools").hidden = false;
    await store.whenSynced;
    for (const id of plants.keys()) changed.add(id);
    flush();
    connect();
    showState();
    showFindings();
    await showCopies();
  };
  begin().catch(() => { by("state").textContent = dataset.away; });
})();
