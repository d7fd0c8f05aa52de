// When to ask a question again: FSRS-6 with its published default parameters, 90 % recall, steps of 1 and 10 minutes.
// Without fuzz, so that the same grades at the same times give the same days.

import { createEmptyCard, fsrs } from "../vendor/ts-fsrs.js";

export const GRADES = [
  [1, "Again"],
  [2, "Hard"],
  [3, "Good"],
  [4, "Easy"],
];

const scheduler = fsrs({ enable_fuzz: false });

// { grade: the card after that grade }; a new question has no card yet.
export function outcomes(card, now) {
  const before = card ?? createEmptyCard(now);
  // a clock that was set back would make time negative
  const at = card && card.last_review > now ? card.last_review : now;
  const items = scheduler.repeat(before, at);
  return Object.fromEntries(GRADES.map(([grade]) => [grade, items[grade].card]));
}
