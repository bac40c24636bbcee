// The screen of a workshop moves by itself; without this script the page asks again every ten seconds.
(() => {
  "use strict";
  const board = document.getElementById("board");
  const away = document.getElementById("away");
  if (!board || !window.EventSource) return;

  const watch = () => {
    const source = new EventSource(board.dataset.events);
    source.onmessage = (event) => {
      // Written by our own template, with every name in it escaped.
      board.innerHTML = event.data;
      away.textContent = "";
    };
    source.onopen = () => { away.textContent = ""; };
    source.onerror = () => {
      away.textContent = away.dataset.away;
      if (source.readyState === EventSource.CLOSED) setTimeout(watch, 5000);
    };
  };
  watch();
})();
