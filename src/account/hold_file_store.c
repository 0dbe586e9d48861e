/* SQL of filing holds, for all of a batch at once. Reads assessments' lenders and decisions, which
 * are credit's and lending's: the rooms above write them, and no row of theirs is locked here. */
#include "hold.h"

#include "scfd/base/clock.h"
#include "scfd/base/money.h"
#include "scfd/http/answer.h"

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for the holds");
}

/* ---- filed before? ---- */

static const struct scf_stmt answers = {
    "scf_holds_answers",
    "SELECT x.n, i.fingerprint, i.status, i.body FROM unnest($1::uuid[], $2::text[], $3::bigint[])"
    " AS x (api_key, key, n) JOIN scfd.idempotency i ON i.api_key_id = x.api_key AND i.key = "
    "x.key"};
/* The kind is a parameter so that the plan cannot go by the index of rare kinds, which finds all
 * holds of the chain. */
static const struct scf_stmt filed = {
    "scf_holds_filed",
    "SELECT x.n, r.id, r.body_sha256 FROM unnest($1::uuid[], $2::text[], $3::bigint[])"
    " AS x (node, external_id, n) JOIN scfd.record r ON r.chain_id = x.node AND r.kind = $4"
    " AND r.external_id = x.external_id"};

static enum scf_code bind_numbered(struct scf_params *p, const struct scf_hold_batch *b,
                                   bool by_key, struct scf_error *err) {
    const struct scf_uuid **whose = scf_alloc(b->arena, b->n, sizeof *whose);
    struct scf_str *texts = scf_alloc(b->arena, b->n, sizeof *texts);
    int64_t *numbers = scf_alloc(b->arena, b->n, sizeof *numbers);
    size_t n = 0;
    if (whose == NULL || texts == NULL || numbers == NULL)
        return no_memory(err);
    for (size_t i = 0; i < b->n; i++) {
        const struct scf_hold_order *o = b->orders[i];
        if (by_key ? o->idempotency == NULL : o->external_id.n == 0)
            continue;
        whose[n] = by_key ? &o->lender->key_id : &o->lender->node_id;
        texts[n] = by_key ? o->idempotency->key : o->external_id;
        numbers[n++] = (int64_t)i;
    }
    scf_params_init(p, b->arena);
    scf_p_uuid_array(p, whose, n);
    scf_p_text_array(p, texts, n);
    scf_p_i64_array(p, numbers, NULL, n);
    return SCF_OK;
}

static void take_answers(struct scf_hold_batch *b, const struct scf_rows *rows) {
    for (int i = 0; i < scf_rows_count(rows); i++) {
        struct scf_hold_order *o = b->orders[scf_rows_i64(rows, i, 0)];
        struct scf_hash first = scf_rows_hash(rows, i, 1);
        struct scf_str body = scf_rows_str(rows, i, 3);
        if (o->code != SCF_OK)
            continue;
        if (!scf_hash_eq(&first, &o->idempotency->fingerprint)) {
            o->code = scf_fail(&o->err, SCF_E_IDEMPOTENCY_KEY_REUSED,
                               "This Idempotency-Key was used with another method, path or body.");
            continue;
        }
        char *copy = scf_strndup(o->arena, body.p ? body.p : "", body.n);
        if (copy == NULL) {
            o->code = no_memory(&o->err);
            continue;
        }
        o->replay = (struct scf_replay){
            .found = true, .status = (int)scf_rows_i64(rows, i, 2), .body = {copy, body.n}};
    }
}

static void refuse_other(struct scf_hold_order *o, const struct scf_uuid *existing,
                         const struct scf_hash *theirs, const struct scf_hash *ours) {
    char id[SCF_ID_TEXT], their_hex[65], our_hex[65];
    scf_id_format("hold", existing, id);
    scf_hex(theirs->b, SCF_HASH_LEN, their_hex);
    scf_hex(ours->b, SCF_HASH_LEN, our_hex);
    o->code = scf_fail(&o->err, SCF_E_EXTERNAL_ID_CONFLICT,
                       "This external_id already names other content.");
    o->err.members_json = scf_asprintf(
        o->arena, "{\"existing_id\":\"%s\",\"existing_sha256\":\"%s\",\"sha256\":\"%s\"}", id,
        their_hex, our_hex);
}

