/* Stopping accounts for cancelled invoices, and lifting that. */
#include "stop.h"
#include "hold.h"

#include "scfd/base/clock.h"
#include "scfd/codec/jsonw.h"
#include "scfd/exchange/exchange.h"
#include "scfd/party/party.h"

enum { ARENA_BYTES = 16 << 20, BODY_BYTES = 4096, ACCOUNTS_MAX = 256 };

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for the stops");
}

/* ---- recorded, and told ---- */

/* A freeze or a thaw of one account, as its record says it. */
struct step {
    struct scf_arena *arena;
    const struct scf_uuid *platform_id;
    const struct scf_account *account;
    const struct scf_suspect *suspect; /* NULL: a thaw */
    struct scf_uuid invoice_id;
    const char *reason;
    int64_t now_us;
};

static void write_step(struct scf_buf *out, const struct step *s) {
    struct scf_jsonw w = scf_jsonw(out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "object", "limit_account_step");
    scf_jw_id(&w, "account_id", "lac", &s->account->id);
    scf_jw_str(&w, "step", s->suspect ? "frozen" : "unfrozen");
    scf_jw_str(&w, "reason", s->reason);
    if (s->suspect)
        scf_jw_id(&w, "invoice_id", "inv", &s->invoice_id);
    if (s->suspect && !scf_uuid_is_nil(&s->suspect->receivable_id))
        scf_jw_id(&w, "receivable_id", "rcv", &s->suspect->receivable_id);
    scf_jw_time(&w, "at", s->now_us);
    scf_jw_end_object(&w);
}

static bool make_record(const struct step *s, struct scf_record *ret) {
    struct scf_buf body;
    char id[SCF_ID_TEXT];
    scf_buf_init(&body, BODY_BYTES);
    write_step(&body, s);
    size_t n = body.len;
    char *text = body.overflow ? NULL : scf_strndup(s->arena, body.data, n);
    scf_buf_free(&body);
    scf_id_format("lac", &s->account->id, id);
    char *external_id = scf_asprintf(s->arena, "%s/%" PRId64, id, s->account->entries);
    if (text == NULL || external_id == NULL)
        return false;
    *ret = (struct scf_record){.chain_id = *s->platform_id,
                               .id = scf_uuid_new(),
                               .kind = SCF_REC_LIMIT_HOLD,
                               .external_id = scf_str(external_id),
                               .received_us = s->now_us,
                               .body = {text, n},
                               .contract_key = s->account->contract_key,
                               .enterprise_id = s->account->borrower_id,
                               .has_happened = true,
                               .happened_us = s->now_us};
    memcpy(ret->currency, s->account->currency, sizeof ret->currency);
    scf_record_prepare(ret);
    return true;
}

