# The dossier of the sample's loan, as POST /v1/enforcement-notarizations/preflight takes it: the
# supplier borrows from the bank, the guarantor guarantees.
#   jq -n -f dossier.jq --slurpfile sample supply-chain.json --slurpfile state STATE.json \
#       --arg amount 100000.00 --arg due 2027-03-31 --arg resolved 2026-11-02 --arg hash <SHA-256>
# STATE.json is what load.sh wrote; HASH is the digest of the guarantor's resolution.
def party($key; $address):
    first($sample[0].enterprises[] | select(.key == $key) | .body)
    | {enterprise_id: $state[0].ids[$key], name, uscc,
       legal_representative: .legal_representative.name,
       region_code: .registered_address.division_code,
       service_address: {text: $address, phone: "0571-88880000"}};

"《最高额保证合同》BZ-1107" as $guarantee
| ("债务人与保证人承诺：不履行或者不适当履行本合同约定的还款义务时，自愿接受强制执行，债权人可以凭公证书与"
   + "执行证书直接向人民法院申请执行。本承诺及于" + $guarantee + "。") as $promise
| "各方同意公证机构按约定方式核实债务履行情况，异议期限7日，逾期未回复视为无异议。" as $consent
| "浙江省宁波市海曙区望春路 256 号" as $address
| {
    contract_id: $state[0].ids.contract,
    notary_office: {name: "浙江省杭州市国立公证处", region_code: "330102", notary_name: "李明"},
    lender_type: "licensed_financial",
    creditor: party("lender"; "浙江省杭州市拱墅区武林路 437 号"),
    debtors: [party("supplier"; $address)],
    guarantors: [party("guarantor"; "浙江省杭州市上城区解放东路 29 号") + {
        resolution: {kind: "shareholders", decided_on: $resolved, document_sha256: $hash}
    }],
    coverage: "both",
    instrument: {
        kind: "loan", no: "WL-2026-0001", title: "流动资金借款合同",
        text: ("第一条 借款。\n第九条 " + $promise + "\n第十条 " + $consent + "\n"),
        jurisdiction_clause: "由被执行人住所地或者财产所在地人民法院执行。"
    },
    performance: {
        kind: "money", amount: $amount, deadline: $due,
        schedule: [{due_on: $due, principal: $amount}]
    },
    rate: {type: "fixed", annual_rate: "0.0435"},
    enforcement_clause: $promise,
    securities: [{
        kind: "guarantee", name: $guarantee, scope: "本金、利息、罚息、费用",
        provider_name: "浙江之江融资担保有限公司", cap: $amount
    }],
    verification: {
        mode: "post", address: $address, objection_days: 7, no_reply_is_no_objection: true,
        clause: $consent
    },
    debt_undisputed: true,
    signing: {mode: "on_site"}
}
