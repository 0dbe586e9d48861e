/* SQL of cases: rows under lock, and what a node sees of them. Relies on
 * sql/0024_notarization.sql. */
#include "store.h"

#define COLUMNS                                                                                    \
    "x.id, x.lender_id, x.notary_id, x.court_id, x.loan_id, x.contract_id, x.state,"               \
    " x.resume_state, x.currency, x.dossier, x.verification_due_at, x.steps, x.version,"           \
    " x.created_at, x.updated_at"

static enum scf_code read_all(const struct scf_rows *rows, struct scf_arena *arena,
                              struct scf_enf_case **ret, size_t *ret_n, struct scf_error *err) {
    size_t n = (size_t)scf_rows_count(rows);
    struct scf_enf_case *list = scf_alloc(arena, n, sizeof *list);
    if (list == NULL)
        return scf_fail_memory(err);
    for (size_t k = 0; k < n; k++) {
        int i = (int)k;
        struct scf_str currency = scf_rows_str(rows, i, 8);
        list[k] = (struct scf_enf_case){
            .id = scf_rows_uuid(rows, i, 0),
            .lender_id = scf_rows_uuid(rows, i, 1),
            .notary_id = scf_rows_uuid(rows, i, 2),
            .court_id = scf_rows_uuid(rows, i, 3),
            .loan_id = scf_rows_uuid(rows, i, 4),
            .contract_id = scf_rows_uuid(rows, i, 5),
            .state = (enum scf_enf_state)scf_rows_i64(rows, i, 6),
            .resume = (enum scf_enf_state)scf_rows_i64(rows, i, 7),
            .dossier = scf_rows_text(rows, i, 9),
            .verification_due_us = scf_rows_null(rows, i, 10) ? 0 : scf_rows_time(rows, i, 10),
            .steps = scf_rows_i64(rows, i, 11),
            .version = scf_rows_i64(rows, i, 12),
            .created_us = scf_rows_time(rows, i, 13),
            .updated_us = scf_rows_time(rows, i, 14)};
        memcpy(list[k].currency, currency.p, currency.n < 3 ? currency.n : 3);
    }
    *ret = list;
    *ret_n = n;
    return SCF_OK;
}

static const struct scf_uuid *or_null(const struct scf_uuid *id) {
    return scf_uuid_is_nil(id) ? NULL : id;
}

static void p_time_or_null(struct scf_params *p, int64_t us) {
    if (us == 0)
        scf_p_null(p, SCF_PG_TIMESTAMPTZ);
    else
        scf_p_time(p, us);
}

/* ---- writing ---- */

static const struct scf_stmt insert = {
    "enf_insert",
    "INSERT INTO scfd.enforcement_notarization (id, lender_id, notary_id, loan_id, contract_id,"
    " state, resume_state, currency, dossier, created_at, updated_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $9)"};

enum scf_code scf_enf_insert(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_enf_case *c, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &c->id);
    scf_p_uuid(&p, &c->lender_id);
    scf_p_uuid(&p, &c->notary_id);
    scf_p_uuid(&p, or_null(&c->loan_id));
    scf_p_uuid(&p, or_null(&c->contract_id));
    scf_p_i16(&p, (int16_t)c->state);
    scf_p_text(&p, c->currency);
    scf_p_text(&p, c->dossier);
    scf_p_time(&p, c->created_us);
    return scf_db_run(db, &insert, &p, arena, NULL, err);
}

static const struct scf_stmt insert_party = {
    "enf_insert_party", "INSERT INTO scfd.enforcement_party (notarization_id, enterprise_id, role)"
                        " VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"};

enum scf_code scf_enf_insert_party(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *id, const struct scf_uuid *enterprise_id,
                                   int role, struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    scf_p_uuid(&p, enterprise_id);
    scf_p_i16(&p, (int16_t)role);
    return scf_db_run(db, &insert_party, &p, arena, NULL, err);
}

static const struct scf_stmt save = {
    "enf_save", "UPDATE scfd.enforcement_notarization SET court_id = $2, loan_id = $3, state = $4,"
                " resume_state = $5, verification_due_at = $6, steps = $7, version = version + 1,"
                " updated_at = $8 WHERE id = $1"};

enum scf_code scf_enf_save(struct scf_db *db, struct scf_arena *arena, const struct scf_enf_case *c,
                           struct scf_error *err) {
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, &c->id);
    scf_p_uuid(&p, or_null(&c->court_id));
    scf_p_uuid(&p, or_null(&c->loan_id));
    scf_p_i16(&p, (int16_t)c->state);
    scf_p_i16(&p, (int16_t)c->resume);
    p_time_or_null(&p, c->verification_due_us);
    scf_p_i32(&p, (int32_t)c->steps);
    scf_p_time(&p, c->updated_us);
    return scf_db_run(db, &save, &p, arena, NULL, err);
}

static const struct scf_stmt locks[2] = {
    {"enf_lock",
     "SELECT " COLUMNS " FROM scfd.enforcement_notarization x WHERE x.id = $1 FOR UPDATE"},
    {"enf_try_lock", "SELECT " COLUMNS " FROM scfd.enforcement_notarization x WHERE x.id = $1"
                     " FOR UPDATE SKIP LOCKED"}};

