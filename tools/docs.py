#!/usr/bin/python3
"""Writes the reference pages that come from the sources: docs/errors.md from errors.def,
docs/configuration.md from `scfd config example`, docs/fields.md from `scfd openapi --fields`.

    tools/docs.py build/scfd            writes them
    tools/docs.py build/scfd --check    names those that are out of date; exit 1 when there are any
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MADE = "<!-- Made by `make docs`; do not edit. -->\n\n"

ADVICE = {
    "INVALID": "change the request",
    "DENIED": "use a key that may do this",
    "NOT_FOUND": "it is not there, or not for this key",
    "CONFLICT": "read the present state first",
    "SOFT": "try again",
    "UNAVAILABLE": "try again after `Retry-After`",
    "INTERNAL": "report it with its `request_id`",
}

# What lasts needs other advice than the rest of its class.
ADVICE_OF = {
    "bundle-too-large": "read the record, its body and its proof one by one",
}

ERRORS_HEAD = """# Errors

Every error answer is a problem document (RFC 9457, `application/problem+json`): `type`, `title`,
`status`, `detail`, `instance`, `code`, `request_id`, and for bodies `errors`, a list of every wrong
place with `pointer`, `code` and `detail`. Rely on `status` and `code`: they are stable. `title` and
`detail` are for people; the title is Chinese when `Accept-Language` prefers it. `type` is the
address of a page about the code, `/problems/<code>` on the same server.

| status | code | meaning | 含义 | what to do |
|---|---|---|---|---|
"""

CONFIGURATION_HEAD = """# Configuration

Every key is a line `key = value` of the configuration file, a flag (`--key value` or `--key=value`,
hyphens for underscores), and an environment variable (`SCFD_KEY`). Flags win over the environment,
the environment over the file, the file over the default. The file is the one that `--config` names,
else `/etc/scfd/scfd.conf` when it exists. `SCFD_KEY_FILE` names a file that holds the value, for
secrets. `--data` is short for `--data-dir`.

    scfd config example          a commented file with every key
    scfd config dump …           what is in force, secrets masked
    scfd config check …          whether it is good (exit 3 when it is not)

| key | default | values | meaning |
|---|---|---|---|
"""

FIELDS_HEAD = """# Data dictionary 数据字典

The members of every request, from the tables that the server validates with. Members that are not
listed are refused; `null` counts as absent. Answers are described in `openapi/openapi.yaml`.

所有请求的字段，取自服务器用于校验的同一字段表。未列出的字段会被拒绝；`null` 视为未提供。

Types: `money` and `decimal` are decimal strings (JSON numbers are tolerated); `time` is RFC 3339
with an offset; `date` is YYYY-MM-DD; `id` is an identifier made by the server; `uscc` is a
统一社会信用代码; a `free object` has scalar members only.

"""


def run(binary, *arguments):
    return subprocess.run([binary, *arguments], check=True, capture_output=True, text=True).stdout


def errors():
    row = re.compile(r'SCF_ERROR\(\w+, (\w+), (\d+), "([^"]+)", "([^"]+)", "([^"]+)"\)')
    found = row.findall((ROOT / "include/scfd/base/errors.def").read_text(encoding="utf-8"))
    lines = [f"| {status} | `{slug}` | {en} | {zh} | {ADVICE_OF.get(slug, ADVICE[kind])} |\n"
             for kind, status, slug, en, zh in sorted(found, key=lambda r: (r[1], r[2]))]
    return ERRORS_HEAD + "".join(lines)


def configuration(binary):
    out, help_lines = [CONFIGURATION_HEAD], []
    for line in run(binary, "config", "example").splitlines():
        setting = re.fullmatch(r"#(\w+) = (.*)", line)
        if not setting:
            help_lines = help_lines + [line[2:]] if line.startswith("# ") else []
            continue
        words = [text for text in help_lines if not re.match(r"(From|One of) ", text)]
        values = [re.sub(r"^(From|One of) ", "", text).rstrip(".").replace("|", ", ")
                  for text in help_lines if re.match(r"(From|One of) ", text)]
        default = f"`{setting[2]}`" if setting[2] else ""
        out.append(f"| `{setting[1]}` | {default} | {' '.join(values)} | {' '.join(words)} |\n")
        help_lines = []
    return "".join(out)


def main():
    binary, check = sys.argv[1], sys.argv[2:] == ["--check"]
    pages = {"errors.md": errors(), "configuration.md": configuration(binary),
             "fields.md": FIELDS_HEAD + run(binary, "openapi", "--fields").rstrip() + "\n"}
    stale = []
    for name, text in pages.items():
        path, text = ROOT / "docs" / name, MADE + text
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(f"docs/{name}")
        if not check:
            path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"{name} {'is out of date: run `make docs`' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
