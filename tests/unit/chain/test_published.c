/* The file of what was published: kept over restarts, crashes and full disks. */
#include "scfd/chain/published.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include <setjmp.h>
#include <cmocka.h>

static char path[] = "/tmp/scfd-published-XXXXXX/published";
static const struct scf_uuid HERE = {{1, 2, 3}}, ELSEWHERE = {{9}};

static int set_up(void **state) {
    (void)state;
    char *slash = strrchr(path, '/');
    memcpy(slash - 6, "XXXXXX", 6);
    *slash = 0;
    assert_non_null(mkdtemp(path));
    *slash = '/';
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    unlink(path);
    char *slash = strrchr(path, '/');
    *slash = 0;
    rmdir(path);
    *slash = '/';
    return 0;
}

static struct scf_published *open_it(void) {
    struct scf_published *p;
    struct scf_error err = {0};
    bool made;
    if (scf_published_open(path, &HERE, true, &p, &made, &err) != SCF_OK)
        fail_msg("%s", err.detail);
    return p;
}

static enum scf_code refused(const struct scf_uuid *installation, bool create, const char *saying) {
    struct scf_published *p;
    struct scf_error err = {0};
    bool made;
    enum scf_code code = scf_published_open(path, installation, create, &p, &made, &err);
    if (code == SCF_OK || strstr(err.detail, saying) == NULL)
        fail_msg("%d: %s", code, err.detail);
    return code;
}

static struct scf_publication item(int chain, int64_t generation, int64_t height) {
    struct scf_publication i = {
        .chain_id = {{(uint8_t)(chain >> 16), (uint8_t)(chain >> 8), (uint8_t)chain}},
        .generation = generation,
        .height = height,
        .size = 10 * height + 7};
    memset(i.block_hash.b, (int)height + 1, SCF_HASH_LEN);
    return i;
}

static void put(struct scf_published *p, struct scf_publication i) {
    struct scf_error err = {0};
    if (scf_published_put(p, &i, 1, &err) != SCF_OK)
        fail_msg("%s", err.detail);
}

static int64_t height_of(struct scf_published *p, int chain) {
    struct scf_publication want = item(chain, 1, 0), got;
    if (!scf_published_find(p, &want.chain_id, &got))
        return -1;
    struct scf_publication whole = item(chain, got.generation, got.height);
    assert_memory_equal(&got, &whole, sizeof got);
    return got.height;
}