enum scf_code scf_enf_lock(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                           bool skip, struct scf_enf_case *ret, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    struct scf_enf_case *list;
    size_t n = 0;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, id);
    enum scf_code code = scf_db_run(db, &locks[skip], &p, arena, &rows, err);
    if (code == SCF_OK)
        code = read_all(rows, arena, &list, &n, err);
    if (code == SCF_OK && n == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such resource.");
    if (code == SCF_OK)
        *ret = list[0];
    return code;
}

/* ---- seeing ---- */

#define FILTERS                                                                                    \
    " AND ($3::uuid IS NULL OR x.loan_id = $3) AND ($4::smallint IS NULL OR x.state = $4)"
#define PAGE(t, after, order)                                                                      \
    " AND ($5::timestamptz IS NULL OR (" t ".created_at, x.id) " after " ($5, $6::uuid))"          \
    " ORDER BY " t ".created_at" order ", x.id" order " LIMIT $7"
#define ALL                                                                                        \
    "SELECT " COLUMNS " FROM scfd.enforcement_notarization x"                                      \
    " WHERE ($1::uuid IS NULL AND $2::uuid IS NULL)"
#define SEEN                                                                                       \
    "SELECT " COLUMNS " FROM scfd.enforcement_seen s JOIN scfd.enforcement_notarization x"         \
    " ON x.id = s.notarization_id WHERE s.node_id = $1 AND $2::uuid IS NULL"

static const struct scf_stmt all[2] = {{"enf_all", ALL FILTERS PAGE("x", ">", "")},
                                       {"enf_all_desc", ALL FILTERS PAGE("x", "<", " DESC")}};
static const struct scf_stmt seen[2] = {{"enf_seen", SEEN FILTERS PAGE("s", ">", "")},
                                        {"enf_seen_desc", SEEN FILTERS PAGE("s", "<", " DESC")}};
static const struct scf_stmt one = {
    "enf_one", "SELECT " COLUMNS " FROM scfd.enforcement_notarization x WHERE x.id = $2"
               " AND ($1::uuid IS NULL OR EXISTS (SELECT FROM scfd.enforcement_seen s"
               " WHERE s.notarization_id = x.id AND s.node_id = $1))" FILTERS
               " AND ($5::timestamptz IS NULL OR $6::uuid IS NULL) LIMIT $7"};

enum scf_code scf_enf_select(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_enf_filter *filter, struct scf_enf_case **ret,
                             int *ret_n, struct scf_error *err) {
    const struct scf_page *page = filter->page;
    const struct scf_stmt *list = filter->actor->admin ? all : seen;
    struct scf_params p;
    struct scf_rows *rows;
    size_t n = 0;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, filter->actor->admin ? NULL : &filter->actor->node_id);
    scf_p_uuid(&p, or_null(&filter->id));
    scf_p_uuid(&p, or_null(&filter->loan_id));
    if (filter->state < 0)
        scf_p_null(&p, SCF_PG_INT2);
    else
        scf_p_i16(&p, (int16_t)filter->state);
    scf_p_page_null(&p, page);
    enum scf_code code =
        scf_db_run(db, page ? &list[page->descending] : &one, &p, arena, &rows, err);
    if (code == SCF_OK)
        code = read_all(rows, arena, ret, &n, err);
    if (code == SCF_OK && !page && n == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such resource.");
    *ret_n = (int)n;
    return code;
}

/* ---- what time brings ---- */

/* States by number. A settled loan that opens again is looked for as long as repayments are usually
 * taken back; later the next step finds it. */
_Static_assert(SCF_ENF_EFFECTIVE == 11 && SCF_ENF_DISBURSED == 12 &&
                   SCF_ENF_AMENDED_NOTARISED == 15 && SCF_ENF_FULFILLED == 16 &&
                   SCF_ENF_VERIFYING == 20 && SCF_ENF_EC_ISSUED == 24,
               "the states that the statement names");
static const struct scf_stmt due = {
    "enf_due", "(SELECT x.id FROM scfd.enforcement_notarization x WHERE x.state = 20"
               " AND x.verification_due_at <= $1 ORDER BY x.verification_due_at LIMIT $3)"
               " UNION ALL (SELECT x.id FROM scfd.enforcement_notarization x"
               " JOIN scfd.loan l ON l.id = x.loan_id WHERE x.state BETWEEN 11 AND 24"
               " AND ((x.state = 11 AND l.value_date <= $2) OR (x.state = 12 AND l.status >= 1)"
               " OR (x.state > 11 AND x.state <> 16 AND l.status = 2)"
               " OR (x.state = 16 AND l.status < 2 AND x.updated_at > $1 - interval '90 days')) "
               "ORDER BY x.updated_at LIMIT $3)"};

enum scf_code scf_enf_due(struct scf_db *db, struct scf_arena *arena, int64_t now_us, int32_t today,
                          int max, struct scf_uuid **ret, size_t *ret_n, struct scf_error *err) {
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, arena);
    scf_p_time(&p, now_us);
    scf_p_date(&p, today);
    scf_p_i64(&p, max);
    enum scf_code code = scf_db_run(db, &due, &p, arena, &rows, err);
    return code == SCF_OK ? scf_rows_uuid_list(rows, arena, ret, ret_n, err) : code;
}
