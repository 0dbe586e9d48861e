#!/bin/bash
# `make run`: starts the server on its embedded PostgreSQL, loads the sample supply chain once, says
# what to try, and serves until Ctrl-C. SCFD_DATA and SCFD_LISTEN override where.
set -eu
binary=$1
root=$(cd "$(dirname "$0")/.." && pwd)

# PostgreSQL does not run as root: then the data must lie where its own account can reach it.
default_data=$root/.scfd
if [ "$(id -u)" -eq 0 ] && ! setpriv --reuid=nobody --clear-groups test -x "$root" 2>/dev/null; then
    default_data=/var/lib/scfd-run
fi
data=${SCFD_DATA:-$default_data}

in_use() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
if [ -z "${SCFD_LISTEN:-}" ]; then
    port=8080
    while in_use "$port"; do port=$((port + 1)); done
    SCFD_LISTEN=127.0.0.1:$port
fi
url=http://$SCFD_LISTEN

mkdir -p "$data"
log=$data/server.log
# In a process group of its own: Ctrl-C is meant for this script, which then stops it once. A second
# signal would end it at once.
set -m
"$binary" serve --data "$data" --listen "$SCFD_LISTEN" >>"$log" 2>&1 &
server=$!
set +m
stop() { trap '' INT TERM HUP; kill -TERM "$server" 2>/dev/null || true; wait "$server"; exit $?; }
trap stop INT TERM HUP

until curl -sf -o /dev/null "$url/readyz"; do
    if ! kill -0 "$server" 2>/dev/null; then
        echo "scfd did not start. The end of $log:" >&2
        tail -n 20 "$log" >&2
        exit 1
    fi
    sleep 0.05
done

key=$(cat "$data/admin.key")
sample=$data/sample.json
if [ ! -s "$sample" ]; then
    SCFD_URL=$url SCFD_KEY=$key "$root/samples/load.sh" "$sample"
fi
erp=$(jq -r .keys.erp "$sample")
bank=$(jq -r .keys.lender "$sample")
contract=$(jq -r .ids.contract "$sample")
supplier=$(jq -r .ids.supplier "$sample")
event=$(jq -r .ids.event9 "$sample")

dossier=$data/dossier.json
jq -n -f "$root/samples/dossier.jq" --slurpfile sample "$root/samples/supply-chain.json" \
    --slurpfile state "$sample" --arg amount 200000.00 --arg due "$(date -u -d '+150 days' +%F)" \
    --arg resolved "$(date -u -d '-20 days' +%F)" \
    --arg hash "$(printf 'a resolution' | sha256sum | cut -d' ' -f1)" >"$dossier"

json="-H 'Content-Type: application/json'"
cat <<EOF

scfd serves at $url
The administrator's key is
    $key
Log: $log

A sample supply chain is loaded. Seven things to try:

1. The supplier's contract, as the supplier sees it
curl -s $url/v1/contracts/$contract -H 'Authorization: Bearer $erp'

2. A new step of the work: goods were delivered
curl -s $url/v1/workflow-events -H 'Authorization: Bearer $erp' $json \
-d '{"external_id":"quick-$(date +%s)","contract_id":"$contract","step":"received",\
"occurred_at":"$(date -u +%FT%TZ)","actor_enterprise_id":"$supplier"}'

3. The proof that the acceptance of the goods is in the chain of the buyer's platform
curl -s $url/v1/records/$event/proof -H 'Authorization: Bearer $(jq -r .keys.procurement "$sample")'

4. What the supplier may borrow: assess, and wait for the answer
curl -s $url/v1/credit-assessments -H 'Authorization: Bearer $key' $json \
-H 'Prefer: wait=10' \
-d '{"borrower_id":"$supplier","contract_ids":["$contract"],"kind":"initial",\
"lender_ids":["$(jq -r '.ids["node:lender"]' "$sample")"]}'

5. What waits for the bank's decision
curl -s '$url/v1/credit-assessments?status=awaiting_decision' -H 'Authorization: Bearer $bank'

6. Everything that proves the contract, in one file, which needs no server to be checked
curl -s $url/v1/records/$contract/evidence -H 'Prefer: wait=5' -H 'Authorization: Bearer $erp' \
-o contract.asice && $binary verify contract.asice

7. Whether a loan to the supplier is fit to be notarized for enforcement
curl -s $url/v1/enforcement-notarizations/preflight -H 'Authorization: Bearer $bank' $json \
--data-binary '@$dossier'

Ctrl-C stops the server; the data stays in $data.
EOF
wait "$server"
