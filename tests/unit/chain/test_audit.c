/* The audit finds every alteration, and names the record. */
#include "../codec/vectors.h"
#include "world.h"

enum { LEAVES = 700, TARGET = 300 };

static struct world w;
static struct scf_uuid chains[3];
static struct scf_record *records; /* of chains[1] */
static struct scf_public_key pub;

static const char *const tables[] = {"chain", "chain_seal", "record", "tile", "block"};

static int build(void **state) {
    (void)state;
    if (!world_open(&w))
        return 0;
    pub = scf_signing_key_public(scf_chain_secret(&w.services, world_suite));
    for (size_t i = 0; i < SCF_COUNT(chains); i++) {
        chains[i] = world_chain(&w);
        world_add(&w, &chains[i], 3);
        world_seal(&w);
    }
    records = world_add(&w, &chains[1], LEAVES);
    world_seal(&w);
    for (int i = 0; i < 5; i++) {
        world_add(&w, &chains[1], 40);
        world_seal(&w);
    }
    world_add(&w, &chains[1], 10); /* not sealed */
    for (size_t i = 0; i < SCF_COUNT(tables); i++) {
        world_sql(&w, scf_asprintf(w.arena, "CREATE TABLE kept_%s AS TABLE scfd.%s", tables[i],
                                   tables[i]));
    }
    return 0;
}

static int drop(void **state) {
    (void)state;
    if (w.url != NULL)
        world_close(&w);
    return 0;
}

static void restore(void) {
    world_sql(&w, "DELETE FROM scfd.event"); /* their numbers are given once more */
    for (size_t i = 0; i < SCF_COUNT(tables); i++) {
        world_sql(&w, scf_asprintf(w.arena, "DELETE FROM scfd.%s", tables[i]));
        world_sql(&w, scf_asprintf(w.arena, "INSERT INTO scfd.%s SELECT * FROM kept_%s", tables[i],
                                   tables[i]));
    }
}

static struct scf_audit_result audit(const struct scf_public_key *key) {
    struct scf_audit_result result;
    struct scf_audit_options options = {.database_url = w.url,
                                        .threads = 2,
                                        .public_keys = WORLD_KEYS(key),
                                        .origin = "scfd.example"};
    world_ok(&w, scf_audit_run(&options, &result, &w.err));
    return result;
}

/* In the SQL below `$T` stands for "chain_id = <chains[1]>". */
static void damage(const char *sql) {
    char text[1024], uuid[33];
    const char *at = strstr(sql, "$T");
    assert_non_null(at);
    scf_hex(chains[1].b, sizeof chains[1].b, uuid);
    snprintf(text, sizeof text, "%.*schain_id = '%s'%s", (int)(at - sql), sql, uuid, at + 2);
    world_sql(&w, scf_strdup(w.arena, text));
}

struct expectation {
    const char *sql, *fault;
};

static void expect(const struct expectation *rows, size_t n) {
    char chain[SCF_ID_TEXT];
    scf_id_format("node", &chains[1], chain);
    for (size_t i = 0; i < n; i++) {
        damage(rows[i].sql);
        struct scf_audit_result result = audit(&pub);
        if (result.faults == 0)
            fail_msg("not found: %s", rows[i].sql);
        if (strstr(result.first_fault, rows[i].fault) == NULL ||
            strstr(result.first_fault, chain) == NULL)
            fail_msg("%s\ngave: %s", rows[i].sql, result.first_fault);
        restore();
    }
}

static void need_world(void) {
    if (w.url == NULL)
        skip();
}

/* ---- */

static int64_t told_done, told_total;
static void progress(void *ctx, int64_t done, int64_t total) {
    *(int *)ctx += 1;
    told_done = done;
    told_total = total;
}

