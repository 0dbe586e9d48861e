/* The adapter of RFC 3161 and stamping, with a real authority (tests/harness/tsa.py) as a child:
 * the token, its renewal, what verifies offline and what does not. */
#include <setjmp.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "../chain/world.h"
#include "algorithm.h"
#include "target.h"

#include "scfd/codec/http_client.h"
#include "scfd/codec/jsonw.h"

static const char statement[] = "scfd-anchor/v1\norigin scfd.example/anchors\n…\n";

static struct world w;
static char folder[] = "/tmp/scfd-test-tsa-XXXXXX";
static pid_t child;
static char url[128], ca_pem[8192];

/* ---- the authority ---- */

static void path_of(const char *name, char out[160]) {
    snprintf(out, 160, "%s/%s", folder, name);
}

static void read_text(const char *name, char *out, size_t size) {
    char path[160];
    path_of(name, path);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(out, 1, size - 1, f);
    fclose(f);
    assert_true(n > 0 && n < size - 1);
    out[n] = '\0';
}

static void wait_for(const char *name, bool there) {
    char path[160];
    struct stat st;
    path_of(name, path);
    for (int i = 0; i < 1500; i++) {
        if ((stat(path, &st) == 0) == there)
            return;
        usleep(20000);
    }
    fail_msg("the authority does not answer");
}

