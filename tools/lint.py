#!/usr/bin/python3
"""Style, layers and static checks: prints `path:line: what is wrong`, exit 1 when anything is.

The rules are those of CONTRIBUTING.md; each check below is one function that yields findings.
"""
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SKIPPED_DIRS = {".git", ".scfd", "node_modules", "__pycache__", "regression", "corpus"}
TEXT = set(".c .h .def .sql .py .sh .md .mk .yaml .json .js .lua".split()) | {""}

MAX_COLUMNS = 100
MAX_FILE_LINES = 600
LONG_FUNCTION, MAX_FUNCTION = 70, 100
BANNED_WORDS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X(?!\")|HA" r"CK)\b")
LIBRARY_ROOMS = {  # header prefix -> rooms that may include it
    "microhttpd.h": {"http"},
    "libpq-fe.h": {"db"},
    "openssl/": {"codec", "base"},  # base: random bytes only
    "curl/": {"codec"},
    "cairo": {"codec"},
    "pango/": {"codec"},
    "qrencode.h": {"codec"},
    "secp256k1": {"codec"},
}
SQL_TEXT = re.compile(
    r"\b(SELECT\s|INSERT\s+INTO\s|UPDATE\s+[\w.]+\s+SET\s|DELETE\s+FROM\s|CREATE\s+TABLE\s"
    r"|COPY\s+[\w.]+\s)"
)


def project_files():
    for folder, dirs, names in os.walk(ROOT):
        dirs[:] = sorted(
            d for d in dirs if d not in SKIPPED_DIRS and not re.match(r"build(-|$)", d)
        )
        for name in sorted(names):
            yield Path(folder, name)


FILES = list(project_files())
C_FILES = [
    p
    for p in FILES
    if p.suffix in (".c", ".h") and p.relative_to(ROOT).parts[0] in ("src", "include", "tests")
]
LINES = {p: p.read_text(encoding="utf-8").splitlines() for p in FILES if p.suffix in TEXT}


def room_of(path):
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[0] == "src" else parts[2] if parts[:2] == ("include", "scfd") else None


def in_parallel(function, items):
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for findings in pool.map(function, items):
            yield from findings


def check_columns():
    for path in C_FILES + [p for p in FILES if p.suffix in (".py", ".sh")]:
        for number, line in enumerate(LINES[path], 1):
            if len(line) > MAX_COLUMNS and "http" not in line:
                yield path, number, f"{len(line)} columns; at most {MAX_COLUMNS}"


def check_words():
    for path, lines in LINES.items():
        for number, line in enumerate(lines, 1):
            if found := BANNED_WORDS.search(line):
                yield path, number, f"{found.group(0)} has no place here"


def check_sizes():
    for path in C_FILES:
        if len(LINES[path]) > MAX_FILE_LINES:
            yield path, 1, f"{len(LINES[path])} lines; split files beyond {MAX_FILE_LINES}"


def functions(lines):
    """(first line, last line) of every function: its body's braces close in column 1."""
    start = None
    for number, line in enumerate(lines, 1):
        if re.match(r"\w.*\)\s*\{$", line) or (line == "{" and lines[number - 2].endswith(")")):
            start = number
        elif line == "}" and start:
            yield start, number
            start = None


def check_functions():
    for path in C_FILES:
        for first, last in functions(LINES[path]):
            length = last - first + 1
            if length > MAX_FUNCTION:
                yield path, first, f"function of {length} lines; at most {MAX_FUNCTION}"
            elif length > LONG_FUNCTION:
                print(f"{path.relative_to(ROOT)}:{first}: note: function of {length} lines")


def check_libraries():
    for path in C_FILES:
        room = room_of(path)
        for number, line in enumerate(LINES[path], 1):
            found = re.match(r'\s*#\s*include\s*[<"]([^>"]+)', line)
            for library, rooms in LIBRARY_ROOMS.items():
                if room and found and found.group(1).startswith(library) and room not in rooms:
                    yield path, number, f"{library} belongs to src/{'|'.join(sorted(rooms))} only"


def check_sql_place():
    for path in C_FILES:
        room = room_of(path)
        if path.suffix != ".c" or room in (None, "db") or path.stem.endswith("_store"):
            continue
        for number, line in enumerate(LINES[path], 1):
            for literal in re.findall(r'"((?:[^"\\]|\\.)*)"', line):
                if SQL_TEXT.search(literal + " "):
                    yield path, number, "SQL belongs into a *_store.c file"


