/* The way to the earliest block, for people with a shell. Calendars and Bitcoin use no operations
 * but these three; a way with others is passed over. Relies on the format (ots.h). */
#include "ots.h"
#include "ots_verify.h"

enum { ARENA = 32 << 20 };

struct way {
    const struct ots_step *steps[OTS_DEPTH_MAX];
    size_t n;
};

struct search {
    struct way here, best;
    uint64_t height; /* of the best */
    bool found;
};

static bool is_plain(const struct ots_step *s) {
    return s->op == OTS_SHA256 || s->op == OTS_APPEND || s->op == OTS_PREPEND;
}

static void look(struct search *s, const struct ots_node *node) {
    for (const struct ots_attestation *a = node->attestations; a != NULL; a = a->next)
        if (a->kind == OTS_BITCOIN && node->message.n == SCF_HASH_LEN &&
            (!s->found || a->height < s->height)) {
            s->best = s->here;
            s->height = a->height;
            s->found = true;
        }
    for (const struct ots_step *step = node->steps; step != NULL; step = step->next) {
        if (!is_plain(step) || s->here.n == OTS_DEPTH_MAX)
            continue;
        s->here.steps[s->here.n++] = step;
        look(s, step->result);
        s->here.n--;
    }
}

static void put_step(const struct ots_step *s, struct scf_buf *out) {
    char hex[2 * OTS_MESSAGE_MAX + 1];
    if (s->op == OTS_SHA256) {
        scf_buf_puts(out, "sha256\n");
        return;
    }
    scf_hex(s->argument.p, s->argument.n, hex);
    scf_buf_printf(out, "%s %s\n", s->op == OTS_APPEND ? "append" : "prepend", hex);
}

bool ots_steps(struct scf_str proof, struct scf_buf *out) {
    struct ots_tree tree = {.arena = scf_arena_new(ARENA)};
    struct search *s = scf_alloc(tree.arena, 1, sizeof *s);
    const struct ots_node *root = s != NULL ? ots_file_read(&tree, proof) : NULL;
    if (root != NULL)
        look(s, root);
    bool found = root != NULL && s->found;
    for (size_t i = 0; found && i < s->best.n; i++)
        put_step(s->best.steps[i], out);
    if (found)
        scf_buf_printf(out, "bitcoin %" PRIu64 "\n", s->height);
    scf_arena_free(tree.arena);
    return found;
}