static void a_sound_database_has_no_fault(void **state) {
    (void)state;
    need_world();
    for (int threads = 1; threads < 4; threads++) {
        struct scf_audit_result r;
        int calls = 0;
        struct scf_audit_options options = {.database_url = w.url,
                                            .threads = threads,
                                            .public_keys = WORLD_KEYS(&pub),
                                            .origin = "scfd.example",
                                            .progress = progress,
                                            .ctx = &calls};
        world_ok(&w, scf_audit_run(&options, &r, &w.err));
        if (r.faults != 0)
            fail_msg("%s", r.first_fault);
        assert_string_equal(r.first_fault, "");
        assert_int_equal(r.chains, 3);
        assert_int_equal(r.leaves, 9 + LEAVES + 5 * 40 + 10);
        assert_int_equal(r.blocks, 2 + 7);
        /* 903 leaves: 4 tiles of level 0, 1 of level 1; the others one each. */
        assert_int_equal(r.tiles, 2 + 5);
        assert_true(calls >= 1);
        assert_int_equal(told_done, r.leaves);
        assert_int_equal(told_total, r.leaves);
    }
}

static void one_chain_alone(void **state) {
    (void)state;
    need_world();
    struct scf_audit_result r;
    struct scf_uuid unknown = scf_uuid_new();
    struct scf_audit_options options = {
        .database_url = w.url, .threads = 2, .chain_id = &chains[0]};
    world_ok(&w, scf_audit_run(&options, &r, &w.err));
    assert_int_equal(r.faults, 0);
    assert_int_equal(r.chains, 1);
    assert_int_equal(r.leaves, 3);
    options.chain_id = &unknown;
    assert_int_equal(scf_audit_run(&options, &r, &w.err), SCF_E_NOT_FOUND);
}

static void another_key_is_told(void **state) {
    (void)state;
    need_world();
    struct scf_public_key other = {.alg = scf_suite_signature(world_suite), .bytes = {9}};
    struct scf_audit_result r = audit(&other);
    assert_true(r.faults > 0);
    assert_non_null(strstr(r.first_fault, "not signed by this key"));
    assert_int_equal(audit(NULL).faults, 0);
}

/* One byte (or the nearest thing to it) in each column that a leaf covers. */
static void altered_records_are_named(void **state) {
    (void)state;
    need_world();
    /* TARGET counts from the records added after the first three. */
#define AT " WHERE $T AND leaf_index = 303"
    static const struct expectation rows[] = {
        {"UPDATE scfd.record SET body = set_byte(body, 3, get_byte(body, 3) # 1)" AT,
         "its body does not have the recorded SHA-256"},
        {"UPDATE scfd.record SET body_sha256 = set_byte(body_sha256, 31,"
         " get_byte(body_sha256, 31) # 1)" AT,
         "its body does not have the recorded SHA-256"},
        {"UPDATE scfd.record SET salt = set_byte(salt, 0, get_byte(salt, 0) # 1)" AT,
         "its leaf text"},
        {"UPDATE scfd.record SET leaf_hash = set_byte(leaf_hash, 0, get_byte(leaf_hash, 0) # 1)" AT,
         "its leaf text"},
        {"UPDATE scfd.record SET external_id = external_id || '0'" AT, "its leaf text"},
        {"UPDATE scfd.record SET received_at = received_at + interval '1 microsecond'" AT,
         "its leaf text"},
        {"UPDATE scfd.record SET received_at = 'infinity'" AT, "its leaf text"},
        {"UPDATE scfd.record SET received_at = '-infinity'" AT, "its leaf text"},
        {"UPDATE scfd.record SET received_at = '294000-01-01'" AT, "its leaf text"},
        {"UPDATE scfd.record SET received_at = '4000-01-01 BC'" AT, "its leaf text"},
        {"UPDATE scfd.record SET kind = 1" AT, "its leaf text"},
        {"UPDATE scfd.record SET kind = 99" AT, "its kind is unknown"},
        {"UPDATE scfd.record SET body = NULL" AT, "erased in part"},
        {"UPDATE scfd.record SET body = NULL, body_sm3 = body_sha256, body_sha256 = NULL,"
         " salt = NULL" AT,
         "erased in part"},
        {"UPDATE scfd.record SET body = NULL, body_sha256 = NULL, salt = NULL,"
         " body_sm3 = NULL" AT,
         "were removed"},
        {"UPDATE scfd.record SET salt = substr(salt, 1, 15)" AT, "wrong length"},
        {"UPDATE scfd.record SET body = ''" AT, "its body does not have the recorded SHA-256"},
    };
    char id[SCF_ID_TEXT], named[128];
    scf_id_format("inv", &records[TARGET].id, id);
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        damage(rows[i].sql);
        struct scf_audit_result r = audit(&pub);
        bool kind = strstr(rows[i].sql, "kind") != NULL; /* then the prefix is another, too */
        snprintf(named, sizeof named, "leaf 303: record %s", kind ? "" : id);
        if (strstr(r.first_fault, rows[i].fault) == NULL || strstr(r.first_fault, named) == NULL ||
            strstr(r.first_fault, strchr(id, '_')) == NULL)
            fail_msg("%s\ngave: %s", rows[i].sql, r.first_fault);
        assert_int_equal(r.faults, 1);
        restore();
    }
}

