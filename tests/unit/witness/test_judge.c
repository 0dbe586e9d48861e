/* add-checkpoint: its body, and what a witness decides; with the trees of the certificate
 * transparency reference tests (leaves "", 00, 10, 2021, …). */
#include "scfd/base/prelude.h"

#include <setjmp.h>
#include <cmocka.h>

#include "answer.h"
#include "judge.h"
#include "scfd/base/clock.h"

#define ROOT6 "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"
#define ROOT8 "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"

static struct scf_hash hash(const char *hex) {
    struct scf_hash h;
    assert_true(scf_unhex(scf_str(hex), h.b, sizeof h.b));
    return h;
}

static struct scf_wit_request from_6_to_8(void) {
    struct scf_wit_request r = {.old_size = 6, .proof_count = 3};
    r.proof[0] = hash("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a");
    r.proof[1] = hash("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0");
    r.proof[2] = hash("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7");
    return r;
}

static void what_is_decided(void **state) {
    (void)state;
    struct scf_wit_standing log = {
        .alg = SCF_SHA256, .cosigned = true, .size = 6, .root = hash(ROOT6)};
    struct scf_wit_standing fresh = {.alg = SCF_SHA256}, halted = log;
    struct scf_checkpoint eight = {.size = 8, .root = hash(ROOT8)};
    struct scf_checkpoint six = {.size = 6, .root = hash(ROOT6)};
    struct scf_checkpoint other = {.size = 6, .root = hash(ROOT8)};
    struct scf_wit_request grow = from_6_to_8(), same = {.old_size = 6}, first = {.old_size = 0};
    halted.halted = true;
    assert_int_equal(scf_wit_judge(&log, &grow, &eight), SCF_WIT_COSIGN);
    assert_int_equal(scf_wit_judge(&log, &same, &six), SCF_WIT_COSIGN);
    assert_int_equal(scf_wit_judge(&fresh, &first, &eight), SCF_WIT_COSIGN);
    assert_int_equal(scf_wit_judge(&halted, &grow, &eight), SCF_WIT_HALTED);
    assert_int_equal(scf_wit_judge(&log, &same, &other), SCF_WIT_STALE);
    assert_int_equal(scf_wit_judge(&log, &first, &eight), SCF_WIT_STALE);
    assert_int_equal(scf_wit_judge(&fresh, &grow, &eight), SCF_WIT_STALE);
    grow.old_size = 9;
    assert_int_equal(scf_wit_judge(&log, &grow, &eight), SCF_WIT_BAD_SIZE);
}

static void proofs_that_do_not_hold(void **state) {
    (void)state;
    struct scf_wit_standing log = {.alg = SCF_SHA256,
                                   .cosigned = true,
                                   .size = 6,
                                   .root = hash(ROOT6)},
                            fresh = {.alg = SCF_SHA256};
    struct scf_checkpoint eight = {.size = 8, .root = hash(ROOT8)};
    struct scf_checkpoint six = {.size = 6, .root = hash(ROOT6)};
    struct scf_wit_request r = from_6_to_8();
    for (int i = 0; i < 3; i++) {
        r.proof[i].b[31] ^= 1;
        assert_int_equal(scf_wit_judge(&log, &r, &eight), SCF_WIT_BAD_PROOF);
        r.proof[i].b[31] ^= 1;
    }
    for (r.proof_count = 0; r.proof_count < 3; r.proof_count++)
        assert_int_equal(scf_wit_judge(&log, &r, &eight), SCF_WIT_BAD_PROOF);
    r.proof_count = 4;
    assert_int_equal(scf_wit_judge(&log, &r, &eight), SCF_WIT_BAD_PROOF);
    r.proof_count = 1; /* nothing needs to be proven of the same tree, nor from none */
    assert_int_equal(scf_wit_judge(&log, &r, &six), SCF_WIT_BAD_PROOF);
    r.old_size = 0;
    assert_int_equal(scf_wit_judge(&fresh, &r, &eight), SCF_WIT_BAD_PROOF);
    log.root = hash(ROOT8);
    r = from_6_to_8();
    assert_int_equal(scf_wit_judge(&log, &r, &eight), SCF_WIT_BAD_PROOF);
}

static void an_empty_tree_has_one_root(void **state) {
    (void)state;
    struct scf_wit_standing fresh = {.alg = SCF_SHA256};
    struct scf_wit_request first = {.old_size = 0};
    struct scf_checkpoint c = {
        .size = 0,
        .root = hash("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")};
    assert_false(scf_wit_impossible(SCF_SHA256, &c));
    assert_int_equal(scf_wit_judge(&fresh, &first, &c), SCF_WIT_COSIGN);
    c.root = hash(ROOT6);
    assert_true(scf_wit_impossible(SCF_SHA256, &c));
    assert_int_equal(scf_wit_judge(&fresh, &first, &c), SCF_WIT_BAD_PROOF);
}

