/* Arena: zeroed and aligned memory, the bound, the order of deferred clean-ups, reuse after reset.
 */
#include "scfd/base/arena.h"
#include <setjmp.h>
#include <cmocka.h>

static void test_memory_is_zeroed_and_aligned(void **state) {
    (void)state;
    struct scf_arena *arena = scf_arena_new(1 << 20);
    for (size_t n = 0; n < 200; n++) {
        uint8_t *p = scf_alloc(arena, n, 1);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xAA, n);
    }
    scf_arena_reset(arena);
    uint8_t *p = scf_alloc(arena, 4096, 1);
    assert_non_null(p);
    for (size_t i = 0; i < 4096; i++)
        assert_int_equal(p[i], 0);
    scf_arena_free(arena);
}

static void test_bound(void **state) {
    (void)state;
    struct scf_arena *arena = scf_arena_new(100000);
    assert_null(scf_alloc(arena, 100001, 1));
    assert_null(scf_alloc(arena, SIZE_MAX, 1));
    assert_null(scf_alloc(arena, SIZE_MAX / 2, 3)); /* the product overflows */
    assert_null(scf_strndup(arena, "x", SIZE_MAX));
    size_t got = 0;
    while (scf_alloc(arena, 1, 1000))
        got += 1000;
    assert_in_range(got, 80000, 100000);
    assert_non_null(scf_alloc(arena, 0, 8)); /* small ones still fit beside */
    scf_arena_reset(arena);
    assert_non_null(scf_alloc(arena, 1, 50000)); /* the bound counts from the start again */
    scf_arena_free(arena);
}

/* What is expected changes nothing but where the memory lies: the bound holds, reset keeps it. */
static void test_expected(void **state) {
    (void)state;
    struct scf_arena *arena = scf_arena_new(100000);
    scf_arena_expect(arena, 60000);
    char *first = scf_alloc_unset(arena, 1000), *second = scf_alloc(arena, 50000, 1);
    assert_ptr_equal(second, first + 1008); /* aligned to 16, in one block */
    assert_null(scf_alloc(arena, 50000, 1));
    scf_arena_reset(arena);
    assert_ptr_equal(scf_alloc_unset(arena, 0), first);
    scf_arena_free(arena);
    arena = scf_arena_new(100000);
    scf_arena_expect(arena, SIZE_MAX / 2); /* beyond the bound: as if nothing had been said */
    assert_non_null(scf_alloc(arena, 1000, 1));
    scf_arena_free(arena);
}

static void test_zero_bound(void **state) {
    (void)state;
    struct scf_arena *arena = scf_arena_new(0);
    assert_null(scf_alloc(arena, 1, 1));
    assert_null(scf_asprintf(arena, "%d", 1));
    scf_arena_free(arena);
}

static void test_reset_keeps_the_first_block(void **state) {
    (void)state;
    struct scf_arena *arena = scf_arena_new(1 << 20);
    void *first = scf_alloc(arena, 1, 16);
    void *large = scf_alloc(arena, 1, 500000);
    assert_non_null(first);
    assert_non_null(large);
    scf_arena_reset(arena);
    assert_ptr_equal(scf_alloc(arena, 1, 16), first);
    scf_arena_free(arena);
    scf_arena_free(NULL);
}

static char order[8];

static void note(void *p) {
    strncat(order, p, 1);
}

static void test_deferred_run_last_first(void **state) {
    (void)state;
    char a[] = "a", b[] = "b", c[] = "c";
    order[0] = '\0';
    struct scf_arena *arena = scf_arena_new(0); /* full from the start: clean-ups are never lost */
    scf_defer(arena, note, a);
    scf_defer(arena, note, b);
    scf_arena_reset(arena);
    assert_string_equal(order, "ba");
    scf_arena_reset(arena);
    assert_string_equal(order, "ba");
    scf_defer(arena, note, c);
    scf_arena_free(arena);
    assert_string_equal(order, "bac");
}

static void test_text(void **state) {
    (void)state;
    struct scf_arena *arena = scf_arena_new(1 << 16);
    assert_string_equal(scf_strdup(arena, "\xe5\x90\x88\xe5\x90\x8c"), "\xe5\x90\x88\xe5\x90\x8c");
    assert_string_equal(scf_strndup(arena, "contract", 3), "con");
    assert_string_equal(scf_strndup(arena, NULL, 0), "");
    assert_string_equal(scf_asprintf(arena, "%s/%d", "a", 7), "a/7");
    char *wide = scf_asprintf(arena, "%1000d", 7); /* longer than the stack buffer */
    assert_int_equal(strlen(wide), 1000);
    assert_int_equal(wide[999], '7');
    assert_int_equal(wide[0], ' ');
    scf_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_and_aligned),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_expected),
        cmocka_unit_test(test_zero_bound),
        cmocka_unit_test(test_reset_keeps_the_first_block),
        cmocka_unit_test(test_deferred_run_last_first),
        cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
