/* OpenTimestamps files: those that come with the reference client, every limit, and Bitcoin
 * headers: the first one and those of a chain whose proof of work is easy. */
#include <setjmp.h>
#include <cmocka.h>

#include "bitcoin.h"
#include "ots.h"
#include "ots_settings.h"
#include "ots_verify.h"
#include "scfd/base/clock.h"

static struct scf_arena *arena;

static bool load(const char *name, struct scf_str *ret) {
    char path[512];
    const char *root = getenv("SCFD_SHARED_DATA");
    snprintf(path, sizeof path, "%s/vectors/opentimestamps/%s", root ? root : "../shared/data",
             name);
    FILE *f = fopen(path, "rb");
    if (!f) {
        print_message("skipped: %s is missing\n", path);
        return false;
    }
    char *bytes = scf_alloc(arena, OTS_FILE_MAX, 1);
    assert_non_null(bytes);
    *ret = (struct scf_str){bytes, fread(bytes, 1, OTS_FILE_MAX, f)};
    fclose(f);
    return true;
}

static struct ots_node *read_file(struct scf_str bytes) {
    struct ots_tree tree = {.arena = arena};
    return ots_file_read(&tree, bytes);
}

struct report {
    bool good;
    int64_t us;
    char text[4096];
};

static struct report verify(struct scf_str proof, struct scf_str statement, const char *trust) {
    struct report r = {.us = 0};
    struct scf_buf out;
    scf_buf_init(&out, sizeof r.text - 1);
    r.good = ots_verify(proof, statement, scf_str(trust), &out, &r.us);
    snprintf(r.text, sizeof r.text, "%s", out.data);
    assert_int_equal(r.good, strstr(r.text, "FAIL") == NULL);
    scf_buf_free(&out);
    return r;
}

static const char *const names[] = {"hello-world.txt", "incomplete.txt", "two-calendars.txt"};

static void files_are_written_as_they_were_read(void **state) {
    (void)state;
    for (size_t i = 0; i < SCF_COUNT(names); i++) {
        struct scf_str file = {NULL, 0}, content = {NULL, 0};
        char name[64];
        snprintf(name, sizeof name, "%s.ots", names[i]);
        if (!load(name, &file) || !load(names[i], &content))
            skip();
        struct ots_node *root = read_file(file);
        struct scf_hash digest = scf_sha256(content.p, content.n);
        struct scf_buf out;
        assert_non_null(root);
        assert_memory_equal(root->message.p, digest.b, SCF_HASH_LEN);
        scf_buf_init(&out, OTS_FILE_MAX);
        assert_true(ots_file_write(root, &out));
        assert_true(scf_str_eq(file, (struct scf_str){out.data, out.len}));
        scf_buf_free(&out);
        for (size_t n = 0; n < file.n; n++)
            assert_null(read_file((struct scf_str){file.p, n}));
        assert_null(read_file((struct scf_str){file.p, file.n + 1}));
    }
}

/* A header over a Merkle root with the bits of Bitcoin's regtest: every second nonce will do. */
static void mine(const void *root, uint32_t time_s, char hex[2 * BITCOIN_HEADER + 1]) {
    uint8_t header[BITCOIN_HEADER] = {1};
    struct bitcoin_header unused;
    memcpy(header + 36, root, SCF_HASH_LEN);
    for (int i = 0; i < 4; i++)
        header[68 + i] = (uint8_t)(time_s >> (8 * i));
    memcpy(header + 72, "\xff\xff\x7f\x20", 4);
    while (!bitcoin_header_read(header, &unused))
        header[76]++;
    scf_hex(header, sizeof header, hex);
}

static bool last_message(void *ctx, struct ots_node *node, const struct ots_attestation *a) {
    const struct ots_node **found = ctx;
    assert_int_equal(a->kind, OTS_BITCOIN);
    assert_int_equal(a->height, 358391);
    *found = node;
    return true;
}

