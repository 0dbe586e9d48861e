/* A loan's own claims, made without a hold. */
#include "claim.h"
#include "scfd/base/money.h"

/* Σ financed ≤ net (CR-7.1): of an invoice that is claimed whole no more is lent than it is worth.
 */
static enum scf_code check_worth(const struct scf_claim_book *book,
                                 const struct scf_loan_claiming *claiming, struct scf_arena *arena,
                                 struct scf_error *err) {
    __int128 sum = 0;
    for (size_t i = 0; i < book->n; i++)
        sum += book->invoices[i].net;
    if (claiming->principal <= sum)
        return SCF_OK;
    int scale = scf_currency_scale(scf_str(claiming->currency));
    char principal[SCF_MONEY_TEXT], worth[SCF_MONEY_TEXT];
    scf_money_format(claiming->principal, scale, principal);
    scf_money_format((int64_t)sum, scale, worth);
    scf_fail(err, SCF_E_LIMIT_EXCEEDED, "principal %s is above what the invoices are worth, %s.",
             principal, worth);
    err->members_json =
        scf_asprintf(arena, "{\"principal\":\"%s\",\"invoices\":\"%s\",\"currency\":\"%s\"}",
                     principal, worth, claiming->currency);
    return err->code;
}

enum scf_code scf_claims_take(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_loan_claiming *claiming, int64_t now_us,
                              struct scf_error *err) {
    struct scf_claim_book book;
    struct scf_claim_want *wants = scf_alloc(arena, claiming->count, sizeof *wants);
    if (wants == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the claims");
    for (size_t i = 0; i < claiming->count; i++) {
        wants[i] = (struct scf_claim_want){.invoice_id = claiming->invoice_ids[i],
                                           .node_id = claiming->node_id,
                                           .enterprise_id = claiming->enterprise_id};
        memcpy(wants[i].currency, claiming->currency, 3);
    }
    const struct scf_claimant claimant = {.holder_id = claiming->loan_id,
                                          .by_loan = true,
                                          .until_us = INT64_MAX,
                                          .count = claiming->count,
                                          .member = "invoice_ids"};
    enum scf_code code = scf_claims_look(db, arena, wants, claiming->count, now_us, &book, err);
    if (code == SCF_OK)
        code = scf_claims_lock(db, &book, err);
    if (code == SCF_OK)
        code = scf_claims_decide(&book, &claimant, arena, err);
    if (code == SCF_OK)
        code = check_worth(&book, claiming, arena, err);
    return code == SCF_OK ? scf_claims_write(db, &book, err) : code;
}
