#!/bin/sh
# Fetches the evidence bundle of each record, and checks it as its reader will: offline.
#   SCFD_URL=… SCFD_KEY=… SCFD_VKEY=<verifier key> [SCFD_TRUST=roots.pem] make-package.sh ID…
# Leaves ID.asice in the current folder, also when it fails: what does not verify is worth keeping.
# Without SCFD_TRUST the certificates in the bundle are used. Exit 5 when a bundle does not verify.
set -eu
: "${SCFD_VKEY:?the verifier key of the chain, noted on an earlier day}"

for id in "$@"; do
    # The block of a record that has just come in takes a moment.
    curl --fail-with-body -sS --retry 3 --retry-connrefused -o "$id.asice.tmp" \
        -H "Authorization: Bearer $SCFD_KEY" -H 'Prefer: wait=10' \
        "$SCFD_URL/v1/records/$id/evidence" || {
        cat "$id.asice.tmp" >&2
        rm -f "$id.asice.tmp"
        exit 1
    }
    mv "$id.asice.tmp" "$id.asice"
    report=$(scfd verify "$id.asice" --key "$SCFD_VKEY" ${SCFD_TRUST:+--trust "$SCFD_TRUST"}) || {
        echo "make-package.sh: $id.asice does not verify" >&2
        echo "$report" >&2
        exit 5
    }
    echo "$id.asice $(sha256sum <"$id.asice" | cut -d' ' -f1)"
done