static void against_headers(void **state) {
    (void)state;
    struct scf_str file = {NULL, 0}, content = {NULL, 0};
    char header[2 * BITCOIN_HEADER + 1], other[2 * BITCOIN_HEADER + 1], trust[600];
    const struct ots_node *node = NULL;
    if (!load("hello-world.txt.ots", &file) || !load("hello-world.txt", &content))
        skip();
    assert_true(ots_walk(read_file(file), last_message, &node));
    /* Computed from the file with hashlib, and turned as people write it. */
    struct report r = verify(file, content, "");
    assert_true(r.good && r.us == 0);
    assert_non_null(strstr(r.text,
                           "block 358391 has the Merkle root "
                           "8a1b66ecb7cbd07d8139a7e7d7f2c41aab1f5009b8364aaf61d03ad245e47e00"
                           "\n"));
    mine(node->message.p, 1432827678, header);
    mine("another root, of just 32 bytes..", 1432827678, other);
    snprintf(trust, sizeof trust, "evm 1 2 0x00\nbitcoin 1 %s\nbitcoin 358391 %s\n", other, header);
    r = verify(file, content, trust);
    assert_true(r.good);
    assert_int_equal(r.us, INT64_C(1432827678000000));
    snprintf(trust, sizeof trust, "bitcoin 358391 %s", other);
    assert_false(verify(file, content, trust).good);
    snprintf(trust, sizeof trust, "bitcoin 358391 %.158s", header);
    assert_false(verify(file, content, trust).good);
    header[2 * 72 + 6] = '1'; /* the bits of a real target: no work went into it */
    header[2 * 72 + 7] = 'd';
    snprintf(trust, sizeof trust, "bitcoin 358391 %s", header);
    assert_false(verify(file, content, trust).good);
    assert_false(verify(file, SCF_STR("Hello World"), "").good);
}

/* Whatever is flipped: nothing is proven any more under the header that is trusted. But once: where
 * a row of the block's Merkle tree had an odd number, Bitcoin joins its last hash with itself, and
 * to append or to prepend it is the same. */
static void every_byte_counts(void **state) {
    (void)state;
    struct scf_str file = {NULL, 0}, content = {NULL, 0};
    char header[2 * BITCOIN_HEADER + 1], trust[300];
    const struct ots_node *node = NULL;
    if (!load("hello-world.txt.ots", &file) || !load("hello-world.txt", &content))
        skip();
    assert_true(ots_walk(read_file(file), last_message, &node));
    mine(node->message.p, 1432827678, header);
    snprintf(trust, sizeof trust, "bitcoin 358391 %s", header);
    char *bytes = scf_strndup(arena, file.p, file.n);
    enum { JOINED_WITH_ITSELF = 603 };
    assert_int_equal((uint8_t)bytes[JOINED_WITH_ITSELF], OTS_APPEND);
    for (size_t i = 0; i < file.n; i++)
        for (int bit = 0; bit < 8; bit++) {
            bytes[i] = (char)(bytes[i] ^ (1 << bit));
            struct report r = verify((struct scf_str){bytes, file.n}, content, trust);
            if (r.us != 0 && (i != JOINED_WITH_ITSELF || bit != 0))
                fail_msg("bit %d of byte %zu: %s", bit, i, r.text);
            bytes[i] = (char)(bytes[i] ^ (1 << bit));
        }
}

static void promises_prove_nothing(void **state) {
    (void)state;
    for (size_t i = 1; i < SCF_COUNT(names); i++) {
        struct scf_str file = {NULL, 0}, content = {NULL, 0};
        char name[64];
        snprintf(name, sizeof name, "%s.ots", names[i]);
        if (!load(name, &file) || !load(names[i], &content))
            skip();
        struct report r = verify(file, content, "");
        assert_false(r.good);
        assert_non_null(strstr(r.text, "https://alice.btc.calendar.opentimestamps.org promises"));
        assert_int_equal(i == 2, strstr(r.text, "https://bob.btc.calendar") != NULL);
    }
}

/* ---- operations and limits ---- */

