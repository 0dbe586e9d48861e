/* Filing holds, many in one transaction: found or new, referred, checked against the accounts and
 * the claims in memory under their locks, written, recorded, answered. */
#include "hold.h"
#include "store.h"

#include "scfd/base/clock.h"
#include "scfd/codec/body.h"
#include "scfd/http/answer.h"
#include "scfd/party/party.h"

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for the holds");
}

/* ---- the body ---- */

static struct scf_uuid id_of(const cJSON *body, const char *name) {
    struct scf_uuid id = {{0}};
    char prefix[16];
    const char *text = scf_json_string(body, name);
    if (text == NULL || !scf_id_parse_any(scf_str(text), prefix, &id))
        memset(&id, 0, sizeof id);
    return id;
}

void scf_hold_read(struct scf_hold_order *o, int64_t now_us) {
    const cJSON *body = o->body;
    o->hold = (struct scf_hold){.id = scf_uuid_new(),
                                .node_id = o->lender->node_id,
                                .assessment_id = id_of(body, "assessment_id"),
                                .decision_id = id_of(body, "decision_id"),
                                .contract_id = id_of(body, "contract_id"),
                                .created_us = now_us,
                                .version = 1};
    memcpy(o->hold.currency, scf_json_string(body, "currency"), 3);
    bool complete = scf_body_money(body, "amount", scf_body_scale(body), &o->hold.amount);
    SCF_ASSERT(complete); /* the schema let it pass */
    (void)scf_body_time(body, "expires_at", o->lender->offset_minutes, &o->hold.expires_us);
    o->external_id = scf_str(scf_json_string(body, "external_id"));
    o->receivable_count = (size_t)cJSON_GetArraySize(scf_json_get(body, "receivables"));
    o->want_count =
        o->receivable_count + (size_t)cJSON_GetArraySize(scf_json_get(body, "invoices"));
    o->code = SCF_OK;
    o->has_own_limit = false;
    o->own_taken = 0;
    o->replay = (struct scf_replay){0};
    o->existed = o->refused = o->done = false;
    o->account = NULL;
    scf_buf_clear(&o->answer);
}

static size_t read_wants(const struct scf_hold_order *o, const char *list, const char *id,
                         struct scf_claim_want *wants) {
    bool receivables = strcmp(id, "receivable_id") == 0;
    const cJSON *item;
    size_t n = 0;
    cJSON_ArrayForEach(item, scf_json_get(o->body, list)) {
        struct scf_claim_want *want = &wants[n++];
        *want = (struct scf_claim_want){.contract_key = o->hold.contract_key,
                                        .node_id = o->lender->node_id,
                                        .enterprise_id = o->lender->operator_enterprise_id};
        *(receivables ? &want->receivable_id : &want->invoice_id) = id_of(item, id);
        memcpy(want->currency, o->hold.currency, sizeof want->currency);
        bool complete = scf_body_money(item, "amount", scf_body_scale(o->body), &want->amount);
        SCF_ASSERT(complete);
    }
    return n;
}

void scf_hold_wants(const struct scf_hold_order *o, struct scf_claim_want *wants) {
    size_t n = read_wants(o, "invoices", "invoice_id", wants);
    (void)read_wants(o, "receivables", "receivable_id", wants + n);
}

/* ---- the keys of those who ask ---- */

static bool held_before(const struct scf_hold_batch *b, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (scf_uuid_eq(&b->orders[k]->lender->key_id, &b->orders[i]->lender->key_id))
            return true;
    return false;
}

static enum scf_code hold_keys(struct scf_db *db, struct scf_hold_batch *b, struct scf_error *err) {
    for (size_t i = 0; i < b->n; i++) {
        struct scf_error refused = {0};
        if (held_before(b, i))
            continue;
        const struct scf_actor *actor = b->orders[i]->lender;
        enum scf_code code = scf_key_hold(db, b->arena, actor, b->now_us, &refused);
        if (code != SCF_OK && code != SCF_E_UNAUTHENTICATED) {
            *err = refused;
            return code;
        }
        for (size_t k = i; code != SCF_OK && k < b->n; k++) {
            if (!scf_uuid_eq(&b->orders[k]->lender->key_id, &actor->key_id))
                continue;
            b->orders[k]->code = code;
            b->orders[k]->err = refused;
        }
    }
    return SCF_OK;
}

/* ---- accounts ---- */

struct accounts {
    struct scf_account *list;    /* locked, as they are */
    struct scf_account *running; /* as the orders accepted so far make them */
    size_t n;
};

