/* Signed notes against the vectors of golang.org/x/mod, and checkpoints. */
#include "../codec/vectors.h"
#include "keys.h"
#include "scfd/chain/note.h"

#include "scfd/codec/json.h"

static struct scf_arena *arena;
static cJSON *vectors;

static int load(void **state) {
    (void)state;
    char path[512];
    size_t n = 0;
    arena = scf_arena_new(4 << 20);
    vector_path("vectors/signed-note/signed-note-vectors.json", path);
    char *text = vector_read(path, &n);
    if (text != NULL) {
        scf_defer(arena, free, text);
        vectors = scf_json_parse(arena, text, n, NULL);
        assert_non_null(vectors);
    }
    return 0;
}

static int unload(void **state) {
    (void)state;
    scf_arena_free(arena);
    return 0;
}

static const cJSON *section(const char *name) {
    if (vectors == NULL) {
        print_message("skipped: the signed-note vectors are missing\n");
        skip();
    }
    const cJSON *s = scf_json_get(vectors, name);
    assert_non_null(s);
    return s;
}

static void signing(void **state) {
    (void)state;
    const cJSON *s = section("sign");
    /* PRIVATE+KEY+<name>+<id>+<base64 of 0x01 and the seed> */
    const char *skey = strstr(scf_json_string(s, "skey"), "+c74f20a3+") + 10;
    uint8_t raw[33];
    size_t n;
    assert_true(scf_unbase64(scf_str(skey), raw, sizeof raw, &n) && n == 33);
    struct scf_signing_key *secret = key_of_seed(raw + 1);
    struct scf_public_key pub = scf_signing_key_public(secret);

    struct scf_vkey key = scf_vkey(SCF_STR("PeterNeumann"), &pub);
    struct scf_buf out;
    scf_buf_init(&out, 4096);
    scf_vkey_write(&key, &out);
    assert_string_equal(out.data, scf_json_string(s, "vkey"));

    scf_buf_clear(&out);
    const char *text = scf_json_string(s, "text");
    scf_note_write(scf_str(text), &key, secret, &out);
    char want[1024];
    snprintf(want, sizeof want, "%s\n%s", text, scf_json_string(s, "signature_line"));
    assert_string_equal(out.data, want);

    static struct scf_note note;
    assert_int_equal(scf_note_open((struct scf_str){out.data, out.len}, &key, 1, &note),
                     SCF_NOTE_OK);
    assert_true(scf_str_is(note.text, text));
    scf_buf_free(&out);
    scf_signing_key_free(secret);
}

static void bad_verifier_keys(void **state) {
    (void)state;
    const cJSON *item;
    struct scf_vkey key;
    cJSON_ArrayForEach(item, section("bad_vkeys")) {
        assert_false(scf_vkey_parse(scf_str(item->valuestring), &key));
    }
    const char *good = scf_json_string(section("sign"), "vkey");
    assert_true(scf_vkey_parse(scf_str(good), &key));
    assert_true(scf_str_is(key.name, "PeterNeumann"));
    assert_false(scf_vkey_parse(scf_str(good + 1), &key)); /* the id belongs to the name */
    assert_false(scf_vkey_parse(SCF_STR(""), &key));
    assert_false(scf_vkey_parse(SCF_STR("name+c74f20a3"), &key));
}

