// Which question comes next, and how far the reader is. Knows nothing of how a card is scheduled, only when it is due.

const LEARNED = 2; // FSRS's state "review": past the steps of minutes
const AHEAD = 20 * 60_000; // a question in minutes is asked at once when nothing else is left

export function select(questions, { section, level }) {
  return questions.filter(
    (question) => (!section || question.section === section) && (!level || String(question.difficulty) === level),
  );
}

// First what is due in minutes, then what is due today, the most overdue first, then new questions, the basic ones first.
export function queue(questions, cards, now) {
  const known = questions.filter(({ path }) => cards.has(path)).sort((a, b) => cards.get(a.path).due - cards.get(b.path).due);
  const inMinutes = known.filter(({ path }) => cards.get(path).state !== LEARNED);
  const learned = known.filter(({ path }) => cards.get(path).state === LEARNED);
  const isDue = ({ path }) => cards.get(path).due <= now;
  const isNew = ({ path }) => !cards.has(path);
  const midnight = endOfDay(now);
  return [
    ...inMinutes.filter(isDue),
    ...learned.filter(({ path }) => cards.get(path).due < midnight),
    ...questions.filter(isNew).sort((a, b) => a.difficulty - b.difficulty),
    ...inMinutes.filter((question) => !isDue(question) && cards.get(question.path).due - now <= AHEAD),
  ];
}

export function overview(questions, cards, now) {
  const known = questions.map(({ path }) => cards.get(path)).filter(Boolean);
  const midnight = endOfDay(now);
  const later = known.map(({ due }) => due).filter((due) => due >= midnight);
  return {
    total: questions.length,
    fresh: questions.length - known.length,
    due: known.length - later.length,
    learned: known.filter(({ state }) => state === LEARNED).length,
    next: later.length ? new Date(Math.min(...later)) : undefined, // after today
  };
}

function endOfDay(now) {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
}

// "10 min", "3 days", "2.5 months": the time between two moments, short.
export function interval(from, to) {
  const minutes = (to - from) / 60_000;
  const days = Math.round(minutes / 1440);
  if (minutes < 59.5) return `${Math.max(1, Math.round(minutes))} min`;
  if (minutes < 1410) return count(Math.round(minutes / 60), "hour");
  if (days < 31) return count(days, "day");
  if (days < 365) return count(tenths(days / 30.4375), "month");
  return count(tenths(days / 365.25), "year");
}

// The day of a moment as seen from now: "today", "tomorrow", "in 3 days".
export function day(now, moment) {
  const days = Math.round((endOfDay(moment) - endOfDay(now)) / 86_400_000);
  if (days <= 0) return "today";
  return days === 1 ? "tomorrow" : `in ${interval(0, days * 86_400_000)}`;
}

export function count(n, noun) {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

function tenths(value) {
  return Math.round(value * 10) / 10;
}
