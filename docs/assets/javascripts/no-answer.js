// Below the search box, where no page answers what is typed: another spelling, all questions, and a form to ask.
// search_worker.js, which answers the box, says when; Material gives a page no way to listen to its worker.

const root = new URL("../../", import.meta.url);
const input = document.querySelector("[data-md-component=search-query]");
const result = document.querySelector("[data-md-component=search-result]");

const count = result.querySelector(".md-search-result__meta");
const panel = document.createElement("div");
panel.className = "no-answer";
for (const element of [count, panel]) element.setAttribute("role", "status");
count.after(panel);

function link(text, href) {
  const anchor = document.createElement("a");
  anchor.href = href;
  // Material's arrow keys move through all links here, and its Enter opens the one of the best score
  const label = document.createElement("span");
  label.dataset.mdScore = "-1";
  label.textContent = text;
  anchor.append(label);
  return anchor;
}

function instead(query) {
  const anchor = link(query, new URL(`?q=${encodeURIComponent(query)}`, root));
  anchor.addEventListener("click", (event) => {
    event.preventDefault();
    event.stopPropagation(); // instant navigation would follow it
    input.value = query;
    input.focus();
    input.dispatchEvent(new KeyboardEvent("keyup"));
  });
  return ["Did you mean ", anchor, "?"];
}

function ask(query) {
  const repository = document.querySelector(".md-source");
  if (!repository) return [];
  const form = new URL(`${repository.href.replace(/\/$/, "")}/issues/new`);
  form.search = new URLSearchParams({ template: "2-new-question.yml", title: `Question: ${query}`, question: query });
  return [[link("Ask for a page about this", form), " in a form on GitHub"]];
}

function offer({ query, found, list, spelling }) {
  const lead = document.createElement("p");
  lead.textContent = found ? "No page seems to answer just this. The nearest follow below." : "No page answers this.";
  const offers = document.createElement("ul");
  const all = [link("See all questions", new URL(list, root))];
  const lines = [...(spelling ? [instead(spelling)] : []), all, ...ask(query)];
  for (const line of lines) {
    const item = document.createElement("li");
    item.append(...line);
    offers.append(item);
  }
  panel.append(lead, offers);
}

new BroadcastChannel("search").addEventListener("message", ({ data }) => {
  if (data.query !== input.value) return; // of another tab, or overtaken
  panel.replaceChildren();
  if (data.weak) offer(data);
});