/* What belongs to one suite only. */
static void altered_suites_are_found(void **state) {
    (void)state;
    need_world();
    static const struct expectation rows[SCF_SUITES][2] = {
        {{"UPDATE scfd.record SET body_sm3 = body_sha256" AT, "it has a body_sm3"},
         {"UPDATE scfd.record SET body_sm3 = salt" AT, "it has a body_sm3"}},
        {{"UPDATE scfd.record SET body_sm3 = body_sha256" AT, "have the recorded SM3"},
         {"UPDATE scfd.record SET body_sm3 = NULL" AT, "its body_sm3 is missing"}}};
    expect(rows[world_suite], 2);
    world_sql(&w, "UPDATE scfd.chain SET suite = 1 - suite");
    assert_true(audit(&pub).faults > 3 + LEAVES);
    restore();
}

static void altered_identities_are_found(void **state) {
    (void)state;
    need_world();
    static const struct expectation rows[] = {
        {"UPDATE scfd.record SET id = uuid_nil_like() " AT, "leaf 303: record inv_"},
        {"UPDATE scfd.record SET leaf_index = 5000" AT, "leaf 303: 1 record is missing from here"},
        {"UPDATE scfd.record SET leaf_index = -1" AT, "leaf -1: there is a record"},
        {"DELETE FROM scfd.record" AT, "leaf 303: 1 record is missing from here"},
        {"DELETE FROM scfd.record WHERE $T AND leaf_index >= 900",
         "leaf 900: 13 records are missing from here"},
        {"UPDATE scfd.record SET chain_id = gen_random_uuid()" AT,
         "leaf 303: 1 record is missing from here"},
        {"UPDATE scfd.chain c SET size = 912 FROM scfd.record r WHERE r.$T AND c.id = r.chain_id",
         "leaf 912: there is a record, but the chain has 912 only"},
    };
#undef AT
    world_sql(&w, "CREATE FUNCTION uuid_nil_like() RETURNS uuid LANGUAGE sql AS"
                  " $$ SELECT '00000000-0000-7000-8000-000000000001'::uuid $$");
    expect(rows, SCF_COUNT(rows));
}

/* An altered leaf together with its own leaf hash no longer fits the tiles. */
static void a_consistent_forgery_meets_the_tiles(void **state) {
    (void)state;
    need_world();
    struct scf_record forged = records[TARGET];
    forged.body = SCF_STR("{\"external_id\":\"forged\"}");
    scf_record_prepare(&forged);
    struct scf_params p;
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, &forged.id);
    scf_p_bytes_ref(&p, forged.body.p, forged.body.n);
    scf_p_hash(&p, &forged.body_sha256);
    scf_p_bytes_ref(&p, forged.salt, sizeof forged.salt);
    scf_p_hash(&p, &forged.leaf_hash);
    scf_p_hash(&p, &forged.body_sm3);
    static const struct scf_stmt forge = {
        "forge", "UPDATE scfd.record SET body = $2, body_sha256 = $3, salt = $4, leaf_hash = $5,"
                 " body_sm3 = CASE WHEN body_sm3 IS NOT NULL THEN $6::bytea END WHERE id = $1"};
    world_ok(&w, scf_db_run(w.db, &forge, &p, w.arena, NULL, &w.err));
    struct scf_audit_result r = audit(&pub);
    assert_int_equal(r.faults, 1);
    assert_non_null(strstr(r.first_fault, "leaf 303: record inv_"));
    assert_non_null(strstr(r.first_fault, "its leaf hash differs from the sealed tile"));
    restore();
}

