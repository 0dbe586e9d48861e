#!/bin/bash
# `make demo`: the whole story once, step by step, with the server's real answers: from the first
# node to the loan that the borrower sees, its notarization, and what is left of an erased record.
# Its own data directory, ports and timestamp authority; nothing is left behind.
set -euo pipefail
binary=$1
root=$(cd "$(dirname "$0")/.." && pwd)
data=$(mktemp -d "${TMPDIR:-/tmp}/scfd-demo.XXXXXX")
chmod 755 "$data" # PostgreSQL's own account must reach its directory
server= authority=

finish() {
    status=$?
    trap - EXIT
    [ -z "$authority" ] || kill "$authority" 2>/dev/null || true
    [ -z "$server" ] || kill -TERM "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" || status=$?
    [ "$status" -eq 0 ] || tail -n 20 "$data/server.log" >&2
    rm -rf "$data"
    exit "$status"
}
trap finish EXIT

bold='' dim='' plain='' colour=-M
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m' colour=-C
fi
number=0
step() { number=$((number + 1)); printf '\n%s%d. %s%s\n' "$bold" "$number" "$*" "$plain"; }

# call KEY METHOD PATH [JSON] [header…]: shows the request and keeps the answer in $data/answer.
call() {
    local key=$1 method=$2 path=$3 body=${4:-}
    shift 3; [ $# -eq 0 ] || shift
    printf '%s%s %s%s\n' "$dim" "$method" "$path" "$plain"
    local arguments=(-sS --fail-with-body -X "$method" -H "Authorization: Bearer $key")
    [ -z "$body" ] || arguments+=(-H 'Content-Type: application/json' --data-binary "$body")
    for header in "$@"; do arguments+=(-H "$header"); done
    curl "${arguments[@]}" -o "$data/answer" "$url$path" || { echo; cat "$data/answer"; return 1; }
}
answer() { jq -r "$1" "$data/answer"; }
show() { jq "$colour" "$1" "$data/answer"; }

port=18080
while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
url=http://127.0.0.1:$port
step "Start the server on an empty directory: it makes its own PostgreSQL cluster, keys and schema"
"$binary" serve --data "$data" --listen "127.0.0.1:$port" >"$data/server.log" 2>&1 &
server=$!
until curl -sf -o /dev/null "$url/readyz"; do kill -0 "$server" || exit 1; sleep 0.05; done
admin=$(cat "$data/admin.key")
curl -sS "$url/version"; echo

step "A timestamp authority is set up with openssl; blocks are to be anchored there"
mkdir "$data/tsa"
TMPDIR=$data/tsa PYTHONPATH=$root/tests python3 -m harness.tsa "$data/tsa" 2>"$data/tsa.log" &
authority=$!
until [ -s "$data/tsa/url" ]; do
    kill -0 "$authority" || { cat "$data/tsa.log"; exit 1; }
    sleep 0.05
done
call "$admin" POST /v1/anchor-targets "$(jq -nc --rawfile ca "$data/tsa/ca.pem" \
    --arg url "$(cat "$data/tsa/url")" \
    '{name: "tsa", kind: "rfc3161", url: $url, interval_s: 1, settings: {ca_pem: $ca}}')"
show '{id, name, kind, url, interval_s, active}'

step "Four enterprises, four nodes; a contract, ten events, four invoices, a guarantee come in"
SCFD_URL=$url SCFD_KEY=$admin "$root/samples/load.sh" "$data/sample.json"
key() { jq -r --arg k "$1" '.keys[$k]' "$data/sample.json"; }
id() { jq -r --arg k "$1" '.ids[$k]' "$data/sample.json"; }
call "$(key erp)" GET "/v1/contracts/$(id contract)"
show '{id, external_id, received_at, sha256, chain}'

step "The ERP sends the same invoice again: nothing is counted twice"
call "$(key erp)" GET "/v1/records/$(id invoice1)/body"
cp "$data/answer" "$data/invoice.json"
call "$(key erp)" POST /v1/invoices "@$data/invoice.json"
show '{id, chain, quality, warnings}'

step "The exact bytes are kept: their SHA-256 finds the record"
sha256sum "$data/invoice.json" | cut -d' ' -f1
call "$(key erp)" GET "/v1/records?sha256=$(sha256sum "$data/invoice.json" | cut -d' ' -f1)"
show '.data[] | {id, sha256}'

step "A proof that the invoice is in the chain, checked with no server and no database"
until call "$(key erp)" GET "/v1/records/$(id invoice1)/proof" >/dev/null 2>&1; do sleep 0.2; done
cp "$data/answer" "$data/proof.json"
jq '{index, tree_size, leaf_hash, inclusion_proof, checkpoint}' "$data/proof.json"
vkey=$(jq -r .vkey "$data/proof.json")
"$binary" verify "$data/proof.json" --key "$vkey" --body "$data/invoice.json"

step "One altered character, and the proof fails (exit 5)"
jq '.record.external_id += "x"' "$data/proof.json" >"$data/tampered.json"
status=0
"$binary" verify "$data/tampered.json" --key "$vkey" || status=$?
[ "$status" -eq 5 ]

step "Everything that proves the contract, in one file: the bundle, anchored and time-stamped"
contract=$(id contract)
anchored() {
    call "$(key erp)" GET "/v1/records/$contract/anchors" >/dev/null
    [ "$(answer '[.anchors[] | select(.state == "confirmed")] | length')" != 0 ]
}
for attempt in $(seq 100); do anchored && break || sleep 0.1; done
show '.anchors[] | {target, state, proven_at}'
call "$(key erp)" GET "/v1/records/$contract/evidence"
cp "$data/answer" "$data/$contract.asice"
call "$(key erp)" GET "/v1/records/$contract/proof" >/dev/null
vkey=$(answer .vkey)
cat "$data/evidence.pem" "$data/tsa/ca.pem" >"$data/trust.pem"
"$binary" verify "$data/$contract.asice" --key "$vkey" --trust "$data/trust.pem"

step "The same without scfd: the commands of its VERIFY.txt, with unzip, sha256sum and openssl"
(
    cd "$data"
    unzip -p "$contract.asice" VERIFY.txt | sed -n 's/^    //p' >verify.sh
    sh -e verify.sh >verify.out 2>&1 || { cat verify.out; exit 1; }
    grep -c '^ok ' verify.out | sed 's/$/ checks hold; among what was printed:/'
    grep '^sealed at\|^Time stamp' verify.out
)

step "What may the supplier borrow? The assessment is addressed to the bank"
call "$admin" POST /v1/credit-assessments "$(jq -nc --arg b "$(id supplier)" \
    --arg c "$(id contract)" --arg l "$(id node:lender)" \
    '{borrower_id: $b, contract_ids: [$c], kind: "initial", lender_ids: [$l]}')" 'Prefer: wait=20'
assessment=$(answer .id)
show .

step "The guarantee counts, which the guarantor sent from its own system by the contract's number"
show '.factors[] | select(.name == "guarantee")'
[ "$(answer '.factors[] | select(.name == "guarantee") | .value | tonumber > 0')" = true ]

step "Every number can be recomputed from the receipt alone"
call "$admin" GET "/v1/credit-assessments/$assessment/receipt"
cp "$data/answer" "$data/receipt.json"
"$binary" verify "$data/receipt.json"

step "Do the contract, its events and its invoices agree? What speaks against it names its records"
call "$(key erp)" GET "/v1/contracts/$(id contract)/findings"
show '.findings[] | select(.outcome != "not_applicable") | {code, severity, outcome, cases}'

step "The same limit, derived again from the chains as they were then"
call "$admin" POST "/v1/credit-assessments/$assessment/replay" '' 'Prefer: wait=20'
show '{matches, recommended_limit, chains: [.chains[] | {id, size, root_ok}]}'
[ "$(answer .matches)" = true ]

step "The supplier asks what would raise it, and by exactly how much"
call "$(key erp)" GET "/v1/credit-assessments/$assessment/improvements"
show '.improvements[:2][] | {kind, amount, new_limit, text_en}'

step "The bank's credit officer reads the report"
call "$(key lender)" GET "/v1/credit-assessments/$assessment/report?format=pdf&lang=zh"
printf '%s … %s bytes\n' "$(head -c 8 "$data/answer")" "$(wc -c <"$data/answer")"

step "The bank polls: what waits for its decision?"
call "$(key lender)" GET '/v1/credit-assessments?status=awaiting_decision'
show '.data[] | {id, borrower_id, recommended_limit, currency}'
limit=$(answer '.data[0].recommended_limit')
currency=$(answer '.data[0].currency')
half=$(jq -nr --arg l "$limit" '($l | tonumber) / 2 | floor | tostring + ".00"')

step "It approves half of it …"
now=$(date -u +%FT%TZ) today=$(date -u +%F)
jq -nc --arg assessment "$assessment" --arg lender "$(id lender)" --arg limit "$half" \
    --arg currency "$currency" --arg now "$now" --arg today "$today" \
    --arg until "$(date -u -d '+180 days' +%F)" \
    '{external_id: "DEC-1", assessment_id: $assessment, lender_id: $lender, outcome: "approved",
      approved_limit: $limit, currency: $currency, annual_rate: "0.0435", tenor_days: 180,
      limit_type: "one_off", valid_from: $today, valid_until: $until,
      decided_by: "credit committee 3", decided_at: $now}' >"$data/decision.json"
