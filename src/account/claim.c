/* Who may claim what: arithmetic over locked heads, and what a loser is told. */
#include "claim.h"

#include "scfd/base/money.h"
#include "scfd/codec/jsonw.h"

enum { MEMBERS_MAX = 1 << 20 };

static int by_key(const void *a, const void *b) {
    const struct scf_claim_head *x = a, *y = b;
    return scf_uuid_compare(&x->key, &y->key);
}

struct scf_claim_head *scf_claims_head(const struct scf_claim_book *book,
                                       const struct scf_uuid *key) {
    const struct scf_claim_head wanted = {.key = *key};
    return book->head_count == 0
               ? NULL
               : bsearch(&wanted, book->heads, book->head_count, sizeof *book->heads, by_key);
}

/* ---- one invoice ---- */

/* What is claimed of the invoice, under whichever of its numbers it is most. */
static int64_t claimed_of(const struct scf_claim_book *book, const struct scf_claim_invoice *i) {
    int64_t most = 0;
    for (size_t k = 0; k < i->key_count; k++) {
        const struct scf_claim_head *head = scf_claims_head(book, &book->keys[i->first_key + k]);
        most = head->claimed > most ? head->claimed : most;
    }
    return most;
}

bool scf_claims_cancelled(const struct scf_claim_book *book, size_t want) {
    const struct scf_claim_invoice *i = &book->invoices[want];
    return i->found && (i->cancelled || (i->red < 0 && claimed_of(book, i) > i->net));
}

static bool has_key(const struct scf_claim_book *book, const struct scf_claim_invoice *i,
                    const struct scf_uuid *key) {
    for (size_t k = 0; k < i->key_count; k++)
        if (scf_uuid_eq(&book->keys[i->first_key + k], key))
            return true;
    return false;
}

/* Those who stand in the way. */
struct others {
    bool any, by_loan;
    int64_t since_us, until_us;
    struct scf_uuid own_loan; /* nil: none of them is a loan of the lender's own */
};

static struct others others_of(const struct scf_claim_book *book, size_t want) {
    struct others o = {.since_us = INT64_MAX};
    for (size_t k = 0; k < book->live_count; k++) {
        const struct scf_claim_live *live = &book->live[k];
        if (!has_key(book, &book->invoices[want], &live->key))
            continue;
        o.any = true;
        o.since_us = live->since_us < o.since_us ? live->since_us : o.since_us;
        o.until_us = live->until_us > o.until_us ? live->until_us : o.until_us;
        o.by_loan |= live->by_loan;
        if (live->by_loan && scf_uuid_eq(&live->node_id, &book->wants[want].node_id))
            o.own_loan = live->holder_id;
    }
    return o;
}

/* ---- faults ---- */

static void fault(struct scf_faults *faults, const struct scf_claimant *c, size_t i,
                  const char *member, const char *code, const char *detail) {
    char pointer[64];
    bool is_object = strcmp(c->member, "invoices") == 0;
    size_t invoices = c->count - c->receivables;
    if (i >= invoices)
        snprintf(pointer, sizeof pointer, "#/receivables/%zu/%s", i - invoices,
                 strcmp(member, "invoice_id") == 0 ? "receivable_id" : member);
    else
        snprintf(pointer, sizeof pointer, "#/%s/%zu%s%s", c->member, i, is_object ? "/" : "",
                 is_object ? member : "");
    scf_fault_add(faults, pointer, code, "%s", detail);
}

static bool is_named(const struct scf_claim_want *want) { /* the receivable, not its invoice */
    return !scf_uuid_is_nil(&want->receivable_id);
}

static int scale_of(const char *currency) {
    int scale = scf_currency_scale(scf_str(currency));
    return scale < 0 ? 0 : scale;
}

static void check_one(const struct scf_claim_book *book, const struct scf_claimant *c, size_t i,
                      struct scf_faults *faults) {
    const struct scf_claim_want *want = &book->wants[c->first + i];
    const struct scf_claim_invoice *invoice = &book->invoices[c->first + i];
    char net[SCF_MONEY_TEXT], detail[128];
    if (!invoice->found || (is_named(want) && !invoice->receivable.found)) {
        fault(faults, c, i, "invoice_id", "unknown-reference",
              "There is nothing open of that name that you may refer to.");
        return;
    }
    if (strcmp(invoice->currency, want->currency) != 0)
        fault(faults, c, i, "invoice_id", "mismatch", "The invoice is in another currency.");
    if (is_named(want) && want->amount > invoice->receivable.net) {
        scf_money_format(invoice->receivable.net, scale_of(want->currency), net);
        snprintf(detail, sizeof detail, "Of the receivable %s is left.", net);
        fault(faults, c, i, "amount", "out-of-range", detail);
        return;
    }
    if (invoice->elsewhere || (want->amount <= invoice->net && invoice->net > 0))
        return;
    scf_money_format(invoice->net, scale_of(want->currency), net);
    snprintf(detail, sizeof detail, "The invoice is worth %s, after red letters.", net);
    fault(faults, c, i, "amount", "out-of-range", detail);
}

