"""One command finds every class of mistake: `make check`, that is `python -m scripts.check`.

Every rule is a function that returns problems, each a text `path:line: what: how to mend it`, and every
module holds the rules of one concern. They run in three rounds:

    sources   front matter, parts, citations, markup, characters, files, navigation, notebooks as stored;
              then the tools of others: rumdl, typos, yamllint
    site      the built HTML: links, text that should have been markup, elements, recorded addresses;
              then html-validate
    truth     what executes: numbers and blocks of the pages, notebooks, figures, generated files

`python -m scripts.check --quick` leaves out the last round. A rule joins by standing in rounds.py, and by a
mistake in tests/check/mistakes.py that it finds.
"""

import os

from scripts.check import shapes

shapes.enforce()
# As many processes as cores work at once; threads of a BLAS, which wait for each other, would be in the way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