static enum scf_code lock_chains(struct scf_db *db, const struct step *s,
                                 const struct scf_stop_told *told, size_t n,
                                 struct scf_error *err) {
    struct scf_uuid *ids = scf_alloc(s->arena, n + 1, sizeof *ids);
    if (ids == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        ids[i] = told[i].node_id;
    ids[n] = *s->platform_id;
    return scf_chain_lock_many(db, s->arena, ids, n + 1, err);
}

static enum scf_code announce(struct scf_db *db, const struct step *s,
                              const struct scf_stop_told *told, size_t n, struct scf_error *err) {
    struct scf_event_entry *events = scf_alloc(s->arena, n, sizeof *events);
    if (events == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        bool financed = !scf_uuid_is_nil(&told[i].invoice_id);
        events[i] =
            (struct scf_event_entry){.node_id = told[i].node_id,
                                     .object_id = financed ? told[i].invoice_id : s->account->id,
                                     .object_prefix = financed ? "inv" : "lac",
                                     .type = financed     ? "invoice.cancelled_after_financing"
                                             : s->suspect ? "limit_account.frozen"
                                                          : "limit_account.unfrozen"};
    }
    return scf_event_append_many(db, s->arena, events, n, err);
}

/* The record is for those whom it concerns: the borrower, and who has financed the invoice. */
static enum scf_code address(struct scf_db *db, const struct step *s,
                             const struct scf_record *record, const struct scf_stop_told *told,
                             size_t n, struct scf_error *err) {
    struct scf_uuid *nodes = scf_alloc(s->arena, n, sizeof *nodes);
    const struct scf_record **records = scf_alloc(s->arena, n, sizeof *records);
    size_t count = 0;
    if (nodes == NULL || records == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        if (!told[i].borrower && scf_uuid_is_nil(&told[i].invoice_id))
            continue;
        nodes[count] = told[i].node_id;
        records[count++] = record;
    }
    return scf_record_address_many(db, s->arena, nodes, records, count, err);
}

/* Last in the transaction: it locks chains. */
static enum scf_code record_steps(struct scf_db *db, const struct step *steps, size_t n,
                                  struct scf_error *err) {
    struct scf_stop_told **told = scf_alloc(steps->arena, n, sizeof *told);
    size_t *count = scf_alloc(steps->arena, n, sizeof *count);
    struct scf_record *records = scf_alloc(steps->arena, n, sizeof *records);
    enum scf_code code = SCF_OK;
    if (told == NULL || count == NULL || records == NULL)
        return no_memory(err);
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        code = scf_stop_told(db, steps->arena, steps[i].suspect, &steps[i].account->id, &told[i],
                             &count[i], err);
        if (code == SCF_OK && !make_record(&steps[i], &records[i]))
            code = no_memory(err);
    }
    size_t all = 0;
    for (size_t i = 0; code == SCF_OK && i < n; i++)
        all += count[i];
    struct scf_stop_told *together = scf_alloc(steps->arena, all, sizeof *together);
    if (code == SCF_OK && together == NULL)
        return no_memory(err);
    all = 0;
    for (size_t i = 0; code == SCF_OK && i < n; i++)
        for (size_t k = 0; k < count[i]; k++)
            together[all++] = told[i][k];
    code = code == SCF_OK ? lock_chains(db, steps, together, all, err) : code;
    code = code == SCF_OK ? scf_chain_append(db, steps->arena, records, n, err) : code;
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        code = address(db, &steps[i], &records[i], told[i], count[i], err);
        if (code == SCF_OK)
            code = announce(db, &steps[i], told[i], count[i], err);
    }
    return code;
}

/* ---- stopping ---- */

struct stopping {
    struct scf_arena *arena;
    const struct scf_uuid *platform_id;
    struct scf_suspect suspect;
    int64_t now_us;
    struct scf_account accounts[ACCOUNTS_MAX]; /* locked */
    size_t n;
};

/* In runs of one currency, which stand together. */
static enum scf_code lock_accounts(struct scf_db *db, struct stopping *s, struct scf_error *err) {
    struct scf_stop_account *list;
    size_t n;
    enum scf_code code = scf_stop_accounts(db, s->arena, &s->suspect, &list, &n, err);
    s->n = 0;
    if (code == SCF_OK && n > ACCOUNTS_MAX)
        return scf_fail(err, SCF_E_INTERNAL, "An invoice is claimed under %zu accounts", n);
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        code = scf_account_lock(db, s->arena, &list[i].contract_key, 1, list[i].currency,
                                &list[i].borrower_id, s->now_us, &s->accounts[s->n], err);
        s->n++;
    }
    return code;
}

/* Locks the heads. */
static enum scf_code judge(struct scf_db *db, struct stopping *s, const struct scf_uuid *invoice_id,
                           bool *ret, struct scf_error *err) {
    const struct scf_claim_want want = {.invoice_id = *invoice_id};
    struct scf_claim_book book;
    *ret = false;
    enum scf_code code = scf_claims_look(db, s->arena, &want, 1, s->now_us, &book, err);
    if (code == SCF_OK)
        code = scf_claims_lock(db, &book, err);
    if (code == SCF_OK)
        *ret = scf_claims_cancelled(&book, 0);
    return code;
}

static struct scf_account *locked_one(struct stopping *s, const struct scf_uuid *id) {
    for (size_t i = 0; i < s->n; i++)
        if (scf_uuid_eq(&s->accounts[i].id, id))
            return &s->accounts[i];
    return NULL;
}

static enum scf_code stop_one(struct scf_db *db, struct stopping *s, struct scf_account *account,
                              const struct scf_uuid *invoice_id, struct step *steps, size_t *n,
                              struct scf_error *err) {
    bool by_receivable = !scf_uuid_is_nil(&s->suspect.receivable_id);
    const struct scf_account_change change = {.type = SCF_ENTRY_FREEZE,
                                              .source_id = by_receivable ? s->suspect.receivable_id
                                                                         : *invoice_id,
                                              .source_prefix = by_receivable ? "rcv" : "inv"};
    bool fresh;
    enum scf_code code = scf_stop_insert(db, s->arena, &s->suspect, &account->id, invoice_id,
                                         s->now_us, &fresh, err);
    if (code != SCF_OK || !fresh)
        return code;
    code = scf_account_book(db, s->arena, account, &change, s->now_us, err);
    steps[(*n)++] =
        (struct step){.arena = s->arena,
                      .platform_id = s->platform_id,
                      .account = account,
                      .suspect = &s->suspect,
                      .invoice_id = *invoice_id,
                      .reason = by_receivable ? "receivable_red_lettered" : "invoice_cancelled",
                      .now_us = s->now_us};
    return code;
}

