// Keeps progress in the browser's storage. Reads before it writes, since another tab may have written, and never
// writes over what it cannot read before that has been copied. Where nothing can be stored, memory holds it.

import { isSame, merge, parse, serialize, UnreadableError } from "./progress.js";

export class Store {
  cards = new Map();
  unreadable = undefined; // { text, reason, lost } while the stored text has parts that could not be read
  unsaved = undefined; // why the last change is in memory only

  // storage: () => Storage, which some browsers refuse by throwing
  constructor(storage, key) {
    this.storage = storage;
    this.key = key;
  }

  load() {
    let text = null;
    try {
      text = this.storage().getItem(this.key);
    } catch {
      this.unsaved = "this browser lets the page store nothing";
    }
    const { cards, unreadable } = read(text);
    this.unreadable = unreadable;
    this.cards = this.unsaved ? merge(cards, this.cards) : cards;
  }

  // changes: paths to cards, or to undefined for none. Returns what undo() takes.
  change(changes) {
    this.load();
    const before = new Map([...changes.keys()].map((path) => [path, this.cards.get(path)]));
    for (const [path, card] of changes) {
      if (card) this.cards.set(path, card);
      else this.cards.delete(path);
    }
    this.save();
    return { before, after: changes };
  }

  // Those that the reader has graded later than the ones here, or not here at all.
  newer(cards) {
    const merged = merge(this.cards, cards);
    return new Map([...cards].filter(([path, card]) => merged.get(path) === card));
  }

  // False where the cards have been changed elsewhere since.
  undo({ before, after }) {
    this.load();
    if (![...after].every(([path, card]) => isSame(card, this.cards.get(path)))) return false;
    this.change(before);
    return true;
  }

  // Removes everything that this page has stored.
  clear() {
    const undo = this.change(new Map([...this.cards.keys()].map((path) => [path, undefined])));
    try {
      for (const key of [this.key, ...this.backupKeys()]) this.storage().removeItem(key);
      this.unreadable = undefined;
      this.unsaved = undefined;
    } catch {
      // then nothing was stored
    }
    return undo;
  }

  save() {
    try {
      if (this.unreadable) this.backUp(this.unreadable.text);
      this.unreadable = undefined;
      this.storage().setItem(this.key, serialize(this.cards));
      this.unsaved = undefined;
    } catch (error) {
      const isFull = error.name === "QuotaExceededError";
      this.unsaved = isFull ? "the storage of this browser for this site is full" : "this browser lets the page store nothing";
    }
  }

  // ---- copies of what could not be read

  backUp(text) {
    if (this.backups().some((backup) => backup.text === text)) return;
    this.storage().setItem(`${this.key}.backup.${new Date().toISOString()}`, text);
  }

  // [{ key, time, text, cards }]: cards only where this version of the site can read all of them
  backups() {
    try {
      return this.backupKeys().map((key) => {
        const text = this.storage().getItem(key);
        const { cards, unreadable } = read(text);
        return { key, time: key.slice(`${this.key}.backup.`.length), text, cards: unreadable ? undefined : cards };
      });
    } catch {
      return [];
    }
  }

  backupKeys() {
    const storage = this.storage();
    const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index));
    return keys.filter((key) => key.startsWith(`${this.key}.backup.`)).sort();
  }

  removeBackup(key) {
    this.storage().removeItem(key);
  }
}

function read(text) {
  if (text === null) return { cards: new Map() };
  try {
    const { cards, rejected } = parse(text);
    if (!rejected.length) return { cards };
    return { cards, unreadable: { text, reason: rejected[0], lost: rejected.length } };
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    return { cards: new Map(), unreadable: { text, reason: error.message } };
  }
}
