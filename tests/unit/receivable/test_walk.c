/* No sequence of steps, however wild, reaches the money round the rules: a long random walk of
 * everybody's steps over one receivable after the other, with the bodies that the API would take,
 * and after each step what must be true in any state. */
#include <setjmp.h>
#include <cmocka.h>

#include "body.h"

#include "scfd/base/clock.h"

enum { WALKS = 3000, STEPS = 60, ALL_ROLES = 63 };

/* A generator of one's own, so that a failure can be repeated (splitmix64). */
static uint64_t seed;
static uint32_t roll(uint32_t sides) {
    uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ (z >> 31)) % sides);
}

static struct scf_arena *arena;
static struct scf_error err;
static int64_t now;

static void time_text(int64_t us, char out[SCF_TIME_TEXT]) {
    scf_time_format(us, out);
}

/* ---- bodies ---- */

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *body_text(enum scf_rcv_step step) {
    static const char *const verified[] = {"normal", "normal", "normal",    "normal",
                                           "normal", "voided", "not_found", "fully_red"};
    char at[SCF_TIME_TEXT], before[SCF_TIME_TEXT];
    time_text(now, at);
    time_text(now - roll(2000) * SCF_US_PER_SECOND, before);
    switch (step) {
    case SCF_STEP_SEARCH:
        if (roll(6) == 0)
            return scf_asprintf(arena,
                                "\"document_sha256\":\"" HASH "\",\"entries\":[{"
                                "\"registration_no\":\"other\",\"registered_at\":\"%s\"}]",
                                before);
        return "\"document_sha256\":\"" HASH "\",\"entries\":[]";
    case SCF_STEP_VERIFY_INVOICE:
        if (roll(6) == 0)
            return "\"result\":\"partially_red\",\"remaining_amount\":\"500.00\"";
        return scf_asprintf(arena, "\"result\":\"%s\"", verified[roll(8)]);
    case SCF_STEP_MATCH:
        return roll(4) ? "\"result\":\"matched\"" : "\"result\":\"mismatched\"";
    case SCF_STEP_EXAMINE_TENOR:
        return roll(4) ? "\"result\":\"reasonable\",\"reason\":\"r\""
                       : "\"result\":\"unreasonable\",\"reason\":\"r\"";
    case SCF_STEP_REGISTER:
        return scf_asprintf(arena,
                            "\"registration\":{\"registration_no\":\"own\",\"registered_at\":"
                            "\"%s\",\"term_from\":\"2026-01-01\",\"term_to\":\"2027-01-01\","
                            "\"proof_sha256\":\"" HASH "\"}",
                            roll(4) ? at : before);
    case SCF_STEP_NOTIFY:
        return roll(4) ? "\"document_sha256\":\"" HASH "\",\"names_lender\":true"
                       : "\"document_sha256\":\"" HASH "\"";
    case SCF_STEP_DILUTE:
        return "\"amount\":\"1.00\",\"cause\":\"return\"";
    case SCF_STEP_REFUSE:
    case SCF_STEP_DISPUTE:
    case SCF_STEP_RELEASE:
        return "\"reason\":\"r\"";
    case SCF_STEP_OBJECT_REGISTRATION:
        return "\"document_sha256\":\"" HASH "\"";
    case SCF_STEP_AMEND_REGISTRATION:
        return "\"registration_change\":{\"reason\":\"objection_lifted\"}";
    case SCF_STEP_EXTEND_REGISTRATION:
        return "\"registration_change\":{\"term_to\":\"2028-01-01\"}";
    default:
        return "";
    }
}

static const cJSON *make_body(enum scf_rcv_step step, const struct scf_rcv_ctx *ctx) {
    const char *members = body_text(step);
    char at[SCF_TIME_TEXT];
    time_text(now - (roll(5) == 0 ? roll(2000) * SCF_US_PER_SECOND : 0), at);
    char *text = scf_asprintf(arena, "{\"step\":\"%s\",\"happened_at\":\"%s\"%s%s}",
                              scf_rcv_step_names[step], at, *members ? "," : "", members);
    const cJSON *body = scf_json_parse(arena, text, strlen(text), &err);
    struct scf_faults faults = {.arena = arena}, warnings = {.arena = arena};
    const struct scf_schema_options options = {.rules_ctx = ctx};
    assert_non_null(body);
    if (!scf_schema_check(&scf_rcv_step_schema, body, &options, &faults, &warnings))
        fail_msg("%s: %s %s", text, faults.items[0].pointer, faults.items[0].detail);
    return body;
}

/* ---- one step ---- */

/* As the API takes it; false: refused. */
static bool ask(struct scf_receivable *r, enum scf_rcv_step step, unsigned roles) {
    const struct scf_rcv_ctx ctx = {now, 0};
    const cJSON *body = make_body(step, &ctx);
    struct scf_receivable next = *r;
    struct scf_verdict verdict;
    struct scf_rcv_move move = {.step = step,
                                .good = scf_rcv_body_good(body, r, &ctx),
                                .roles = roles,
                                .at_us = scf_rcv_body_time(body, &ctx),
                                .now_us = now};
    if (scf_rcv_check(arena, r, &move, &verdict, &err) != SCF_OK)
        return false;
    scf_rcv_enter(&next, &move, &verdict);
    if (scf_rcv_effect(arena, &next, step, body, &ctx, &err) != SCF_OK)
        return false;
    *r = next;
    return true;
}

