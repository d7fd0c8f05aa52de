"""How text becomes tokens: byte pair encoding, the unigram model, WordPiece, and what comes before them."""
