"""Runs every benchmark, or those named: python -m bench [NAME ...]."""

import argparse
import importlib

BENCHMARKS = ("growth", "reload", "formulas", "search", "lighthouse", "input")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of: {', '.join(BENCHMARKS)}")
    names = parser.parse_args().names or BENCHMARKS
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(f"unknown benchmark: {', '.join(sorted(unknown))} (known: {', '.join(BENCHMARKS)})")
    for name in names:
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"bench.{name}").main()


if __name__ == "__main__":
    main()
