/* How many receipts one core verifies in a second. Links the credit room, no server.
 *
 *     make build/release/bench/bench_receipt && build/release/bench/bench_receipt */
#include "rich_inputs.h"

enum { SECONDS = 3 };

static int64_t cpu_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int main(void) {
    scf_digest_init();
    struct scf_arena *arena = scf_arena_new(64 << 20);
    struct scf_limit_inputs in = rich_inputs(arena, SCF_KIND_INITIAL, SCF_PRODUCT_RECEIVABLE);
    struct scf_limit_result result;
    struct scf_buf receipt, report;
    scf_buf_init(&receipt, 1 << 20);
    scf_buf_init(&report, 1 << 16);
    if (!scf_limit_compute(&in, arena, &result))
        return 1;
    scf_receipt_write(&in, &result, &receipt);
    int64_t begun = cpu_us(), now = begun;
    size_t n = 0;
    for (; now - begun < SECONDS * 1000000; now = cpu_us()) {
        for (int i = 0; i < 100; i++, n++) {
            scf_buf_clear(&report);
            if (!scf_receipt_verify((struct scf_str){receipt.data, receipt.len}, &report)) {
                fputs(report.data, stderr);
                return 1;
            }
        }
    }
    printf("receipt verification: %zu bytes, %.0f per second and core\n", receipt.len,
           (double)n * 1e6 / (double)(now - begun));
    scf_buf_free(&receipt);
    scf_buf_free(&report);
    scf_arena_free(arena);
    return 0;
}
