#!/bin/sh
# Sends one day's export, a file with one JSON body a line (.gz too), and reports what was refused.
#   SCFD_URL=… SCFD_KEY=… load-day.sh invoices 2026-11-21.ndjson.gz
# The same file may be sent again: records that are there already are answered as duplicates.
set -eu
kind=$1 file=$2
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

case $file in
*.gz) gzip -dc "$file" ;;
*) cat "$file" ;;
esac | curl --fail-with-body -sS --retry 3 --retry-connrefused \
    -H "Authorization: Bearer $SCFD_KEY" -H 'Content-Type: application/x-ndjson' \
    --data-binary @- "$SCFD_URL/v1/$kind/bulk" >"$answer"

# --data-binary keeps the newlines; plain -d would drop them.
jq -c 'select(.status >= 400) | {line, external_id, status, problem}' "$answer" >&2
tail -n 1 "$answer" | jq .summary
tail -n 1 "$answer" | jq -e '.summary.rejected == 0' >/dev/null