static enum scf_code check_all(const struct scf_claim_book *book, const struct scf_claimant *c,
                               struct scf_arena *arena, struct scf_error *err) {
    struct scf_faults *faults = scf_alloc(arena, 1, sizeof *faults);
    if (faults == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the claims");
    faults->arena = arena;
    for (size_t i = 0; i < c->count; i++)
        check_one(book, c, i, faults);
    if (faults->count + faults->dropped == 0)
        return SCF_OK;
    scf_fail(err, SCF_E_VALIDATION_FAILED, "The content is invalid: see errors.");
    err->faults = faults;
    return err->code;
}

/* ---- refusing ---- */

static void write_claimed(struct scf_jsonw *w, const struct scf_claim_book *book, size_t want) {
    const struct scf_claim_invoice *invoice = &book->invoices[want];
    struct others o = others_of(book, want);
    int64_t left = invoice->net - claimed_of(book, invoice);
    scf_jw_object(w, NULL);
    scf_jw_id(w, "invoice_id", "inv", &book->wants[want].invoice_id);
    scf_jw_hex(w, "fingerprint", invoice->fingerprint.b, SCF_HASH_LEN);
    if (invoice->receivable.found) {
        scf_jw_id(w, "receivable_id", "rcv", &invoice->receivable.id);
        scf_jw_hex(w, "receivable_fingerprint", invoice->receivable.fingerprint.b, SCF_HASH_LEN);
    }
    if (o.any)
        scf_jw_time(w, "since", o.since_us);
    if (o.any && o.until_us != INT64_MAX)
        scf_jw_time(w, "until", o.until_us);
    scf_jw_money(w, "remaining", left > 0 ? left : 0, scale_of(invoice->currency));
    scf_jw_end_object(w);
}

static void write_financed(struct scf_jsonw *w, const struct scf_claim_book *book, size_t want) {
    struct others o = others_of(book, want);
    scf_jw_object(w, NULL);
    scf_jw_id(w, "invoice_id", "inv", &book->wants[want].invoice_id);
    if (!scf_uuid_is_nil(&o.own_loan)) /* another lender's loan is nobody's business */
        scf_jw_id(w, "loan_id", "loan", &o.own_loan);
    scf_jw_end_object(w);
}

/* `taken` says of each want of the claimant whether it is in the way. */
static enum scf_code refuse(const struct scf_claim_book *book, const struct scf_claimant *c,
                            const bool *taken, bool financed, struct scf_arena *arena,
                            struct scf_error *err) {
    struct scf_buf members;
    scf_buf_init(&members, MEMBERS_MAX);
    struct scf_jsonw w = scf_jsonw(&members);
    scf_jw_object(&w, NULL);
    scf_jw_array(&w, financed ? "financed" : "claimed");
    for (size_t i = 0; i < c->count; i++)
        if (taken[i])
            (financed ? write_financed : write_claimed)(&w, book, c->first + i);
    scf_jw_end_array(&w);
    scf_jw_end_object(&w);
    if (financed)
        scf_fail(err, SCF_E_INVOICE_FINANCED,
                 "The same invoice is financed already, by a loan that is not settled or as a "
                 "record of it says.");
    else
        scf_fail(err, SCF_E_ALREADY_CLAIMED,
                 "Of the same invoice so much is claimed already that the amount does not fit: "
                 "see claimed.");
    if (err != NULL)
        err->members_json = scf_strndup(arena, members.data, members.len);
    scf_buf_free(&members);
    return financed ? SCF_E_INVOICE_FINANCED : SCF_E_ALREADY_CLAIMED;
}

/* ---- deciding ---- */

static int64_t amount_of(const struct scf_claim_book *book, size_t want) {
    int64_t amount = book->wants[want].amount;
    return amount > 0 ? amount : book->invoices[want].net;
}

/* How much of the lender's receivable goes with it: all, when the receivable is what is named; else
 * as much as is left of it, for the invoice may be worth more. */
static void set_part(const struct scf_claim_book *book, size_t want) {
    struct scf_claim_receivable *r = &book->invoices[want].receivable;
    r->part = 0;
    if (!r->found)
        return;
    int64_t left = r->net - scf_claims_head(book, &r->key)->claimed;
    r->part = amount_of(book, want);
    if (!is_named(&book->wants[want]) && r->part > left)
        r->part = left > 0 ? left : 0;
}

static void add_to_heads(const struct scf_claim_book *book, size_t want, int sign) {
    const struct scf_claim_invoice *invoice = &book->invoices[want];
    for (size_t k = 0; k < invoice->key_count; k++)
        scf_claims_head(book, &book->keys[invoice->first_key + k])->claimed +=
            sign * amount_of(book, want);
    if (invoice->receivable.found)
        scf_claims_head(book, &invoice->receivable.key)->claimed += sign * invoice->receivable.part;
}

static bool fits_one(const struct scf_claim_book *book, size_t want) {
    const struct scf_claim_invoice *invoice = &book->invoices[want];
    const struct scf_claim_receivable *r = &invoice->receivable;
    if (is_named(&book->wants[want]) &&
        amount_of(book, want) > r->net - scf_claims_head(book, &r->key)->claimed)
        return false;
    return amount_of(book, want) <= invoice->net - claimed_of(book, invoice);
}

/* Adds what fits to the heads, so that the same invoice named twice counts twice. */
static bool reserve(const struct scf_claim_book *book, const struct scf_claimant *c, bool *taken,
                    bool *ret_financed) {
    bool fits = true;
    for (size_t i = 0; i < c->count; i++) {
        size_t want = c->first + i;
        set_part(book, want);
        taken[i] = !fits_one(book, want);
        fits &= !taken[i] && !book->invoices[want].elsewhere;
        if (!taken[i])
            add_to_heads(book, want, 1);
    }
    for (size_t i = 0; !fits && i < c->count; i++)
        if (!taken[i])
            add_to_heads(book, c->first + i, -1);
    *ret_financed = false;
    for (size_t i = 0; i < c->count; i++)
        *ret_financed |= book->invoices[c->first + i].elsewhere ||
                         (c->by_loan && taken[i] && others_of(book, c->first + i).by_loan);
    return fits;
}

/* Only those that are financed, when that is the reason. */
static void only_financed(const struct scf_claim_book *book, const struct scf_claimant *c,
                          bool *taken) {
    for (size_t i = 0; i < c->count; i++)
        taken[i] = book->invoices[c->first + i].elsewhere ||
                   (c->by_loan && taken[i] && others_of(book, c->first + i).by_loan);
}

static struct scf_claim_row *row_of(struct scf_claim_book *book, size_t first,
                                    const struct scf_uuid *key) {
    for (size_t i = first; i < book->row_count; i++)
        if (scf_uuid_eq(&book->rows[i].key, key))
            return &book->rows[i];
    return NULL;
}

/* `like` says all of the row but whose and what it is. */
static void note_row(struct scf_claim_book *book, const struct scf_claimant *c, size_t first_row,
                     size_t want, const struct scf_claim_row *like, int64_t net) {
    struct scf_claim_head *head = scf_claims_head(book, &like->key);
    struct scf_claim_row *known = row_of(book, first_row, &like->key);
    head->net = net;
    head->touched = true;
    if (known != NULL) { /* the same invoice twice: one claim of both amounts */
        known->amount += like->amount;
        return;
    }
    SCF_ASSERT(book->row_count < book->row_max && book->live_count < book->live_max);
    struct scf_claim_row *row = &book->rows[book->row_count++];
    *row = *like;
    row->holder_id = c->holder_id;
    row->node_id = book->wants[want].node_id;
    row->invoice_id = book->wants[want].invoice_id;
    row->by_loan = c->by_loan;
    row->until_us = c->until_us;
    book->live[book->live_count++] = (struct scf_claim_live){.key = like->key,
                                                             .holder_id = c->holder_id,
                                                             .node_id = row->node_id,
                                                             .by_loan = c->by_loan,
                                                             .since_us = book->now_us,
                                                             .until_us = c->until_us};
}

static void note_want(struct scf_claim_book *book, const struct scf_claimant *c, size_t first_row,
                      size_t want) {
    const struct scf_claim_invoice *invoice = &book->invoices[want];
    const struct scf_claim_receivable *r = &invoice->receivable;
    struct scf_claim_row row = {.fingerprint = invoice->fingerprint,
                                .amount = amount_of(book, want)};
    for (size_t k = 0; k < invoice->key_count; k++) {
        row.key = book->keys[invoice->first_key + k];
        note_row(book, c, first_row, want, &row, invoice->net);
    }
    row = (struct scf_claim_row){
        .key = r->key, .receivable_id = r->id, .fingerprint = r->fingerprint, .amount = r->part};
    if (row.amount > 0)
        note_row(book, c, first_row, want, &row, r->net);
}

enum scf_code scf_claims_decide(struct scf_claim_book *book, const struct scf_claimant *c,
                                struct scf_arena *arena, struct scf_error *err) {
    if (c->count == 0)
        return SCF_OK;
    bool *taken = scf_alloc(arena, c->count, sizeof *taken), financed;
    if (taken == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the claims");
    enum scf_code code = check_all(book, c, arena, err);
    if (code != SCF_OK)
        return code;
    if (!reserve(book, c, taken, &financed)) {
        if (financed)
            only_financed(book, c, taken);
        return refuse(book, c, taken, financed, arena, err);
    }
    size_t first_row = book->row_count;
    for (size_t i = 0; i < c->count; i++)
        note_want(book, c, first_row, c->first + i);
    return SCF_OK;
}