call "$(key lender)" POST /v1/credit-decisions "@$data/decision.json" 'Idempotency-Key: demo-1'
decision=$(answer .id)
show .

step "… holds the amount and claims an invoice with it …"
hold() { # hold BASIS ID AMOUNT KEY
    jq -nc --arg basis "$1" --arg id "$2" --arg contract "$(id contract)" --arg amount "$3" \
        --arg currency "$currency" --arg invoice "$(id invoice1)" \
        '{($basis): $id, contract_id: $contract, amount: $amount, currency: $currency,
          invoices: [{invoice_id: $invoice, amount: $amount}]}' >"$data/hold.json"
    call "$(key lender)" POST /v1/limit-holds "@$data/hold.json" "Idempotency-Key: $4"
}
hold decision_id "$decision" "$half" demo-hold-1
held=$(answer .id)
show '{id, status, amount, expires_at, claims, account}'

step "… so that the same invoice is promised to nobody else"
hold assessment_id "$assessment" 195000.00 demo-hold-2 >/dev/null 2>&1 && exit 1
show "{status, code, detail, claimed}"
[ "$(answer .code)" = already-claimed ]

step "It pays out a loan under the hold"
jq -nc --arg hold "$held" --arg decision "$decision" --arg lender "$(id lender)" \
    --arg borrower "$(id supplier)" \
    --arg contract "$(id contract)" --arg principal "$half" --arg currency "$currency" \
    --arg now "$now" --arg today "$today" --arg due "$(date -u -d '+150 days' +%F)" \
    '{external_id: "LOAN-1", loan_no: "WL-2026-0001", decision_id: $decision, hold_id: $hold,
      lender_id: $lender, borrower_id: $borrower, contract_ids: [$contract], principal: $principal,
      currency: $currency, disbursed_at: $now, value_date: $today, maturity_date: $due,
      interest: {type: "fixed", annual_rate: "0.0435", day_count: "act_360"},
      repayment_method: "bullet"}' >"$data/loan.json"
