/* Locking and booking the increment of one assessment. Relies on the account room, on
 * increment_change.c for what a result changes, and on mark_store.c for the marks. */
#include "increment_book.h"

#include "grant.h"
#include "scfd/base/clock.h"

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for the increment");
}

/* The contracts' accounts, with those that share their borrower's ceiling, and what was assessed of
 * them last. */
static enum scf_code lock_and_read(struct scf_db *db, struct scf_arena *arena,
                                   struct scf_increment *k, const char *currency,
                                   const struct scf_uuid *borrower_id, int64_t now_us,
                                   struct scf_error *err) {
    const struct scf_uuid **ids = scf_alloc(arena, k->n, sizeof *ids);
    const struct scf_uuid **keys = scf_alloc(arena, k->n, sizeof *keys);
    struct scf_str *currencies = scf_alloc(arena, k->n, sizeof *currencies);
    if (ids == NULL || keys == NULL || currencies == NULL)
        return no_memory(err);
    for (size_t i = 0; i < k->n; i++) {
        ids[i] = borrower_id;
        keys[i] = &k->keys[i];
        currencies[i] = scf_str(currency);
    }
    enum scf_code code = scf_borrowers_lock(db, arena, ids, keys, currencies, k->n, err);
    if (code == SCF_OK)
        code = scf_account_lock(db, arena, k->keys, k->n, currency, borrower_id, now_us,
                                k->accounts, err);
    return code == SCF_OK ? scf_marks_read(db, arena, keys, currencies, k->n, k->marks, err) : code;
}

enum scf_code scf_increment_lock(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_assess_request *request, int64_t now_us,
                                 struct scf_increment *ret, int64_t *ret_as_of_us,
                                 struct scf_error *err) {
    size_t n = request->contract_count;
    char currency[4];
    struct scf_increment k = {.n = n,
                              .keys = scf_alloc(arena, n, sizeof *k.keys),
                              .accounts = scf_alloc(arena, n, sizeof *k.accounts),
                              .marks = scf_alloc(arena, n, sizeof *k.marks)};
    if (k.keys == NULL || k.accounts == NULL || k.marks == NULL)
        return no_memory(err);
    enum scf_code code = scf_contract_keys(db, arena, request->contracts, n, k.keys, currency, err);
    if (request->currency[0] != '\0')
        memcpy(currency, request->currency, 4);
    if (code == SCF_OK)
        code = lock_and_read(db, arena, &k, currency, &request->borrower_id, now_us, err);
    int64_t as_of_us = now_us;
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        if (k.accounts[i].initial == 0)
            return scf_fail(err, SCF_E_WRONG_STATE,
                            "A contract has no initial limit in this currency to add to");
        as_of_us = k.marks[i].as_of_us > as_of_us ? k.marks[i].as_of_us : as_of_us;
    }
    if (code == SCF_OK) {
        *ret = k;
        *ret_as_of_us = as_of_us;
    }
    return code;
}

/* ---- booking ---- */

struct entries {
    struct scf_account **accounts;
    struct scf_account_change *changes;
    struct scf_cover *covers;
    const struct scf_uuid **keys;
    struct scf_str *currencies;
    struct scf_limit_mark *marks;
    size_t n, covered;
};

static bool make_entries(struct scf_arena *arena, size_t n, struct entries *e) {
    *e = (struct entries){
        .accounts = scf_alloc(arena, n * SCF_INCREMENT_CHANGES, sizeof *e->accounts),
        .changes = scf_alloc(arena, n * SCF_INCREMENT_CHANGES, sizeof *e->changes),
        .covers = scf_alloc(arena, n, sizeof *e->covers),
        .keys = scf_alloc(arena, n, sizeof *e->keys),
        .currencies = scf_alloc(arena, n, sizeof *e->currencies),
        .marks = scf_alloc(arena, n, sizeof *e->marks),
    };
    return e->accounts && e->changes && e->covers && e->keys && e->currencies && e->marks;
}

