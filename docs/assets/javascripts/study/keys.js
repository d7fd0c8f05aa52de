// Which key presses are meant for the cards: none with a modifier, none in a field or a dialog, none while the cards
// are out of sight. Material has s, f, /, p, n, comma and period; the browser's own keys stay with what has the focus.

const FIELDS = "input, textarea, select, [contenteditable], dialog";
const PRESSED = "button, a, summary, label"; // space and enter are theirs

export function meant(event, component, card) {
  const { target } = event;
  if (event.defaultPrevented || event.isComposing || event.repeat) return false;
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return false;
  if (!(target instanceof Element) || target.closest(FIELDS)) return false;
  if ([" ", "Enter"].includes(event.key) && target.closest(PRESSED)) return false;
  return component.contains(target) || (target === document.body && isInSight(card));
}

function isInSight(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return top < innerHeight && bottom > 0;
}
