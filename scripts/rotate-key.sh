#!/bin/sh
# Changes a node's key with an overlap: the new key is made first, the old ones go afterwards.
#   SCFD_URL=… SCFD_KEY=<administrator's key> rotate-key.sh NODE_ID          prints the new key
#   SCFD_URL=… SCFD_KEY=<administrator's key> rotate-key.sh NODE_ID KEEP_ID  revokes the others
set -eu
node=$1
call() {
    curl --fail-with-body -sS --retry 3 --retry-connrefused -H "Authorization: Bearer $SCFD_KEY" \
        -H 'Content-Type: application/json' "$@"
}

if [ $# -eq 1 ]; then
    call -d "{\"label\":\"rotated $(date -u +%F)\"}" "$SCFD_URL/v1/nodes/$node/keys"
    echo
    exit 0
fi
keep=$2
live=$(call "$SCFD_URL/v1/nodes/$node/keys?limit=500" |
    jq -r '.data[] | select(.revoked_at == null) | .id')
# A mistyped KEEP_ID would leave the node without any key.
echo "$live" | grep -qxF "$keep" || {
    echo "rotate-key.sh: $keep is no live key of $node; nothing was revoked" >&2
    exit 1
}
for id in $live; do
    [ "$id" != "$keep" ] || continue
    call -X DELETE "$SCFD_URL/v1/api-keys/$id"
    echo "revoked $id"
done