call "$(key lender)" POST /v1/loans "@$data/loan.json" 'Idempotency-Key: demo-2'
loan=$(answer .id)
show .

step "The borrower's own system sees the loan"
call "$(key erp)" GET "/v1/loans/$loan"
show '{id, loan_no, status, principal, currency, maturity_date, outstanding}'

step "The work goes on: what is proven since then raises the limit"
call "$admin" POST /v1/credit-assessments "$(jq -nc --arg b "$(id supplier)" \
    --arg c "$(id contract)" --arg l "$(id node:lender)" \
    '{borrower_id: $b, contract_ids: [$c], kind: "incremental", lender_ids: [$l]}')" \
    'Prefer: wait=20'
show '{kind, completion_percent, previous_limit, incremental_limit, recommended_limit}'

step "Is the loan fit to be notarized for enforcement? Asked before anybody signs"
paper=$(printf 'a paper' | sha256sum | cut -d' ' -f1)
dossier() { # dossier AMOUNT
    jq -n -f "$root/samples/dossier.jq" --slurpfile sample "$root/samples/supply-chain.json" \
        --slurpfile state "$data/sample.json" --arg amount "$1" --arg hash "$paper" \
        --arg due "$(date -u -d '+150 days' +%F)" --arg resolved "$(date -u -d '-20 days' +%F)"
}
dossier "$half" | jq '.securities[0].name = "《保证合同》BZ-9"' >"$data/unfit.json"
call "$(key lender)" POST /v1/enforcement-notarizations/preflight "@$data/unfit.json"
show '{fit, faults: [.faults[] | {code, pointer, detail}]}'
[ "$(answer .fit)" = false ]
dossier "$half" >"$data/dossier.json"
call "$(key lender)" POST /v1/enforcement-notarizations/preflight "@$data/dossier.json"
show '{fit}'
[ "$(answer .fit)" = true ]

