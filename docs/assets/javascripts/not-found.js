// On the page for wrong addresses: the pages whose address is most like the one that was asked for, and a search.

const SHOWN = 3;
const ENOUGH = 0.4; // of 1; below it an address is like this one by chance

const pairs = (text) => {
  const found = new Map();
  for (let i = 0; i + 1 < text.length; i++) {
    const pair = text.slice(i, i + 2);
    found.set(pair, (found.get(pair) ?? 0) + 1);
  }
  return found;
};

// The share of letter pairs that two texts have in common: one wrong, missing or swapped letter costs little.
function similarity(a, b) {
  const [first, second] = [pairs(a), pairs(b)];
  let common = 0;
  for (const [pair, count] of first) common += Math.min(count, second.get(pair) ?? 0);
  return (2 * common) / Math.max(1, a.length + b.length - 2);
}

const likely = document.querySelector("#likely");
const form = likely.querySelector("form");
const home = new URL(form.action).pathname;

const partsOf = (path) =>
  path
    .slice(path.startsWith(home) ? home.length : 0)
    .toLowerCase()
    .replace(/(index)?\.(html|md|ipynb)$/, "")
    .split("/")
    .filter(Boolean);

function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const wanted = partsOf(decoded(location.pathname));

// A page is like the address as a whole, or by its own name if it is in another section now.
function likeness(link) {
  const parts = partsOf(link.pathname);
  if (!parts.length) return 0;
  return Math.max(similarity(wanted.join("/"), parts.join("/")), 0.95 * similarity(wanted.at(-1), parts.at(-1)));
}

if (wanted.length) {
  const ranked = [...document.querySelectorAll("#all-pages a")]
    .map((link) => ({ link, score: likeness(link) }))
    .filter(({ score }) => score >= ENOUGH)
    .sort((a, b) => b.score - a.score)
    .slice(0, SHOWN);
  likely.querySelector("ul").append(...ranked.map(({ link }) => link.closest("li").cloneNode(true)));
  form.elements.q.value = wanted.at(-1).replace(/[-_+]+/g, " ");
}
likely.querySelector("h2").hidden = !likely.querySelector("li");
likely.hidden = false;
