/* Computing a batch of increments. Pure. Relies on the limit room for results and receipts, and on
 * credit for the documents. */
#include "increment_batch.h"
#include "scfd/base/money.h"
#include "scfd/credit/publish.h"
#include "scfd/limit/receipt.h"

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
    enum scf_reason reason = !scf_part_counts(part) ? part->reason
                             : part->take_back > 0  ? SCF_REASON_TAKEN_BACK
                             : part->frozen         ? SCF_REASON_INCREMENT_FROZEN
                             : part->increment > 0  ? SCF_REASON_INCREMENT
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
