/* The reader of OpenTimestamps files. What it accepts must obey the limits, come out as the same
 * bytes when it is written in the order in which it was read, and read the same again. */
#include "ots.h"

enum { ARENA = 64 << 20 };

static bool check_attestation(void *ctx, struct ots_node *node, const struct ots_attestation *a) {
    size_t *count = ctx;
    SCF_ASSERT(node->message.n >= 1 && node->message.n <= OTS_MESSAGE_MAX);
    SCF_ASSERT(a->payload.n <= OTS_PAYLOAD_MAX);
    SCF_ASSERT((a->uri.n > 0) == (a->kind == OTS_PENDING) && a->uri.n <= OTS_URI_MAX);
    ++*count;
    return true;
}

static struct scf_str written(const struct ots_node *root, struct scf_buf *out) {
    scf_buf_init(out, 2 * OTS_FILE_MAX);
    SCF_ASSERT(ots_file_write(root, out));
    return (struct scf_str){out->data, out->len};
}

/* Attestations are written before steps: only once written is the spelling ours. */
static void check_file(struct scf_arena *arena, const struct ots_node *root, size_t n) {
    struct scf_buf first, second;
    struct ots_tree tree = {.arena = arena};
    size_t count = 0, again = 0;
    struct scf_str bytes = written(root, &first);
    SCF_ASSERT(bytes.n == n);
    struct ots_node *copy = ots_file_read(&tree, bytes);
    SCF_ASSERT(copy && scf_str_eq(bytes, written(copy, &second)));
    SCF_ASSERT(ots_walk(copy, check_attestation, &count) && count > 0);
    ots_merge(copy, ots_file_read(&tree, bytes)); /* nothing new */
    SCF_ASSERT(ots_walk(copy, check_attestation, &again) && again == count);
    scf_buf_free(&first);
    scf_buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static bool ready;
    if (!ready)
        scf_digest_init();
    ready = true;
    struct ots_tree tree = {.arena = scf_arena_new(ARENA)};
    struct ots_node *root = ots_file_read(&tree, (struct scf_str){(const char *)data, n});
    if (root)
        check_file(tree.arena, root, n);
    scf_arena_free(tree.arena);
    return 0;
}
