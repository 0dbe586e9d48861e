#!/bin/sh
# Loads samples/supply-chain.json: a core enterprise, its supplier, a guarantor and a bank, each
# with a node; one contract, ten events, four invoices, a guarantee. Uses only the HTTP API.
#   SCFD_URL=http://127.0.0.1:8080 SCFD_KEY=<administrator's key> samples/load.sh STATE.json
# STATE.json receives the ids and the nodes' keys (mode 0600). Placeholders in the sample:
# @id:<key> is the id the server gave, @day±N and @hour±N are relative to now.
set -eu
state=$1
sample=$(dirname "$0")/supply-chain.json
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo '{"ids":{},"keys":{}}' >"$work/state"

# post KEY PATH < body
post() {
    curl -sS --fail-with-body -H "Authorization: Bearer $1" -H 'Content-Type: application/json' \
        --data-binary @- "$SCFD_URL/v1/$2" || { echo "load.sh: POST /v1/$2 failed" >&2; exit 1; }
}

# fill: replaces the placeholders of a body.
fill() {
    jq -c --slurpfile state "$work/state" '
        walk(if type != "string" or (startswith("@") | not) then .
             elif startswith("@id:") then $state[0].ids[.[4:]] // error("no id for " + .)
             elif startswith("@day") then (now + (.[4:] | tonumber) * 86400 | strftime("%Y-%m-%d"))
             else (now + (.[5:] | tonumber) * 3600 | strftime("%Y-%m-%dT%H:%M:%SZ")) end)'
}

# remember ids|keys NAME VALUE
remember() {
    jq -c --arg n "$2" --arg v "$3" ".$1[\$n] = \$v" "$work/state" >"$work/next"
    mv "$work/next" "$work/state"
}

jq -c '.enterprises[]' "$sample" >"$work/enterprises"
while read -r item; do
    key=$(echo "$item" | jq -r .key)
    echo "$item" | jq .body | fill | post "$SCFD_KEY" enterprises >/dev/null
    uscc=$(echo "$item" | jq -r .body.uscc)
    id=$(curl -sS --fail-with-body -H "Authorization: Bearer $SCFD_KEY" \
        "$SCFD_URL/v1/enterprises?uscc=$uscc" | jq -r '.data[0].id')
    remember ids "$key" "$id"
done <"$work/enterprises"

jq -c '.nodes[]' "$sample" >"$work/nodes"
while read -r item; do
    key=$(echo "$item" | jq -r .key)
    answer=$(echo "$item" | jq .body | fill | post "$SCFD_KEY" nodes)
    remember ids "node:$key" "$(echo "$answer" | jq -r .id)"
    remember keys "$key" "$(echo "$answer" | jq -r .api_key)"
done <"$work/nodes"

jq -c '.records[]' "$sample" >"$work/records"
while read -r item; do
    sender=$(jq -r --arg n "$(echo "$item" | jq -r .node)" '.keys[$n]' "$work/state")
    answer=$(echo "$item" | jq .body | fill | post "$sender" "$(echo "$item" | jq -r .path)")
    remember ids "$(echo "$item" | jq -r .key)" "$(echo "$answer" | jq -r .id)"
done <"$work/records"

mv "$work/state" "$state"
