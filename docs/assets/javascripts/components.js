// Loads what a page's interactive parts need, once such a part comes near the window; other pages load nothing more.
// A custom element's module has the element's name and defines it.

const FOLDERS = { calculator: "./calculators/", figure: "./figures/", study: "./study/", offline: "./offline/" };
const PARTS = Object.keys(FOLDERS).map((kind) => `[data-part="${kind}"]`).join();

function load(element) {
  const { part } = element.dataset;
  markFar(element.closest("article").children);
  import(`${FOLDERS[part]}${element.localName}.js`);
}

// Each key would have the browser paint what nobody sees. What is in sight would blink if it were marked (content.css).
function markFar(children) {
  const far = [...children].filter((child) => {
    const { top, bottom } = child.getBoundingClientRect();
    return bottom < -innerHeight || top > 2 * innerHeight;
  });
  for (const child of far) child.classList.add("far");
}

// Where a link leads into the page, what stands above it needs its true height before the browser sets out.
const { classList } = document.documentElement;
function followLink({ target }) {
  const link = target.closest?.("a[href*='#']");
  if (link && link.pathname === location.pathname) classList.remove("skim");
}
addEventListener("click", followLink, { capture: true });
addEventListener("hashchange", () => {
  if (!classList.contains("skim")) return;
  classList.remove("skim");
  document.querySelector(":target")?.scrollIntoView();
});

// Only where the reader has asked for the site to be kept does a service worker answer.
if (navigator.serviceWorker?.controller) import("./offline/update.js");

const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      load(target);
    }
  },
  { rootMargin: "100% 0px" },
);

function find() {
  near.disconnect();
  classList.toggle("skim", !location.hash);
  for (const element of document.querySelectorAll(PARTS)) near.observe(element);
}

// document$ gives every page: the first, and those that instant navigation puts in its place
if (globalThis.document$) globalThis.document$.subscribe(find);
else find();
