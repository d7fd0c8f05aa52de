"""What readers take along, made from the finished site: flashcards, an e-book, a printed book, the site.

python -m scripts.take SITE [--require-pdf]    into SITE/downloads/

The same site gives the same bytes (the PDF: with the same version of Chromium).
"""

FOLDER = "downloads"
DECK, EPUB, PDF, SITE = "questions.apkg", "questions.epub", "questions.pdf", "site.zip"
# Pages may link to these before they are there: scripts/check looks at a site that has not been packed.
PRODUCED = frozenset(f"{FOLDER}/{name}" for name in (DECK, EPUB, PDF, SITE))


class TakeError(Exception):
    """Something cannot be made. The message says what is missing and how to get it."""
