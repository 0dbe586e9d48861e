#!/bin/bash
# Every test, one part after another; ends with one line: 'N passed, M failed' (', K skipped').
# Called by `make test`. A part that cannot count its tests counts as one.
set -u
cd "$(dirname "$0")/.."
build=${BUILD:-build}
logs=$build/test-logs
rm -rf "$logs"
mkdir -p "$logs"
passed=0 failed=0 skipped=0
summary=() broken=()

# Counts what pytest ("3 passed, 1 skipped in 2s") or cmocka ("[  PASSED  ] 4 test(s).") printed.
count() {
    awk -v what="$1" '
        what == "passed" && /^\[  PASSED  \] [0-9]+ test/ { n += $4 }
        what == "failed" && /^\[  FAILED  \] [0-9]+ test/ { n += $4 }
        what == "skipped" && /^\[  SKIPPED \] [0-9]+ test/ { n += $4 }
        / in [0-9.]+s/ {
            gsub(/\033\[[0-9;]*m/, ""); line = $0; gsub(/[=,]/, " ", line)
            m = split(line, word, " ")
            for (i = 2; i <= m; i++) {
                if (word[i] == what || (what == "failed" && word[i] ~ /^errors?$/)) n += word[i - 1]
            }
        }
        END { print n + 0 }' "$2"
}

# What hangs fails.
part() {
    local name=$1 log=$logs/$1.log began=$SECONDS p f s status
    shift
    echo "== $name"
    timeout -k 30 2400 "$@" </dev/null 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    p=$(count passed "$log") f=$(count failed "$log") s=$(count skipped "$log")
    [ "$status" -eq 0 ] || [ "$f" -gt 0 ] || f=1
    [ $((p + f + s)) -gt 0 ] || p=1
    [ "$f" -eq 0 ] || broken+=("$log")
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    summary+=("$(printf '%-12s %5d passed %4d failed %4d skipped %5d s' \
        "$name" "$p" "$f" "$s" $((SECONDS - began)))")
}

part build make build
part clang make clang-check
part lint make lint
part unit make unit
part api make api-test
part openapi make openapi-lint
part fuzz make fuzz-smoke
part asan make asan-test
part tsan make tsan-test
part crash make crash-test
part real make real-test
part demo make demo

printf '\n'
printf '%s\n' "${summary[@]}"
# Once more at the end, where it is looked for.
for log in "${broken[@]}"; do
    printf '\n%s:\n' "$log"
    grep -aE '^FAILED|^ERROR|\[  FAILED  \]|assertion failed|SUMMARY|: error:|\*\*\*' "$log" |
        tail -n 20
done
if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
