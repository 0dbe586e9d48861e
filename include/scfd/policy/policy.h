/* The credit policy: every parameter of the model that is not an industry template's. A policy is
 * one JSON text, never changed; a change is a new version with the time from which it is in force.
 * Rule ids (CR-…) are those of docs/credit-model.md.
 *
 * Ratios are millionths, amounts minor units only where said. Parsing is pure; any thread. */
#ifndef SCFD_POLICY_POLICY_H
#define SCFD_POLICY_POLICY_H

#include "scfd/template/template.h"

enum scf_qualification_type {
    SCF_QUAL_BUSINESS_LICENSE, /* the precondition of the others */
    SCF_QUAL_INDUSTRY_PERMIT,
    SCF_QUAL_SAFETY_LICENSE,
    SCF_QUAL_QUALITY_SYSTEM,
    SCF_QUAL_HIGH_TECH,
    SCF_QUAL_CREDIT_RATING, /* counts from grade A upwards */
    SCF_QUAL_IMPORT_EXPORT,
    SCF_QUAL_CONSTRUCTION_GRADE,
    SCF_QUAL_OTHER,
    SCF_QUAL_TYPES
};
extern const char *const scf_qualification_names[]; /* in enum order, NULL-terminated */

/* How the three scores become execution credibility (CR-0.3); a grade of D is 0 in all of them. */
enum scf_combination { SCF_COMBINE_SUM, SCF_COMBINE_PRODUCT, SCF_COMBINE_LOWEST };

/* How far the work under a contract has come: it chooses the advance rate a(stage) (CR-2.4). */
enum scf_stage {
    SCF_STAGE_PREPARATION, /* 备料: signed, nothing reported */
    SCF_STAGE_PRODUCTION,  /* 生产 */
    SCF_STAGE_SHIPPED,     /* 发货 */
    SCF_STAGE_ACCEPTED,    /* 签收/验收 */
    SCF_STAGE_INVOICED,    /* 开票确权: invoiced and confirmed by the debtor */
    SCF_STAGES
};
extern const char *const scf_stage_names[]; /* in enum order, NULL-terminated */

/* ---- cross-checks (CR-6.1): the rules are data, the evaluators are in the room trade ---- */

enum scf_check {
    SCF_CHECK_PARTIES,        /* parties equal on contract, events, invoices */
    SCF_CHECK_SIGNED_FIRST,   /* the contract is signed before anything is received */
    SCF_CHECK_STEP_ORDER,     /* order ≤ dispatch ≤ receipt ≤ acceptance; invoice ≥ order */
    SCF_CHECK_DUE_AFTER,      /* payment due ≥ acceptance */
    SCF_CHECK_QUANTITY_MATCH, /* |q_invoice − q_accepted| ≤ tolerance·q_order */
    SCF_CHECK_QUANTITY_ORDERED,  /* Σ accepted ≤ ordered·(1 + tolerance) */
    SCF_CHECK_PRICE_MATCH,       /* |p_invoice − p_order| ≤ tolerance·p_order */
    SCF_CHECK_INVOICE_SUM,       /* Σ invoices ≤ contract amount + approved change orders */
    SCF_CHECK_LINE_TAX,          /* amount·rate = tax ± tolerance (currency units) per line */
    SCF_CHECK_FUND_FLOW,         /* payer is the debtor, payee the designated account */
    SCF_CHECK_LOGISTICS,         /* a shipment names a waybill; its speed is plausible */
    SCF_CHECK_ROUND_TRIP,        /* cycle A→B→C→A within `days`, amounts within tolerance */
    SCF_CHECK_DECLARED_REVENUE,  /* invoiced against VAT-declared revenue ± tolerance */
    SCF_CHECK_INVOICE_CANCELLED, /* void, red or not found (CR-6.3) */
    SCF_CHECKS
};
extern const char *const scf_check_codes[]; /* "parties" …, in enum order, NULL-terminated */

enum scf_severity { SCF_HARD, SCF_SOFT, SCF_ALERT };
extern const char *const scf_severity_names[]; /* in enum order, NULL-terminated */

struct scf_check_rule {
    enum scf_check check;
    enum scf_severity severity; /* HARD: the receivable is ineligible; ALERT: weighs nothing */
    int64_t weight_ppm;         /* in X = Σ passed weight / Σ applicable weight (CR-6.2) */
    int64_t tolerance_ppm;
    int64_t days; /* ROUND_TRIP */
};

/* ---- the whole ---- */

struct scf_borrowing_base_policy { /* CR-3 */
    int64_t advance_ppm, max_advance_ppm;
    int64_t dilution_allowance_ppm; /* dilution above it comes off the advance rate */
    int64_t concentration_ppm, core_concentration_ppm;
    int64_t invoice_age_days, past_due_days;
    int64_t cross_age_ppm;
    int64_t unconfirmed_advance_ppm; /* NOCONF: this rate instead; 0: out */
    bool affiliates_allowed;
};

struct scf_regulatory_policy {                       /* CR-10 */
    int64_t single_borrower_ppm;                     /* of capital: CR-10.4, 商业银行法 39 */
    int64_t single_exposure_ppm, group_exposure_ppm; /* of tier 1 */
    int64_t factor_same_debtor_ppm, factor_affiliates_ppm; /* of risk assets: CR-10.3 */
    int64_t factor_leverage;                               /* risk assets ≤ this × net assets */
    int64_t guarantee_single_ppm, guarantee_group_ppm;     /* of net assets: CR-10.6 */
    int64_t guarantee_leverage;
};

