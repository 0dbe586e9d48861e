/* Contracts made up for tests: facts from JSON bodies, as intake and folding would leave them. */
#ifndef SCFD_TESTS_TRADE_CASES_H
#define SCFD_TESTS_TRADE_CASES_H

#include <setjmp.h>
#include <cmocka.h>
#include <stdarg.h>

#include "policy_text.h"
#include "view.h"

enum { MAX_FACTS = 64, SELLER = 1, BUYER, STRANGER, CARRIER, BANK, NOBODY };

struct story {
    struct scf_arena *arena;
    struct scf_policy policy;
    struct scf_trade_contract contract;
    struct scf_fact facts[MAX_FACTS];
    int64_t folded[MAX_FACTS];
    size_t n;
    bool through_digest; /* read every fact from the digest of its body, whose tree then goes */
    struct scf_case made;
    struct scf_trade_view view;
};

static inline struct scf_uuid uuid_of(uint8_t tag, uint64_t n) {
    struct scf_uuid u = {{tag}};
    memcpy(u.b + 8, &n, sizeof n);
    return u;
}

static inline struct scf_uuid enterprise(int who) {
    return who == NOBODY ? (struct scf_uuid){{0}} : uuid_of(1, (uint64_t)who);
}

static inline const char *ent(struct story *s, int who) {
    char text[SCF_ID_TEXT];
    struct scf_uuid id = enterprise(who);
    scf_id_format("ent", &id, text);
    return scf_strdup(s->arena, text);
}

/* JSON with ' for ". */
__attribute__((format(printf, 2, 3))) static inline const cJSON *json_of(struct story *s,
                                                                         const char *format, ...) {
    struct scf_error err = {0};
    va_list args;
    char *raw = scf_alloc(s->arena, 1, 65536);
    assert_non_null(raw);
    va_start(args, format);
    vsnprintf(raw, 65536, format, args);
    va_end(args);
    for (char *p = raw; *p != '\0'; p++)
        *p = *p == '\'' ? '"' : *p;
    cJSON *json = scf_json_parse(s->arena, raw, strlen(raw), &err);
    if (json == NULL)
        fail_msg("%s: %s", err.detail, raw);
    return json;
}

static inline void begin(struct story *s, const cJSON *(*body)(struct story *)) {
    struct scf_error err = {0};
    *s = (struct story){.arena = scf_arena_new(64 << 20)};
    assert_int_equal(
        scf_policy_parse(s->arena, "default", "1", scf_str(policy_text), &s->policy, &err), SCF_OK);
    s->contract = (struct scf_trade_contract){.contract_key = uuid_of(7, 1),
                                              .seller_id = enterprise(SELLER),
                                              .buyer_id = enterprise(BUYER),
                                              .currency = "CNY",
                                              .has_signed = true};
    s->contract.body = body(s);
    assert_true(scf_body_money(s->contract.body, "amount", 2, &s->contract.amount));
    assert_true(scf_body_day(s->contract.body, "signed_on", &s->contract.signed_day));
}

static inline void end(struct story *s) {
    scf_arena_free(s->arena);
}

static inline void read_fact(struct story *s, const cJSON *body, struct scf_fact *f) {
    struct scf_buf digest;
    struct scf_error err = {0};
    struct scf_arena *tree = scf_arena_new(1 << 22);
    scf_buf_init(&digest, 1 << 20);
    scf_fact_digest(f->kind, body, &digest);
    if (s->through_digest) {
        body = scf_json_parse(tree, scf_strndup(tree, digest.data, digest.len), digest.len, &err);
        assert_non_null(body);
    }
    scf_buf_free(&digest);
    assert_true(scf_fact_read(s->arena, body, f));
    assert_true(!s->through_digest || scf_fact_own(s->arena, f));
    scf_arena_free(tree);
}

/* One more fact, received a minute after the one before. `operator` also names the chain. */
static inline struct scf_fact *say(struct story *s, int operator, int node_kind,
                                   enum scf_record_kind kind, const cJSON *body) {
    struct scf_fact *f = &s->facts[s->n];
    const char *amount = kind == SCF_REC_INVOICE ? "total_amount" : "amount";
    int32_t day;
    assert_true(s->n < MAX_FACTS);
    *f = (struct scf_fact){
        .contract_key = s->contract.contract_key,
        .chain_id = uuid_of(5, (uint64_t) operator* 16 +(uint64_t) node_kind),
        .record_id = uuid_of(9, s->n + 1),
        .object_key = kind == SCF_REC_INVOICE
                          ? scf_fact_text_key(scf_json_string(body, "invoice_no"))
                          : scf_fact_event_key(body),
        .leaf_index = (int64_t)s->n, /* ascending in each chain is all that counts */
        .kind = kind,
        .received_us = INT64_C(1760000000000000) + (int64_t)s->n * 60 * SCF_US_PER_SECOND,
        .seller_id = enterprise(SELLER),
        .buyer_id = enterprise(BUYER),
        .operator_id = enterprise(operator),
        .node_kind = node_kind,
        .currency = "CNY",
    };
    if (scf_json_get(body, "currency"))
        memcpy(f->currency, scf_json_string(body, "currency"), 4);
    f->has_amount = scf_body_money(body, amount, 2, &f->amount);
    f->has_happened = scf_body_time(body, "occurred_at", 0, &f->happened_us);
    if (scf_body_day(body, "issued_on", &day)) {
        f->has_happened = true;
        f->happened_us = day * SCF_US_PER_DAY;
    }
    read_fact(s, body, f);
    s->folded[s->n++] = 1000;
    return f;
}

#define EVENT(s, who, ...)                                                                         \
    say(s, who, SCF_NODE_ERP, SCF_REC_WORKFLOW_EVENT, json_of(s, __VA_ARGS__))
#define INVOICE(s, who, ...) say(s, who, SCF_NODE_ERP, SCF_REC_INVOICE, json_of(s, __VA_ARGS__))

static inline void look(struct story *s) {
    s->made = (struct scf_case){.arena = s->arena,
                                .policy = &s->policy,
                                .contract = &s->contract,
                                .sales = s->made.sales,
                                .sale_count = s->made.sale_count,
                                .sales_known = s->made.sales_known,
                                .revenue = s->made.revenue,
                                .as_of_us = INT64_C(1770000000000000)};
    assert_true(scf_view_make(&s->made, s->facts, s->folded, s->n, &s->view));
}

/* The text of a finding, in the arena. */
static inline const char *text_of(const struct story *s, const struct scf_finding *f,
                                  bool chinese) {
    struct scf_buf text;
    scf_buf_init(&text, 4096);
    scf_detail_text(f->detail, f->figures, chinese, &text);
    const char *copy = scf_strdup(s->arena, text.len > 0 ? text.data : "");
    scf_buf_free(&text);
    return copy;
}

static inline const struct scf_finding *finding(const struct story *s, enum scf_check check) {
    for (size_t i = 0; i < s->view.finding_count; i++)
        if (s->view.findings[i].rule->check == check)
            return &s->view.findings[i];
    fail_msg("no finding");
    return NULL;
}

#define assert_outcome(s, check, expected)                                                         \
    do {                                                                                           \
        const struct scf_finding *f_ = finding(s, check);                                          \
        if (f_->outcome != (expected))                                                             \
            fail_msg("%s: outcome %d, detail %d", scf_check_codes[check], (int)f_->outcome,        \
                     (int)f_->detail);                                                             \
    } while (0)
#define PASSED SCF_CHECK_PASSED
#define FAILED SCF_CHECK_FAILED
#define NOTHING SCF_CHECK_NOT_APPLICABLE

#endif
