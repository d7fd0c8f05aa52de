// Where the site is kept for reading offline: says that a newer version has come. The page goes on with its own.

function show() {
  if (document.querySelector(".offline-note")) return;
  const note = document.createElement("aside");
  note.className = "offline-note";
  note.setAttribute("aria-label", "Newer version");
  const text = document.createElement("p");
  text.setAttribute("role", "status");
  note.append(text, button("Reload", () => location.reload()), button("Not now", () => note.remove()));
  document.body.append(note);
  // a status is read out when it changes, not when it comes
  requestAnimationFrame(() => (text.textContent = "A new version of the site is ready."));
}

function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "offline-reading__button";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

navigator.serviceWorker.addEventListener("message", ({ data }) => {
  if (data.offline === "updated") show();
});