static struct ots_node *read_hex(const char *hex) {
    uint8_t bytes[512];
    size_t n = strlen(hex) / 2;
    struct ots_tree tree = {.arena = arena};
    assert_true(scf_unhex(scf_str(hex), bytes, n));
    return ots_read(&tree, (struct scf_str){(const char *)bytes, n}, SCF_STR("abc"));
}

#define END                                                                                        \
    "000000000000000000"                                                                           \
    "00" /* an attestation of no known kind, without payload */

static void operations(void **state) {
    (void)state;
    static const struct {
        const char *hex, *message;
    } cases[] = {
        {"02" END, "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {"03" END, "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"},
        {"08" END, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"67" END, "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"},
        {"f00164" END, "61626364"},
        {"f10164" END, "64616263"},
        {"f2" END, "636261"},
        {"f3" END, "363136323633"},
    };
    for (size_t i = 0; i < SCF_COUNT(cases); i++) {
        char hex[2 * OTS_MESSAGE_MAX + 1];
        struct ots_node *node = read_hex(cases[i].hex);
        assert_non_null(node);
        struct scf_str message = node->steps->result->message;
        scf_hex(message.p, message.n, hex);
        assert_string_equal(hex, cases[i].message);
    }
}

static void malformed(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "ff",
        "04" END,
        "f000" END,
        "f08000" END,
        "f0ffffffffffffffffff7f" END,
        END "00",
        "0083dfe30d2ef90c8e0100",         /* a promise without an address */
        "0083dfe30d2ef90c8e0403612062",   /* with a blank in it */
        "0083dfe30d2ef90c8e0403610062",   /* with a zero in it */
        "0083dfe30d2ef90c8e050361626300", /* with something behind it */
        "000588960d73d71901020180",       /* a height with something behind it */
        "000588960d73d719010281",         /* a height that does not end */
        "000588960d73d71901028000",       /* not the shortest form */
        "ff" END END,                     /* an attestation twice */
        "ff08" END "08" END,              /* an operation twice */
        "fff00164" END "f00164" END,
    };
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        if (read_hex(bad[i]))
            fail_msg("%s was read", bad[i]);
    assert_non_null(read_hex("ff" END "0083dfe30d2ef90c8e0403612f62"));
    assert_non_null(read_hex("fff00164" END "fff00165" END "f10164" END));
}

static void limits(void **state) {
    (void)state;
    char deep[OTS_DEPTH_MAX + 16];
    struct ots_tree tree = {.arena = arena};
    static const char end[10] = {0};
    for (int depth = OTS_DEPTH_MAX - 1; depth <= OTS_DEPTH_MAX; depth++) {
        size_t n = (size_t)depth;
        memset(deep, OTS_SHA256, n);
        memcpy(deep + n, end, sizeof end);
        struct scf_str bytes = {deep, n + sizeof end};
        assert_int_equal(ots_read(&tree, bytes, SCF_STR("abc")) != NULL, depth < OTS_DEPTH_MAX);
    }
    memset(deep, OTS_HEXLIFY, 12); /* doubles its message: 3 × 2^11 are beyond 4096 */
    memcpy(deep + 10, end, sizeof end);
    assert_non_null(ots_read(&tree, (struct scf_str){deep, 10 + sizeof end}, SCF_STR("abc")));
    memset(deep, OTS_HEXLIFY, 12);
    memcpy(deep + 11, end, sizeof end);
    assert_null(ots_read(&tree, (struct scf_str){deep, 11 + sizeof end}, SCF_STR("abc")));
}

