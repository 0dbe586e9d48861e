/* Computing a batch of increments, and what their results change in the accounts. Pure.
 * Relies on limit.c, receipt.c and assess_document.c. */
#include "assess_document.h"
#include "increment_batch.h"
#include "scfd/base/money.h"

/* ---- accounts ---- */

static bool counts(const struct scf_limit_part *part) {
    return part->reason == SCF_REASON_CONTRACT_COUNTED ||
           part->reason == SCF_REASON_CONTRACT_USED_UP;
}

size_t scf_increment_changes(const struct scf_limit_inputs *in, const struct scf_limit_part *part,
                             int64_t credibility_ppm, const struct scf_account *account,
                             struct scf_limit_mark *mark,
                             struct scf_account_change changes[SCF_INCREMENT_CHANGES]) {
    struct scf_account_change change = {
        .source_id = in->assessment_id, .source_prefix = "asm", .period = in->period};
    size_t n = 0;
    bool known = mark->as_of_us != INT64_MIN;
    int64_t left = account->increments + part->increment - part->take_back;
    int64_t best = known || account->increments == 0 ? mark->best_credibility_ppm : SCF_PPM;
    if (part->increment > 0 && credibility_ppm > best)
        best = credibility_ppm;
    mark->best_credibility_ppm = left > 0 ? best : 0;
    mark->as_of_us = in->as_of_us;
    mark->assessment_id = in->assessment_id;
    if (part->take_back > 0) {
        change.type = SCF_ENTRY_TAKE_BACK;
        change.amount = part->take_back;
        changes[n++] = change;
    }
    if (part->increment > 0) {
        change.type = SCF_ENTRY_INCREMENT;
        change.amount = part->increment;
        changes[n++] = change;
    }
    change.amount = 0;
    change.period = NULL;
    if (part->frozen && !account->frozen) {
        change.type = SCF_ENTRY_FREEZE;
        changes[n++] = change;
        mark->frozen = true;
    } else if (counts(part) && !part->frozen && mark->frozen) { /* who else froze it thaws it */
        change.type = SCF_ENTRY_UNFREEZE;
        if (!account->stopped) /* for an invoice cancelled after financing: no rating lifts that */
            changes[n++] = change;
        mark->frozen = false;
    }
    return n;
}

/* ---- the batch ---- */

static void free_buf(void *buf) {
    scf_buf_free(buf);
}

static void conclude(struct scf_batch *b, size_t i) {
    const struct scf_limit_result *r = &b->results[i];
    const struct scf_limit_part *part = &r->parts[0];
    struct scf_limit_run *run = &b->runs[i];
    run->status = part->frozen ? SCF_LIMIT_RUN_FROZEN : SCF_LIMIT_RUN_DONE;
    run->contract_id = b->contracts[i].record_id;
    run->assessment_id = b->inputs[i].assessment_id;
    run->completion_ppm = b->contracts[i].trade.completion_ppm;
    run->target = part->target;
    run->increment = part->increment;
    run->take_back = part->take_back;
    run->granted = part->limit;
    enum scf_reason reason = !counts(part)         ? part->reason
                             : part->take_back > 0 ? SCF_REASON_TAKEN_BACK
                             : part->frozen        ? SCF_REASON_INCREMENT_FROZEN
                             : part->increment > 0 ? SCF_REASON_INCREMENT
                                                   : SCF_REASON_NO_INCREMENT;
    run->reason = scf_reason_slug(reason);
}

/* The need is the borrower's: what the batch has granted it under other contracts is granted. */
static void count_elsewhere(const struct scf_batch *b, size_t i) {
    struct scf_limit_inputs *in = &b->inputs[i];
    for (size_t k = 0; in->need.known && k < i; k++)
        if (b->fate[k] == SCF_BATCH_GO &&
            scf_uuid_eq(&b->inputs[k].borrower_id, &in->borrower_id) &&
            strcmp(b->inputs[k].currency, in->currency) == 0)
            in->need.granted_elsewhere += b->results[k].increment - b->results[k].take_back;
}

static bool compute(struct scf_batch *b, size_t i) {
    const struct scf_limit_inputs *in = &b->inputs[i];
    count_elsewhere(b, i);
    if (!scf_limit_compute(in, b->arena, &b->results[i]))
        return false;
    struct scf_buf *receipt = &b->receipts[i], *document = &b->documents[i];
    scf_buf_init(receipt, SCF_RECEIPT_BYTES);
    scf_buf_init(document, SCF_DOCUMENT_BYTES);
    scf_defer(b->arena, free_buf, receipt);
    scf_defer(b->arena, free_buf, document);
    scf_receipt_write(in, &b->results[i], receipt);
    scf_assess_document(in, &b->results[i], (struct scf_str){receipt->data, receipt->len},
                        document);
    if (receipt->overflow || document->overflow) {
        b->fate[i] = SCF_BATCH_FAILED;
        (void)scf_fail(&b->runs[i].problem, SCF_E_BODY_TOO_LARGE,
                       "The assessment rests on too many records");
        return true;
    }
    conclude(b, i);
    return true;
}

bool scf_batch_compute(struct scf_batch *b) {
    for (size_t i = 0; i < b->n; i++) {
        struct scf_limit_run *run = &b->runs[i];
        if (b->fate[i] == SCF_BATCH_GO && !compute(b, i))
            return false;
        if (b->fate[i] == SCF_BATCH_FAILED) {
            run->status = SCF_LIMIT_RUN_FAILED;
        } else if (b->fate[i] == SCF_BATCH_SUPERSEDED) {
            run->status = SCF_LIMIT_RUN_DONE;
            run->assessment_id = b->marks[i].assessment_id;
            run->reason = "later-assessment";
            run->superseded = true;
        }
    }
    return true;
}