static void altered_tiles_are_found(void **state) {
    (void)state;
    need_world();
    static const struct expectation rows[] = {
        {"UPDATE scfd.tile SET hashes = set_byte(hashes, 40, get_byte(hashes, 40) # 1)"
         " WHERE $T AND level = 0 AND n = 1",
         "leaf 257: record"},
        {"UPDATE scfd.tile SET hashes = set_byte(hashes, 40, get_byte(hashes, 40) # 1)"
         " WHERE $T AND level = 1",
         "tile/1/000 is missing or does not follow"},
        {"DELETE FROM scfd.tile WHERE $T AND level = 1",
         "tile/1/000 is missing or does not follow"},
        {"DELETE FROM scfd.tile WHERE $T AND level = 0 AND n = 2", "leaf 512: record"},
        {"UPDATE scfd.tile SET hashes = substr(hashes, 1, 64) WHERE $T AND level = 0 AND n = 3",
         "leaf 770: record"},
        {"UPDATE scfd.tile SET hashes = hashes || sha256('x')"
         " WHERE $T AND level = 0 AND n = 3",
         "tile/0/003 holds more hashes than are sealed"},
        {"UPDATE scfd.tile SET hashes = hashes || sha256('x') WHERE $T AND level = 1",
         "tile/1/000 holds more hashes than are sealed"},
        {"INSERT INTO scfd.tile SELECT chain_id, 3, 0, hashes FROM scfd.tile"
         " WHERE $T AND level = 1",
         "6 tiles are stored, but the tree has 5"},
    };
    expect(rows, SCF_COUNT(rows));
}

static void altered_blocks_are_found(void **state) {
    (void)state;
    need_world();
#define AT " WHERE $T AND height = 2"
    static const struct expectation rows[] = {
        {"UPDATE scfd.block SET root = sha256('x')" AT, "block 2"},
        {"UPDATE scfd.block SET size = size + 1" AT, "block 2"},
        {"UPDATE scfd.block SET prev_hash = sha256('x')" AT,
         "block 2: it does not name the block before it"},
        {"UPDATE scfd.block SET block_hash = sha256('x')" AT,
         "block 2: its hash is not that of its header"},
        {"UPDATE scfd.block SET sealed_at = sealed_at - interval '1 day'" AT,
         "block 2: its header says something else"},
        {"UPDATE scfd.block SET block_note = replace(block_note, 'height 2', 'height 3')" AT,
         "block 2: its hash is not that of its header"},
        {"UPDATE scfd.block SET block_note = overlay(block_note placing 'AAAA' from"
         " length(block_note) - 20)" AT,
         "block 2: its note: signature wrong"},
        {"UPDATE scfd.block SET checkpoint_note = overlay(checkpoint_note placing 'AAAA' from"
         " length(checkpoint_note) - 20)" AT,
         "block 2: its checkpoint: signature wrong"},
        {"UPDATE scfd.block b SET checkpoint_note = o.checkpoint_note FROM scfd.block o"
         " WHERE b.$T AND b.height = 2 AND o.chain_id = b.chain_id AND o.height = 1",
         "block 2: its checkpoint is not of the same tree"},
        {"UPDATE scfd.block SET block_note = ''" AT, "block 2: its note: not a signed note"},
        {"DELETE FROM scfd.block" AT, "block 2: missing"},
        {"DELETE FROM scfd.block WHERE $T AND height = 6", "block 6: missing"},
        {"UPDATE scfd.block SET height = 100 WHERE $T AND height = 6", "block 6: missing"},
        {"INSERT INTO scfd.block SELECT chain_id, 7, size, root, prev_hash, block_hash, sealed_at,"
         " block_note, checkpoint_note FROM scfd.block WHERE $T AND height = 6",
         "block 7: it is not part of the chain"},
    };
#undef AT
    expect(rows, SCF_COUNT(rows));
}

