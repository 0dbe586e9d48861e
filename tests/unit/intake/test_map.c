/* The map from byte strings to numbers, against a plain list. */
#include <setjmp.h>

#include <cmocka.h>

#include "map.h"

static void first_value_stays(void **state) {
    (void)state;
    struct scf_arena *arena = scf_arena_new(1 << 20);
    struct scf_map map;
    assert_true(scf_map_init(&map, arena, 4));
    assert_int_equal(scf_map_get(&map, SCF_STR("a")), -1);
    assert_int_equal(scf_map_put(&map, SCF_STR("a"), 7), 7);
    assert_int_equal(scf_map_put(&map, SCF_STR("a"), 8), 7);
    assert_int_equal(scf_map_get(&map, SCF_STR("a")), 7);
    assert_int_equal(scf_map_get(&map, SCF_STR("")), -1);
    assert_int_equal(scf_map_put(&map, SCF_STR(""), 0), 0);
    scf_arena_free(arena);
}

/* As many keys as it was made for, NUL bytes and shared prefixes among them. */
static void holds_what_it_was_made_for(void **state) {
    (void)state;
    enum { N = 5000 };
    static uint32_t keys[N];
    struct scf_arena *arena = scf_arena_new(16 << 20);
    struct scf_map map;
    assert_true(scf_map_init(&map, arena, N));
    for (int i = 0; i < N; i++) {
        keys[i] = (uint32_t)i * 256;
        struct scf_str key = {(const char *)&keys[i], sizeof keys[i]};
        assert_int_equal(scf_map_put(&map, key, i), i);
    }
    for (int i = 0; i < N; i++) {
        uint32_t copy = (uint32_t)i * 256, absent = copy + 1;
        assert_int_equal(scf_map_get(&map, (struct scf_str){(const char *)&copy, sizeof copy}), i);
        assert_int_equal(scf_map_get(&map, (struct scf_str){(const char *)&absent, sizeof absent}),
                         -1);
    }
    scf_arena_free(arena);
}

static void refuses_when_the_arena_is_full(void **state) {
    (void)state;
    struct scf_arena *arena = scf_arena_new(4096);
    struct scf_map map;
    assert_false(scf_map_init(&map, arena, 100000));
    scf_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_value_stays),
        cmocka_unit_test(holds_what_it_was_made_for),
        cmocka_unit_test(refuses_when_the_arena_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
