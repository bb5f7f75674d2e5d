"""What is installed: all that the library needs beside its code, and the mark that it is typed."""

import tomllib

from tests.conftest import ROOT


def test_the_package_takes_all_its_data_along() -> None:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]["cleaners"]
    root = ROOT / "cleaners"
    found = {pattern: set(root.glob(pattern)) for pattern in patterns}
    assert [pattern for pattern, paths in found.items() if not paths] == []
    data = {path for path in root.rglob("*") if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts}
    assert data == set().union(*found.values())