static void take_filed(struct scf_hold_batch *b, const struct scf_rows *rows) {
    for (int i = 0; i < scf_rows_count(rows); i++) {
        struct scf_hold_order *o = b->orders[scf_rows_i64(rows, i, 0)];
        struct scf_uuid id = scf_rows_uuid(rows, i, 1);
        struct scf_hash theirs = scf_rows_hash(rows, i, 2), ours = scf_sha256(o->text.p, o->text.n);
        if (!scf_hold_open(o))
            continue;
        if (scf_hash_eq(&theirs, &ours)) {
            o->existed = true;
            o->hold.id = id;
        } else {
            refuse_other(o, &id, &theirs, &ours);
        }
    }
}

/* ---- what they refer to ---- */

static const struct scf_stmt grounds = {
    "scf_holds_grounds",
    "SELECT d.id, d.assessment_id, d.status, d.outcome, d.valid_from, d.valid_until,"
    " d.approved_limit, l.assessment_id, g.account_id, g.contract_key, g.expires_on, a.borrower_id,"
    " l.lender_limit, s.recommended_limit"
    " FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[]) WITH ORDINALITY"
    " AS x (node, assessment, decision, contract, currency, n)"
    " LEFT JOIN scfd.credit_decision d ON d.id = x.decision AND d.lender_id = x.node"
    " LEFT JOIN scfd.credit_assessment_lender l"
    " ON l.assessment_id = coalesce(x.assessment, d.assessment_id) AND l.node_id = x.node"
    " LEFT JOIN scfd.credit_assessment s ON s.id = l.assessment_id"
    " LEFT JOIN scfd.record c ON c.id = x.contract AND c.kind = 1"
    " LEFT JOIN scfd.limit_grant g ON g.assessment_id = l.assessment_id"
    " AND g.contract_key = coalesce(c.business_key, c.id) AND g.currency = x.currency"
    " LEFT JOIN scfd.limit_account a ON a.id = g.account_id ORDER BY x.n"};
enum {
    DECISION,
    DECIDED_ON,
    DECISION_STATUS,
    OUTCOME,
    VALID_FROM,
    VALID_UNTIL,
    APPROVED,
    ASSESSMENT,
    ACCOUNT,
    CONTRACT_KEY,
    LIMIT_EXPIRES,
    BORROWER,
    OWN_LIMIT,
    RECOMMENDED
};

static const struct scf_uuid *or_null(const struct scf_uuid *id) {
    return scf_uuid_is_nil(id) ? NULL : id;
}

static enum scf_code bind_grounds(struct scf_params *p, const struct scf_hold_batch *b,
                                  struct scf_error *err) {
    const struct scf_uuid **ids = scf_alloc(b->arena, 4 * b->n, sizeof *ids);
    struct scf_str *currencies = scf_alloc(b->arena, b->n, sizeof *currencies);
    if (ids == NULL || currencies == NULL)
        return no_memory(err);
    for (size_t i = 0; i < b->n; i++) {
        const struct scf_hold *h = &b->orders[i]->hold;
        ids[i] = &h->node_id;
        ids[b->n + i] = or_null(&h->assessment_id);
        ids[2 * b->n + i] = or_null(&h->decision_id);
        ids[3 * b->n + i] = &h->contract_id;
        currencies[i] = scf_str(h->currency);
    }
    scf_params_init(p, b->arena);
    for (size_t k = 0; k < 4; k++)
        scf_p_uuid_array(p, &ids[k * b->n], b->n);
    scf_p_text_array(p, currencies, b->n);
    return SCF_OK;
}