/* Type 0xff and a name of its own; docs/evidence.md has the commands that read such notes. */
static void sm2_notes(void **state) {
    (void)state;
    static struct scf_note note;
    struct scf_signing_key *secret = fresh_sm2_key(), *other = fresh_sm2_key();
    struct scf_public_key pub = scf_signing_key_public(secret),
                          wrong = scf_signing_key_public(other);
    struct scf_vkey key = scf_vkey(SCF_STR("scfd.example"), &pub), again,
                    stranger = scf_vkey(SCF_STR("scfd.example"), &wrong);
    struct scf_buf text, out;
    uint8_t raw[128];
    size_t n;
    scf_buf_init(&text, 4096);
    scf_vkey_write(&key, &text);
    assert_true(scf_vkey_parse((struct scf_str){text.data, text.len}, &again));
    assert_true(scf_public_key_eq(&again.pub, &pub));
    assert_memory_equal(again.id, key.id, sizeof key.id);
    const char *base64 = strchr(strchr(text.data, '+') + 1, '+') + 1; /* may hold more of them */
    assert_true(scf_unbase64(scf_str(base64), raw, sizeof raw, &n));
    assert_int_equal(n, 8 + SCF_SM2_PUBLIC_LEN);
    assert_memory_equal(raw, "\xffsm2-sm3\x04", 9);

    scf_buf_init(&out, 4096);
    scf_note_write(SCF_STR("If you think\n"), &key, secret, &out);
    struct scf_str message = {out.data, out.len};
    const struct scf_vkey both[] = {stranger, key};
    assert_int_equal(scf_note_open(message, &key, 1, &note), SCF_NOTE_OK);
    assert_int_equal(scf_note_open(message, both, 2, &note), SCF_NOTE_OK);
    assert_int_equal(scf_note_open(message, &stranger, 1, &note), SCF_NOTE_UNVERIFIED);
    memcpy(stranger.id, key.id, sizeof key.id); /* a key that only says to be the one */
    assert_int_equal(scf_note_open(message, &stranger, 1, &note), SCF_NOTE_BAD_SIGNATURE);
    out.data[3] ^= 1;
    assert_int_equal(scf_note_open(message, &key, 1, &note), SCF_NOTE_BAD_SIGNATURE);
    scf_buf_free(&text);
    scf_buf_free(&out);
    scf_signing_key_free(secret);
    scf_signing_key_free(other);
}

/* A vkey whose id is right for `raw`, which is base64. */
static bool parses_raw(const void *raw, size_t n) {
    char text[256], hex[9], base64[200];
    const struct scf_str parts[] = {SCF_STR("n\n"), {raw, n}};
    struct scf_hash h = scf_digest_parts(SCF_SHA256, parts, SCF_COUNT(parts));
    struct scf_vkey key;
    scf_hex(h.b, SCF_NOTE_KEY_ID, hex);
    scf_base64(raw, n, base64);
    snprintf(text, sizeof text, "n+%s+%s", hex, base64);
    return scf_vkey_parse(scf_str(text), &key);
}

static void sm2_vkeys(void **state) {
    (void)state;
    uint8_t raw[8 + SCF_SM2_PUBLIC_LEN + 1] = "\xffsm2-sm3\x04";
    assert_true(parses_raw(raw, sizeof raw - 1));
    assert_false(parses_raw(raw, sizeof raw));
    assert_false(parses_raw(raw, sizeof raw - 2));
    assert_false(parses_raw(raw, 8));
    assert_false(parses_raw(raw, 1));
    raw[7] = '4'; /* another algorithm that has no byte */
    assert_false(parses_raw(raw, sizeof raw - 1));
    raw[0] = 1;
    assert_true(parses_raw(raw, 33));
    assert_false(parses_raw(raw, sizeof raw - 1));
}

static enum scf_note_verdict verdict_of(const char *want) {
    static const struct {
        const char *want;
        enum scf_note_verdict verdict;
    } rows[] = {{"ok", SCF_NOTE_OK},
                {"error:malformed", SCF_NOTE_MALFORMED},
                {"error:unverified", SCF_NOTE_UNVERIFIED},
                {"error:invalid-signature", SCF_NOTE_BAD_SIGNATURE},
                {"error:ambiguous", SCF_NOTE_AMBIGUOUS}};
    for (size_t i = 0; i < SCF_COUNT(rows); i++)
        if (strcmp(rows[i].want, want) == 0)
            return rows[i].verdict;
    fail_msg("unknown outcome %s", want);
    return SCF_NOTE_MALFORMED;
}