static void altered_seals_are_found(void **state) {
    (void)state;
    need_world();
    static const struct expectation rows[] = {
        {"UPDATE scfd.chain_seal SET block_hash = sha256('x') WHERE $T",
         "the seal and the newest block differ"},
        {"UPDATE scfd.chain_seal SET height = 5 WHERE $T", "block 6: it is not part of the chain"},
        {"UPDATE scfd.chain_seal SET size = 800 WHERE $T", "tile"},
        {"DELETE FROM scfd.chain_seal WHERE $T", "tiles are stored, but the tree has 0"},
    };
    expect(rows, SCF_COUNT(rows));
}

static void rows_of_no_chain_are_found(void **state) {
    (void)state;
    need_world();
    world_sql(&w, "UPDATE scfd.chain SET id = gen_random_uuid() WHERE size = 913");
    struct scf_audit_result r = audit(NULL);
    assert_true(r.faults >= 4); /* and what the renamed chain now lacks */
    restore();
    world_sql(&w, "INSERT INTO scfd.tile SELECT gen_random_uuid(), 0, 0, hashes FROM scfd.tile"
                  " LIMIT 1");
    r = audit(NULL);
    assert_int_equal(r.faults, 1);
    assert_non_null(strstr(r.first_fault, "there are tiles, but no such chain"));
    restore();
}

/* A node or the platform whose chain was taken away as a whole. */
static void vanished_chains_are_found(void **state) {
    (void)state;
    need_world();
    world_sql(&w, "INSERT INTO scfd.node (id, name, kind, created_at, updated_at)"
                  " VALUES (gen_random_uuid(), 'n', 1, '2026-01-01', '2026-01-01')");
    struct scf_audit_result r = audit(&pub);
    assert_int_equal(r.faults, 1);
    assert_non_null(strstr(r.first_fault, "there is a node, but no such chain"));
    world_sql(&w, "DELETE FROM scfd.node");
}

static void swapped_records_are_found(void **state) {
    (void)state;
    need_world();
    damage("UPDATE scfd.record SET leaf_index = -1 WHERE $T AND leaf_index = 303");
    damage("UPDATE scfd.record SET leaf_index = 303 WHERE $T AND leaf_index = 304");
    damage("UPDATE scfd.record SET leaf_index = 304 WHERE $T AND leaf_index = -1");
    struct scf_audit_result r = audit(&pub);
    assert_int_equal(r.faults, 2);
    assert_non_null(strstr(r.first_fault, "leaf 303: record inv_"));
    assert_non_null(strstr(r.first_fault, "its leaf hash differs from the sealed tile"));
    restore();
}

/* ---- origins and checkpoints that come from elsewhere ---- */

static void the_database_tells_the_origin(void **state) {
    (void)state;
    need_world();
    struct scf_audit_result r;
    struct scf_audit_options options = {
        .database_url = w.url, .threads = 2, .public_keys = WORLD_KEYS(&pub)};
    struct scf_uuid platform = chains[0];
    char uuid[33];
    scf_hex(platform.b, sizeof platform.b, uuid);
    world_sql(&w, scf_asprintf(w.arena,
                               "INSERT INTO scfd.installation (platform_id, key_secret, origin,"
                               " created_at) VALUES ('%s', sha256('x'), 'scfd.example',"
                               " '2026-01-01')",
                               uuid));
    world_ok(&w, scf_audit_run(&options, &r, &w.err));
    assert_int_equal(r.faults, 0);
    world_sql(&w, "UPDATE scfd.installation SET origin = 'scfd.elsewhere'");
    world_ok(&w, scf_audit_run(&options, &r, &w.err));
    assert_non_null(strstr(r.first_fault, "its header says something else than its row"));
    options.origin = "scfd.example"; /* what is given counts */
    world_ok(&w, scf_audit_run(&options, &r, &w.err));
    assert_int_equal(r.faults, 0);
    world_sql(&w, "DELETE FROM scfd.installation");
}

static const char *newest_checkpoint(const struct scf_uuid *chain) {
    static const struct scf_stmt newest = {
        "newest_checkpoint",
        "SELECT checkpoint_note FROM scfd.block WHERE chain_id = $1 ORDER BY height DESC LIMIT 1"};
    struct scf_params p;
    struct scf_rows *rows;
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, chain);
    world_ok(&w, scf_db_run(w.db, &newest, &p, w.arena, &rows, &w.err));
    return scf_strdup(w.arena, scf_rows_text(rows, 0, 0));
}

