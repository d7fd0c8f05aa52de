"""The Python blocks of a page: which are executed and which show the package."""

import ast
import re
import uuid

import pytest
from pytest_examples import CodeExample, EvalExample

from scripts.pages import Fence, Page
from scripts.raised import last_line

LINE_LENGTH = 90


def executed(page: Page) -> list[tuple[Fence, CodeExample]]:
    """Every Python block with code of its own; those of a page are one group, rewritten together."""
    group = uuid.uuid4()
    return [
        (fence, _example(page, fence, group))
        for fence in page.fences
        if fence.is_python and not fence.includes
    ]


def _example(page: Page, fence: Fence, group: uuid.UUID) -> CodeExample:
    example = CodeExample.create(
        fence.source,
        path=page.path,
        start_line=fence.line,
        end_line=fence.line + fence.source.count("\n") + 1,
        start_index=fence.source_start,
        end_index=fence.source_end,
        prefix=fence.info,
        indent=fence.indent,
    )
    example.group = group
    return example


def form_problems(page: Page, fence: Fence) -> list[str]:
    """Lines too long to be read on the page, and outputs below nothing that prints."""
    lines = fence.source.splitlines()
    found = [
        f"{page.where(fence.line + number)}: {len(line)} characters: break the line at {LINE_LENGTH}"
        for number, line in enumerate(lines, start=1)
        if len(line) > LINE_LENGTH
    ]
    try:
        nodes = ast.walk(ast.parse(fence.source))
    except SyntaxError as error:
        line = fence.line + (error.lineno or 1)
        return [*found, f"{page.where(line)}: the block is not Python ({error.msg}): mend its syntax"]
    prints = {
        node.end_lineno
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    for number, line in enumerate(lines, start=1):
        above = number - 1
        while above and lines[above - 1].lstrip().startswith("#>"):
            above -= 1
        if line.lstrip().startswith("#>") and above not in prints:
            where = page.where(fence.line + number)
            found.append(f"{where}: this output stands below no print: delete it or move it")
    return found


def run_problems(page: Page, fence: Fence, example: CodeExample, eval_example: EvalExample) -> list[str]:
    """An exception, or output that differs from the `#>` comments."""
    try:
        eval_example.run_print_check(example, rewrite_assertions=False)
    except pytest.fail.Exception as failure:
        command = (
            f"pytest tests/content/test_code_blocks.py -k {page.name.removesuffix('.md')} --update-examples"
        )
        where = page.where(fence.line)
        return [f"{where}: the block prints other than the page says\n{failure}\nTo take it over: {command}"]
    except Exception as error:
        line = last_line(error, page.path) or fence.line
        return [f"{page.where(line)}: the block raises {type(error).__name__}: {error}"]
    return []


def include_problems(page: Page) -> list[str]:
    """Included code that is not there, or that stands below another title."""
    found = []
    for fence in page.fences:
        for target in fence.includes if fence.is_python else []:
            path, _, region = target.partition(":")
            where = page.where(fence.line)
            file = page.docs.parent / path
            if not file.is_file():
                found.append(f"{where}: includes {path}, which does not exist")
            elif region and not re.search(rf"--8<-- \[start:{re.escape(region)}\]", file.read_text("utf-8")):
                found.append(f"{where}: {path} has no region `{region}`: mark it or mend the name")
            if fence.title != path:
                found.append(f'{where}: shows {path} below another title: write title="{path}"')
    return found