static void check_names(const cJSON *row, const char *member, const struct scf_str *names, int n) {
    const cJSON *want = scf_json_get(row, member), *item;
    assert_int_equal(cJSON_GetArraySize(want), n);
    int i = 0;
    cJSON_ArrayForEach(item, want) {
        assert_true(scf_str_is(names[i++], item->valuestring));
    }
}

static void opening(void **state) {
    (void)state;
    const cJSON *row, *item;
    static struct scf_note note;
    static char message[1 << 16];
    cJSON_ArrayForEach(row, section("open")) {
        struct scf_vkey keys[8];
        size_t n = 0, length;
        cJSON_ArrayForEach(item, scf_json_get(row, "verifiers")) {
            assert_true(scf_vkey_parse(scf_str(item->valuestring), &keys[n++]));
        }
        assert_true(scf_unbase64(scf_str(scf_json_string(row, "msg_b64")), message, sizeof message,
                                 &length));
        enum scf_note_verdict verdict =
            scf_note_open((struct scf_str){message, length}, keys, n, &note);
        if (verdict != verdict_of(scf_json_string(row, "want")))
            fail_msg("%s: %s", scf_json_string(row, "name"), scf_note_verdict_text(verdict));
        if (verdict == SCF_NOTE_OK) {
            check_names(row, "verified", note.verified_names, note.verified);
            check_names(row, "unverified", note.unverified_names, note.unverified);
        }
    }
}

static void names(void **state) {
    (void)state;
    assert_true(scf_note_name_valid(SCF_STR("scfd.example/node_1")));
    assert_true(scf_note_name_valid(SCF_STR("\xe9\x93\xbe")));
    static const char *const bad[] = {"",     "a b",           "a+b",          "a\tb",
                                      "a\n",  "a\xc2\xa0",     "\xe2\x80\x83", "\xe3\x80\x80",
                                      "\xff", "a\xe2\x80\xa8", "\xe1\x9a\x80", "\xe2\x81\x9f"};
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        assert_false(scf_note_name_valid(scf_str(bad[i])));
}

static void checkpoints(void **state) {
    (void)state;
    const cJSON *tree = section("tree_note");
    struct scf_checkpoint c = {SCF_STR("go.sum database tree"), 0, {{0}}}, again;
    assert_true(scf_json_i64(tree, "N", &c.size));
    const char *record = scf_json_string(tree, "record"),
               *want = scf_json_string(tree, "formatted");
    /* The vector's root is the record hash of its record: H(0x00 || record). */
    char bytes[64] = {0};
    memcpy(bytes + 1, record, strlen(record));
    c.root = scf_sha256(bytes, strlen(record) + 1);
    struct scf_buf out;
    scf_buf_init(&out, 1024);
    scf_checkpoint_write(&c, &out);
    assert_string_equal(out.data, want);
    assert_true(scf_checkpoint_parse(scf_str(want), &again));
    assert_int_equal(again.size, c.size);
    assert_true(scf_str_eq(again.origin, c.origin) && scf_hash_eq(&again.root, &c.root));
    scf_buf_free(&out);

    static const char *const bad[] = {"",
                                      "o\n1\n",
                                      "\n1\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n",
                                      "o\n01\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n",
                                      "o\n-1\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n",
                                      "o\n-0\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n",
                                      "o\n1\nTszzRg==\n",
                                      "o\n1\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0="};
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        assert_false(scf_checkpoint_parse(scf_str(bad[i]), &again));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signing),     cmocka_unit_test(sm2_notes),
        cmocka_unit_test(sm2_vkeys),   cmocka_unit_test(bad_verifier_keys),
        cmocka_unit_test(opening),     cmocka_unit_test(names),
        cmocka_unit_test(checkpoints),
    };
    scf_digest_init();
    return cmocka_run_group_tests(tests, load, unload);
}
