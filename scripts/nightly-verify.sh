#!/bin/sh
# Proves the records that a node sent since a time, offline, against a key kept by the node itself.
#   SCFD_URL=… SCFD_KEY=… SCFD_VKEY=<verifier key> nightly-verify.sh invoices 2026-11-21T00:00:00Z
# The verifier key is noted once, from a proof one trusts (`jq -r .vkey proof.json`): a server that
# rewrote history could not sign with it. Exit 5 when a proof fails.
set -eu
kind=$1 since=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
get() {
    curl --fail-with-body -sS --retry 3 --retry-connrefused -H "Authorization: Bearer $SCFD_KEY" \
        -H 'Prefer: wait=10' "$@"
}

after=
count=0
while :; do
    get -G "$SCFD_URL/v1/$kind" --data-urlencode "created_at[gte]=$since" -d limit=500 \
        ${after:+--data-urlencode "after=$after"} >"$work/page"
    for id in $(jq -r '.data[].id' "$work/page"); do
        get "$SCFD_URL/v1/records/$id/proof" >"$work/proof.json"
        get "$SCFD_URL/v1/records/$id/body" >"$work/body"
        scfd verify "$work/proof.json" --key "$SCFD_VKEY" --body "$work/body" >"$work/report" || {
            echo "nightly-verify.sh: the proof of $id fails" >&2
            cat "$work/report" >&2
            exit 5
        }
        count=$((count + 1))
    done
    [ "$(jq .has_more "$work/page")" = true ] || break
    after=$(jq -r .next_cursor "$work/page")
done
echo "$count $kind since $since are proven"
