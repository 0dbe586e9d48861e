/* Trade: what a contract, its events and its invoices say together (四流合一): how far the work has
 * come and what proves it, whether the papers agree, and which claims on debtors arose.
 *
 * Every record that belongs to a contract leaves a compact fact when its chain is folded, once, in
 * chain order (trade_fact); a view is computed from the facts of one contract, so its cost grows
 * with the contract's records and never with the enterprise's history. The evaluation is a pure
 * function of the facts and the policy: the same facts give the same view, whenever they are read.
 *
 * Of several nodes that report the same thing (the same invoice; a contract) the word that was
 * received first counts, and of equal times the lower chain id; a correction counts from its
 * receipt on. An event that an error declaration negates counts for nothing from then on. Nodes of
 * enterprises that have nothing to do with a contract count neither for nor against it, and only
 * the buyer's word, or that of trade systems that nobody operates, proves an acceptance
 * (docs/credit-model.md, "Facts and views"). */
#ifndef SCFD_TRADE_TRADE_H
#define SCFD_TRADE_TRADE_H

#include "scfd/chain/record.h"
#include "scfd/policy/policy.h"

enum {
    SCF_TRADE_MAX_FACTS = 100000, /* of one contract; more: too_large */
    SCF_FINDING_RECORDS = 10      /* records that a finding names at most */
};

/* ---- progress (CR-2.4: P_t = Σ milestone weight × accepted quantity share) ---- */

/* Milestones are the contract's own (their percentage, else their amount, is the weight), or else
 * the weighted steps of the industry's template; a contract without either has one per ordered
 * line, weighted by amount, or one for the whole. Only what evidence proves counts: an acceptance
 * by or with the buyer, or a completed milestone that an event names. */
struct scf_milestone {
    const char *code;
    int64_t weight_ppm;              /* they add up to at most 1 */
    int64_t share_ppm;               /* accepted part, 0 … 1 */
    const struct scf_uuid *evidence; /* records that prove it, in chain order; at most 10 */
    size_t evidence_count;
};

/* ---- authenticity (CR-6) ---- */

enum scf_outcome_of_check { SCF_CHECK_NOT_APPLICABLE, SCF_CHECK_PASSED, SCF_CHECK_FAILED };

/* What the first failure was, in short: a text of details.def and its figures. */
enum scf_detail {
    SCF_DETAIL_NONE,
#define SCF_DETAIL(NAME, SLUG, FIGURES, EN, ZH) SCF_DETAIL_##NAME,
#include "scfd/trade/details.def"
#undef SCF_DETAIL
    SCF_DETAIL_COUNT
};
enum { SCF_DETAIL_FIGURES = 4 }; /* of any detail at most */

/* The stable name; "" of NONE. Static. */
const char *scf_detail_slug(enum scf_detail detail);
/* How many figures its texts have. */
size_t scf_detail_figures(enum scf_detail detail);
/* False: nothing has this name; *ret is untouched then. */
bool scf_detail_find(const char *slug, enum scf_detail *ret);
/* Reads what receipts carry: the array of the name and the figures, or an empty one for NONE.
 * False: it is none; the outputs are undefined then. Figures are views into the array. */
bool scf_detail_read(const cJSON *array, enum scf_detail *ret,
                     const char *figures[SCF_DETAIL_FIGURES]);
/* Appends the text, English or Chinese, with the figures in it (UTF-8; as many as the detail has).
 */
void scf_detail_text(enum scf_detail detail, const char *const *figures, bool chinese,
                     struct scf_buf *out);

struct scf_finding {
    const struct scf_check_rule *rule; /* the policy's */
    enum scf_outcome_of_check outcome;
    int64_t cases, failures; /* how often it was looked at, and how often it failed */
    enum scf_detail detail;  /* of the first failure; NONE without any */
    const char *figures[SCF_DETAIL_FIGURES];      /* of the detail */
    struct scf_uuid records[SCF_FINDING_RECORDS]; /* of the failures, else of nothing */
    size_t record_count;
};

/* ---- claims on debtors ---- */

/* What an invoice is worth as a receivable, and what speaks against it (CR-3.1). */
struct scf_trade_invoice {
    struct scf_uuid invoice_id;  /* its newest record */
    struct scf_uuid invoice_key; /* in business: business_key, else the record's id */
    struct scf_uuid debtor_id;
    struct scf_hash body_sha256;
    char currency[4];
    int64_t amount;   /* tax included, minor units, ≥ 0 */
    int64_t reduced;  /* red letters and credit notes against it, ≥ 0 */
    int64_t disputed; /* DISP: disputed, credit note pending, returned; ≥ 0 */
    int64_t paid;     /* reported as paid; ≥ 0 */
    int32_t issued_day;
    bool has_due;
    int32_t due_day;
    bool delivered;          /* an acceptance covers it; false: FUT */
    bool cancelled;          /* INV: void, fully red, or not found by the tax authority */
    bool financed_elsewhere; /* OWN/DUP: pledged, factored, sold or securitised, as reported by its
                              * parties, a lender or the installation */
    bool hard_failed;        /* a hard check failed on it */
};

/* ---- the view ---- */

struct scf_trade_chain {
    struct scf_uuid chain_id;
    int64_t folded_size; /* leaves below it are in the facts */
};

