/* The world of a test that anchors on a real node: its own database, node and key, a target,
 * entries as the core keeps them, and a clock that the test moves. */
#ifndef SCFD_TESTS_ANCHOR_EVM_WORLD_H
#define SCFD_TESTS_ANCHOR_EVM_WORLD_H

#include <fcntl.h>
#include <sys/mman.h>

#include "anvil.h"
#include "evm_proof.h"
#include "evm_raw.h"
#include "evm_store.h"
#include "pg.h"
#include "scfd/anchor/anchor.h"
#include "scfd/anchor/evm.h"

/* The first account of every development chain. */
#define KEY "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
#define ADDRESS "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
#define SETTINGS "{\"chain_id\":31337,\"confirmations\":3,\"finality\":6,\"stuck_after_s\":60}"

static struct scf_test_world w;
static struct anvil node;
static char data_dir[32];
static struct scf_config config;
static struct scf_services services;
static struct scf_anchor_target target;
static int64_t *test_clock; /* frozen_us, offset_us */

static void write_key(const char *digits) {
    char path[64];
    snprintf(path, sizeof path, "%s/evm.key", data_dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, digits, 64), 64);
    close(fd);
}

static void add_target(bool active) {
    static const struct scf_stmt stmt = {
        "t_target", "INSERT INTO scfd.anchor_target (uid, name, kind, url, settings, interval_s,"
                    " give_up_after_s, renew_before_s, silent_after_s, active, created_at,"
                    " updated_at) VALUES (gen_random_uuid(), 'devnet', 1, $1, $2::json, 60, 86400,"
                    " 0, 86400, $3, '2026-11-22T08:00:00Z', '2026-11-22T08:00:00Z') RETURNING id"};
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, w.arena);
    scf_p_text(&p, node.url);
    scf_p_text(&p, SETTINGS);
    scf_p_bool(&p, active);
    ok(scf_db_run(w.db, &stmt, &p, w.arena, &rows, &w.err));
    target = (struct scf_anchor_target){.id = (int32_t)scf_rows_i64(rows, 0, 0),
                                        .name = "devnet",
                                        .kind = SCF_ANCHOR_EVM,
                                        .url = node.url,
                                        .settings_json = SETTINGS,
                                        .active = active};
}

static int open_world(void **state) {
    (void)state;
    w = scf_test_world_open();
    if (!w.url)
        return 0;
    snprintf(data_dir, sizeof data_dir, "/tmp/scfd-evm-XXXXXX");
    assert_non_null(mkdtemp(data_dir));
    config = (struct scf_config){.data_dir = data_dir};
    services = (struct scf_services){.config = &config};
    test_clock[1] = 0;
    write_key(KEY);
    node = (struct anvil){0};
    if (anvil_start(&node, w.arena, NULL, NULL))
        add_target(true);
    return 0;
}

static int close_world(void **state) {
    (void)state;
    char command[64];
    if (!w.url)
        return 0;
    anvil_stop(&node);
    snprintf(command, sizeof command, "rm -r %s", data_dir);
    assert_int_equal(system(command), 0);
    scf_test_world_close(&w);
    return 0;
}

#define NEEDS_NODE()                                                                               \
    do {                                                                                           \
        NEEDS_DATABASE();                                                                          \
        if (node.pid == 0)                                                                         \
            skip();                                                                                \
    } while (0)

/* An entry of that tick, in the table too. */
static struct scf_anchor_entry entry_of(int64_t tick) {
    static const struct scf_stmt stmt = {
        "t_entry", "INSERT INTO scfd.anchor_entry (tick, target_id, created_at, updated_at)"
                   " VALUES ($1, $2, '2026-11-22T08:00:00Z', '2026-11-22T08:00:00Z')"};
    struct scf_anchor_statement s = {.origin = SCF_STR("log.example.com/scfd/anchors"),
                                     .tick = tick,
                                     .size = 1,
                                     .root = scf_sha256(&tick, sizeof tick),
                                     .time_us = 1795334400000000};
    struct scf_buf text;
    struct scf_params p;
    scf_params_init(&p, w.arena);
    scf_p_i64(&p, tick);
    scf_p_i32(&p, target.id);
    ok(scf_db_run(w.db, &stmt, &p, w.arena, NULL, &w.err));
    scf_buf_init(&text, 1024);
    scf_anchor_statement_write(&s, &text);
    char *copy = scf_strndup(w.arena, text.data, text.len);
    struct scf_anchor_entry entry = {.tick = tick,
                                     .target = &target,
                                     .statement = {copy, text.len},
                                     .root = s.root,
                                     .statement_sha256 = scf_sha256(text.data, text.len)};
    scf_buf_free(&text);
    return entry;
}