static void time_never_goes_back(void **state) {
    (void)state;
    assert_int_equal(scf_wit_time(1700000000999999, 0), 1700000000);
    assert_int_equal(scf_wit_time(1700000000000000, 1700000001), 1700000001);
    assert_int_equal(scf_wit_time(-5, 0), 0);
}

static void bodies(void **state) {
    (void)state;
    const char *text = "old 6\n"
                       "Drxe+pdv4tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=\n"
                       "\n"
                       "origin\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\nrest\n";
    struct scf_wit_request r;
    assert_null(scf_wit_request_parse(scf_str(text), &r));
    assert_int_equal(r.old_size, 6);
    assert_int_equal(r.proof_count, 1);
    assert_true(scf_str_starts(r.note, "origin\n8\n"));
    struct scf_buf out;
    scf_buf_init(&out, 4096);
    scf_wit_request_write(&r, &out);
    assert_string_equal(out.data, text);
    scf_buf_free(&out);
    const char *bad[] = {
        "",           "old",           "old 6",      "old 6\n",    "old  6\n\nx",
        "old 06\n\n", "old -1\n\n",    "OLD 6\n\n",  "old 6 \n\n", "old 6\nAAAA\n\n",
        "\nold 6\n",  "old 6\r\n\r\n", "old 6x\n\n", "old \n\n"};
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        assert_non_null(scf_wit_request_parse(scf_str(bad[i]), &r));
}

static void a_proof_has_63_lines_at_most(void **state) {
    (void)state;
    static struct scf_wit_request r;
    struct scf_buf out;
    scf_buf_init(&out, 8192);
    r.proof_count = SCF_WIT_PROOF_MAX;
    scf_wit_request_write(&r, &out);
    assert_null(scf_wit_request_parse((struct scf_str){out.data, out.len}, &r));
    assert_int_equal(r.proof_count, SCF_WIT_PROOF_MAX);
    scf_buf_clear(&out);
    scf_buf_puts(&out, "old 1\n");
    for (int i = 0; i <= SCF_WIT_PROOF_MAX; i++)
        scf_buf_puts(&out, "Drxe+pdv4tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=\n");
    scf_buf_puts(&out, "\nnote\n");
    assert_non_null(scf_wit_request_parse((struct scf_str){out.data, out.len}, &r));
    scf_buf_free(&out);
}

static struct scf_wit_answer answer(int status, const char *body) {
    static const uint8_t pub[SCF_ED25519_PUBLIC_LEN];
    struct scf_cosigner key = scf_cosigner(SCF_STR("w"), pub);
    return scf_wit_answer_read(status, scf_str(body), SCF_STR("text\n"), &key, 0);
}

static void answers(void **state) {
    (void)state;
    assert_int_equal(answer(409, "12\n").kind, SCF_WIT_OTHER_SIZE);
    assert_int_equal(answer(409, "12\n").size, 12);
    const char *no_sizes[] = {
        "", "12", "-1\n", "012\n", "12\n\n", "12\nx", "9223372036854775808\n"};
    for (size_t i = 0; i < SCF_COUNT(no_sizes); i++)
        assert_int_equal(answer(409, no_sizes[i]).kind, SCF_WIT_REFUSED);
    const int others[] = {200, 204, 301, 400, 403, 404, 422, 500, 0};
    for (size_t i = 0; i < SCF_COUNT(others); i++) {
        assert_int_equal(answer(others[i], "").kind, SCF_WIT_REFUSED);
        assert_non_null(answer(others[i], "").problem);
    }
}

static void pauses(void **state) {
    (void)state;
    const int64_t seconds[] = {2, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600};
    for (int i = 0; i < (int)SCF_COUNT(seconds); i++)
        assert_int_equal(scf_wit_pause_us(i), seconds[i] * SCF_US_PER_SECOND);
    assert_int_equal(scf_wit_pause_us(INT32_MAX), 600 * SCF_US_PER_SECOND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_decided),
        cmocka_unit_test(proofs_that_do_not_hold),
        cmocka_unit_test(an_empty_tree_has_one_root),
        cmocka_unit_test(time_never_goes_back),
        cmocka_unit_test(bodies),
        cmocka_unit_test(a_proof_has_63_lines_at_most),
        cmocka_unit_test(answers),
        cmocka_unit_test(pauses),
    };
    scf_digest_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