static enum scf_code check_reference(struct scf_hold_order *o, const struct scf_rows *rows,
                                     int row) {
    bool decision = !scf_uuid_is_nil(&o->hold.decision_id);
    if (decision && scf_rows_null(rows, row, DECISION))
        return scf_fail_fault(o->arena, "#/decision_id", "unknown-reference",
                              "There is no such thing that you may refer to.", &o->err);
    struct scf_uuid on = scf_rows_uuid(rows, row, DECIDED_ON);
    if (decision && !scf_uuid_is_nil(&o->hold.assessment_id) &&
        !scf_uuid_eq(&on, &o->hold.assessment_id))
        return scf_fail_fault(o->arena, "#/assessment_id", "mismatch",
                              "The decision is on another assessment.", &o->err);
    if (scf_rows_null(rows, row, ASSESSMENT))
        return scf_fail_fault(o->arena, "#/assessment_id", "unknown-reference",
                              "There is no such thing that you may refer to.", &o->err);
    if (scf_rows_null(rows, row, ACCOUNT))
        return scf_fail_fault(o->arena, "#/contract_id", "mismatch",
                              "It is none of the contracts that the assessment grants a limit for "
                              "in that currency.",
                              &o->err);
    return SCF_OK;
}

/* Nobody holds more at once than it could draw: by its decision, else by what is left for it. */
static enum scf_code check_amount(struct scf_hold_order *o, const char *what, int64_t most) {
    char amount[SCF_MONEY_TEXT], limit[SCF_MONEY_TEXT];
    int scale = scf_hold_scale(o->hold.currency);
    if (o->hold.amount <= most)
        return SCF_OK;
    scf_money_format(o->hold.amount, scale, amount);
    scf_money_format(most, scale, limit);
    scf_fail(&o->err, SCF_E_LIMIT_EXCEEDED, "amount %s is above the %s limit %s.", amount, what,
             limit);
    o->err.members_json = scf_asprintf(
        o->arena,
        "{\"amount\":\"%s\",\"available\":\"%s\",\"%s_limit\":\"%s\",\"currency\":\"%s\"}", amount,
        limit, what, limit, o->hold.currency);
    return SCF_E_LIMIT_EXCEEDED;
}

static enum scf_code check_decided(struct scf_hold_order *o, const struct scf_rows *rows, int row,
                                   int32_t today) {
    bool good = scf_rows_i64(rows, row, DECISION_STATUS) == 0 &&
                scf_rows_i64(rows, row, OUTCOME) <= 1 &&
                today >= scf_rows_date(rows, row, VALID_FROM) &&
                today <= scf_rows_date(rows, row, VALID_UNTIL);
    if (!good)
        return scf_fail(&o->err, SCF_E_WRONG_STATE, "The decision is not an approval in force.");
    return check_amount(o, "approved", scf_rows_i64(rows, row, APPROVED));
}

static enum scf_code check_state(struct scf_hold_order *o, const struct scf_rows *rows, int row,
                                 int64_t now_us) {
    int32_t today = scf_day_of(now_us + o->lender->offset_minutes * 60 * SCF_US_PER_SECOND);
    if (today > scf_rows_date(rows, row, LIMIT_EXPIRES))
        return scf_fail(&o->err, SCF_E_WRONG_STATE,
                        "The assessment is in state \"expired\": ask for a new one.");
    o->has_own_limit = !scf_rows_null(rows, row, OWN_LIMIT);
    o->own_limit = o->has_own_limit ? scf_rows_i64(rows, row, OWN_LIMIT) : 0;
    if (!scf_rows_null(rows, row, DECISION))
        return check_decided(o, rows, row, today);
    return o->has_own_limit ? check_amount(o, "lender", o->own_limit)
                            : check_amount(o, "recommended", scf_rows_i64(rows, row, RECOMMENDED));
}

/* Of the policy: how long a hold lives when nothing is said, and at most. */
static enum scf_code check_expiry(struct scf_hold_order *o, const struct scf_policy *policy,
                                  int64_t now_us) {
    if (o->hold.expires_us == 0)
        o->hold.expires_us = now_us + policy->hold_hours * SCF_US_PER_HOUR;
    if (o->hold.expires_us <= now_us) /* it waited too long for its turn */
        return scf_fail_fault(o->arena, "#/expires_at", "out-of-range",
                              "The time must be in the future.", &o->err);
    if (o->hold.expires_us <= now_us + policy->hold_max_hours * SCF_US_PER_HOUR)
        return SCF_OK;
    return scf_fail_fault(
        o->arena, "#/expires_at", "out-of-range",
        scf_asprintf(o->arena, "A hold lasts %" PRId64 " hours at most.", policy->hold_max_hours),
        &o->err);
}