/* Groups by currency, the groups in order: so everybody locks. */
static enum scf_code lock_currency(struct scf_db *db, const struct scf_hold_batch *b,
                                   const char *currency, struct accounts *a,
                                   struct scf_error *err) {
    struct scf_uuid *keys = scf_alloc(b->arena, b->n, sizeof *keys);
    const struct scf_uuid *borrower = NULL;
    size_t n = 0;
    if (keys == NULL)
        return no_memory(err);
    for (size_t i = 0; i < b->n; i++) {
        const struct scf_hold_order *o = b->orders[i];
        bool known = !scf_hold_open(o) || strcmp(o->hold.currency, currency) != 0;
        for (size_t k = 0; !known && k < n; k++)
            known = scf_uuid_eq(&keys[k], &o->hold.contract_key);
        if (known)
            continue;
        keys[n++] = o->hold.contract_key;
        borrower = &o->hold.borrower_id; /* the accounts are there: it names no new one's */
    }
    enum scf_code code =
        scf_account_lock(db, b->arena, keys, n, currency, borrower, b->now_us, &a->list[a->n], err);
    a->n += code == SCF_OK ? n : 0;
    return code;
}

static enum scf_code lock_accounts(struct scf_db *db, const struct scf_hold_batch *b,
                                   struct accounts *a, struct scf_error *err) {
    *a = (struct accounts){.list = scf_alloc(b->arena, b->n, sizeof *a->list),
                           .running = scf_alloc(b->arena, b->n, sizeof *a->running)};
    if (a->list == NULL || a->running == NULL)
        return no_memory(err);
    char last[4] = "";
    for (;;) {
        const char *next = NULL;
        for (size_t i = 0; i < b->n; i++) {
            const char *currency = b->orders[i]->hold.currency;
            if (scf_hold_open(b->orders[i]) && strcmp(currency, last) > 0 &&
                (next == NULL || strcmp(currency, next) < 0))
                next = currency;
        }
        if (next == NULL)
            break;
        memcpy(last, next, sizeof last);
        enum scf_code code = lock_currency(db, b, last, a, err);
        if (code != SCF_OK)
            return code;
    }
    memcpy(a->running, a->list, a->n * sizeof *a->list);
    for (size_t i = 0; i < b->n; i++)
        for (size_t k = 0; k < a->n; k++)
            if (scf_uuid_eq(&a->list[k].id, &b->orders[i]->hold.account_id))
                b->orders[i]->account = &a->list[k];
    return SCF_OK;
}

/* ---- claims ---- */

static enum scf_code lock_claims(struct scf_db *db, const struct scf_hold_batch *b,
                                 struct scf_claim_book *ret, struct scf_error *err) {
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++)
        if (scf_hold_open(b->orders[i]))
            n += b->orders[i]->want_count;
    struct scf_claim_want *wants = scf_alloc(b->arena, n, sizeof *wants);
    if (wants == NULL)
        return no_memory(err);
    n = 0;
    for (size_t i = 0; i < b->n; i++) {
        struct scf_hold_order *o = b->orders[i];
        if (!scf_hold_open(o))
            continue;
        o->first_want = n;
        scf_hold_wants(o, &wants[n]);
        n += o->want_count;
    }
    enum scf_code code = scf_claims_look(db, b->arena, wants, n, b->now_us, ret, err);
    return code == SCF_OK ? scf_claims_lock(db, ret, err) : code;
}

/* ---- deciding ---- */

static struct scf_account_change change_of(const struct scf_hold_order *o) {
    return (struct scf_account_change){.type = SCF_ENTRY_HOLD,
                                       .amount = o->hold.amount,
                                       .source_id = o->hold.id,
                                       .source_prefix = "hold"};
}

/* What those before it in the batch take of its lender's own limit. */
static int64_t taken_before(const struct scf_hold_batch *b, size_t i) {
    const struct scf_hold *hold = &b->orders[i]->hold;
    int64_t sum = 0;
    for (size_t k = 0; k < i; k++) {
        const struct scf_hold *other = &b->orders[k]->hold;
        if (scf_hold_open(b->orders[k]) && scf_uuid_eq(&other->node_id, &hold->node_id) &&
            scf_uuid_eq(&other->assessment_id, &hold->assessment_id))
            sum += other->amount; /* together they are within the limit */
        ;
    }
    return sum;
}

