#!/bin/sh
# Sends one day's export, a file with one JSON body a line (.gz too), and reports what was refused.
#   SCFD_URL=… SCFD_KEY=… load-day.sh invoices 2026-11-21.ndjson.gz
# The same file may be sent again: records that are there already are answered as duplicates.
set -eu
kind=$1 file=$2
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# The server unpacks a .gz itself, and refuses one that is cut short.
case $file in
*.gz) coding=gzip ;;
*) coding=identity ;;
esac
# --data-binary keeps the newlines; plain -d would drop them.
curl --fail-with-body -sS --retry 3 --retry-connrefused -o "$answer" \
    -H "Authorization: Bearer $SCFD_KEY" -H 'Content-Type: application/x-ndjson' \
    -H "Content-Encoding: $coding" --data-binary "@$file" "$SCFD_URL/v1/$kind/bulk" || {
    cat "$answer" >&2
    exit 1
}

jq -c 'select(.status >= 400) | {line, external_id, status, problem}' "$answer" >&2
tail -n 1 "$answer" | jq .summary
tail -n 1 "$answer" | jq -e '.summary.rejected == 0' >/dev/null