static void take_grounds(struct scf_hold_batch *b, const struct scf_rows *rows,
                         const struct scf_policy *policy) {
    for (size_t i = 0; i < b->n; i++) {
        struct scf_hold_order *o = b->orders[i];
        if (!scf_hold_open(o))
            continue;
        o->code = check_reference(o, rows, (int)i);
        if (o->code == SCF_OK)
            o->code = check_state(o, rows, (int)i, b->now_us);
        if (o->code == SCF_OK)
            o->code = check_expiry(o, policy, b->now_us);
        o->hold.assessment_id = scf_rows_uuid(rows, (int)i, ASSESSMENT);
        o->hold.account_id = scf_rows_uuid(rows, (int)i, ACCOUNT);
        o->hold.contract_key = scf_rows_uuid(rows, (int)i, CONTRACT_KEY);
        o->hold.borrower_id = scf_rows_uuid(rows, (int)i, BORROWER);
    }
}

/* ---- one round trip of questions ---- */

enum { ANSWERS, FILED, GROUNDS, QUESTIONS };

enum scf_code scf_holds_find(struct scf_db *db, struct scf_hold_batch *b, struct scf_error *err) {
    static const struct scf_stmt *const stmts[QUESTIONS] = {&answers, &filed, &grounds};
    struct scf_params p[QUESTIONS];
    struct scf_rows *rows[QUESTIONS];
    struct scf_policy policy;
    enum scf_code code = scf_policy_in_force(db, b->arena, b->now_us, &policy, err);
    if (code == SCF_OK)
        code = bind_numbered(&p[ANSWERS], b, true, err);
    if (code == SCF_OK)
        code = bind_numbered(&p[FILED], b, false, err);
    if (code == SCF_OK)
        code = bind_grounds(&p[GROUNDS], b, err);
    if (code != SCF_OK)
        return code;
    scf_p_i16(&p[FILED], SCF_REC_LIMIT_HOLD);
    code = scf_db_pipeline_begin(db, err);
    for (int i = 0; code == SCF_OK && i < QUESTIONS; i++)
        code = scf_db_pipeline_add(db, stmts[i], &p[i], err);
    if (code == SCF_OK)
        code = scf_db_pipeline_sync(db, b->arena, rows, err);
    if (code != SCF_OK)
        return code;
    take_answers(b, rows[ANSWERS]);
    take_filed(b, rows[FILED]);
    take_grounds(b, rows[GROUNDS], &policy);
    return SCF_OK;
}

/* ---- filed while this one waited for the locks? ---- */

static bool any_refused(const struct scf_hold_batch *b, const struct scf_rows *rows) {
    for (int i = 0; i < scf_rows_count(rows); i++)
        if (b->orders[scf_rows_i64(rows, i, 0)]->refused)
            return true;
    return false;
}

enum scf_code scf_holds_refused_twice(struct scf_db *db, const struct scf_hold_batch *b,
                                      struct scf_error *err) {
    struct scf_params p[2];
    struct scf_rows *rows[2];
    enum scf_code code = bind_numbered(&p[ANSWERS], b, true, err);
    if (code == SCF_OK)
        code = bind_numbered(&p[FILED], b, false, err);
    if (code != SCF_OK)
        return code;
    scf_p_i16(&p[FILED], SCF_REC_LIMIT_HOLD);
    code = scf_db_pipeline_begin(db, err);
    if (code == SCF_OK)
        code = scf_db_pipeline_add(db, &answers, &p[ANSWERS], err);
    if (code == SCF_OK)
        code = scf_db_pipeline_add(db, &filed, &p[FILED], err);
    if (code == SCF_OK)
        code = scf_db_pipeline_sync(db, b->arena, rows, err);
    if (code != SCF_OK)
        return code;
    return any_refused(b, rows[ANSWERS]) || any_refused(b, rows[FILED]) ? SCF_E_SOFT : SCF_OK;
}

/* ---- writing ---- */

static const struct scf_stmt insert = {
    "scf_holds_insert",
    "INSERT INTO scfd.limit_hold (id, node_id, account_id, assessment_id, decision_id,"
    " contract_id, contract_key, borrower_id, currency, amount, expires_at, created_at)"
    " SELECT x.*, $12 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[],"
    " $6::uuid[], $7::uuid[], $8::uuid[], $9::text[], $10::bigint[], $11::timestamptz[]) AS x"};
