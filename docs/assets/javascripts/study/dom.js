// What the cards are made of, beyond what all parts of the site share.

import { button as plainButton, make } from "../dom.js";

export { make };

export function button(text, act, attributes = {}) {
  return plainButton(text, act, { class: "practice__button", ...attributes });
}

export function download(text, name) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // the browser may ask where to, first
}
