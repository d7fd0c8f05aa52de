"""Generated text, from references.bib, data/*.yml and front matter: includes/, glossary, docs/assets/data/.

python -m scripts.gen_includes list      names each file and what it is made from
python -m scripts.gen_includes build     writes what is stale
python -m scripts.gen_includes --check   writes nothing, fails if something is stale
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))  # tables show what the package counts

from scripts.includes import (
    calculator_tables,
    catalogue,
    compute_table,
    glossary,
    hardware,
    inference_table,
    kv_cache_table,
    learning_paths,
    model_data,
    models,
    question_graph,
    question_list,
    question_map,
    references,
    training_memory_table,
)
from scripts.includes.source import SourceError

ROOT = Path(__file__).resolve().parent.parent
# each has SOURCE, a path, and render(path), which returns {path: text}
MAKERS = [
    references,
    glossary,
    models,
    model_data,
    kv_cache_table,
    hardware,
    compute_table,
    training_memory_table,
    inference_table,
    calculator_tables,
    catalogue,
    question_map,
    question_graph,
    learning_paths,
    question_list,
]


def outputs() -> dict[str, tuple[str, str]]:
    """Every generated file: {path: (source, text)}, paths relative to the repository."""
    return {
        path: (maker.SOURCE, text)
        for maker in MAKERS
        for path, text in maker.render(ROOT / maker.SOURCE).items()
    }


def stale(files: dict[str, tuple[str, str]]) -> list[str]:
    return [path for path, (_, text) in files.items() if not _holds(ROOT / path, text)]


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", nargs="?", choices=["list", "build"], default="list")
    parser.add_argument("--check", action="store_true", help="write nothing, fail if something is stale")
    arguments = parser.parse_args()
    try:
        files = outputs()
    except SourceError as error:
        print(error, file=sys.stderr)
        return 1
    if arguments.check:
        for path in stale(files):
            print(f"{path} is not what {files[path][0]} makes: run `make generate`", file=sys.stderr)
        return 1 if stale(files) else 0
    if arguments.command == "list":
        for path, (source, _) in files.items():
            print(f"{path}  from {source}")
        return 0
    for path in stale(files):
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(files[path][1], encoding="utf-8")
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
