// Where the site is kept for reading offline: says that a newer version has come. The page goes on with its own.

import { button, make } from "../dom.js";

function show() {
  if (document.querySelector(".offline-note")) return;
  const text = make("p", { role: "status" });
  const look = { class: "offline-reading__button" };
  const note = make(
    "aside",
    { class: "offline-note", "aria-label": "Newer version" },
    text,
    button("Reload", () => location.reload(), look),
    button("Not now", () => note.remove(), look),
  );
  document.body.append(note);
  // a status is read out when it changes, not when it comes
  requestAnimationFrame(() => (text.textContent = "A new version of the site is ready."));
}

navigator.serviceWorker.addEventListener("message", ({ data }) => {
  if (data.offline === "updated") show();
});
