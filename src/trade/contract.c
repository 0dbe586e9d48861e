/* A contract's record as views take it. Pure. Relies on bodies being valid (intake). */
#include "scfd/base/clock.h"
#include "scfd/trade/trade.h"

void scf_trade_contract_of(struct scf_arena *arena, const struct scf_record *record,
                           struct scf_trade_contract *ret) {
    struct scf_error ignored = {0}; /* unreadable is as good as erased */
    char *text = record->body.p != NULL ? scf_strndup(arena, record->body.p, record->body.n) : NULL;
    *ret = (struct scf_trade_contract){
        .contract_key = record->business_key,
        .seller_id = record->enterprise_id,
        .buyer_id = record->counterparty_id,
        .amount = record->amount,
        .body = text != NULL ? scf_json_parse(arena, text, record->body.n, &ignored) : NULL,
    };
    memcpy(ret->currency, record->currency, sizeof ret->currency);
    const char *signed_on = scf_json_string(ret->body, "signed_on");
    ret->has_signed = scf_date_parse(scf_str(signed_on), &ret->signed_day);
}
