/* The tree of a timestamp: operations, merging, walking. Recursion is bounded by the depth that
 * reading allows. */
#include "ots.h"

#include "scfd/codec/keccak.h"
#include "scfd/codec/old_digest.h"

struct ots_node *ots_new(struct ots_tree *tree, struct scf_str message) {
    if (tree->nodes >= OTS_NODES_MAX || message.n == 0 || message.n > OTS_MESSAGE_MAX)
        return NULL;
    struct ots_node *node = scf_alloc(tree->arena, 1, sizeof *node);
    char *copy = node ? scf_strndup(tree->arena, message.p, message.n) : NULL;
    if (!copy)
        return NULL;
    tree->nodes++;
    node->message = (struct scf_str){copy, message.n};
    return node;
}

/* ---- operations ---- */

static size_t put_digest(const struct scf_hash *hash, char *out) {
    memcpy(out, hash->b, SCF_HASH_LEN);
    return SCF_HASH_LEN;
}

static size_t joined(struct scf_str a, struct scf_str b, char *out) {
    memcpy(out, a.p, a.n);
    memcpy(out + a.n, b.p, b.n);
    return a.n + b.n;
}

static size_t reversed(struct scf_str m, char *out) {
    for (size_t i = 0; i < m.n; i++)
        out[i] = m.p[m.n - 1 - i];
    return m.n;
}

/* `out` has room for 2 × OTS_MESSAGE_MAX + 1 bytes; returns how many, 0 for none. */
static size_t compute(enum ots_op op, struct scf_str m, struct scf_str argument, char *out) {
    struct scf_hash hash;
    switch (op) {
    case OTS_SHA256:
        hash = scf_sha256(m.p, m.n);
        return put_digest(&hash, out);
    case OTS_KECCAK256:
        hash = scf_keccak256(m.p, m.n);
        return put_digest(&hash, out);
    case OTS_SHA1:
        return scf_old_digest(SCF_SHA1, m.p, m.n, (uint8_t *)out) ? SCF_OLD_DIGEST_LEN : 0;
    case OTS_RIPEMD160:
        return scf_old_digest(SCF_RIPEMD160, m.p, m.n, (uint8_t *)out) ? SCF_OLD_DIGEST_LEN : 0;
    case OTS_APPEND:
        return joined(m, argument, out);
    case OTS_PREPEND:
        return joined(argument, m, out);
    case OTS_REVERSE:
        return reversed(m, out);
    case OTS_HEXLIFY:
        scf_hex(m.p, m.n, out);
        return 2 * m.n;
    }
    return 0;
}

struct ots_step **ots_find_step(struct ots_node *node, enum ots_op op, struct scf_str argument) {
    struct ots_step **at = &node->steps;
    while (*at && ((*at)->op != op || !scf_str_eq((*at)->argument, argument)))
        at = &(*at)->next;
    return at;
}

struct ots_node *ots_apply(struct ots_tree *tree, struct ots_node *node, enum ots_op op,
                           struct scf_str argument) {
    char result[2 * OTS_MESSAGE_MAX + 1];
    struct ots_step **last = ots_find_step(node, op, argument);
    if (argument.n > OTS_MESSAGE_MAX || *last)
        return NULL;
    size_t n = compute(op, node->message, argument, result);
    struct ots_node *made = ots_new(tree, (struct scf_str){result, n});
    struct ots_step *step = made ? scf_alloc(tree->arena, 1, sizeof *step) : NULL;
    char *copy = step ? scf_strndup(tree->arena, argument.p, argument.n) : NULL;
    if (!copy)
        return NULL;
    *step = (struct ots_step){.op = op, .argument = {copy, argument.n}, .result = made};
    *last = step;
    return made;
}

/* ---- merging ---- */

bool ots_add_attestation(struct ots_node *into, struct ots_attestation *a) {
    struct ots_attestation **last = &into->attestations;
    for (; *last; last = &(*last)->next)
        if (memcmp((*last)->tag, a->tag, sizeof a->tag) == 0 &&
            scf_str_eq((*last)->payload, a->payload))
            return false;
    a->next = NULL;
    *last = a;
    return true;
}

static void add_step(struct ots_node *into, struct ots_step *step) {
    struct ots_step **same = ots_find_step(into, step->op, step->argument);
    if (*same) {
        ots_merge((*same)->result, step->result);
        return;
    }
    step->next = NULL;
    *same = step;
}

void ots_merge(struct ots_node *into, struct ots_node *from) {
    for (struct ots_attestation *a = from->attestations, *next; a; a = next) {
        next = a->next;
        (void)ots_add_attestation(into, a);
    }
    for (struct ots_step *s = from->steps, *next; s; s = next) {
        next = s->next;
        add_step(into, s);
    }
}

bool ots_walk(struct ots_node *node, ots_visit each, void *ctx) {
    for (const struct ots_attestation *a = node->attestations; a; a = a->next)
        if (!each(ctx, node, a))
            return false;
    for (const struct ots_step *s = node->steps; s; s = s->next)
        if (!ots_walk(s->result, each, ctx))
            return false;
    return true;
}