static void merging_keeps_everything_once(void **state) {
    (void)state;
    struct ots_node *a = read_hex("fff00164" END "ff0083dfe30d2ef90c8e0403612f62"
                                  "08" END);
    struct ots_node *b = read_hex("fff00164"
                                  "0083dfe30d2ef90c8e0403612f62"
                                  "ff" END "08" END);
    struct scf_buf out;
    char hex[512];
    assert_non_null(a);
    assert_non_null(b);
    struct scf_hash digest = scf_sha256("abc", 3);
    ots_merge(a, b);
    a->message = (struct scf_str){(const char *)digest.b, SCF_HASH_LEN};
    scf_buf_init(&out, OTS_FILE_MAX);
    assert_true(ots_file_write(a, &out));
    scf_hex(out.data + 65, out.len - 65, hex); /* behind the head and the digest */
    assert_string_equal(hex, "ff0083dfe30d2ef90c8e0403612f62"
                             "ff" END "fff00164"
                             "ff" END "0083dfe30d2ef90c8e0403612f62"
                             "08" END);
    scf_buf_free(&out);
}

/* ---- headers ---- */

static void the_first_block(void **state) {
    (void)state;
    uint8_t bytes[BITCOIN_HEADER];
    struct bitcoin_header h;
    char hex[2 * SCF_HASH_LEN + 1];
    assert_true(scf_unhex(
        SCF_STR("0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a"
                "7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c"),
        bytes, sizeof bytes));
    assert_true(bitcoin_header_read(bytes, &h));
    scf_hex(h.hash.b, SCF_HASH_LEN, hex);
    assert_string_equal(hex, "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");
    assert_int_equal(h.time_s, 1231006505);
    bytes[76] ^= 1;
    assert_false(bitcoin_header_read(bytes, &h));
    bytes[76] ^= 1;
    static const char *const bits[] = {"\x00\x00\x00\x1d", "\xff\xff\x80\x1d", "\xff\xff\x7f\x23",
                                       "\xff\xff\x7f\x00"};
    for (size_t i = 0; i < SCF_COUNT(bits); i++) {
        memcpy(bytes + 72, bits[i], 4); /* zero, negative, beyond 256 bits, below one */
        assert_false(bitcoin_header_read(bytes, &h));
    }
}

static void nobody_sends_us_elsewhere(void **state) {
    (void)state;
    struct ots_settings s;
    struct scf_error err = {0};
    const char text[] = "{\"calendars\":\"http://b.example/x/ https://c.example\",\"quorum\":3}";
    const cJSON *settings = scf_json_parse(arena, text, sizeof text - 1, &err);
    assert_true(ots_settings_read("https://a.example/", settings, &s));
    assert_int_equal(s.calendar_count, 3);
    static const char *const good[] = {"https://a.example",
                                       "https://a.example/",
                                       "http://b.example/x",
                                       "https://c.example",
                                       "https://alice.btc.calendar.opentimestamps.org",
                                       "https://finney.calendar.eternitywall.com"};
    static const char *const bad[] = {"https://b.example/x",
                                      "http://a.example",
                                      "https://a.example.org",
                                      "https://a.example:8080",
                                      "https://calendar.opentimestamps.org",
                                      "http://alice.btc.calendar.opentimestamps.org",
                                      "https://localhost/.calendar.opentimestamps.org",
                                      "https://localhost:80.calendar.opentimestamps.org"};
    for (size_t i = 0; i < SCF_COUNT(good); i++)
        assert_true(ots_may_ask(&s, scf_str(good[i])));
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        assert_false(ots_may_ask(&s, scf_str(bad[i])));
    const char four[] = "{\"quorum\":2}";
    assert_false(ots_settings_read("https://a.example",
                                   scf_json_parse(arena, four, sizeof four - 1, &err), &s));
}

int main(void) {
    scf_digest_init();
    arena = scf_arena_new(256 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_written_as_they_were_read),
        cmocka_unit_test(against_headers),
        cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(promises_prove_nothing),
        cmocka_unit_test(operations),
        cmocka_unit_test(malformed),
        cmocka_unit_test(limits),
        cmocka_unit_test(merging_keeps_everything_once),
        cmocka_unit_test(the_first_block),
        cmocka_unit_test(nobody_sends_us_elsewhere),
    };
    int failed = cmocka_run_group_tests_name("ots", tests, NULL, NULL);
    scf_arena_free(arena);
    return failed;
}
