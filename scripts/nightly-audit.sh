#!/bin/sh
# An operator's or regulator's night: audits the database against the checkpoint of every chain that
# was kept the night before, and keeps the newest ones. A chain cut back shows against nothing else.
#   SCFD_URL=… SCFD_KEY=… nightly-audit.sh KEEP_DIR [options of scfd audit: --data DIR --key VKEY …]
# Have KEEP_DIR elsewhere than the database. Exit 5 when something was lost; what was kept stays.
set -eu
keep=$1
shift
mkdir -p "$keep"
work=$(mktemp -d "$keep/.new.XXXXXX")
trap 'rm -rf "$work"' EXIT
get() {
    curl --fail-with-body -sS --retry 3 --retry-connrefused \
        -H "Authorization: Bearer $SCFD_KEY" "$@"
}

after=
while :; do
    get -G "$SCFD_URL/v1/chains" -d limit=500 \
        ${after:+--data-urlencode "after=$after"} >"$work/page"
    for id in $(jq -r '.data[] | select(.sealed_size > 0) | .id' "$work/page"); do
        get "$SCFD_URL/v1/chains/$id/checkpoint" >"$work/$id.txt"
    done
    [ "$(jq .has_more "$work/page")" = true ] || break
    after=$(jq -r .next_cursor "$work/page")
done

for note in "$keep"/chain_*.txt; do
    [ ! -e "$note" ] || set -- "$@" --checkpoint "$note"
done
scfd audit "$@"
# The database holds all of both: the newer ones take the place of the older.
for note in "$work"/chain_*.txt; do
    [ ! -e "$note" ] || mv "$note" "$keep/"
done