struct scf_voucher_rule { /* CR-9: in force from `from_day` until the next one */
    int32_t from_day;
    int64_t normal_days; /* beyond it the bank must examine the reasons */
    int64_t max_days;
};

struct scf_policy {
    const char *code, *version; /* "default", "1" */
    const char *params;         /* the exact JSON text; its SHA-256 names the model */
    struct scf_hash sha256;
    int64_t advance_ppm;  /* r0 */
    int64_t truth_ppm[4]; /* weights in T: normativity, timeliness, accuracy, cross-checks */
    int64_t lateness_us;  /* the delay from which timeliness is worth nothing (168 h) */
    int64_t qualification_base_ppm, qualification_bonus_ppm[SCF_QUAL_TYPES];
    int64_t history_periods; /* from so many accounting periods with data on, history is full */
    int64_t history_ppm[3];  /* full, short, none */
    int64_t haircut_ppm, guarantee_cap_ppm;
    int64_t valid_days; /* limit_expires_on = as_of + this */
    int64_t unit;       /* limits are rounded down to a multiple of this, minor units */
    enum scf_combination combination;
    int64_t stage_ppm[SCF_STAGES];       /* a(stage) */
    enum scf_period increment_period;    /* how often increments are due */
    int64_t increment_grace_hours;       /* after which a run that did not happen is reported */
    const struct scf_check_rule *checks; /* each check at most once, in the text's order */
    size_t check_count;
    struct scf_borrowing_base_policy base;
    struct scf_regulatory_policy regulatory;
    const struct scf_voucher_rule *vouchers; /* ascending from_day */
    size_t voucher_count;
    int64_t confirmation_days; /* CR-7.8, 条例 Art.16 */
    bool registered_only;      /* invoices are financed as registered receivables only (CR-7.3) */
    int64_t reverify_hours;    /* how old an invoice verification may be at disbursement */
    int64_t hold_hours, hold_max_hours; /* default and longest life of a hold */
};

/* Reads parameters; strings and lists in `arena`. INTERNAL when the text is no sound policy; the
 * detail names the first fault. */
enum scf_code scf_policy_parse(struct scf_arena *arena, const char *code, const char *version,
                               struct scf_str params, struct scf_policy *ret,
                               struct scf_error *err) SCF_MUST_CHECK;
/* The rule of a check; NULL: the policy does not have it. */
const struct scf_check_rule *scf_policy_check(const struct scf_policy *p, enum scf_check check);

/* The field table of the parameters, ended by SCF_FIELD_END, for a schema that has them as a
 * member; and the rules across fields, which such a schema calls once the fields alone are sound.
 * `base`: the JSON pointer of the parameters ("#" when they are the whole). Pure. */
extern const struct scf_field scf_policy_fields[];
void scf_policy_rules(const cJSON *params, const char *base, struct scf_faults *faults);

/* ---- in the database; any thread with its connection ---- */

/* The live policy makes the limits. A shadow policy runs beside it: what it would have said is
 * kept, and nothing else comes of it. Numbers are stored. */
enum scf_policy_role { SCF_POLICY_LIVE, SCF_POLICY_SHADOW };
extern const char *const scf_policy_role_names[]; /* "live", "shadow", NULL */
enum { SCF_MAX_SHADOWS = 3 };                     /* in force at a time */

/* The live policy in force at a time. WRONG_STATE: none was. */
enum scf_code scf_policy_in_force(struct scf_db *db, struct scf_arena *arena, int64_t at_us,
                                  struct scf_policy *ret, struct scf_error *err) SCF_MUST_CHECK;
/* The shadow policies in force at a time, by code; at most SCF_MAX_SHADOWS. A shadow is in force
 * from its `effective_from` until its `effective_until`, or until a newer policy of its code takes
 * effect. */
enum scf_code scf_policy_shadows_in_force(struct scf_db *db, struct scf_arena *arena, int64_t at_us,
                                          struct scf_policy **ret, size_t *ret_n,
                                          struct scf_error *err) SCF_MUST_CHECK;
/* One policy by name, whatever its role. NOT_FOUND. */
enum scf_code scf_policy_get(struct scf_db *db, struct scf_arena *arena, const char *code,
                             const char *version, struct scf_policy *ret,
                             struct scf_error *err) SCF_MUST_CHECK;

/* Every live policy that took effect by a time, newest first: whoever looks back reads them once.
 * scf_policy_at: the one of them that was in force; NULL: none was. */
struct scf_policy_era {
    int64_t from_us;
    struct scf_policy policy;
};
enum scf_code scf_policy_eras(struct scf_db *db, struct scf_arena *arena, int64_t until_us,
                              struct scf_policy_era **ret, size_t *ret_n,
                              struct scf_error *err) SCF_MUST_CHECK;
const struct scf_policy *scf_policy_at(const struct scf_policy_era *eras, size_t n, int64_t at_us);

/* Inside scf_tx_run at start-up: puts the policies that came with the schema into the platform's
 * chain when they are not there yet. */
enum scf_code scf_policies_ship(struct scf_db *db, const struct scf_uuid *platform_id,
                                struct scf_error *err) SCF_MUST_CHECK;

extern const struct scf_route scf_policy_routes[]; /* /v1/credit-policies… */
extern const size_t scf_policy_route_count;

#endif
