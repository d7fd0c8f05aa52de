// Answers queries with the search worker of a built site, without a browser.
// Usage: node ask_search.mjs SITE < queries.json > answers.json, where the queries are a list of texts. An answer is
// { pages: [addresses, best first], milliseconds, suggestion }, as in the search box: sections count for their page.
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import vm from "node:vm"

const site = process.argv[2]
const read = (...path) => readFileSync(join(site, ...path), "utf8")
const folder = join("assets", "javascripts", "workers")
const name = readdirSync(join(site, folder)).find((file) => /^search\..*\.js$/.test(file))

const handlers = []
let receive, suggestion
const worker = {
  console, URL,
  BroadcastChannel: class {
    postMessage = (message) => (suggestion = message)
  },
  location: new URL(`http://site/${folder}/${name}`),
  fetch: async (url) => ({ json: async () => JSON.parse(read(url.pathname)) }),
  addEventListener: (type, handler) => type === "message" && handlers.push(handler),
  postMessage: (message) => receive(structuredClone(message)),
}
worker.self = worker
vm.createContext(worker)
vm.runInContext(read(folder, name), worker)

const ask = (message, type) =>
  new Promise((resolve) => {
    receive = (answer) => answer.type === type && resolve(answer.data)
    for (const handler of handlers) handler({ data: structuredClone(message) })
  })

const { config, docs } = JSON.parse(read("search", "search_index.json"))
await ask({ type: 0, data: { config, docs, options: { suggest: true } } }, 1)
await ask({ type: 2, data: "load" }, 3)

const answers = []
for (const query of JSON.parse(readFileSync(0, "utf8"))) {
  suggestion = undefined
  const start = performance.now()
  const { items } = await ask({ type: 2, data: query }, 3)
  const milliseconds = performance.now() - start
  answers.push({ milliseconds, suggestion, pages: items.map(([{ location }]) => location.replace(/#.*/, "")) })
}
process.stdout.write(JSON.stringify(answers))
