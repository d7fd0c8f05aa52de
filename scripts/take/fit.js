// Makes what is wider than the page narrower: tables, formulas and code in a book cannot be scrolled. Letters of a font
// that has not come yet have other widths, and the page may be loaded before them.
window.addEventListener("load", async () => {
  await Promise.all([...document.fonts].map((font) => font.load()));
  for (const part of document.querySelectorAll("main table, main mjx-container[display], main pre")) {
    const room = Math.min(part.clientWidth, part.parentElement.clientWidth);
    if (part.scrollWidth > room) part.style.zoom = room / part.scrollWidth;
  }
});