static enum scf_code audit_against(const char *note, const struct scf_public_key *key,
                                   struct scf_audit_result *ret) {
    struct scf_kept_checkpoint kept = {"kept.txt", scf_str(note)};
    struct scf_audit_options options = {.database_url = w.url,
                                        .threads = 2,
                                        .public_keys = WORLD_KEYS(key),
                                        .origin = "scfd.example",
                                        .checkpoints = &kept,
                                        .checkpoint_count = 1};
    return scf_audit_run(&options, ret, &w.err);
}

static void grow(const struct scf_uuid *chain) {
    world_add(&w, chain, 1);
    world_seal(&w);
}

/* Everything in the database fits together; only who kept a checkpoint sees what is gone. */
static void a_kept_checkpoint_shows_a_chain_cut_back(void **state) {
    (void)state;
    need_world();
    struct scf_audit_result r;
    const char *before = newest_checkpoint(&chains[2]);
    grow(&chains[2]);
    const char *note = newest_checkpoint(&chains[2]);
    world_ok(&w, audit_against(note, &pub, &r));
    assert_int_equal(r.faults, 0);
    world_ok(&w, audit_against(before, &pub, &r)); /* an older one fits too */
    assert_int_equal(r.faults, 0);

    restore();
    assert_int_equal(audit(&pub).faults, 0);
    world_ok(&w, audit_against(note, &pub, &r));
    assert_int_equal(r.faults, 1);
    assert_non_null(strstr(r.first_fault, "kept.txt of size 4: the chain was cut back"));

    grow(&chains[2]); /* another fourth leaf */
    assert_int_equal(audit(&pub).faults, 0);
    world_ok(&w, audit_against(note, &pub, &r));
    assert_int_equal(r.faults, 1);
    assert_non_null(strstr(r.first_fault, "the chain had another tree when it had that size"));
    restore();
}

static void a_checkpoint_of_no_chain_of_ours_is_no_alarm(void **state) {
    (void)state;
    need_world();
    struct scf_audit_result r;
    const char *note = newest_checkpoint(&chains[1]);
    struct scf_public_key other = {.alg = scf_suite_signature(world_suite), .bytes = {9}};
    assert_int_equal(audit_against(note, &other, &r), SCF_E_INVALID_PARAMETER);
    assert_int_equal(audit_against("nonsense", &pub, &r), SCF_E_INVALID_PARAMETER);
    assert_int_equal(audit_against("", &pub, &r), SCF_E_INVALID_PARAMETER);
    char *forged = scf_strdup(w.arena, note);
    *strstr(forged, "\n903\n") = 0; /* cut */
    assert_int_equal(audit_against(forged, &pub, &r), SCF_E_INVALID_PARAMETER);
    forged = scf_strdup(w.arena, note);
    memcpy(strstr(forged, "\n903\n"), "\n999\n", 5); /* forged */
    assert_int_equal(audit_against(forged, &pub, &r), SCF_E_INVALID_PARAMETER);
    assert_non_null(strstr(w.err.detail, "kept.txt"));
    struct scf_kept_checkpoint kept = {"kept.txt", scf_str(note)};
    struct scf_audit_options options = {.database_url = w.url,
                                        .threads = 2,
                                        .origin = "scfd.elsewhere",
                                        .checkpoints = &kept,
                                        .checkpoint_count = 1};
    assert_int_equal(scf_audit_run(&options, &r, &w.err), SCF_E_INVALID_PARAMETER);
}

/* ---- columns ---- */

static enum scf_code odd_amount(void *ctx, struct scf_db *db, const struct scf_audit_columns *c,
                                struct scf_arena *arena, const char **ret, struct scf_error *err) {
    static const struct scf_stmt one = {"one", "SELECT 1"};
    atomic_fetch_add((atomic_int *)ctx, 1);
    if (c->record->has_amount && c->record->amount == 18)
        return scf_fail(err, SCF_E_DATABASE_UNAVAILABLE, "Away.");
    *ret = c->record->has_amount && c->record->amount == 17 ? "its amount is odd" : NULL;
    return scf_db_run(db, &one, NULL, arena, NULL, err);
}