static enum scf_code decide_one(const struct scf_hold_batch *b, size_t i, struct accounts *a,
                                struct scf_claim_book *book) {
    struct scf_hold_order *o = b->orders[i];
    struct scf_account *running = &a->running[o->account - a->list];
    struct scf_account after = *running;
    const struct scf_account_change change = change_of(o);
    const struct scf_claimant claimant = {.holder_id = o->hold.id,
                                          .until_us = o->hold.expires_us,
                                          .first = o->first_want,
                                          .count = o->want_count,
                                          .receivables = o->receivable_count,
                                          .member = "invoices"};
    enum scf_code code = o->has_own_limit ? scf_hold_check_own(o, taken_before(b, i)) : SCF_OK;
    if (code == SCF_OK)
        code = scf_account_apply(&after, &change, o->arena, &o->err);
    if (code == SCF_OK)
        code = scf_claims_decide(book, &claimant, o->arena, &o->err);
    if (code == SCF_OK)
        *running = after;
    return code;
}

static enum scf_code add_bookings(struct scf_db *db, const struct scf_hold_batch *b,
                                  struct scf_error *err) {
    struct scf_params p;
    struct scf_account **accounts = scf_alloc(b->arena, b->n, sizeof *accounts);
    struct scf_account_change *changes = scf_alloc(b->arena, b->n, sizeof *changes);
    size_t n = 0;
    if (accounts == NULL || changes == NULL)
        return no_memory(err);
    for (size_t i = 0; i < b->n; i++) {
        if (!scf_hold_open(b->orders[i]))
            continue;
        accounts[n] = b->orders[i]->account;
        changes[n++] = change_of(b->orders[i]);
    }
    if (n == 0)
        return SCF_OK;
    enum scf_code code =
        scf_account_book_params(&p, b->arena, accounts, changes, n, b->now_us, err);
    return code == SCF_OK ? scf_db_pipeline_add(db, scf_account_book_stmt, &p, err) : code;
}

/* ---- records ---- */

static enum scf_code make_record(struct scf_hold_order *o, int64_t now_us, struct scf_error *err) {
    if (o->external_id.n == 0) {
        char *id = scf_alloc(o->arena, 1, SCF_ID_TEXT);
        if (id == NULL)
            return no_memory(err);
        scf_id_format("hold", &o->hold.id, id);
        o->external_id = scf_str(id);
    }
    o->record = (struct scf_record){.chain_id = o->hold.node_id,
                                    .id = o->hold.id,
                                    .kind = SCF_REC_LIMIT_HOLD,
                                    .external_id = o->external_id,
                                    .received_us = now_us,
                                    .body = o->text,
                                    .contract_key = o->hold.contract_key,
                                    .enterprise_id = o->hold.borrower_id,
                                    .has_amount = true,
                                    .amount = o->hold.amount};
    memcpy(o->record.currency, o->hold.currency, sizeof o->record.currency);
    scf_record_prepare(&o->record);
    return SCF_OK;
}

static int by_chain(const void *a, const void *b) {
    const struct scf_hold_order *x = *(struct scf_hold_order *const *)a,
                                *y = *(struct scf_hold_order *const *)b;
    return scf_uuid_compare(&x->hold.node_id, &y->hold.node_id);
}

