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
call "$SCFD_URL/v1/nodes/$node/keys?limit=500" |
    jq -r --arg keep "$keep" '.data[] | select(.id != $keep and .revoked_at == null) | .id' |
    while read -r id; do
        call -X DELETE "$SCFD_URL/v1/api-keys/$id"
        echo "revoked $id"
    done
