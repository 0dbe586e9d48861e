/* Keys are short (at most three bytes) and none is the beginning of another, so that branches have
 * no values and the recursion is at most six deep. */
#include "evm_trie.h"

#include "scfd/base/buf.h"
#include "scfd/codec/keccak.h"
#include "scfd/codec/rlp.h"

enum {
    NIBBLES_MAX = 8,
    NODE_MAX = 1 << 18,
    EMBEDDED = 32 /* shorter nodes stand in their parent */
};

struct item {
    uint8_t nibbles[NIBBLES_MAX];
    size_t n;
    struct scf_str value;
    bool wanted;
};

static size_t key_of(size_t index, uint8_t nibbles[NIBBLES_MAX]) {
    struct scf_buf key;
    scf_buf_init(&key, 16);
    scf_rlp_put_u64(&key, index);
    size_t n = 2 * key.len;
    SCF_ASSERT(!key.overflow && n <= NIBBLES_MAX);
    for (size_t i = 0; i < n; i++) {
        uint8_t byte = (uint8_t)key.data[i / 2];
        nibbles[i] = i % 2 == 0 ? byte >> 4 : byte & 15;
    }
    scf_buf_free(&key);
    return n;
}

/* ---- building ---- */

struct builder {
    struct scf_arena *arena;
    struct evm_trie_path *path; /* from below, until it is turned */
    bool failed;
};

/* Hex prefix: a nibble of flags (1: odd length, 2: leaf), then the nibbles. */
static void put_partial(struct scf_buf *out, const uint8_t *nibbles, size_t n, bool leaf) {
    uint8_t bytes[NIBBLES_MAX / 2 + 1];
    size_t at = 0, i = 0;
    uint8_t flags = leaf ? 0x20 : 0;
    bytes[at++] = n % 2 != 0 ? (uint8_t)(flags | 0x10 | nibbles[i++]) : flags;
    for (; i < n; i += 2)
        bytes[at++] = (uint8_t)(nibbles[i] << 4 | nibbles[i + 1]);
    scf_rlp_put_bytes(out, bytes, at);
}

static size_t common_prefix(const struct item *items, size_t n, size_t depth) {
    /* Sorted: what the first and the last share, all share. */
    const struct item *a = &items[0], *b = &items[n - 1];
    size_t i = depth;
    while (i < a->n && i < b->n && a->nibbles[i] == b->nibbles[i])
        i++;
    return i - depth;
}

static bool any_wanted(const struct item *items, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (items[i].wanted)
            return true;
    return false;
}

static void keep(struct builder *b, const struct scf_buf *node) {
    char *copy = scf_strndup(b->arena, node->data, node->len);
    if (!copy || b->path->n == EVM_TRIE_PATH_MAX) {
        b->failed = true;
        return;
    }
    b->path->nodes[b->path->n++] = (struct scf_str){copy, node->len};
}

static void put_node(struct builder *b, const struct item *items, size_t n, size_t depth,
                     struct scf_buf *out);

/* How the parent names the node over these items: its hash, or itself where that is shorter. */
static void put_reference(struct builder *b, const struct item *items, size_t n, size_t depth,
                          struct scf_buf *out) {
    struct scf_buf node;
    scf_buf_init(&node, NODE_MAX);
    put_node(b, items, n, depth, &node);
    if (node.len < EMBEDDED) {
        scf_buf_put(out, node.data, node.len);
    } else {
        struct scf_hash hash = scf_keccak256(node.data, node.len);
        scf_rlp_put_bytes(out, hash.b, SCF_HASH_LEN);
        if (any_wanted(items, n))
            keep(b, &node);
    }
    b->failed = b->failed || node.overflow;
    scf_buf_free(&node);
}

static void put_branch(struct builder *b, const struct item *items, size_t n, size_t depth,
                       struct scf_buf *members) {
    size_t from = 0;
    for (uint8_t nibble = 0; nibble < 16; nibble++) {
        size_t to = from;
        while (to < n && items[to].nibbles[depth] == nibble)
            to++;
        if (to == from)
            scf_rlp_put_bytes(members, NULL, 0);
        else
            put_reference(b, items + from, to - from, depth + 1, members);
        from = to;
    }
    scf_rlp_put_bytes(members, NULL, 0); /* no value */
}

static void put_node(struct builder *b, const struct item *items, size_t n, size_t depth,
                     struct scf_buf *out) {
    struct scf_buf members;
    scf_buf_init(&members, NODE_MAX);
    size_t shared = n == 1 ? 0 : common_prefix(items, n, depth);
    if (n == 1) {
        put_partial(&members, items->nibbles + depth, items->n - depth, true);
        scf_rlp_put_bytes(&members, items->value.p, items->value.n);
    } else if (shared > 0) {
        put_partial(&members, items->nibbles + depth, shared, false);
        put_reference(b, items, n, depth + shared, &members);
    } else {
        put_branch(b, items, n, depth, &members);
    }
    scf_rlp_put_list(out, members.data, members.len);
    b->failed = b->failed || members.overflow;
    scf_buf_free(&members);
}