/* Tells the authority, and waits until it has heard it. */
static void tell(const char *name, const char *value) {
    char path[160], temporary[170];
    path_of(name, path);
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    FILE *f = fopen(temporary, "wb");
    assert_non_null(f);
    assert_true(fputs(value, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(rename(temporary, path), 0);
    wait_for(name, false);
}

static int set_up(void **state) {
    (void)state;
    scf_http_client_init();
    if (!world_open(&w))
        return 0;
    assert_non_null(mkdtemp(folder));
    child = fork();
    if (child == 0) {
        execl("/usr/bin/python3", "python3", "-m", "tests.harness.tsa", folder, (char *)NULL);
        _exit(127);
    }
    wait_for("url", true);
    read_text("url", url, sizeof url);
    read_text("ca.pem", ca_pem, sizeof ca_pem);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    if (w.url == NULL)
        return 0;
    char command[128];
    kill(child, SIGTERM);
    waitpid(child, NULL, 0);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
    world_close(&w);
    return 0;
}

static void need_world(void) {
    if (w.url == NULL)
        skip();
}

static const char *settings(void) {
    struct scf_buf out;
    scf_buf_init(&out, 1 << 16);
    struct scf_jsonw j = scf_jsonw(&out);
    scf_jw_object(&j, NULL);
    scf_jw_str(&j, "ca_pem", ca_pem);
    scf_jw_end_object(&j);
    const char *text = scf_strndup(w.arena, out.data, out.len);
    scf_buf_free(&out);
    return text;
}

/* ---- tests ---- */

static struct scf_anchor_target target;

static struct scf_anchor_entry new_entry(void) {
    target = (struct scf_anchor_target){
        .name = "t", .kind = SCF_ANCHOR_RFC3161, .url = url, .settings_json = settings()};
    return (struct scf_anchor_entry){.target = &target,
                                     .statement = SCF_STR(statement),
                                     .statement_sha256 =
                                         scf_sha256(statement, sizeof statement - 1)};
}

static enum scf_code step(struct scf_anchor_entry *e) {
    return scf_anchor_rfc3161.step(w.db, w.arena, &w.services, e, &w.err);
}

static bool verifies(struct scf_str proof, struct scf_str text, const char *trust,
                     int64_t *ret_time_us) {
    struct scf_buf report;
    scf_buf_init(&report, 1 << 16);
    bool ok = scf_anchor_rfc3161.verify(proof, text, scf_str(trust), &report, ret_time_us);
    assert_true(ok || report.len > 0 || proof.n == 0);
    scf_buf_free(&report);
    return ok;
}

static void check_proof(const struct scf_anchor_entry *e) {
    int64_t at_us = 0;
    assert_true(verifies(e->proof, e->statement, ca_pem, &at_us));
    assert_int_equal(at_us, e->proven_us);
    assert_true(verifies(e->proof, e->statement, "", &at_us)); /* all but who made it */
    assert_false(verifies(e->proof, SCF_STR("another text"), ca_pem, &at_us));
    assert_false(verifies(e->proof, SCF_STR("another text"), "", &at_us));
    assert_false(
        verifies((struct scf_str){e->proof.p, e->proof.n - 1}, e->statement, ca_pem, &at_us));
    assert_false(verifies((struct scf_str){e->proof.p, 0}, e->statement, ca_pem, &at_us));
}

static void no_altered_byte_passes(const struct scf_anchor_entry *e) {
    char *altered = scf_strndup(w.arena, e->proof.p, e->proof.n);
    int64_t at_us;
    for (size_t i = 0; i < e->proof.n; i++) {
        altered[i] = (char)(e->proof.p[i] ^ 0x04);
        if (verifies((struct scf_str){altered, e->proof.n}, e->statement, ca_pem, &at_us))
            fail_msg("byte %zu of %zu may be altered", i, e->proof.n);
        altered[i] = e->proof.p[i];
    }
}

static void a_token_and_its_renewal(void **state) {
    (void)state;
    need_world();
    struct scf_anchor_entry e = new_entry();
    world_ok(&w, step(&e));
    assert_int_equal(e.state, SCF_ANCHOR_CONFIRMED);
    assert_true(llabs(e.proven_us - scf_now_us()) < 60 * SCF_US_PER_SECOND);
    int64_t days = (e.expires_us - scf_now_us() + SCF_US_PER_HOUR) / SCF_US_PER_DAY;
    assert_int_equal(days, 3650);
    check_proof(&e);
    no_altered_byte_passes(&e);
    struct scf_anchor_entry same = e;
    assert_int_equal(step(&same), SCF_E_UPSTREAM); /* the same certificate wins nothing */
    assert_int_equal(same.proof.n, e.proof.n);
    tell("signer", "long");
    struct scf_anchor_entry renewed = e;
    world_ok(&w, step(&renewed));
    tell("signer", "signer");
    assert_true(renewed.expires_us > e.expires_us);
    assert_int_equal(renewed.proven_us, e.proven_us);
    assert_true(renewed.proof.n > e.proof.n);
    assert_memory_equal(renewed.proof.p, e.proof.p, e.proof.n);
    check_proof(&renewed);
    no_altered_byte_passes(&renewed);
    /* The second token alone is over more than the statement. */
    int64_t at_us;
    struct scf_str second = {renewed.proof.p + e.proof.n, renewed.proof.n - e.proof.n};
    assert_false(verifies(second, e.statement, ca_pem, &at_us));
}

static void what_is_wrong_changes_nothing(void **state) {
    (void)state;
    need_world();
    static const char *const faults[] = {"nonce",  "imprint", "rejection", "garbage",
                                         "plain",  "expired", "other",     "media",
                                         "status", "large",   "down"};
    for (size_t i = 0; i < SCF_COUNT(faults); i++) {
        struct scf_anchor_entry e = new_entry();
        tell("fault", faults[i]);
        if (step(&e) == SCF_OK)
            fail_msg("%s is not noticed", faults[i]);
        assert_int_equal(e.state, SCF_ANCHOR_PENDING);
        assert_int_equal(e.proof.n, 0);
    }
    tell("fault", "");
}

static void add_target(const char *name, const char *where) {
    int64_t now_us = scf_now_us();
    struct anchor_target_row row = {.target = {.uid = scf_uuid_new(),
                                               .name = name,
                                               .kind = SCF_ANCHOR_RFC3161,
                                               .url = where,
                                               .settings_json = settings(),
                                               .interval_s = 1,
                                               .give_up_after_s = 60,
                                               .renew_before_s = 60,
                                               .silent_after_s = 60,
                                               .active = true},
                                    .created_us = now_us,
                                    .updated_us = now_us};
    world_ok(&w, scf_anchor_target_insert(w.db, w.arena, &row, &w.err));
}

static void any_hash_is_stamped_by_the_first_that_answers(void **state) {
    (void)state;
    need_world();
    struct scf_hash digest = scf_sha256("manifest", 8);
    struct scf_str token, roots;
    const struct scf_anchor_target *by;
    struct scf_error err = {0};
    assert_int_equal(
        scf_anchor_stamp(w.db, w.arena, &w.services, &digest, &token, &roots, &by, &err),
        SCF_E_NO_TIMESTAMP_AUTHORITY);
    add_target("dead", "http://127.0.0.1:9/"); /* discard: nobody is there */
    assert_int_equal(
        scf_anchor_stamp(w.db, w.arena, &w.services, &digest, &token, &roots, &by, &err),
        SCF_E_UPSTREAM);
    add_target("living", url);
    world_ok(&w,
             scf_anchor_stamp(w.db, w.arena, &w.services, &digest, &token, &roots, &by, &w.err));
    assert_string_equal(by->name, "living");
    assert_true(scf_str_is(roots, ca_pem));
    int64_t at_us;
    assert_true(verifies(token, SCF_STR("manifest"), ca_pem, &at_us));
}

/* SHA-256 is given up: the further token is over SHA-512, and so is a first one. */
static void tokens_over_sha512(void **state) {
    (void)state;
    need_world();
    const int64_t end_us = scf_now_us() + 60 * SCF_US_PER_DAY;
    struct scf_anchor_entry old = new_entry(), fresh = old;
    world_ok(&w, step(&old));
    assert_string_equal(old.algorithms, "sha256 sha256 ec-256");
    assert_int_equal(old.expires_us, old.certificates_end_us);
    world_ok(&w, scf_anchor_algorithm_set(w.db, w.arena, SCF_STR("sha256"), end_us, scf_now_us(),
                                          &w.err));
    old.expires_us = end_us; /* as the rows of entries have it then */
    target.renew_before_s = 90 * 86400;
    assert_int_equal(step(&old), SCF_E_UPSTREAM); /* the authority knows SHA-256 only */
    struct scf_anchor_entry poor = fresh;
    world_ok(&w, step(&poor)); /* good enough for as long as it is good */
    assert_int_equal(poor.expires_us, end_us);
    assert_true(poor.certificates_end_us > end_us);
    tell("use", "sha512");
    size_t first_n = old.proof.n;
    world_ok(&w, step(&old));
    world_ok(&w, step(&fresh));
    tell("use", "sha256");
    assert_true(old.proof.n > first_n && old.expires_us > end_us);
    assert_string_equal(old.algorithms, "sha512 sha512 ec-256");
    assert_string_equal(fresh.algorithms, "sha512 sha512 ec-256");
    check_proof(&old);
    check_proof(&fresh);
    no_altered_byte_passes(&old);
    world_ok(&w,
             scf_anchor_algorithm_set(w.db, w.arena, SCF_STR("sha256"), 0, scf_now_us(), &w.err));
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_and_its_renewal),
        cmocka_unit_test(tokens_over_sha512),
        cmocka_unit_test(what_is_wrong_changes_nothing),
        cmocka_unit_test(any_hash_is_stamped_by_the_first_that_answers),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
