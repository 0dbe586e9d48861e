/* Decisions, loans and repayments as the API shows them: reading rows and writing JSON. */
#ifndef SCFD_LENDING_VIEW_H
#define SCFD_LENDING_VIEW_H

#include "filing.h"
#include "ledger.h"
#include "limit_account.h"

/* What the record in the lender's chain says. Text in the arena of the rows. */
struct scf_filed {
    struct scf_uuid id, lender_id;
    int64_t leaf_index;
    struct scf_hash leaf_hash, body_sha256;
    struct scf_str external_id, body; /* body.p NULL: erased */
    int64_t received_us;
    int offset_minutes; /* the lender's time zone */
    int64_t version, created_us;
};

/* Where to look, and for what. */
struct scf_lending_filter {
    const struct scf_actor *actor;
    struct scf_uuid id; /* nil: any */
    struct scf_uuid of; /* decisions: of this assessment; loans: under this decision; repayments:
                           of this loan. Nil: any */
    struct scf_uuid borrower_id; /* loans; nil: any */
    const char *loan_no;         /* loans; NULL: any */
    const struct scf_page *page; /* NULL: one row */
};

struct scf_decision {
    struct scf_filed filed;
    struct scf_uuid assessment_id, borrower_id, supersedes_id, superseded_by;
    enum scf_outcome outcome;
    enum scf_decision_status status;
    char currency[4];
    int64_t approved_limit, rate_ppm, tenor_days;
    bool revolving;
    int32_t valid_from, valid_until;
    struct scf_drawn drawn;
};

enum scf_loan_status { SCF_LOAN_DISBURSED, SCF_LOAN_REPAYING, SCF_LOAN_SETTLED };

struct scf_loan {
    struct scf_filed filed;
    struct scf_uuid decision_id, borrower_id;
    const char *loan_no;
    char currency[4];
    struct scf_terms terms;
    enum scf_loan_status status;
    struct scf_amounts owed;
    int32_t paid_to_day;
    int64_t paid_interest;
    int64_t entries;
    struct scf_decision decision; /* of which only limit and drawn amounts */
    struct scf_instalment *schedule;
    size_t instalments;
};

struct scf_repayment {
    struct scf_filed filed;
    struct scf_uuid loan_id, reversal_of, reversed_by;
    char currency[4];
    int64_t amount;
    int32_t value_day;
    struct scf_amounts allocation;
};

/* Members without braces, as of `now_us`. `arena` for parsing the stored body. */
void scf_decision_write(struct scf_jsonw *w, const struct scf_decision *d, int64_t now_us,
                        struct scf_arena *arena);
void scf_loan_write(struct scf_jsonw *w, const struct scf_loan *l, int64_t now_us,
                    struct scf_arena *arena);
void scf_repayment_write(struct scf_jsonw *w, const struct scf_repayment *r, int64_t now_us,
                         struct scf_arena *arena);

/* ---- select_store.c: how they are read ---- */

/* Columns of every select, before its own; the table is `x`. */
#define SCF_FILED_COLUMNS                                                                          \
    "x.id, x.lender_id, r.leaf_index, r.leaf_hash, r.body_sha256, r.external_id, r.body,"          \
    " r.received_at, n.offset_minutes, x.version, x.created_at"
enum { SCF_FILED_COUNT = 11 };

/* Reads the columns from SCF_FILED_COUNT on of one row into an item, whose `filed` is read. */
typedef enum scf_code (*scf_lending_reader)(const struct scf_rows *rows, int row,
                                            struct scf_arena *arena, void *item,
                                            struct scf_error *err);

/* One resource: its select in the shapes in which it is asked for, each pinned to the index that it
 * walks; of each list ascending and descending. Parameters: $1 node (NULL: an administrator), $2
 * id, $3 what they belong to, $4 borrower, $5 number, $6, $7 position, $8 limit. */
struct scf_lending_stmts {
    struct scf_stmt one;         /* by $2 */
    struct scf_stmt all[2];      /* everything */
    struct scf_stmt seen[2];     /* what $1 sees */
    struct scf_stmt of[2];       /* by $3 */
    struct scf_stmt borrower[2]; /* by $4; not of repayments */
    struct scf_stmt number[2];   /* by $5; of loans */
    scf_lending_reader read;
    size_t size; /* of an item; it begins with its struct scf_filed */
};
#define SCF_LENDING_COLUMNS_(columns) "SELECT " SCF_FILED_COLUMNS ", " columns " FROM "
#define SCF_LENDING_JOINS_                                                                         \
    " JOIN scfd.record r ON r.id = x.id JOIN scfd.node n ON n.id = x.lender_id WHERE "