enum { UUID_COLUMNS = 8 };

enum scf_code scf_holds_add(struct scf_db *db, struct scf_hold_batch *b, struct scf_error *err) {
    const struct scf_uuid **ids = scf_alloc(b->arena, UUID_COLUMNS * b->n, sizeof *ids);
    struct scf_str *currencies = scf_alloc(b->arena, b->n, sizeof *currencies);
    int64_t *amounts = scf_alloc(b->arena, b->n, sizeof *amounts);
    int64_t *until = scf_alloc(b->arena, b->n, sizeof *until);
    size_t n = 0;
    if (ids == NULL || currencies == NULL || amounts == NULL || until == NULL)
        return no_memory(err);
    for (size_t i = 0; i < b->n; i++) {
        const struct scf_hold *h = &b->orders[i]->hold;
        if (!scf_hold_open(b->orders[i]))
            continue;
        const struct scf_uuid *row[UUID_COLUMNS] = {&h->id,
                                                    &h->node_id,
                                                    &h->account_id,
                                                    &h->assessment_id,
                                                    or_null(&h->decision_id),
                                                    &h->contract_id,
                                                    &h->contract_key,
                                                    &h->borrower_id};
        for (size_t k = 0; k < UUID_COLUMNS; k++)
            ids[k * b->n + n] = row[k];
        currencies[n] = scf_str(h->currency);
        amounts[n] = h->amount;
        until[n++] = h->expires_us;
    }
    if (n == 0)
        return SCF_OK;
    struct scf_params p;
    scf_params_init(&p, b->arena);
    for (size_t k = 0; k < UUID_COLUMNS; k++)
        scf_p_uuid_array(&p, &ids[k * b->n], n);
    scf_p_text_array(&p, currencies, n);
    scf_p_i64_array(&p, amounts, NULL, n);
    scf_p_time_array(&p, until, NULL, n);
    scf_p_time(&p, b->now_us);
    return scf_db_pipeline_add(db, &insert, &p, err);
}

/* In the order of the keys, so that two batches never wait for each other in a circle. */
static const struct scf_stmt keep = {
    "scf_holds_keep",
    "INSERT INTO scfd.idempotency (api_key_id, key, fingerprint, status, body, created_at)"
    " SELECT x.*, $6 FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::smallint[],"
    " $5::text[]) AS x (api_key, key, fingerprint, status, body) ORDER BY api_key, key"};

enum scf_code scf_holds_keep_answers(struct scf_db *db, struct scf_hold_batch *b,
                                     struct scf_error *err) {
    const struct scf_uuid **whose = scf_alloc(b->arena, b->n, sizeof *whose);
    struct scf_str *texts = scf_alloc(b->arena, 3 * b->n, sizeof *texts);
    int16_t *status = scf_alloc(b->arena, b->n, sizeof *status);
    size_t n = 0;
    if (whose == NULL || texts == NULL || status == NULL)
        return no_memory(err);
    struct scf_str *keys = texts, *prints = texts + b->n, *bodies = texts + 2 * b->n;
    for (size_t i = 0; i < b->n; i++) {
        const struct scf_hold_order *o = b->orders[i];
        if (o->code != SCF_OK || o->replay.found || o->idempotency == NULL)
            continue;
        whose[n] = &o->lender->key_id;
        keys[n] = o->idempotency->key;
        prints[n] = (struct scf_str){(const char *)o->idempotency->fingerprint.b, SCF_HASH_LEN};
        status[n] = (int16_t)o->status;
        bodies[n++] = (struct scf_str){o->answer.data, o->answer.len};
    }
    if (n == 0)
        return SCF_OK;
    struct scf_params p;
    scf_params_init(&p, b->arena);
    scf_p_uuid_array(&p, whose, n);
    scf_p_text_array(&p, keys, n);
    scf_p_bytes_array(&p, prints, n);
    scf_p_i16_array(&p, status, n);
    scf_p_text_array(&p, bodies, n);
    scf_p_time(&p, b->now_us);
    enum scf_code code = scf_db_run(db, &keep, &p, b->arena, NULL, err);
    return code == SCF_E_DB_CONFLICT ? SCF_E_SOFT : code;
}
