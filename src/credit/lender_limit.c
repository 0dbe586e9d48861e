/* What is left of an assessed limit for each lender that it is addressed to: gathered from the
 * lender's terms and its loans, computed, and kept beside the address.
 * Relies on terms_store.c, lender_limit_store.c, and on the limit room (lender.h, receipt.h). */
#include "scfd/credit/publish.h"
#include "scfd/limit/receipt.h"
#include "terms.h"

enum { PART_BYTES = 1 << 20 };

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for the lender's limit");
}

static bool is_affiliated(const struct scf_limit_inputs *in, const struct scf_uuid *id) {
    for (size_t i = 0; i < in->debtor_count; i++)
        if (scf_uuid_eq(&in->debtors[i].enterprise_id, id))
            return in->debtors[i].affiliated;
    return false;
}

/* The buyers of the contracts, each once. */
static struct scf_lender_debtor *collect(const struct scf_limit_inputs *in, struct scf_arena *arena,
                                         size_t *ret_n) {
    struct scf_lender_debtor *list = scf_alloc(arena, in->contract_count, sizeof *list);
    size_t n = 0;
    for (size_t i = 0; list != NULL && i < in->contract_count; i++) {
        const struct scf_uuid *buyer = &in->contracts[i].buyer_id;
        size_t j = 0;
        while (j < n && !scf_uuid_eq(&list[j].enterprise_id, buyer))
            j++;
        if (j == n)
            list[n++] = (struct scf_lender_debtor){.enterprise_id = *buyer,
                                                   .affiliated = is_affiliated(in, buyer)};
    }
    *ret_n = n;
    return list;
}

/* What the terms say, and what the lender has lent. */
static enum scf_code gather(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_limit_inputs *in, const struct scf_terms_row *terms,
                            struct scf_lender_inputs *ret, struct scf_error *err) {
    struct scf_lender_inputs l = {.lender_id = terms->lender_id,
                                  .known = true,
                                  .record_id = terms->id,
                                  .body_sha256 = terms->body_sha256};
    struct scf_lender_debtor *debtors = collect(in, arena, &l.debtor_count);
    char *text = scf_strndup(arena, terms->body.p, terms->body.n);
    const cJSON *body = text != NULL ? scf_json_parse(arena, text, terms->body.n, err) : NULL;
    if (debtors == NULL || body == NULL)
        return no_memory(err);
    if (!scf_terms_read(body, &in->borrower_id, &l, debtors))
        return scf_fail(err, SCF_E_INTERNAL, "The lender's stored terms cannot be read");
    l.debtors = debtors;
    enum scf_code code = scf_lender_read_here(db, arena, in, &l, debtors, err);
    if (code == SCF_OK)
        *ret = l;
    return code;
}

static void free_buf(void *buf) {
    scf_buf_free(buf);
}

static enum scf_code publish_one(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_limit_inputs *in,
                                 const struct scf_limit_result *result, struct scf_str receipt,
                                 const struct scf_terms_row *terms, struct scf_error *err) {
    struct scf_lender_inputs lender;
    struct scf_lender_result own;
    struct scf_buf *bufs = scf_alloc(arena, 2, sizeof *bufs);
    enum scf_code code = bufs != NULL ? gather(db, arena, in, terms, &lender, err) : no_memory(err);
    if (code != SCF_OK)
        return code;
    for (int i = 0; i < 2; i++) {
        scf_buf_init(&bufs[i], PART_BYTES);
        scf_defer(arena, free_buf, &bufs[i]);
    }
    scf_lender_limit_compute(in, result, &lender, &own);
    struct scf_jsonw w = scf_jsonw(&bufs[0]);
    scf_steps_write(&w, NULL, own.steps, SCF_COUNT(own.steps), scf_scale_of(in->currency));
    scf_lender_part_write(receipt, in, &lender, &own, NULL, &bufs[1]);
    if (bufs[0].overflow || bufs[1].overflow)
        return no_memory(err);
    return scf_lender_limit_save(db, arena, &in->assessment_id, &terms->lender_id, own.limit,
                                 (struct scf_str){bufs[0].data, bufs[0].len},
                                 (struct scf_str){bufs[1].data, bufs[1].len}, err);
}

enum scf_code scf_lender_limits_publish(struct scf_db *db, struct scf_arena *arena,
                                        const struct scf_limit_inputs *in,
                                        const struct scf_limit_result *result,
                                        struct scf_str receipt, const struct scf_uuid *lenders,
                                        size_t n, struct scf_error *err) {
    struct scf_terms_row *terms;
    size_t count = 0;
    if (n == 0)
        return SCF_OK;
    enum scf_code code =
        scf_terms_newest(db, arena, lenders, n, in->currency, in->as_of_us, &terms, &count, err);
    for (size_t i = 0; code == SCF_OK && i < count; i++)
        if (terms[i].body.p != NULL) /* else it is erased */
            code = publish_one(db, arena, in, result, receipt, &terms[i], err);
    return code;
}