#define SCF_LENDING_VISIBLE_                                                                       \
    " AND ($1::uuid IS NULL OR x.lender_id = $1 OR EXISTS (SELECT FROM scfd.record_addressee a"    \
    " WHERE a.node_id = $1 AND a.record_id = x.id))"
#define SCF_LENDING_PAGE_(t, after, order)                                                         \
    " AND ($6::timestamptz IS NULL OR (" t ".created_at, " t ".id) " after " ($6, $7::uuid))"      \
    " ORDER BY " t ".created_at" order ", " t ".id" order " LIMIT $8"
#define SCF_LENDING_BOTH_(name, select, t)                                                         \
    {                                                                                              \
        {name, select SCF_LENDING_PAGE_(t, ">", "")},                                              \
            {name "_desc", select SCF_LENDING_PAGE_(t, "<", " DESC")},                             \
    }
#define SCF_LENDING_ONE(name, table, columns)                                                      \
    {                                                                                              \
        name, SCF_LENDING_COLUMNS_(columns) "scfd." table " x" SCF_LENDING_JOINS_                  \
                                            "x.id = $2" SCF_LENDING_VISIBLE_                       \
    }
#define SCF_LENDING_ALL(name, table, columns)                                                      \
    SCF_LENDING_BOTH_(name "_all",                                                                 \
                      SCF_LENDING_COLUMNS_(columns) "scfd." table " x" SCF_LENDING_JOINS_ "true",  \
                      "x")
#define SCF_LENDING_SEEN(name, table, columns, kind)                                               \
    SCF_LENDING_BOTH_(name "_seen",                                                                \
                      SCF_LENDING_COLUMNS_(columns) "scfd.lending_seen s JOIN scfd." table         \
                                                    " x ON x.id = s.id" SCF_LENDING_JOINS_         \
                                                    "s.node_id = $1 AND s.kind = " kind,           \
                      "s")
/* `key` names what it is asked by, `where` says how, with the other filters. */
#define SCF_LENDING_BY(name, table, columns, key, where)                                           \
    SCF_LENDING_BOTH_(                                                                             \
        name "_by_" key,                                                                           \
        SCF_LENDING_COLUMNS_(columns) "scfd." table                                                \
                                      " x" SCF_LENDING_JOINS_ where SCF_LENDING_VISIBLE_,          \
        "x")
_Static_assert(SCF_REC_CREDIT_DECISION == 6 && SCF_REC_LOAN == 7 && SCF_REC_REPAYMENT == 8,
               "the kinds that the statements name");

extern const struct scf_lending_stmts scf_decision_stmts, scf_loan_stmts, scf_repayment_stmts;

/* Items the actor may see, in page order, at most limit + 1; filter->page NULL: NOT_FOUND unless
 * there is one. */
enum scf_code scf_lending_select(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_lending_stmts *stmts,
                                 const struct scf_lending_filter *filter, void **ret, int *ret_n,
                                 struct scf_error *err) SCF_MUST_CHECK;

/* ---- view.c ---- */

/* id, object, external_id, received_at, sha256, chain, lender_id, version. */
void scf_filed_write(struct scf_jsonw *w, const struct scf_filed *filed, enum scf_record_kind kind);
/* The stored body; NULL when it was erased. */
const cJSON *scf_filed_body(const struct scf_filed *filed, struct scf_arena *arena);
/* The members of the stored body that no column holds, as they were sent: all of the schema but
 * `shown` (NULL-terminated). */
void scf_kept_write(struct scf_jsonw *w, const struct scf_filed *filed,
                    const struct scf_schema *schema, const char *const *shown,
                    struct scf_arena *arena);
void scf_amounts_write(struct scf_jsonw *w, const char *key, const struct scf_amounts *a,
                       int scale);
/* The day it is at the lender. */
int32_t scf_filed_day(const struct scf_filed *filed, int64_t at_us);

#endif
