// Keeps one whole version of the site for reading offline, and answers from it: a service worker.
// scripts/finish/offline.py puts before it the constant SITE: version, and path and SHA-256 of each file.
//
// A page and what it loads are always of one version. All files of a version come into a cache of their own, and only
// if each is what the version says; else the cache is dropped and the worker with it. When a newer version has come,
// pages that are open go on with the one that they began with; its cache is deleted when the last of them is gone.

const HOME = self.registration.scope;
const PREFIX = `offline:${new URL(HOME).pathname}:`; // another site may be on the same host
const CURRENT = PREFIX + SITE.version;
const STATE_CACHE = `${PREFIX}state`;
const STATE = `${HOME}?state`;
const ABOUT = `${HOME}?about`;
const NETWORK = "network"; // for a page that is not kept: it came from the network, so must what it loads
const AT_ONCE = 6;

const reply = (value) => new Response(JSON.stringify(value), { headers: { "Content-Type": "application/json" } });
const kept = (name, key) => caches.match(key, { cacheName: name, ignoreVary: true });

async function tell(message) {
  const pages = await self.clients.matchAll({ includeUncontrolled: true, type: "window" });
  for (const page of pages) if (page.url.startsWith(HOME)) page.postMessage({ offline: message });
}

// --- which version each open page reads, and which was the current one: it outlives the worker, which sleeps

let state;
let reading;

async function storedState() {
  const stored = await kept(STATE_CACHE, STATE);
  state = stored ? await stored.json() : { current: null, pages: {} };
  return state;
}

const readState = () => (reading ??= storedState());

async function writeState() {
  const cache = await caches.open(STATE_CACHE);
  await cache.put(STATE, reply(state));
}

async function dropUnused() {
  const { pages } = await readState();
  const open = new Set((await self.clients.matchAll({ includeUncontrolled: true, type: "all" })).map(({ id }) => id));
  const closed = Object.keys(pages).filter((id) => pages[id] !== NETWORK && !open.has(id));
  for (const id of closed) delete pages[id];
  if (closed.length) await writeState();
  const used = new Set([CURRENT, STATE_CACHE, ...Object.values(pages)]);
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && !used.has(name));
  await Promise.all(names.map((name) => caches.delete(name)));
}

// --- a version comes

async function download(path, hash) {
  const response = await fetch(new URL(path, HOME), { cache: "no-cache", integrity: `sha256-${hash}` });
  if (!response.ok || response.redirected) throw new Error(`${path || "the home page"}: ${response.status}`);
  return response;
}

// What has not changed since the current version is not downloaded again.
async function earlier() {
  const { current } = await readState();
  const about = current && (await kept(current, ABOUT));
  const hashes = new Map(about ? (await about.json()).files : []);
  return (path, hash) => (hashes.get(path) === hash ? kept(current, new URL(path, HOME).href) : undefined);
}

async function keep() {
  await caches.delete(CURRENT); // what an interrupted attempt has left
  const cache = await caches.open(CURRENT);
  const known = await earlier();
  const waiting = [...SITE.files];
  const percent = (left) => Math.floor((100 * (SITE.files.length - left)) / SITE.files.length);
  let said = 0;
  const work = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      const [path, hash] = file;
      await cache.put(new URL(path, HOME).href, (await known(path, hash)) ?? (await download(path, hash)));
      if (percent(waiting.length) > said) await tell({ percent: (said = percent(waiting.length)) });
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    await cache.put(ABOUT, reply(SITE));
  } catch (error) {
    waiting.length = 0; // stops the others
    await caches.delete(CURRENT);
    await tell({ failed: error.message });
    throw error;
  }
}

async function activate() {
  const { current, pages } = await readState();
  const isUpdate = current !== null && current !== CURRENT && (await caches.has(current));
  for (const id of Object.keys(pages)) if (pages[id] === NETWORK) delete pages[id];
  if (isUpdate) {
    for (const { id } of await self.clients.matchAll({ type: "all" })) pages[id] ??= current;
  }
  state.current = CURRENT;
  await writeState();
  await dropUnused();
  if (isUpdate) await tell("updated");
  else await self.clients.claim(); // the page on which the reader has asked for it
}

self.addEventListener("install", (event) => {
  self.skipWaiting(); // once all has come
  event.waitUntil(keep());
});
self.addEventListener("activate", (event) => event.waitUntil(activate()));

// --- a page asks

async function remember(id, source) {
  if (!id || !(await caches.has(CURRENT))) return; // the reader has it removed
  state.pages[id] = source;
  await writeState();
}

async function open(event, key) {
  const page = await kept(CURRENT, key);
  if (page) return page;
  if (await kept(CURRENT, `${key}/`)) return Response.redirect(`${key}/${new URL(event.request.url).search}`);
  const response = await fetch(event.request);
  await remember(event.resultingClientId, NETWORK);
  return response;
}

async function load(event, key) {
  const source = state.pages[event.clientId] ?? CURRENT;
  // a worker of a page reads what its page reads
  if (event.resultingClientId && source !== CURRENT) await remember(event.resultingClientId, source);
  return (source !== NETWORK && (await kept(source, key))) || fetch(event.request);
}

async function answer(event) {
  await readState();
  const { origin, pathname } = new URL(event.request.url);
  const key = origin + pathname.replace(/\/index\.html$/, "/");
  if (event.request.mode !== "navigate") return load(event, key);
  event.waitUntil(dropUnused());
  return open(event, key);
}

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(HOME)) event.respondWith(answer(event));
});
