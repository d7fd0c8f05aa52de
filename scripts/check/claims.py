"""The checks that stand in a page as `<!-- check … -->`: numbers of the text, computed by the package.

    <!-- check
    import math
    "1.41" == f"{math.sqrt(2):.2f}"
    -->

A statement `"literal" == expression` is a claim: the literal stands in the visible text between the previous
heading and the comment, and the expression gives exactly it. Every other statement is executed.
"""

import ast
import re
import warnings
from textwrap import dedent

from scripts.pages import Comment, Page, fold, plain

SPACES = r"\\[,;: ]|\\thinspace\b ?|[\u00a0\u2009\u202f~]"


def is_check(comment: Comment) -> bool:
    return re.match(r"\s*check\b", comment.text) is not None


def checks(page: Page) -> list[Comment]:
    return [comment for comment in page.comments if is_check(comment)]


def problems(page: Page, comment: Comment) -> list[str]:
    code, first_line = _code(comment)
    try:
        tree = ast.increment_lineno(ast.parse(code), first_line - 1)
    except SyntaxError as error:
        line = first_line + (error.lineno or 1) - 1
        return [f"{page.where(line)}: the check is not Python ({error.msg}): mend its syntax"]
    heading = max((h for h in page.headings if h.end <= comment.start), key=lambda h: h.end, default=None)
    start, after = (heading.end, heading.line) if heading else (page.body_start, 1)
    text = normalize(plain(page.visible(start, comment.start)))
    found, checked = [], 0
    namespace = {"__name__": "page_check"}
    for statement in tree.body:
        where = page.where(statement.lineno)
        checked += isinstance(statement, ast.Assert | ast.Expr)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Compare):
                    found += _claim_problems(where, statement.value, text, after, namespace)
                else:
                    module = ast.Module([statement], type_ignores=[])
                    exec(compile(module, str(page.path), "exec"), namespace)
        except AssertionError as error:
            reason = f" ({error})" if str(error) else ""
            found.append(
                f"{where}: `{ast.unparse(statement)}` does not hold{reason}: mend the text or the check"
            )
        except Exception as error:
            source = ast.unparse(statement)
            found.append(f"{where}: `{source}` raises {type(error).__name__}: {fold(str(error))}")
            break  # what follows most likely needs it
    if not checked:
        found.append(f'{page.where(comment.line)}: the check claims nothing: add `"literal" == expression`')
    return found


def _code(comment: Comment) -> tuple[str, int]:
    """The statements and the line of the page on which they begin."""
    first, _, rest = re.sub(r"^\s*check\b", "", comment.text).partition("\n")
    blank_before = comment.text[: comment.text.index("check")].count("\n")
    return first.strip() + "\n" + dedent(rest), comment.line + blank_before


def _claim_problems(where: str, claim: ast.Compare, text: str, after: int, namespace: dict) -> list[str]:
    literal = claim.left.value if isinstance(claim.left, ast.Constant) else None
    if not isinstance(literal, str) or len(claim.ops) != 1 or not isinstance(claim.ops[0], ast.Eq):
        source = ast.unparse(claim)
        return [f'{where}: `{source}` checks nothing: write `"literal" == expression` or `assert …`']
    expression = ast.Expression(claim.comparators[0])
    value = eval(compile(expression, where, "eval"), namespace)
    source = ast.unparse(expression)
    if not isinstance(value, str):
        return [f'{where}: `{source}` gives {value!r}, not a text: format it, as in f"{{…:.2f}}"']
    found = []
    if not stands_in(literal, text):
        found.append(
            f'{where}: "{literal}" does not stand in the text between line {after} and this check: '
            f"write it there as the reader shall see it, or mend the check (the code gives {value!r})"
        )
    if normalize(literal) != normalize(value):
        found.append(
            f'{where}: the page says "{literal}", the code gives "{value}": '
            f"mend the number in the text and in the check, or the expression `{source}`"
        )
    return found


def normalize(text: str) -> str:
    """One spelling for what looks the same: thousands as 1,024, the minus as -, TeX's % and × as signs."""
    text = text.replace("{,}", ",").replace("−", "-").replace(r"\%", "%").replace("\\!", "")
    text = re.sub(rf"(?<=\d)(?:{SPACES})(?=\d{{3}}(?!\d))", ",", text)
    text = re.sub(SPACES, " ", text)
    text = re.sub(r"\\(?:text|mathrm|mathbf)\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"\\times\b ?", "× ", text)
    return fold(text)


def stands_in(literal: str, text: str) -> bool:
    """Whether a normalized text holds the whole literal: 0.88 stands neither in 0.8808 nor in -0.88."""
    literal = normalize(literal)
    before = r"(?<![\w.])(?<!\d,)(?<![^\w)\]}]-)(?<!^-)" if literal[:1].isdigit() else ""
    after = r"(?!\d)(?![.,]\d)" if literal[-1:].isdigit() else ""
    return bool(literal) and re.search(before + re.escape(literal) + after, text) is not None