/* As a loan takes it: the loan's own conditions are tested elsewhere, here are those of the law. */
static bool lend(struct scf_receivable *r) {
    struct scf_verdict verdict;
    struct scf_rcv_move move = {.step = SCF_STEP_DISBURSE,
                                .good = true,
                                .roles = SCF_ROLE_PLATFORM,
                                .at_us = now,
                                .now_us = now};
    if (scf_rcv_check(arena, r, &move, &verdict, &err) != SCF_OK)
        return false;
    scf_rcv_enter(r, &move, &verdict);
    r->financed_us = now;
    return true;
}

/* ---- what must hold ---- */

static void check_before_money(const struct scf_receivable *r) {
    assert_true(r->searched_us != 0);
    assert_true(r->verification == SCF_VERIFIED_NORMAL ||
                r->verification == SCF_VERIFIED_PARTIALLY_RED);
    assert_true(r->confirmed);
    assert_true(scf_receivable_is_registered(r));
    assert_true(r->notified_us >= r->registered_us);
    assert_true(r->proven_clear_us > r->registered_us);
    assert_false(r->conflict);
    assert_true(!r->tenor_reasoned || r->tenor_examined);
}

static bool is_main(enum scf_receivable_state state) {
    return state < SCF_RCV_SETTLED || state == SCF_RCV_OVERDUE;
}

static void check_always(const struct scf_receivable *r) {
    bool lent = r->financed_us != 0;
    bool aside = r->state == SCF_RCV_DISPUTED || r->state == SCF_RCV_DILUTED ||
                 r->state == SCF_RCV_INELIGIBLE || r->state == SCF_RCV_RED_LETTERED;
    assert_true(r->diluted >= 0 && r->diluted <= r->amount);
    assert_int_equal(r->open, !scf_rcv_is_over(r->state));
    assert_int_equal(r->ended_us != 0, scf_rcv_is_over(r->state));
    assert_int_equal(r->bar != SCF_BAR_NONE, r->state == SCF_RCV_INELIGIBLE);
    if (aside)
        assert_true(is_main(r->resume));
    if (r->state == SCF_RCV_FINANCED || r->state == SCF_RCV_RED_LETTERED)
        assert_true(lent);
    if (r->state == SCF_RCV_INELIGIBLE || r->state == SCF_RCV_RELEASED ||
        r->state <= SCF_RCV_NOTIFIED)
        assert_false(lent);
    if (r->state >= SCF_RCV_REGISTERED && r->state <= SCF_RCV_FINANCED)
        assert_true(r->confirmed && r->registered_us != 0);
}

/* The walk prefers the step that is due, or it would seldom get far. */
static enum scf_rcv_step choose(const struct scf_receivable *r) {
    struct scf_rcv_facts facts = scf_receivable_facts(r);
    const char *due = scf_rcv_due(&facts);
    bool keen = roll(8) != 0;
    for (int i = SCF_STEP_SUBMIT; due && keen && i <= SCF_STEP_CANCEL_REGISTRATION; i++)
        if (strcmp(scf_rcv_step_names[i], due) == 0)
            return (enum scf_rcv_step)i;
    return (enum scf_rcv_step)(SCF_STEP_SUBMIT + roll(SCF_STEP_CANCEL_REGISTRATION));
}

static void test_no_way_round_the_rules(void **state) {
    (void)state;
    int lent = 0, ended = 0, taken = 0;
    for (int walk = 0; walk < WALKS; walk++) {
        seed = (uint64_t)walk;
        now = INT64_C(1790000000000000);
        struct scf_receivable r = {.kind = (enum scf_rcv_kind)roll(4),
                                   .open = true,
                                   .currency = "CNY",
                                   .amount = 100000,
                                   .tenor_reasoned = roll(2)};
        for (int i = 0; i < STEPS; i++) {
            now += (1 + roll(600)) * SCF_US_PER_SECOND;
            bool ready = r.state == SCF_RCV_NOTIFIED && roll(4) == 0;
            if (ready && lend(&r)) {
                check_before_money(&r);
                lent++;
            }
            taken += ask(&r, choose(&r), ALL_ROLES);
            check_always(&r);
        }
        ended += scf_rcv_is_over(r.state);
        scf_arena_reset(arena);
    }
    /* The walk was worth it. */
    assert_true(taken > WALKS * STEPS / 10);
    assert_true(lent > WALKS / 4);
    assert_true(ended > WALKS / 4);
}

static int open_arena(void **state) {
    (void)state;
    arena = scf_arena_new(64 << 20);
    return 0;
}

static int close_arena(void **state) {
    (void)state;
    scf_arena_free(arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_way_round_the_rules)};
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
