"""How many parameters a Transformer has, term by term."""
