// Makes what is wider than the page narrower: tables, formulas and code in a book cannot be scrolled. Waits for fonts.
window.addEventListener("load", () => {
  for (const part of document.querySelectorAll("main table, main mjx-container[display], main pre")) {
    const room = Math.min(part.clientWidth, part.parentElement.clientWidth);
    if (part.scrollWidth > room) part.style.zoom = room / part.scrollWidth;
  }
});
