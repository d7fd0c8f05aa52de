// Answers the search box, in place of Material's worker, which ranks sections, knows no Chinese and takes longer.
// A page is ranked as a whole: each word of the query counts by how rare it is and by where the page has it (BM25),
// and the page gains if one of its aliases asks for the same. A word is first made plain (spelling, ending, compounds);
// one that occurs nowhere is taken for the most similar ones that do. Chinese is rewritten with synonyms.yml, and what
// is left of it is cut into pairs of characters. Messages: 0 set up, 1 ready, 2 query, 3 result.
// The numbers were chosen on the tuned queries of data/queries.tsv, and on aliases put to an index that lacks them.
(() => {
  const WEIGHTS = { title: 8, aliases: 3, heading: 3, text: 1 }
  const MENTION = 0.3 // of a page that answers no question (glossary, notation), against 1 for one that does
  const SAME_WORDS = 4 // how much a page gains if one of its aliases is the query, word for word
  const SATURATION = 1.5, LENGTH = 0.5 // BM25's k1 and b
  const BEGINNING = 0.6, SIMILAR = 0.8 // of a word that only begins like that of the query, or is only similar
  const ENOUGH = 0.55 // the least share of what is asked for that a result has, if it is to count as an answer
  const LIKELY = 0.6 // the least likeness with an alias of what is offered instead
  const FULL = 4 // a page with this weight of a word counts whole when it is asked how many pages have the word
  const NEVER = 2 // pages more than there are have each word, so that one that occurs nowhere is not worth most
  const MOST = 20, SECTIONS = 8 // pages that are listed, and sections of each
  const FILLER = new Set(
    ("a about all also am an and are as at be because been but by can could did do does doing for from get " +
      "give had has have having how i if in into is it its itself just let like may me mean means might " +
      "more most much must my need needs no nor not of on one only or our out own please rather really " +
      "should so some such than that the their them then there these they this those to too us use used " +
      "uses using versus very vs was we were what when where whether which while who whom why will with " +
      "would you your s t don doesn isn aren wouldn difference differ different between explain explained " +
      "exactly happen happens many work works actually tell").split(" "))
  const HAN = /\p{Script=Han}/u
  const CHINESE_PUNCTUATION = /[\u3000-\u303f]/g
  const NUMBERED = /(?<![\w.])([A-Za-z]{2,})(?=\d+\b)/g // Llama3 is Llama 3
  const ENDING =
    /(?:(?:al)?i[sz](?:ations?|ing|ed|es|e|ers?)|ations?|ions?|ings?|ables?|ally|ed|es|ly|al|s|e)$/
  const BRANDS = /(?<=[a-z]{3})(?=[A-Z][A-Za-z]{2})|(?<=[A-Z]{3})(?=[A-Z][a-z]{2})/ // of SentencePiece, RMSNorm
  const TEXTS = new URL("../../../search/texts.json", self.location)
  const MAP = "study/map/" // lists all questions, as does the home page
  const channel = new BroadcastChannel("search")

  let separator, synonyms, typed, compounds // to cut a text into words
  let pages, terms, rarities, spellings, vocabulary, known, meanLength // of the index
  let loading, latest

  // ---- words

  const pairs = (run) =>
    run.length < 3 ? [run] : Array.from({ length: run.length - 1 }, (_, i) => run.slice(i, i + 2))

  const pieces = (text) =>
    text.normalize("NFKC").replace(/√/g, " sqrt ").replace(NUMBERED, "$1 ").replace(CHINESE_PUNCTUATION, " ")
      .replace(typed, (found) => ` ${synonyms.get(found.toLowerCase())} `)
      .replace(/\p{Script=Han}+/gu, (run) => ` ${pairs(run).join(" ")} `)
      .split(separator).filter(Boolean)

  const plain = (piece) => piece.toLowerCase().replaceAll("_", "")

  // Compounds in parts: warm-up, warmup and WarmUp are the same two words.
  const words = (text) => pieces(text).map(plain).filter(Boolean).flatMap((word) => compounds.get(word) ?? [word])

  // What is the same for key and keys, normalize, normalise and normalization
  const term = (word) =>
    word.length > 4
      ? word.replace(ENDING, (end, at) => (at < 3 ? end : ""))
      : word.replace(/(?<=\w{2})s$/, "")

  const content = (text) => {
    const all = words(text), wanted = all.filter((word) => !FILLER.has(word))
    return wanted.length ? wanted : all
  }

  // From names as LayerNorm, and from neighbors in titles and aliases: "soft capping" tells what softcapping is.
  function learnCompounds(docs) {
    compounds = new Map()
    for (const { title, aliases = "", text = "" } of docs)
      for (const piece of pieces(`${title} ${aliases} ${text}`)) {
        const parts = piece.split(BRANDS)
        if (parts.length > 1) compounds.set(plain(piece), parts.map(plain))
      }
    for (const { title, aliases = "" } of docs)
      for (const phrase of [title, ...aliases.split(" ; ")]) {
        const found = pieces(phrase).map(plain)
        found.forEach((word, i) => {
          const parts = found.slice(i - 1, i + 1), joined = parts.join("")
          if (!i || !/^[a-z]{6,}$/.test(joined) || parts.some((part) => FILLER.has(part))) return
          if (!compounds.has(joined)) compounds.set(joined, parts)
        })
      }
  }

  // ---- the index

  function build(docs) {
    learnCompounds(docs)
    pages = new Map()
    terms = new Map()
    spellings = new Map()
    known = new Map()
    for (const doc of docs) {
      const [location, section] = doc.location.split("#")
      if (!pages.has(location))
        pages.set(location, { entries: [], phrases: [], weights: new Map(), length: 0, prior: MENTION })
      const page = pages.get(location)
      const entry = { doc, weights: new Map() }
      page.entries.push(entry)
      add(page, entry, doc.title, section ? WEIGHTS.heading : WEIGHTS.title)
      add(page, entry, `${doc.text ?? ""} ${doc.words ?? ""}`, WEIGHTS.text)
      if (doc.aliases) page.prior = 1
      for (const phrase of section ? [] : (doc.aliases?.split(" ; ") ?? [doc.title])) {
        if (doc.aliases) add(page, entry, phrase, WEIGHTS.aliases)
        page.phrases.push(new Set(content(phrase).map(term)))
      }
    }
    for (const page of pages.values())
      for (const [word, weight] of page.weights) {
        if (!terms.has(word)) terms.set(word, new Map())
        terms.get(word).set(page, weight)
      }
    rarities = new Map()
    for (const [key, having] of terms) {
      let n = NEVER
      for (const weight of having.values()) n += Math.min(1, weight / FULL)
      rarities.set(key, Math.log(1 + pages.size / n))
    }
    vocabulary = [...spellings.keys(), ...compounds.keys()].map((word) => [word, letters(word)])
    meanLength = [...pages.values()].reduce((sum, { length }) => sum + length, 0) / pages.size
  }

  function add(page, entry, text, weight) {
    for (const word of words(text)) {
      const key = term(word)
      spellings.set(word, key)
      for (const { weights } of [page, entry]) weights.set(key, (weights.get(key) ?? 0) + weight)
      page.length++
    }
  }

  const rarity = (key) => rarities.get(key) ?? Math.log(1 + pages.size / NEVER)

  // ---- what the query means

  // Edits (insert, delete, replace, swap neighbors) from one word to another, or Infinity if more than `most`.
  function distance(a, b, most) {
    if (Math.abs(a.length - b.length) > most) return Infinity
    let before = [], row = Array.from({ length: b.length + 1 }, (_, j) => j)
    for (let i = 1; i <= a.length; i++) {
      const next = [i]
      for (let j = 1; j <= b.length; j++) {
        next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] !== b[j - 1]))
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
          next[j] = Math.min(next[j], before[j - 2] + 1)
      }
      if (Math.min(...next) > most) return Infinity
      ;[before, row] = [row, next]
    }
    return row[b.length] <= most ? row[b.length] : Infinity
  }

  // Which letters a word has, as bits: an edit changes two of them at most, which is quicker to see than the edits
  const letters = (word) => {
    let bits = 0
    for (let i = 0; i < word.length; i++) bits |= 1 << (word.charCodeAt(i) & 31)
    return bits
  }

  function differing(a, b) {
    let count = 0
    for (let bits = a ^ b; bits; bits &= bits - 1) count++
    return count
  }

  function nearest(word, most) {
    let best = most, found = []
    const own = letters(word)
    for (const [other, bits] of vocabulary) {
      if (differing(own, bits) > 2 * best) continue
      const edits = distance(word, other, best)
      if (edits < best) [best, found] = [edits, []]
      if (edits === best) found.push(other)
    }
    return found
  }

  const tolerated = (word) => (/[^a-z]/.test(word) || word.length < 4 ? 0 : word.length < 8 ? 1 : 2)

  // What a word of the query may mean: for each part of it, terms with how sure they are
  function meant(word) {
    const key = term(word)
    if (terms.has(key)) return [new Map([[key, 1]])]
    const similar = tolerated(word) ? nearest(word, tolerated(word)) : []
    const compound = similar.find((other) => compounds.has(other))
    if (compound) return compounds.get(compound).map((part) => new Map([[term(part), SIMILAR]]))
    const found = new Map(similar.map((other) => [term(other), SIMILAR]))
    if (word.length > 1)
      for (const [other, otherTerm] of spellings)
        if (other.startsWith(word) && !found.has(otherTerm)) found.set(otherTerm, BEGINNING)
    return [found]
  }

  // ---- the answer

  // Twice what query and phrase have in common, by their sum: 1 for the same words, 0 for no word in common
  function likeness(asked, phrase) {
    let common = 0, sum = 0
    for (const { rare, meaning } of asked) {
      sum += rare
      if ([...meaning.keys()].some((key) => phrase.has(key))) common += rare
    }
    for (const key of phrase) sum += rarity(key)
    return (2 * common) / (sum || 1)
  }

  function rank(asked) {
    const all = asked.reduce((sum, { rare }) => sum + rare, 0)
    const found = []
    for (const page of pages.values()) {
      let score = 0, has = 0
      for (const { rare, meaning } of asked) {
        let best = 0
        for (const [key, sure] of meaning) {
          const weight = page.weights.get(key) ?? 0
          const norm = SATURATION * (1 - LENGTH + (LENGTH * page.length) / meanLength)
          best = Math.max(best, (sure * weight * (SATURATION + 1)) / (weight + norm))
        }
        if (best) has += rare
        score += rare * best
      }
      if (!score) continue
      const like = Math.max(0, ...page.phrases.map((phrase) => likeness(asked, phrase)))
      const share = has / all
      found.push({ page, like, share, score: (score / all) * share * page.prior * (1 + SAME_WORDS * like) })
    }
    return found.sort((a, b) => b.score - a.score)
  }

  function understand(query) {
    const asked = content(query).flatMap((word) =>
      meant(word).map((meaning) => {
        const rare = meaning.size ? Math.min(...[...meaning.keys()].map(rarity)) : rarity(word)
        return { word, meaning, rare }
      }))
    // of a Chinese sentence, pairs that occur nowhere are mostly no words
    const known = asked.filter(({ word, meaning }) => meaning.size || !HAN.test(word))
    return known.length ? known : asked
  }

  // The terms of a word as it stands in a text, of which there are few different ones
  const termsOf = (word) => {
    if (!known.has(word)) known.set(word, words(word).map(term))
    return known.get(word)
  }

  const mark = (text, wanted) =>
    text.replace(/&\w+;|[\p{L}\p{N}_]+/gu, (word) =>
      word[0] !== "&" && termsOf(word).some((key) => wanted.has(key)) ? `<mark>${word}</mark>` : word)

  // A result as Material lists it: the page and its sections, the best first, with the words that each has or lacks
  function show({ page, score }, asked) {
    const wanted = new Set(asked.flatMap(({ meaning }) => [...meaning.keys()]))
    const entries = page.entries.map(({ doc, weights }, i) => {
      const terms = {}
      let points = i ? 0 : 1e-3
      for (const { word, meaning, rare } of asked) {
        const key = [...meaning.keys()].find((key) => weights.has(key))
        terms[word] = key !== undefined
        if (key !== undefined) points += (rare * weights.get(key)) / (weights.get(key) + 2)
      }
      return { doc, terms, points }
    }).filter(({ points }) => points).sort((a, b) => b.points - a.points)
    return entries
      .filter(({ doc }, i) => i < SECTIONS || doc === page.entries[0].doc) // Material looks for the page itself
      .map(({ doc: { location, title, text }, terms, points }) => ({
        location,
        title: mark(title, wanted),
        text: text ? `<p>${mark(text, wanted)}</p>` : "",
        terms,
        score: (score * points) / entries[0].points,
      }))
  }

  // The query with a word of the site for each that occurs nowhere, if there is one that it may be a slip of
  function corrected(asked) {
    if (asked.every(({ meaning }) => meaning.size)) return null
    const words = asked.map(({ word, meaning }) =>
      meaning.size ? word : /[^a-z]/.test(word) ? "" : nearest(word, Math.floor(word.length / 3))[0])
    if (!words.every(Boolean)) return null
    const query = words.join(" ")
    return rank(understand(query))[0]?.like >= LIKELY ? query : null
  }

  // Tells the page what to offer where there is no good answer: docs/assets/javascripts/no-answer.js shows it.
  function advise(query, asked, [best]) {
    const weak = !best || best.share < ENOUGH
    const list = pages.has(MAP) ? MAP : ""
    const spelling = weak ? corrected(asked) : null
    channel.postMessage({ query, weak, found: Boolean(best), list, spelling })
  }

  function search(query) {
    const asked = understand(query)
    const ranked = rank(asked)
    advise(query, asked, ranked)
    return { items: ranked.slice(0, MOST).map((found) => show(found, asked)) }
  }

  const load = () =>
    (loading ??= fetch(TEXTS).then((response) => response.json()).then((texts) => {
      synonyms = new Map(texts.synonyms)
      const either = texts.synonyms.map(([text]) => (/^[\x00-\x7f]+$/.test(text) ? `\\b${text}\\b` : text))
      typed = new RegExp(either.join("|"), "gi")
      build(texts.docs)
    }))

  async function answer(query) {
    latest = query
    let data = { items: [] }
    try {
      if (query.trim()) {
        await load()
        if (query !== latest) return // somebody has typed on
        data = search(query)
      } else channel.postMessage({ query, weak: false })
    } catch (error) {
      console.warn(error)
      loading = undefined // the next letter tries again
    }
    self.postMessage({ type: 3, data })
  }

  self.addEventListener("message", ({ data: { type, data } }) => {
    if (type === 0) {
      separator = new RegExp(data.config.separator)
      self.postMessage({ type: 1 })
    } else answer(data)
  })
})()
