"""A page that keeps all rules, for the tests of the rules themselves: each breaks it in one way."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.pages import Page

ANSWER = (
    "This short answer is plain text that stands alone, names the thing asked about, says how large the "
    "effect is and when it is absent, and needs √d_k to be written in Unicode."
)
FILLER = "This sentence fills the sample with exactly nine words. " * 14

SOUND_PAGE = f"""\
---
question: Why divide by √d_k?
short_answer: >-
  {ANSWER}
difficulty: 1
asked_by: 18
aliases: [sqrt dk]
prerequisites: []
outline: "Transformers › Why division by √d_k"
verified: 2026-11-23
---

# Why divide by √d_k?

!!! abstract "Short answer"

    {ANSWER.replace("plain text", "**plain text**")}

## Intuition

{FILLER}

## Derivation

{FILLER} It follows from [Vaswani et al. 2017, §3.2.1][vaswani2017attention], unlike `x[i][j]` and $x[i][j]$.

## Worked example

{FILLER}

The root of two is 1.41, its negative is $-1.41$, and there are $10{{,}}000$ of them.

<!-- check
import math
"1.41" == f"{{math.sqrt(2):.2f}}"
"-1.41" == f"{{-math.sqrt(2):.2f}}"
"10,000" == f"{{10**4:,}}"
assert math.sqrt(4) == 2
-->

## Code

```python title="src/package.py"
--8<-- "src/package.py:double"
```

```python
def double(x):
    return 2 * x

print(double(21))
#> 42
```

## In practice

{FILLER}

## What people get wrong

{FILLER}

## Follow-up questions

??? question "And then?"

    {FILLER}

    ```python
    print("inside")
    #> inside
    ```

## Check yourself

??? question "How much is two plus two?"
    It is 4.

    <!-- check
    assert 2 + 2 == 4
    -->

??? question "And three plus three?"
    It is 6.

    <!-- check assert 3 + 3 == 6
    -->

## References

- [Vaswani et al. 2017][vaswani2017attention], {FILLER}
"""

WritePage = Callable[..., Page]


@pytest.fixture
def write_page(tmp_path: Path) -> WritePage:
    """Writes the sound page, with one text replaced by another, and reads it."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src/package.py").write_text("# --8<-- [start:double]\n# --8<-- [end:double]\n", "utf-8")

    def write(old: str = "", new: str = "", name: str = "topic/sound.md") -> Page:
        assert old in SOUND_PAGE, f"the sound page does not hold {old!r}"
        path = tmp_path / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SOUND_PAGE.replace(old, new, 1) if old else SOUND_PAGE, "utf-8")
        return Page(path, tmp_path / "docs")

    return write
