"""What docs/hosts.md tells its readers to copy."""

import pathlib
import re

ROOT = pathlib.Path(__file__).parents[3]


def block(language, text):
    """The only block of a language that contains a text."""
    page = (ROOT / "docs" / "hosts.md").read_text()
    found = [body for body in re.findall(rf"^```{language}\n(.*?)^```$", page, re.M | re.S) if text in body]
    assert len(found) == 1, f"docs/hosts.md has {len(found)} blocks of {language} with {text!r}"
    return found[0]


def is_example(path):
    """Wants the page to show a file of examples/ as it is."""
    text = (ROOT / "examples" / path).read_text()
    assert block("python", text.splitlines()[0]) == text, f"docs/hosts.md shows another examples/{path}"


def names(version):
    """Wants the page to name the version that is tested."""
    assert re.search(rf"Tested with .*\b{re.escape(version)}\b", (ROOT / "docs" / "hosts.md").read_text()), f"docs/hosts.md does not name {version}"