static void columns_are_handed_out(void **state) {
    (void)state;
    need_world();
    struct scf_audit_result r;
    atomic_int seen = 0;
    struct scf_audit_options options = {.database_url = w.url,
                                        .threads = 3,
                                        .public_keys = WORLD_KEYS(&pub),
                                        .origin = "scfd.example",
                                        .columns = odd_amount,
                                        .columns_ctx = &seen};
    world_ok(&w, scf_audit_run(&options, &r, &w.err));
    assert_int_equal(r.faults, 0);
    assert_int_equal(atomic_load(&seen), r.leaves);
    damage("UPDATE scfd.record SET amount = 17, currency = 'CNY' WHERE $T AND leaf_index = 303");
    assert_int_equal(audit(&pub).faults, 0); /* no part of the leaf */
    world_ok(&w, scf_audit_run(&options, &r, &w.err));
    assert_int_equal(r.faults, 1);
    assert_non_null(strstr(r.first_fault, "leaf 303: record inv_"));
    assert_non_null(strstr(r.first_fault, "its amount is odd"));
    damage("UPDATE scfd.record SET amount = 18, currency = 'CNY' WHERE $T AND leaf_index = 303");
    assert_int_equal(scf_audit_run(&options, &r, &w.err), SCF_E_DATABASE_UNAVAILABLE);
    restore();
}

/* Taking in, sealing and auditing at the same time: no false alarm. */
static void *keep_writing(void *ctx) {
    atomic_bool *stop = ctx;
    struct world own = w;
    own.db = scf_db_new(w.url, "writer", 0);
    own.arena = scf_arena_new(256 << 20);
    own.serial = 1000000;
    while (!atomic_load(stop)) {
        world_add(&own, &chains[1], 50);
        world_seal(&own);
    }
    scf_db_free(own.db);
    scf_arena_free(own.arena);
    return NULL;
}

static void an_audit_beside_writers_stays_quiet(void **state) {
    (void)state;
    need_world();
    atomic_bool stop = false;
    pthread_t writer;
    assert_int_equal(pthread_create(&writer, NULL, keep_writing, &stop), 0);
    struct scf_audit_result r = {0};
    for (int i = 0; i < 20 && r.faults == 0; i++)
        r = audit(&pub);
    atomic_store(&stop, true);
    pthread_join(writer, NULL);
    if (r.faults != 0)
        fail_msg("%s", r.first_fault);
    restore();
}

static void an_audit_without_database_says_so(void **state) {
    (void)state;
    struct scf_audit_result r;
    struct scf_error err;
    struct scf_audit_options options = {
        .database_url = "host=/nonexistent dbname=x connect_timeout=1", .threads = 2};
    assert_int_equal(scf_audit_run(&options, &r, &err), SCF_E_DATABASE_UNAVAILABLE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_database_has_no_fault),
        cmocka_unit_test(one_chain_alone),
        cmocka_unit_test(another_key_is_told),
        cmocka_unit_test(altered_records_are_named),
        cmocka_unit_test(altered_suites_are_found),
        cmocka_unit_test(altered_identities_are_found),
        cmocka_unit_test(a_consistent_forgery_meets_the_tiles),
        cmocka_unit_test(altered_tiles_are_found),
        cmocka_unit_test(altered_blocks_are_found),
        cmocka_unit_test(altered_seals_are_found),
        cmocka_unit_test(rows_of_no_chain_are_found),
        cmocka_unit_test(vanished_chains_are_found),
        cmocka_unit_test(swapped_records_are_found),
        cmocka_unit_test(the_database_tells_the_origin),
        cmocka_unit_test(a_kept_checkpoint_shows_a_chain_cut_back),
        cmocka_unit_test(a_checkpoint_of_no_chain_of_ours_is_no_alarm),
        cmocka_unit_test(columns_are_handed_out),
        cmocka_unit_test(an_audit_beside_writers_stays_quiet),
        cmocka_unit_test(an_audit_without_database_says_so),
    };
    scf_digest_init();
    int failed = cmocka_run_group_tests_name("sha256-ed25519", tests, build, drop);
    world_suite = SCF_SUITE_SM3_SM2;
    return failed + cmocka_run_group_tests_name("sm3-sm2", tests, build, drop);
}
