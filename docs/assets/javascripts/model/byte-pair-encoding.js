// The trainer of src/llm_questions/tokenization/byte_pair_encoding.py; tests/browser/test_models.py holds both to the
// same merges. Words are [[symbols, count], …] in the order in which they are met, a pair is [left, right].

// Unicode's property White_Space; \s of JavaScript has one more
const WHITE_SPACE = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

// Strings compare by halves of a character in JavaScript, and by characters in Python.
function byCharacter(left, right) {
  const [a, b] = [[...left], [...right]];
  const k = a.findIndex((character, i) => character !== b[i]);
  if (k < 0) return a.length - b.length;
  return k < b.length ? a[k].codePointAt(0) - b[k].codePointAt(0) : 1;
}

export function countWords(text, end = "") {
  const counts = new Map();
  for (const word of text.split(WHITE_SPACE)) if (word) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => [end ? [...word, end] : [...word], count]);
}

// [[left, right, count], …] in the order in which the pairs are met.
export function countPairs(words) {
  const found = [];
  const places = new Map();
  for (const [word, count] of words) {
    for (let i = 0; i + 1 < word.length; i += 1) {
      const [left, right] = [word[i], word[i + 1]];
      if (!places.has(left)) places.set(left, new Map());
      const place = places.get(left).get(right);
      if (place === undefined) {
        places.get(left).set(right, found.length);
        found.push([left, right, count]);
      } else found[place][2] += count;
    }
  }
  return found;
}

export function mergePair(word, [left, right]) {
  const merged = [];
  for (let i = 0; i < word.length; i += 1) {
    if (word[i] === left && word[i + 1] === right) {
      merged.push(left + right);
      i += 1;
    } else merged.push(word[i]);
  }
  return merged;
}

// The symbols at the start have the first ids, in the order of their characters; each new one gets the next.
export function symbolIds(words, merges = []) {
  const alphabet = [...new Set(words.flatMap(([word]) => word))].sort(byCharacter);
  return new Map([...new Set([...alphabet, ...merges.map(([left, right]) => left + right)])].map((symbol, id) => [symbol, id]));
}

// Pairs with the most frequent one first; among equals the one with the smaller ids ("ids") or met first ("seen").
export function rankPairs(pairs, ids, ties = "ids") {
  const byIds = (a, b) => ids.get(a[0]) - ids.get(b[0]) || ids.get(a[1]) - ids.get(b[1]);
  return [...pairs].sort((a, b) => b[2] - a[2] || (ties === "ids" ? byIds(a, b) : 0));
}

export function learnMerges(words, nMerges, ties = "ids") {
  const merges = [];
  const ids = symbolIds(words);
  let now = words;
  while (merges.length < nMerges) {
    const [best] = rankPairs(countPairs(now), ids, ties);
    if (!best) break;
    const pair = best.slice(0, 2);
    merges.push(pair);
    const symbol = pair.join("");
    if (!ids.has(symbol)) ids.set(symbol, ids.size);
    now = now.map(([word, count]) => [mergePair(word, pair), count]);
  }
  return merges;
}
