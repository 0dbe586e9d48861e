"""What the documentation names is there."""
import re

import pytest

from harness.server import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_resolve(page):
    for target in re.findall(r"\]\(([\w./-]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_sources_exist(page):
    """`limit.c`, `scfd/base/err.h`, `src/http/page.c`, … in code quotes; `x.c` stands for any."""
    names = {path.name for folder in ("src", "include", "tests", "tools", "scripts")
             for path in (ROOT / folder).rglob("*") if "node_modules" not in path.parts}
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"`(?:[\w./-]*/)?([\w-]+\.(?:[ch]|def|py|sh))`", text):
        assert name in names or re.match(r"x[._]", name), name


def test_every_metric_is_explained(server):
    answer = server.anonymous().get("/metrics")
    exposed = set(re.findall(r"(?m)^# TYPE (\w+)", answer.body.decode()))
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"`((?:scfd|process)_\w+)`", operations))
    assert exposed <= explained, exposed - explained
    assert len(exposed) > 10


def test_readmes_show_the_same_commands_and_answers():
    english, chinese = ((ROOT / name).read_text(encoding="utf-8")
                        for name in ("README.md", "README.zh-CN.md"))

    def blocks(text):
        return [line for line in text.split("\n## ")[0].split("\n")
                if line.startswith("    ") and not line.startswith("    make")]
    assert blocks(english) == blocks(chinese)
    assert len(blocks(english)) > 20
