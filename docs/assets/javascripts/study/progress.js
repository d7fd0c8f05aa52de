// What a reader has learned, as text and back: the one format of the browser's storage and of exported files.
//
// { "format": "llm-questions-progress", "version": 1, "cards": { path of a question: card, … } }
// A card holds what FSRS needs to schedule it; times are ISO strings in UTC. In the program it is a Map of
// paths to cards whose times are Dates. A page that is gone keeps its card: the page may come back.

export const FORMAT = "llm-questions-progress";
export const VERSION = 1; // raise it when the meaning of a field changes, and read the older version here

const PATH = /^[a-z0-9][a-z0-9.-]*(?:\/[a-z0-9][a-z0-9.-]*)*$/;
const LARGEST = 2_000_000; // characters; ten thousand questions

const isWhole = (value) => Number.isSafeInteger(value) && value >= 0;
const isBetween = (least, most) => (value) => typeof value === "number" && value >= least && value <= most;
const isTime = (value) => typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value) && Number.isFinite(Date.parse(value));

// The limits of numbers are those within which FSRS computes.
const FIELDS = {
  due: isTime,
  last_review: isTime,
  stability: isBetween(0.001, 36_500),
  difficulty: isBetween(1, 10),
  scheduled_days: isWhole,
  learning_steps: isWhole,
  reps: (value) => isWhole(value) && value > 0,
  lapses: isWhole,
  state: (value) => [1, 2, 3].includes(value), // learning, review, relearning; new questions have no card
};

export class UnreadableError extends Error {}

// { cards, rejected }: what is valid, and a sentence for each card that is not. Throws UnreadableError.
export function parse(text) {
  if (text.length > LARGEST) throw new UnreadableError("it is too large");
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    throw new UnreadableError("it is damaged");
  }
  if (content?.format !== FORMAT) throw new UnreadableError("it is not the progress of this site");
  if (content.version > VERSION) throw new UnreadableError("a newer version of this site wrote it");
  if (content.version !== VERSION) throw new UnreadableError("its version is unknown");
  if (typeof content.cards !== "object" || content.cards === null || Array.isArray(content.cards)) {
    throw new UnreadableError("it has no cards");
  }
  const cards = new Map();
  const rejected = [];
  for (const [path, written] of Object.entries(content.cards)) {
    const wrong = problem(path, written);
    if (wrong) rejected.push(wrong);
    else cards.set(path, revive(written));
  }
  return { cards, rejected };
}

function problem(path, written) {
  if (!PATH.test(path)) return `"${path.slice(0, 60)}" is no question`;
  const field = Object.keys(FIELDS).find((name) => !FIELDS[name](written?.[name]));
  return field && `${path}: ${field} is not valid`;
}

function revive(written) {
  const card = Object.fromEntries(Object.keys(FIELDS).map((name) => [name, written[name]]));
  return { ...card, due: new Date(card.due), last_review: new Date(card.last_review) };
}

export function serialize(cards) {
  const written = [...cards].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, card]) => [path, fields(card)]);
  return JSON.stringify({ format: FORMAT, version: VERSION, cards: Object.fromEntries(written) }, null, 1);
}

function fields(card) {
  return Object.fromEntries(Object.keys(FIELDS).map((name) => [name, card[name]])); // JSON writes a Date as ISO, in UTC
}

// Of each question, the card that was graded last; of two graded at once, the one graded more often.
export function merge(ours, theirs) {
  const merged = new Map(ours);
  for (const [path, card] of theirs) {
    const known = merged.get(path);
    if (!known || compare(card, known) > 0) merged.set(path, card);
  }
  return merged;
}

function compare(card, other) {
  return card.last_review - other.last_review || card.reps - other.reps;
}

export function isSame(a, b) {
  return JSON.stringify(a && fields(a)) === JSON.stringify(b && fields(b));
}
