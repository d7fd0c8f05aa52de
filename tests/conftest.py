"""Imported before any test module: from here on every shape in a signature of the package is enforced."""

from scripts.check import shapes

shapes.enforce()

pytest_plugins = ["tests.built_site"]  # `site`, built once for tests/site and tests/browser