/* As the core does: the entry stands in the table as it is left. */
static void save(const struct scf_anchor_entry *entry) {
    static const struct scf_stmt stmt = {
        "t_save", "UPDATE scfd.anchor_entry SET state = $3, due_at = CASE WHEN $4 = 0 THEN NULL"
                  " ELSE to_timestamp($4 / 1000000) END WHERE tick = $1 AND target_id = $2"};
    struct scf_params p;
    scf_params_init(&p, w.arena);
    scf_p_i64(&p, entry->tick);
    scf_p_i32(&p, entry->target->id);
    scf_p_i16(&p, (int16_t)entry->state);
    scf_p_i64(&p, entry->due_us);
    ok(scf_db_run(w.db, &stmt, &p, w.arena, NULL, &w.err));
}

/* The node mines what it was sent a moment later. */
static void step(struct scf_anchor_entry *entry, enum scf_anchor_state expected) {
    enum { TRIES = 1200, PAUSE_US = 50000 };
    ok(scf_anchor_evm.step(w.db, w.arena, &services, entry, &w.err));
    for (int i = 0;
         i < TRIES && expected == SCF_ANCHOR_ANCHORED && entry->state == SCF_ANCHOR_PENDING; i++) {
        save(entry);
        usleep(PAUSE_US);
        ok(scf_anchor_evm.step(w.db, w.arena, &services, entry, &w.err));
    }
    if (entry->state != expected)
        fail_msg("%s, not %s (%s)", scf_anchor_state_names[entry->state],
                 scf_anchor_state_names[expected], entry->problem ? entry->problem : "");
    save(entry);
}

static void refused(struct scf_anchor_entry *entry, const char *words) {
    struct scf_anchor_entry before = *entry;
    w.err = (struct scf_error){0};
    assert_int_equal(scf_anchor_evm.step(w.db, w.arena, &services, entry, &w.err), SCF_E_UPSTREAM);
    if (!strstr(w.err.detail, words))
        fail_msg("\"%s\" does not say \"%s\"", w.err.detail, words);
    assert_memory_equal(&before, entry, sizeof before);
}

static const cJSON *call(const char *method, const char *params) {
    return anvil_call(&node, w.arena, method, params);
}

static void mine(int blocks) {
    char params[32];
    snprintf(params, sizeof params, "[\"0x%x\"]", (unsigned)blocks);
    call("anvil_mine", params);
}

static const cJSON *transaction(const char *hash) {
    return call("eth_getTransactionByHash", scf_asprintf(w.arena, "[\"%s\"]", hash));
}

static bool verifies(const struct scf_anchor_entry *entry, const char *trust, int64_t *ret_us) {
    struct scf_buf report;
    scf_buf_init(&report, 8192);
    bool good =
        scf_anchor_evm.verify(entry->proof, entry->statement, scf_str(trust), &report, ret_us);
    if (good == (strstr(report.data, "FAIL") != NULL))
        fail_msg("%s", report.data);
    scf_buf_free(&report);
    return good;
}

static void use_test_clock(void) {
    static char path[] = "/tmp/scfd-clock-XXXXXX";
    int fd = mkstemp(path);
    SCF_ASSERT(fd >= 0 && ftruncate(fd, 16) == 0);
    test_clock = mmap(NULL, 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    SCF_ASSERT(test_clock != MAP_FAILED);
    close(fd);
    setenv("SCFD_TEST_CLOCK", path, 1);
    SCF_ASSERT(scf_clock_init());
    unlink(path);
}

#endif
