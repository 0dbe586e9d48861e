/* The committer's memory: what was put in comes out, newer entries replace older ones, and what
 * does not fit is forgotten, never cut short. */
#include "memory.h"

#include <setjmp.h>
#include <cmocka.h>

struct question {
    struct scf_lookup lookup;
    const struct scf_uuid *chain;
    int64_t size;
    struct scf_enterprise_ref ref;
    struct scf_enterprise *enterprise;
    bool new;
};

static struct scf_arena *arena;

static int open_arena(void **state) {
    (void)state;
    arena = scf_arena_new(1 << 20);
    return 0;
}

static int close_arena(void **state) {
    (void)state;
    scf_arena_free(arena);
    return 0;
}

/* One chain and one enterprise. */
static void ask(struct question *q, const struct scf_uuid *chain, struct scf_enterprise_ref ref) {
    *q = (struct question){.chain = chain, .ref = ref, .size = -1};
    q->lookup = (struct scf_lookup){.chains = &q->chain,
                                    .chain_sizes = &q->size,
                                    .chain_count = 1,
                                    .refs = &q->ref,
                                    .enterprises = &q->enterprise,
                                    .enterprise_new = &q->new,
                                    .ref_count = 1};
}

static void remember(struct scf_memory *memory, struct scf_enterprise_ref ref,
                     struct scf_enterprise *enterprise) {
    struct question q;
    struct scf_uuid any = {{9}};
    ask(&q, &any, ref);
    q.enterprise = enterprise;
    scf_memory_put_enterprises(memory, &q.lookup);
}

static void answers_are_what_was_put_last(void **state) {
    (void)state;
    struct scf_memory *memory = scf_memory_new();
    const struct scf_uuid chain = {{1}}, other = {{2}};
    const struct scf_enterprise_ref by_code = {.uscc = SCF_STR("91330100123456789A")};
    const struct scf_enterprise_ref by_id = {.id = {{3}}};
    struct scf_enterprise e = {
        .id = {{3}}, .uscc = SCF_STR("91330100123456789A"), .industry_code = SCF_STR("C3670")};
    struct question q;
    ask(&q, &chain, by_code);
    assert_false(scf_memory_answer(memory, arena, &q.lookup));
    remember(memory, by_code, &e);
    assert_false(scf_memory_answer(memory, arena, &q.lookup)); /* no head yet */
    scf_memory_put_head(memory, &chain, 7);
    scf_memory_put_head(memory, &chain, 8);
    assert_true(scf_memory_answer(memory, arena, &q.lookup));
    assert_int_equal(q.size, 8);
    assert_true(scf_uuid_eq(&q.enterprise->id, &e.id));
    assert_true(scf_str_eq(q.enterprise->industry_code, e.industry_code));
    ask(&q, &other, by_code);
    assert_false(scf_memory_answer(memory, arena, &q.lookup));
    ask(&q, &chain, by_id);
    assert_false(scf_memory_answer(memory, arena, &q.lookup));
    e.industry_code = (struct scf_str){0};
    remember(memory, by_id, &e);
    assert_true(scf_memory_answer(memory, arena, &q.lookup));
    assert_true(scf_str_eq(q.enterprise->uscc, e.uscc));
    assert_int_equal(q.enterprise->industry_code.n, 0);
    /* an id whose bytes spell a code is no code */
    const struct scf_enterprise_ref spelt = {.uscc = SCF_STR("DE:1234567890123")};
    struct scf_enterprise_ref same_bytes = {0};
    memcpy(same_bytes.id.b, spelt.uscc.p, sizeof same_bytes.id.b);
    remember(memory, spelt, &e);
    ask(&q, &chain, same_bytes);
    assert_false(scf_memory_answer(memory, arena, &q.lookup));
    ask(&q, &chain, spelt);
    assert_true(scf_memory_answer(memory, arena, &q.lookup));
    scf_memory_free(memory);
}

static void what_does_not_fit_is_not_kept(void **state) {
    (void)state;
    struct scf_memory *memory = scf_memory_new();
    const struct scf_uuid chain = {{1}};
    static const char text[] = "XX:0123456789012345678901234567890123456789";
    const struct scf_enterprise_ref fits = {.uscc = {text, 40}}, longer = {.uscc = {text, 41}};
    const struct scf_enterprise_ref none = {.uscc = SCF_STR("91330100123456789A")};
    struct scf_enterprise e = {.id = {{3}}, .uscc = {text, 40}};
    struct question q;
    scf_memory_put_head(memory, &chain, 1);
    remember(memory, fits, &e);
    ask(&q, &chain, fits);
    assert_true(scf_memory_answer(memory, arena, &q.lookup));
    remember(memory, longer, &e);
    ask(&q, &chain, longer);
    assert_false(scf_memory_answer(memory, arena, &q.lookup));
    remember(memory, none, NULL); /* the database found nothing */
    ask(&q, &chain, none);
    assert_false(scf_memory_answer(memory, arena, &q.lookup));
    scf_memory_free(memory);
}

/* Far more of everything than there is room for: an answer is right or there is none. */
static void a_crowd_is_answered_rightly_or_not_at_all(void **state) {
    (void)state;
    enum { CROWD = 20000 };
    struct scf_memory *memory = scf_memory_new();
    int answered = 0;
    for (uint32_t i = 0; i < CROWD; i++) {
        struct scf_enterprise e = {.uscc = SCF_STR("91330100123456789A")};
        struct scf_uuid chain = {{1}};
        memcpy(e.id.b, &i, sizeof i);
        e.id.b[15] = 1;
        memcpy(chain.b + 4, &i, sizeof i);
        scf_memory_put_head(memory, &chain, i);
        remember(memory, (struct scf_enterprise_ref){.id = e.id}, &e);
    }
    for (uint32_t i = 0; i < CROWD; i++) {
        struct scf_uuid chain = {{1}}, id = {{0}};
        struct question q;
        memcpy(id.b, &i, sizeof i);
        id.b[15] = 1;
        memcpy(chain.b + 4, &i, sizeof i);
        ask(&q, &chain, (struct scf_enterprise_ref){.id = id});
        if (!scf_memory_answer(memory, arena, &q.lookup))
            continue;
        answered++;
        assert_int_equal(q.size, i);
        assert_true(scf_uuid_eq(&q.enterprise->id, &id));
    }
    assert_in_range(answered, 1, CROWD / 2);
    scf_memory_free(memory);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(answers_are_what_was_put_last),
        T(what_does_not_fit_is_not_kept),
        T(a_crowd_is_answered_rightly_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