def check_migrations():
    for path in sorted((ROOT / "sql").glob("*.sql")):
        # squawk's own way to say that a rule does not matter here; the reason stands beside it
        ignored = set(re.findall(r"-- squawk-ignore ([\w-]+)", "\n".join(LINES[path])))
        text = re.sub(r"--[^\n]*", "", "\n".join(LINES[path]))
        created = set(re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?([\w.]+)", text))
        for table in created - set(re.findall(r"COMMENT ON TABLE ([\w.]+)", text)):
            yield path, 1, f"no COMMENT ON TABLE {table}"
        for statement in text.split(";"):
            for rule in set(migration_faults(" ".join(statement.split()), created)) - ignored:
                yield path, 1, f"{rule}: {' '.join(statement.split())[:70]}"


def migration_faults(statement, created):
    """Rule names as squawk has them; tables made in the same migration may be changed freely."""
    index = re.match(r"CREATE (?:UNIQUE )?INDEX (CONCURRENTLY )?.*? ON ([\w.]+)", statement)
    if index and not index.group(1) and index.group(2) not in created:
        yield "require-concurrent-index-creation"
    if re.search(r"\b(now|clock_timestamp|current_timestamp)\b", statement, re.I):
        yield "no-database-clock"
    altered = re.match(r"ALTER TABLE (?:ONLY )?([\w.]+) (.*)", statement)
    if not altered or altered.group(1) in created:
        return
    change = altered.group(2)
    if re.search(r"ADD COLUMN .* DEFAULT \w+\(", change):
        yield "adding-field-with-default"
    if re.search(r"ADD COLUMN (?!.*DEFAULT).* NOT NULL", change) or "SET NOT NULL" in change:
        yield "adding-not-nullable-field"
    if re.search(r"ADD CONSTRAINT \w+ UNIQUE (?!USING INDEX)", change):
        yield "disallowed-unique-constraint"
    if re.search(r"ADD CONSTRAINT \w+ (CHECK|FOREIGN KEY)", change) and "NOT VALID" not in change:
        yield "constraint-missing-not-valid"
    if re.search(r"ALTER COLUMN \w+ (SET DATA )?TYPE", change):
        yield "changing-column-type"
    if re.search(r"\b(RENAME|DROP COLUMN)\b", change):
        yield "incompatible-rename-or-drop"


def check_error_slugs():
    path = ROOT / "include/scfd/base/errors.def"
    seen = {}
    for number, line in enumerate(LINES[path], 1):
        found = re.match(r'SCF_ERROR\((\w+), \w+, \d+, "([^"]+)"', line)
        for what in found.groups() if found else ():
            if what in seen:
                yield path, number, f"{what} is already on line {seen[what]}"
            seen.setdefault(what, number)


def check_headers_alone():
    cflags = subprocess.run(
        ["pkg-config", "--cflags", "libpq", "pangocairo"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()

    def compiles(path):
        room = room_of(path)
        command = [
            "gcc",
            "-std=c11",
            "-fsyntax-only",
            "-xc",
            "-Wall",
            "-Werror",
            "-include",
            "scfd/base/prelude.h",
            "-Iinclude",
            f"-Isrc/{room}",
            *cflags,
            str(path),
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            yield path, 1, "does not compile alone: " + done.stderr.strip().split("\n")[0]

    yield from in_parallel(compiles, [p for p in C_FILES if p.suffix == ".h" and room_of(p)])


def check_format():
    done = subprocess.run(
        ["clang-format", "--dry-run", "-Werror", *map(str, C_FILES)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    seen = set()
    for line in done.stderr.splitlines():
        found = re.match(r"(.+?):(\d+):\d+: error: code should be clang-formatted", line)
        if found and found.group(1) not in seen:
            seen.add(found.group(1))
            yield Path(found.group(1)), int(found.group(2)), "not formatted: run `make format`"


def check_cppcheck():
    command = [
        "cppcheck",
        "--enable=warning,performance,portability",
        "--std=c11",
        "--quiet",
        "--inline-suppr",
        f"-j{os.cpu_count()}",
        "--library=posix",
        "--template={file}:{line}: {id}: {message}",
        # False with out-parameters and sentinels; the compilers and sanitizers see these.
        "--suppress=uninitvar",
        "--suppress=autoVariables",
        "--suppress=varFuncNullUB",
        "--suppress=nullPointer:src/http/linger.c",  # MSG_TRUNC: recv stores nothing
        "--suppress=missingIncludeSystem",
        "--suppress=normalCheckLevelMaxBranches",
        "--suppress=preprocessorErrorDirective",
        "--suppress=unknownMacro",
        "--include=include/scfd/base/prelude.h",
        "-Iinclude",
        "src",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    for line in done.stderr.splitlines():
        if found := re.match(r"(.+?):(\d+): (.*)", line):
            yield ROOT / found.group(1), int(found.group(2)), "cppcheck " + found.group(3)


def check_shell():
    for path in FILES:
        first = LINES.get(path, [""])[:1]
        if not first or not re.match(r"#!/bin/(ba)?sh", first[0]):
            continue
        shell = "bash" if "bash" in first[0] else "sh"
        done = subprocess.run([shell, "-n", str(path)], capture_output=True, text=True, check=False)
        if done.returncode:
            yield path, 1, done.stderr.strip()
        if path.parent.name == "scripts" and len(LINES[path]) > 40:
            yield path, 1, f"{len(LINES[path])} lines; an admin script has at most 40"


def check_exports():
    """A program exports nothing; what it does export, anybody may interpose."""
    binary = ROOT / "build/release/scfd"
    if not binary.exists():
        return
    done = subprocess.run(
        ["nm", "-D", "--defined-only", str(binary)], capture_output=True, text=True, check=True
    )
    for name in (line.split()[-1] for line in done.stdout.splitlines()):
        if name.startswith("scf_"):
            yield binary, 1, f"exports {name}"


def main():
    findings = [
        f for name, check in sorted(globals().items()) if name.startswith("check_") for f in check()
    ]
    for path, line, what in findings:
        print(f"{path.relative_to(ROOT) if path.is_absolute() else path}:{line}: {what}")
    print(f"lint: {len(C_FILES)} C files, {len(LINES)} files in all, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