struct scf_trade_view {
    struct scf_uuid contract_key;
    bool too_large; /* it has more facts than are looked at: nothing else is known of it */
    enum scf_stage stage;
    int64_t completion_ppm; /* P_t */
    const struct scf_milestone *milestones;
    size_t milestone_count;
    const struct scf_finding *findings; /* one per rule of the policy, in its order */
    size_t finding_count;
    int64_t applicable_ppm, passed_ppm; /* Σ weights: X = passed / applicable */
    bool hard_failed;
    const struct scf_trade_invoice *invoices; /* by issue day, then id; red letters not listed */
    size_t invoice_count;
    int64_t sales_12m, dilution_12m; /* minor units: dilution = returns, credit notes, … (CR-3.2) */
    int64_t invoiced;                /* Σ invoices net of red letters */
    int64_t events, first_event_us;       /* first_event_us counts when events > 0 */
    int64_t facts;                        /* how many it rests on */
    const struct scf_trade_chain *chains; /* those whose facts were looked at, ascending ids */
    size_t chain_count;
};

/* What is asked of the view of a contract. The parties and amounts are those of the record that
 * counts for the contract. */
struct scf_trade_contract {
    struct scf_uuid contract_key, seller_id, buyer_id;
    char currency[4];
    int64_t amount;
    bool has_signed;
    int32_t signed_day;
    const struct scf_template *tmpl; /* its weighted steps are milestones; NULL: it has none */
    const cJSON *body;               /* its lines, milestones and account are read; NULL: erased */
};

/* The newest record of the contract in the chain of `contract`, which may be itself. Any thread
 * with its connection. */
enum scf_code scf_trade_contract_newest(struct scf_db *db, struct scf_arena *arena,
                                        const struct scf_record *contract, struct scf_uuid *ret,
                                        struct scf_error *err) SCF_MUST_CHECK;
/* A contract's record as views want it; the body's tree in `arena` (NULL: erased or no room). */
void scf_trade_contract_of(struct scf_arena *arena, const struct scf_record *record,
                           struct scf_trade_contract *ret);

/* The views of `n` contracts as of a time, from what is folded: facts received up to `as_of_us`.
 * One statement for all of them. `limits` (NULL: none): of these chains only leaves below the size
 * given count, and of other chains none: how a past decision is made again. Everything in `arena`.
 * A contract that has too many facts is marked and keeps no other from its view. BODY_TOO_LARGE:
 * all of them together have more than fit. Any thread with its connection. */
enum scf_code scf_trade_views(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_policy *policy,
                              const struct scf_trade_contract *contracts, size_t n,
                              int64_t as_of_us, const struct scf_trade_chain *limits,
                              size_t limit_count, struct scf_trade_view *ret,
                              struct scf_error *err) SCF_MUST_CHECK;

/* For callers that cannot do without it: BODY_TOO_LARGE of a view that is too large. */
enum scf_code scf_trade_view_fits(const struct scf_trade_view *view,
                                  struct scf_error *err) SCF_MUST_CHECK;

/* ---- making past views again, out of records instead of facts: replays ---- */

/* Facts that are derived from records here and now; nothing that folding stored takes part. One
 * thread; lives in `arena`. */
struct scf_trade_again;
/* NULL: the arena is full. */
struct scf_trade_again *scf_trade_again_new(struct scf_arena *arena);
/* A record of a contract: a contract, an event or an invoice; others are passed over. `before` is
 * the contract_key of the record that it revises (nil: none). `operator_id` and `node_kind`: of the
 * node whose chain it stands in (nil: nobody; −1: the platform). Its body is read, not kept.
 * BODY_TOO_LARGE: a million of them. */
enum scf_code scf_trade_again_add(struct scf_trade_again *again, const struct scf_record *record,
                                  const struct scf_uuid *before, const struct scf_uuid *operator_id,
                                  int node_kind, struct scf_error *err) SCF_MUST_CHECK;
/* Whether the word of a node counts for or against a contract at all: of its parties, of nobody in
 * particular, of lenders and guarantors. Others' facts are in no view. Pure. */
bool scf_trade_is_heard(const struct scf_trade_contract *contract,
                        const struct scf_uuid *operator_id, int node_kind);
/* The views of scf_trade_views over these facts, of leaves below `limits` only. Sales of other
 * enterprises are not among them: round trips are not looked for. Pure. */
enum scf_code scf_trade_again_views(struct scf_trade_again *again, const struct scf_policy *policy,
                                    const struct scf_trade_contract *contracts, size_t n,
                                    int64_t as_of_us, const struct scf_trade_chain *limits,
                                    size_t limit_count, struct scf_trade_view *ret,
                                    struct scf_error *err) SCF_MUST_CHECK;

/* ---- partners: whose records count for the ratings of whom ---- */

/* Notes pairs of a seller and a buyer it has (scfd.trade_partner); those that are known already are
 * passed over. `sellers` and `buyers` have `n` entries each. Inside a transaction: other writers of
 * the same pair wait until it ends. Any thread with its connection. */
enum scf_code scf_trade_partners_add(struct scf_db *db, struct scf_arena *arena,
                                     const struct scf_uuid *const *sellers,
                                     const struct scf_uuid *const *buyers, size_t n,
                                     struct scf_error *err) SCF_MUST_CHECK;

/* ---- folding: called by the rollup for each batch of leaves, inside its transaction ---- */

/* Reads the bodies of those leaves that belong to a contract, and writes their facts; the buyers of
 * contracts that a node of nobody, or one of the seller, reports become its partners. `from` and
 * `until` are leaf indexes of the chain. The caller holds the chain's rollup cursor. */
enum scf_code scf_trade_fold(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_uuid *chain_id, int64_t from, int64_t until,
                             struct scf_error *err) SCF_MUST_CHECK;

extern const struct scf_route scf_trade_routes[]; /* GET /v1/contracts/{id}/findings, …/progress */
extern const size_t scf_trade_route_count;

#endif