step "The case goes from the bank's draft to the notary's certificate, each step a record"
call "$admin" POST /v1/nodes "$(jq -nc '{name: "Hangzhou Guoli notary office", kind: "notary"}')"
notary=$(answer .api_key)
jq --arg notary "$(answer .id)" --arg loan "$loan" '. + {notary_id: $notary, loan_id: $loan}' \
    "$data/dossier.json" >"$data/case.json"
call "$(key lender)" POST /v1/enforcement-notarizations "@$data/case.json" 'Idempotency-Key: demo-3'
case=$(answer .id)
bound=$(jq -c '[(.debtors + .guarantors)[].enterprise_id]' "$data/case.json")
take() { # take KEY STEP [MEMBERS]
    local body
    body=$(jq -nc --arg step "$2" --arg paper "$paper" --argjson bound "$bound" \
        --arg today "$today" "{step: \$step} + ${3:-{\}}")
    call "$1" POST "/v1/enforcement-notarizations/$case/steps" "$body" \
        "Idempotency-Key: demo-$2" >/dev/null
    printf '%-9s→ %s\n' "$2" "$(answer .state)"
}
take "$(key lender)" submit
take "$notary" accept '{acceptance_no: "SL-1"}'
take "$notary" identity '{identities: [$bound[] |
    {party_id: ., method: "in_person", evidence_sha256: $paper}]}'
take "$notary" inform '{document_sha256: $paper}'
take "$notary" sign '{document_sha256: $paper, signing_mode: "on_site"}'
take "$notary" review
take "$notary" issue '{document_sha256: $paper, certificate: {no: "GZ-1", issued_on: $today,
    payment_text: "偿还本金及利息", party_ids: $bound}}'
show '{id, state, deadlines: [.deadlines[] | {code, who, due_on, article}], route}'

step "A person asks for a profile to be erased; the contract of an open loan has to stay"
erase() { # erase ID
    call "$admin" POST "/v1/records/$1/erasure" "$(jq -nc --arg now "$now" \
        '{reason: "the profile names a person who has left", requested_by: "沈国强",
          legal_basis: "data_subject_request", requested_at: $now}')"
}
erase "$contract" >/dev/null 2>&1 && exit 1
show '{status, code, rule, holder_id}'
[ "$(answer .code)" = retention-duty ]
call "$admin" GET "/v1/enterprises/$(id core)"
profile=$(answer .profile_record_id)
show '{id, name, legal_representative: .profile.legal_representative}'
erase "$profile"
show '{id, record, legal_basis, requested_by}'
call "$admin" GET "/v1/enterprises/$(id core)"
show '{id, name, profile}'
call "$admin" GET "/v1/records/$profile/body" >/dev/null 2>&1 && exit 1
show '{status, code, detail}'

step "An audit recomputes every leaf, tile, root and block"
"$binary" audit --data "$data" --database-url \
    "host=$data/run port=5432 dbname=scfd user=scfd" --deep 2>/dev/null

printf '\n%sThe story is told.%s\n' "$bold" "$plain"