static void add_contract(struct entries *e, const struct scf_limit_inputs *in,
                         const struct scf_limit_result *r, struct scf_increment *k, size_t i) {
    size_t n = scf_increment_changes(in, &r->parts[i], r->ratings.credibility_ppm, &k->accounts[i],
                                     &k->marks[i], &e->changes[e->n]);
    for (size_t c = 0; c < n; c++)
        e->accounts[e->n++] = &k->accounts[i];
    e->covers[e->covered] = (struct scf_cover){.assessment_id = in->assessment_id,
                                               .account = &k->accounts[i],
                                               .amount = r->parts[i].limit,
                                               .expires_day = r->expires_day};
    e->keys[e->covered] = &k->keys[i];
    e->currencies[e->covered] = scf_str(k->accounts[i].currency);
    e->marks[e->covered++] = k->marks[i];
}

/* ---- who is told ---- */

/* Of an account the last entry of this assessment that freezes or thaws it; NULL: none does. */
static const char *event_of(const struct entries *e, const struct scf_account *account) {
    const char *type = NULL;
    for (size_t i = 0; i < e->n; i++) {
        if (e->accounts[i] != account)
            continue;
        type = e->changes[i].type == SCF_ENTRY_FREEZE     ? "limit_account.frozen"
               : e->changes[i].type == SCF_ENTRY_UNFREEZE ? "limit_account.unfrozen"
                                                          : type;
    }
    return type;
}

static enum scf_code list_events(struct scf_db *db, struct scf_arena *arena,
                                 const struct entries *e, const struct scf_uuid *borrower_id,
                                 struct scf_increment *k, struct scf_error *err) {
    const struct scf_uuid **keys = scf_alloc(arena, 2 * k->n, sizeof *keys);
    const struct scf_account **accounts = scf_alloc(arena, k->n, sizeof *accounts);
    const char **types = scf_alloc(arena, k->n, sizeof *types);
    struct scf_concerned *told;
    size_t n = 0, count;
    if (keys == NULL || accounts == NULL || types == NULL)
        return no_memory(err);
    for (size_t i = 0; i < k->n; i++) {
        const char *type = event_of(e, &k->accounts[i]);
        if (type == NULL)
            continue;
        keys[n] = &k->keys[i];
        keys[k->n + n] = borrower_id;
        accounts[n] = &k->accounts[i];
        types[n++] = type;
    }
    if (n == 0)
        return SCF_OK;
    enum scf_code code = scf_concerned_read(db, arena, keys + k->n, keys, n, &told, &count, err);
    if (code == SCF_OK)
        k->events = scf_alloc(arena, count, sizeof *k->events);
    if (code == SCF_OK && k->events == NULL)
        return no_memory(err);
    for (size_t i = 0; code == SCF_OK && i < count; i++)
        k->events[k->event_count++] =
            (struct scf_event_entry){.node_id = told[i].node_id,
                                     .object_id = accounts[told[i].which]->id,
                                     .object_prefix = "lac",
                                     .type = types[told[i].which]};
    return code;
}

enum scf_code scf_increment_book(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_limit_inputs *in,
                                 const struct scf_limit_result *result, struct scf_increment *k,
                                 int64_t now_us, struct scf_error *err) {
    struct entries e;
    if (!make_entries(arena, k->n, &e))
        return no_memory(err);
    for (size_t i = 0; i < k->n; i++)
        if (scf_grant_applies(in, i))
            add_contract(&e, in, result, k, i);
    enum scf_code code = scf_account_book_many(db, arena, e.accounts, e.changes, e.n, now_us, err);
    code = code == SCF_OK ? scf_account_cover(db, arena, e.covers, e.covered, err) : code;
    if (code == SCF_OK)
        code = scf_marks_write(db, arena, e.keys, e.currencies, e.marks, e.covered, now_us, err);
    return code == SCF_OK ? list_events(db, arena, &e, &in->borrower_id, k, err) : code;
}
