#!/bin/sh
# A lender's back office waits for assessments that need its decision, and prints each new list.
#   SCFD_URL=… SCFD_KEY=<lender's key> poll-decisions.sh
# The ETag makes an unchanged list cost one 304; Prefer: wait holds the request until there is news.
set -eu
etag=$(mktemp)
list=$(mktemp)
trap 'rm -f "$etag" "$list"' EXIT
trap 'exit 0' INT TERM

while :; do
    status=$(curl -sS --max-time 60 --retry 3 --retry-connrefused \
        -H "Authorization: Bearer $SCFD_KEY" -H 'Prefer: wait=30' \
        --etag-compare "$etag" --etag-save "$etag" -o "$list" -w '%{http_code}' \
        "$SCFD_URL/v1/credit-assessments?status=awaiting_decision")
    case $status in
    200) jq -c '.data[]' "$list" ;;
    304) ;;
    503) sleep 5 ;;
    *) echo "poll-decisions.sh: $status $(cat "$list")" >&2; exit 1 ;;
    esac
done