/* Who claims it is asked again under the locks: what is let go by now concerns no account, and one
 * that came meanwhile is not locked: then all begins anew. */
static enum scf_code stop_all(struct scf_db *db, struct stopping *s,
                              const struct scf_uuid *invoice_id, struct scf_error *err) {
    struct scf_stop_account *list;
    struct step *steps;
    size_t n, count = 0;
    enum scf_code code = scf_stop_accounts(db, s->arena, &s->suspect, &list, &n, err);
    if (code != SCF_OK)
        return code;
    steps = scf_alloc(s->arena, n, sizeof *steps);
    if (steps == NULL)
        return no_memory(err);
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        struct scf_account *account = locked_one(s, &list[i].account_id);
        code = account ? stop_one(db, s, account, invoice_id, steps, &count, err) : SCF_E_SOFT;
    }
    return code == SCF_OK && count > 0 ? record_steps(db, steps, count, err) : code;
}

static enum scf_code look_at(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct stopping *s = ctx;
    struct scf_uuid invoice_id = s->suspect.invoice_id;
    bool cancelled = s->suspect.seen_us == 0; /* the receivable's lender has verified that */
    enum scf_code code = lock_accounts(db, s, err);
    if (code == SCF_OK && !cancelled) {
        code = scf_stop_invoice(db, s->arena, &s->suspect.invoice_key, &invoice_id, err);
        if (code == SCF_OK && !scf_uuid_is_nil(&invoice_id))
            code = judge(db, s, &invoice_id, &cancelled, err);
    }
    if (code == SCF_OK && cancelled)
        code = stop_all(db, s, &invoice_id, err);
    return code == SCF_OK ? scf_suspect_done(db, s->arena, &s->suspect, err) : code;
}

enum scf_code scf_stops_run(struct scf_db *db, const struct scf_services *services,
                            struct scf_error *err) {
    struct scf_arena *arena = scf_arena_new(ARENA_BYTES), *one = scf_arena_new(ARENA_BYTES);
    struct scf_suspect *list;
    size_t n = 0;
    enum scf_code first = scf_suspects(db, arena, &list, &n, err);
    for (size_t i = 0; first != SCF_E_DATABASE_UNAVAILABLE && i < n; i++) {
        struct scf_error why = {0};
        struct stopping *s = scf_alloc(one, 1, sizeof *s);
        if (s == NULL)
            break;
        s->arena = one;
        s->platform_id = &services->installation.platform_id;
        s->suspect = list[i];
        s->now_us = scf_now_us();
        enum scf_code code = scf_tx_run(db, look_at, s, &why);
        if (code != SCF_OK && first == SCF_OK) {
            first = code;
            *err = why;
            err->members_json = NULL; /* they were in the arena */
            err->faults = NULL;
        }
        scf_arena_reset(one);
    }
    scf_arena_free(one);
    scf_arena_free(arena);
    return first;
}

/* ---- lifting ---- */

enum scf_code scf_account_unfreeze(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct scf_unfreezing *u = ctx;
    struct scf_account account;
    int64_t now_us = scf_now_us();
    enum scf_code code = scf_key_hold(db, u->arena, u->admin, now_us, err);
    if (code == SCF_OK)
        code = scf_account_lock(db, u->arena, &u->account->contract_key, 1, u->account->currency,
                                &u->account->borrower_id, now_us, &account, err);
    if (code != SCF_OK)
        return code;
    if (!account.frozen)
        return scf_fail(err, SCF_E_WRONG_STATE, "The limit account is not frozen.");
    const struct scf_account_change change = {
        .type = SCF_ENTRY_UNFREEZE, .source_id = account.id, .source_prefix = "lac"};
    code = scf_stop_lift(db, u->arena, &account.id, now_us, err);
    if (code == SCF_OK)
        code = scf_account_book(db, u->arena, &account, &change, now_us, err);
    const struct step step = {.arena = u->arena,
                              .platform_id = &u->platform_id,
                              .account = &account,
                              .reason = u->reason,
                              .now_us = now_us};
    return code == SCF_OK ? record_steps(db, &step, 1, err) : code;
}
