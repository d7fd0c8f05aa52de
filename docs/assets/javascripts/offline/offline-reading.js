// <offline-reading>: keeps the site for reading offline when the reader asks for it, and removes it again.
// The work is the service worker's (scripts/finish/offline_worker.js); this shows how far it is.

import { button, make } from "../dom.js";

const HOME = new URL("../../../", import.meta.url).href;
const PREFIX = `offline:${new URL(HOME).pathname}:`;
const PREVIEWS = ["localhost", "127.0.0.1", "[::1]"]; // where authors look at what changes all the time

const inMegabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

const isPossible = () =>
  "serviceWorker" in navigator && globalThis.isSecureContext && !PREVIEWS.includes(location.hostname);

// Another site on this host may have a worker for a folder above this one.
async function registered() {
  const found = await navigator.serviceWorker.getRegistration(HOME);
  return found?.scope === HOME && found.active ? found : null;
}

async function about() {
  const state = await caches.match(`${HOME}?state`, { cacheName: `${PREFIX}state` });
  if (!state) return null;
  const found = await caches.match(`${HOME}?about`, { cacheName: (await state.json()).current });
  return found ? found.json() : null;
}

// What could be kept: nothing where the site has no worker, or where there is no network.
async function offered() {
  try {
    const response = await fetch(`${HOME}offline.json`, { cache: "no-cache" });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

// Resolves once the worker has all files and answers.
async function install() {
  const registration = await navigator.serviceWorker.register(`${HOME}offline-worker.js`, {
    scope: HOME,
    updateViaCache: "none",
  });
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  await new Promise((done, fail) => {
    const look = () => {
      if (worker.state === "activated") done();
      if (worker.state === "redundant") fail(new Error("not all files have come"));
    };
    worker.addEventListener("statechange", look);
    look();
  });
}

async function remove() {
  await (await registered())?.unregister();
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  await Promise.all(names.map((name) => caches.delete(name)));
}

class OfflineReading extends HTMLElement {
  connectedCallback() {
    this.replaceChildren();
    this.said = make("p", { role: "status" });
    this.bar = make("progress", { max: 100, hidden: true, "aria-label": "Files that have come" });
    this.button = button("", () => this.act(), { class: "offline-reading__button", hidden: true });
    this.append(this.said, this.bar, this.button);
    this.progress = ({ data }) => {
      if (data.offline?.percent) this.bar.value = data.offline.percent;
    };
    navigator.serviceWorker?.addEventListener("message", this.progress);
    this.show();
  }

  disconnectedCallback() {
    navigator.serviceWorker?.removeEventListener("message", this.progress);
  }

  async show(before = "") {
    if (!isPossible()) {
      this.say("This browser, or this address, cannot keep a site: it takes a recent browser and https.");
      return;
    }
    const site = (await registered()) && (await about());
    if (site) {
      this.say(`${before}Kept: ${site.files.length} files, ${inMegabytes(site.bytes)}. The whole site works offline.`);
      this.offer("Remove it from this browser", () => this.remove());
      return;
    }
    const possible = await offered();
    if (possible) {
      this.say(`${before}Not kept. It would be ${possible.files} files, ${inMegabytes(possible.bytes)}.`);
      this.offer("Keep this site for reading offline", () => this.keep());
    } else {
      this.say(`${before}This copy of the site cannot be kept, or there is no network.`);
    }
  }

  say(text) {
    this.said.textContent = text;
  }

  offer(text, act) {
    this.button.textContent = text;
    this.act = act;
    this.button.hidden = false;
  }

  async keep() {
    await this.busy("Keeping all files …", install, "Not all files have come, so none is kept. Try again later. ");
  }

  async remove() {
    await this.busy("Removing …", remove, "Not all could be removed. ");
  }

  async busy(text, work, failure) {
    this.button.setAttribute("aria-disabled", "true"); // keeps the focus, which `disabled` would drop
    this.act = () => {};
    this.bar.value = 0;
    this.bar.hidden = work !== install;
    this.say(text);
    let before = "";
    try {
      await work();
    } catch {
      before = failure;
    }
    this.bar.hidden = true;
    this.button.removeAttribute("aria-disabled");
    await this.show(before);
  }
}

customElements.get("offline-reading") ?? customElements.define("offline-reading", OfflineReading);