/* The orders of one chain, which stand together. */
static enum scf_code append_chain(struct scf_db *db, struct scf_arena *arena,
                                  struct scf_hold_order **orders, size_t n, struct scf_error *err) {
    struct scf_record *records = scf_alloc(arena, n, sizeof *records);
    if (records == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        records[i] = orders[i]->record;
    enum scf_code code = scf_chain_append(db, arena, records, n, err);
    for (size_t i = 0; code == SCF_OK && i < n; i++)
        orders[i]->record = records[i];
    return code == SCF_E_DB_CONFLICT ? SCF_E_SOFT : code; /* filed meanwhile: look again */
}

static enum scf_code append(struct scf_db *db, const struct scf_hold_batch *b,
                            struct scf_error *err) {
    struct scf_hold_order **open = scf_alloc(b->arena, b->n, sizeof *open);
    size_t n = 0;
    enum scf_code code = SCF_OK;
    if (open == NULL)
        return no_memory(err);
    for (size_t i = 0; code == SCF_OK && i < b->n; i++) {
        if (!scf_hold_open(b->orders[i]))
            continue;
        open[n++] = b->orders[i];
        code = make_record(b->orders[i], b->now_us, err);
    }
    if (n > 0)
        qsort(open, n, sizeof *open, by_chain);
    for (size_t i = 0, end; code == SCF_OK && i < n; i = end) {
        for (end = i + 1; end < n && by_chain(&open[i], &open[end]) == 0;)
            end++;
        code = append_chain(db, b->arena, &open[i], end - i, err);
    }
    return code;
}

/* ---- answers ---- */

static struct scf_hold_claim claim_of(const struct scf_claim_want *want,
                                      const struct scf_claim_invoice *invoice) {
    return (struct scf_hold_claim){.invoice_id = want->invoice_id,
                                   .fingerprint = invoice->fingerprint,
                                   .amount = want->amount,
                                   .receivable_id = invoice->receivable.id,
                                   .receivable_fingerprint = invoice->receivable.fingerprint};
}

/* Every order sees the balances as they are after the last one: they are booked together. */
static enum scf_code answer(struct scf_hold_order *o, const struct scf_claim_book *book,
                            struct scf_error *err) {
    struct scf_hold_claim *claims = scf_alloc(o->arena, o->want_count, sizeof *claims);
    if (claims == NULL)
        return no_memory(err);
    for (size_t i = 0; i < o->want_count; i++)
        claims[i] = claim_of(&book->wants[o->first_want + i], &book->invoices[o->first_want + i]);
    const struct scf_hold_filed filed = {.external_id = o->external_id,
                                         .received_us = o->record.received_us,
                                         .leaf_index = o->record.leaf_index,
                                         .body_sha256 = o->record.body_sha256,
                                         .leaf_hash = o->record.leaf_hash};
    struct scf_jsonw w = scf_jsonw(&o->answer);
    scf_jw_object(&w, NULL);
    scf_hold_write(&w, &o->hold, &filed, claims, o->want_count, o->account, o->record.received_us);
    scf_jw_warnings(&w, o->warnings);
    scf_jw_end_object(&w);
    o->status = 201;
    return o->answer.overflow ? scf_fail(err, SCF_E_INTERNAL, "The answer is too large.") : SCF_OK;
}

/* Filed before under its external_id: as it now stands. */
static enum scf_code answer_existing(struct scf_db *db, const struct scf_hold_batch *b,
                                     struct scf_hold_order *o, struct scf_error *err) {
    struct scf_hold_filter filter = {
        .actor = o->lender, .id = o->hold.id, .status = -1, .now_us = b->now_us};
    struct scf_hold_item *item;
    int n;
    enum scf_code code = scf_hold_select(db, o->arena, &filter, &item, &n, err);
    if (code != SCF_OK)
        return code;
    struct scf_jsonw w = scf_jsonw(&o->answer);
    scf_jw_object(&w, NULL);
    scf_hold_write(&w, &item->hold, &item->filed, item->claims, item->claim_count, NULL, b->now_us);
    scf_jw_warnings(&w, o->warnings);
    scf_jw_end_object(&w);
    o->status = 200;
    return SCF_OK;
}

/* ---- the whole ---- */

static enum scf_code write_down(struct scf_db *db, struct scf_hold_batch *b,
                                struct scf_claim_book *claims, struct scf_error *err) {
    enum scf_code code = scf_db_pipeline_begin(db, err);
    if (code == SCF_OK)
        code = scf_holds_add(db, b, err);
    if (code == SCF_OK)
        code = scf_claims_add(db, claims, err);
    if (code == SCF_OK)
        code = add_bookings(db, b, err);
    if (code == SCF_OK)
        code = scf_db_pipeline_sync(db, b->arena, NULL, err);
    if (code == SCF_OK)
        code = append(db, b, err);
    for (size_t i = 0; code == SCF_OK && i < b->n; i++)
        if (b->orders[i]->existed)
            code = answer_existing(db, b, b->orders[i], err);
        else if (scf_hold_open(b->orders[i]))
            code = answer(b->orders[i], claims, err);
    return code == SCF_OK ? scf_holds_keep_answers(db, b, err) : code;
}

static enum scf_code decide(struct scf_db *db, struct scf_hold_batch *b,
                            struct scf_claim_book *claims, struct scf_error *err) {
    struct accounts accounts;
    enum scf_code code = scf_holds_own(db, b, err);
    if (code == SCF_OK)
        code = lock_accounts(db, b, &accounts, err);
    if (code == SCF_OK)
        code = lock_claims(db, b, claims, err);
    bool refused = false;
    for (size_t i = 0; code == SCF_OK && i < b->n; i++) {
        struct scf_hold_order *o = b->orders[i];
        if (!scf_hold_open(o))
            continue;
        o->code = decide_one(b, i, &accounts, claims);
        o->refused = o->code != SCF_OK;
        refused |= o->refused;
    }
    return code == SCF_OK && refused ? scf_holds_refused_twice(db, b, err) : code;
}

enum scf_code scf_holds_file(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct scf_hold_batch *b = ctx;
    struct scf_claim_book claims = {0};
    b->now_us = scf_now_us();
    for (size_t i = 0; i < b->n; i++)
        scf_hold_read(b->orders[i], b->now_us);
    enum scf_code code = hold_keys(db, b, err);
    if (code == SCF_OK)
        code = scf_holds_find(db, b, err);
    if (code == SCF_OK)
        code = decide(db, b, &claims, err);
    return code == SCF_OK ? write_down(db, b, &claims, err) : code;
}