static int by_key(const void *a, const void *b) {
    const struct item *x = a, *y = b;
    int order = memcmp(x->nibbles, y->nibbles, x->n < y->n ? x->n : y->n);
    return order != 0 ? order : (x->n > y->n) - (x->n < y->n);
}

static void turn(struct evm_trie_path *path) {
    for (size_t i = 0; i < path->n / 2; i++) {
        struct scf_str other = path->nodes[path->n - 1 - i];
        path->nodes[path->n - 1 - i] = path->nodes[i];
        path->nodes[i] = other;
    }
}

bool evm_trie_build(struct scf_arena *arena, const struct scf_str *values, size_t n, size_t index,
                    struct scf_hash *ret_root, struct evm_trie_path *ret_path) {
    SCF_ASSERT(n >= 1 && index < n);
    struct evm_trie_path path = {.n = 0};
    struct builder b = {.arena = arena, .path = &path};
    struct item *items = n <= EVM_TRIE_LEAVES_MAX ? scf_alloc(arena, n, sizeof *items) : NULL;
    if (!items)
        return false;
    for (size_t i = 0; i < n; i++) {
        items[i] = (struct item){.value = values[i], .wanted = i == index};
        items[i].n = key_of(i, items[i].nibbles);
    }
    qsort(items, n, sizeof *items, by_key);
    struct scf_buf root;
    scf_buf_init(&root, NODE_MAX);
    put_node(&b, items, n, 0, &root);
    *ret_root = scf_keccak256(root.data, root.len);
    keep(&b, &root);
    bool built = !b.failed && !root.overflow;
    scf_buf_free(&root);
    turn(&path);
    *ret_path = path;
    return built;
}

/* ---- verifying ---- */

struct walk {
    uint8_t nibbles[NIBBLES_MAX];
    size_t n, at; /* of the key */
    const struct evm_trie_path *path;
    size_t next;          /* node of the path */
    struct scf_str value; /* found at the end */
};

/* Takes the nibbles of a hex prefix off the key. */
static bool follow_partial(struct walk *w, struct scf_str partial, bool *ret_leaf) {
    const uint8_t *p = (const uint8_t *)partial.p;
    if (partial.n == 0 || p[0] >> 4 > 3)
        return false;
    bool odd = (p[0] & 0x10) != 0;
    if (!odd && (p[0] & 15) != 0)
        return false;
    for (size_t i = odd ? 1 : 2; i < 2 * partial.n; i++) {
        uint8_t nibble = i % 2 == 0 ? p[i / 2] >> 4 : p[i / 2] & 15;
        if (w->at == w->n || w->nibbles[w->at++] != nibble)
            return false;
    }
    *ret_leaf = (p[0] & 0x20) != 0;
    return true;
}

/* The members of the node that a reference names. */
static bool open_reference(struct walk *w, const struct scf_rlp_item *reference,
                           struct scf_str *ret_members) {
    if (reference->list) {
        *ret_members = reference->payload;
        return reference->whole.n < EMBEDDED;
    }
    if (reference->payload.n != SCF_HASH_LEN || w->next == w->path->n)
        return false;
    struct scf_str node = w->path->nodes[w->next++];
    struct scf_hash hash = scf_keccak256(node.p, node.n);
    return memcmp(hash.b, reference->payload.p, SCF_HASH_LEN) == 0 &&
           scf_rlp_open_list(node, ret_members);
}

enum { BRANCH = 17, PAIR = 2 };

static size_t read_members(struct scf_str members, struct scf_rlp_item out[BRANCH]) {
    size_t n = 0;
    while (members.n > 0 && n < BRANCH)
        if (!scf_rlp_next(&members, &out[n++]))
            return 0;
    return members.n == 0 ? n : 0;
}

/* One node: sets the next reference, or the value (*ret_done). */
static bool descend(struct walk *w, struct scf_str members, struct scf_rlp_item *reference,
                    bool *ret_done) {
    struct scf_rlp_item items[BRANCH];
    size_t n = read_members(members, items);
    if (n == BRANCH && w->at < w->n) {
        *reference = items[w->nibbles[w->at++]];
        return true;
    }
    if (n != PAIR || items[0].list || !follow_partial(w, items[0].payload, ret_done))
        return false;
    *reference = items[1];
    w->value = items[1].payload;
    return !*ret_done || (!items[1].list && w->at == w->n);
}

bool evm_trie_verify(const struct scf_hash *root, size_t index, struct scf_str value,
                     const struct evm_trie_path *path) {
    if (index >= EVM_TRIE_LEAVES_MAX)
        return false;
    struct walk w = {.path = path};
    struct scf_rlp_item reference = {.payload = {(const char *)root->b, SCF_HASH_LEN}};
    struct scf_str members;
    bool done = false;
    w.n = key_of(index, w.nibbles);
    /* Every turn but those of embedded nodes takes a node; those take a nibble. */
    for (size_t i = 0; i < 2 * NIBBLES_MAX && !done; i++)
        if (!open_reference(&w, &reference, &members) || !descend(&w, members, &reference, &done))
            return false;
    return done && w.next == path->n && scf_str_eq(w.value, value);
}
