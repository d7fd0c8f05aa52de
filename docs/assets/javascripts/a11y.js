// What Material's script creates or leaves without a name, role or keyboard access, on each page it shows.

// A table wider than its place is a stop of the tab key, so that the arrow keys scroll it.
const SCROLLABLE = { tabindex: "0", role: "group", "aria-label": "Table that can be scrolled sideways" };

function markScrollable(wrap, isWide) {
  for (const [name, value] of Object.entries(SCROLLABLE)) {
    if (isWide) wrap.setAttribute(name, value);
    else wrap.removeAttribute(name);
  }
}

const sizes = new ResizeObserver((entries) => {
  const wraps = new Set(entries.map(({ target }) => target.closest(".md-typeset__scrollwrap")));
  // all are measured before any is changed, since a change makes the next measurement lay out the page again
  const changed = [...wraps]
    .map((wrap) => [wrap, wrap.scrollWidth > wrap.clientWidth])
    .filter(([wrap, isWide]) => isWide !== wrap.hasAttribute("tabindex"));
  for (const [wrap, isWide] of changed) markScrollable(wrap, isWide);
});

// Material wraps tables and adds buttons to code some time after the page is there.
function mend(content) {
  for (const wrap of content.querySelectorAll(".md-typeset__scrollwrap")) {
    sizes.observe(wrap);
    sizes.observe(wrap.querySelector("table"));
  }
  // several landmarks without a name are of no help to find one's way
  for (const buttons of content.querySelectorAll("nav.md-code__nav")) buttons.setAttribute("role", "none");
  // a table's header takes its name from its text, but not from the text of a formula
  for (const formula of content.querySelectorAll("th > mjx-container:only-child math")) {
    formula.setAttribute("aria-label", formula.textContent);
  }
}

// Enter in a search that has just closed would send the form, which loads the page anew.
document.forms.namedItem("search")?.addEventListener("submit", (event) => event.preventDefault());

// calculators and figures, which change with every key, make what they show as it should be
const changes = new MutationObserver((records) => {
  if (records.some(({ target }) => !target.closest("[data-part]"))) mend(document.querySelector("article"));
});

// document$ gives every page: the first, and those that instant navigation puts in its place
globalThis.document$?.subscribe(() => {
  sizes.disconnect();
  changes.disconnect();
  const content = document.querySelector("article");
  mend(content);
  changes.observe(content, { childList: true, subtree: true });
  // the arrow that unfolds a section names that section's list of links, and has no text
  for (const arrow of document.querySelectorAll(".md-nav__container > label > .md-nav__icon")) {
    arrow.setAttribute("role", "img");
    arrow.setAttribute("aria-label", arrow.parentElement.previousElementSibling.textContent.trim());
  }
});