static void change_byte(off_t at) {
    uint8_t byte;
    int fd = open(path, O_RDWR);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 0x40;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

static void test_kept_over_a_restart(void **state) {
    (void)state;
    struct scf_published *p = open_it();
    put(p, item(2, 1, 0));
    put(p, item(1, 1, 5));
    put(p, item(2, 1, 4));
    put(p, item(2, 1, 3)); /* older: nothing changes */
    put(p, item(3, 2, 0));
    put(p, item(3, 1, 9)); /* an earlier generation: neither */
    scf_published_close(p);
    p = open_it();
    assert_int_equal(height_of(p, 1), 5);
    assert_int_equal(height_of(p, 2), 4);
    assert_int_equal(height_of(p, 3), 0);
    assert_int_equal(height_of(p, 4), -1);
    struct scf_arena *arena = scf_arena_new(1 << 20);
    struct scf_publication *items;
    size_t n;
    assert_true(scf_published_list(p, arena, &items, &n));
    assert_int_equal(n, 3);
    assert_true(scf_uuid_compare(&items[0].chain_id, &items[1].chain_id) < 0);
    assert_true(scf_uuid_compare(&items[1].chain_id, &items[2].chain_id) < 0);
    scf_arena_free(arena);
    scf_published_close(p);
}

/* The layout, byte by byte: other versions have to read it. */
static void test_layout(void **state) {
    (void)state;
    uint8_t file[768];
    struct scf_published *p = open_it();
    put(p, item(7, 1, 258));
    scf_published_close(p);
    int fd = open(path, O_RDONLY);
    assert_int_equal(read(fd, file, sizeof file), 512);
    close(fd);
    assert_memory_equal(file, "scfd-published/1", 16);
    assert_memory_equal(file + 16, HERE.b, 16);
    const uint8_t *slot = file + 256;
    static const uint8_t numbers[24] = {0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0,    0,
                                        0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0x0a, 0x1b};
    assert_memory_equal(slot + 16, numbers, sizeof numbers);
    for (int at = 0; at < 384; at += 256) {
        struct scf_hash h = scf_sha256(file + at, 96);
        assert_memory_equal(file + at + 96, h.b, SCF_HASH_LEN);
    }
}

static void test_a_torn_write_leaves_the_one_before(void **state) {
    (void)state;
    struct scf_published *p = open_it();
    put(p, item(1, 1, 1)); /* slot 0 */
    put(p, item(1, 1, 2)); /* slot 1 */
    scf_published_close(p);
    change_byte(256 + 128 + 30);
    p = open_it();
    assert_int_equal(height_of(p, 1), 1);
    put(p, item(1, 1, 3));
    scf_published_close(p);
    p = open_it();
    assert_int_equal(height_of(p, 1), 3);
    scf_published_close(p);
    change_byte(256 + 128 + 30);
    change_byte(256 + 30);
    assert_int_equal(refused(&HERE, true, "is damaged"), SCF_E_INVALID_PARAMETER);
}

static void test_a_line_that_was_being_added(void **state) {
    (void)state;
    struct scf_published *p = open_it();
    put(p, item(1, 1, 1));
    put(p, item(2, 1, 1));
    scf_published_close(p);
    change_byte(512 + 20); /* the first write of chain 2, not whole */
    p = open_it();
    assert_int_equal(height_of(p, 1), 1);
    assert_int_equal(height_of(p, 2), -1);
    put(p, item(2, 1, 6));
    scf_published_close(p);
    assert_int_equal(truncate(path, 512 + 256 + 90), 0); /* the power went while it grew */
    p = open_it();
    assert_int_equal(height_of(p, 1), 1);
    assert_int_equal(height_of(p, 2), -1);
    put(p, item(3, 1, 2));
    scf_published_close(p);
    p = open_it();
    assert_int_equal(height_of(p, 3), 2);
    scf_published_close(p);
}

static void test_whose_it_is(void **state) {
    (void)state;
    assert_int_equal(refused(&HERE, false, "There is no file"), SCF_E_NOT_FOUND);
    struct scf_published *p = open_it();
    assert_int_equal(refused(&HERE, true, "used by another process"), SCF_E_INVALID_PARAMETER);
    scf_published_close(p);
    assert_int_equal(refused(&ELSEWHERE, true, "another installation"), SCF_E_INVALID_PARAMETER);
    change_byte(40);
    assert_int_equal(refused(&HERE, true, "is damaged"), SCF_E_INVALID_PARAMETER);
    assert_int_equal(truncate(path, 100), 0);
    assert_int_equal(refused(&HERE, true, "is cut short"), SCF_E_INVALID_PARAMETER);
}

static void test_generations(void **state) {
    (void)state;
    struct scf_error err;
    struct scf_published *p = open_it();
    assert_int_equal(scf_published_generation(p), 1);
    assert_int_equal(scf_published_begin(p, 2, &err), SCF_OK);
    assert_int_equal(scf_published_begin(p, 3, &err), SCF_OK);
    assert_int_equal(scf_published_begin(p, 2, &err), SCF_OK);
    scf_published_close(p);
    p = open_it();
    assert_int_equal(scf_published_generation(p), 3);
    scf_published_close(p);
    change_byte(128 + 40); /* either slot of the head may be torn: 3 is in the first again */
    p = open_it();
    assert_int_equal(scf_published_generation(p), 3);
    scf_published_close(p);
}

static void limit_files(rlim_t bytes) {
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_a_full_disk(void **state) {
    (void)state;
    struct scf_error err = {0};
    struct scf_publication second = item(2, 1, 1);
    signal(SIGXFSZ, SIG_IGN);
    struct scf_published *p = open_it();
    put(p, item(1, 1, 1));
    limit_files(512);
    assert_int_equal(scf_published_put(p, &second, 1, &err), SCF_E_INTERNAL);
    assert_true(scf_published_behind(p));
    limit_files(RLIM_INFINITY);
    assert_int_equal(scf_published_put(p, &second, 1, &err), SCF_OK);
    assert_false(scf_published_behind(p));
    scf_published_close(p);
    p = open_it();
    assert_int_equal(height_of(p, 1), 1);
    assert_int_equal(height_of(p, 2), 1);
    scf_published_close(p);
}

static void test_many_chains(void **state) {
    (void)state;
    enum { CHAINS = 10000 };
    struct scf_error err = {0};
    struct stat st;
    struct scf_published *p = open_it();
    struct scf_publication *items = calloc(CHAINS, sizeof *items);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < CHAINS; i++)
            items[i] = item(CHAINS - i, 1, round);
        assert_int_equal(scf_published_put(p, items, CHAINS, &err), SCF_OK);
    }
    free(items);
    scf_published_close(p);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 256 * (CHAINS + 1));
    p = open_it();
    assert_int_equal(height_of(p, 1), 1);
    assert_int_equal(height_of(p, CHAINS), 1);
    scf_published_close(p);
}

static void test_halting(void **state) {
    (void)state;
    char why[SCF_HALT_TEXT];
    assert_false(scf_published_halted(NULL, why));
    struct scf_published *p = open_it();
    assert_false(scf_published_halted(p, why));
    assert_true(scf_published_halt(p, "because"));
    assert_false(scf_published_halt(p, "for another reason"));
    assert_true(scf_published_halted(p, why));
    assert_string_equal(why, "for another reason");
    assert_true(scf_published_halt(p, NULL));
    assert_false(scf_published_halted(p, why));
    scf_published_close(p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_kept_over_a_restart),
        TEST(test_layout),
        TEST(test_a_torn_write_leaves_the_one_before),
        TEST(test_a_line_that_was_being_added),
        TEST(test_whose_it_is),
        TEST(test_generations),
        TEST(test_a_full_disk),
        TEST(test_many_chains),
        TEST(test_halting),
    };
    scf_digest_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
