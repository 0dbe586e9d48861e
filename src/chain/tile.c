/* Tile coordinates and proofs out of tiles. Relies on merkle and base text. */
#include "scfd/chain/tile.h"

/* ---- names ---- */

void scf_tile_path(const struct scf_tile_id *id, char out[SCF_TILE_PATH]) {
    /* Groups of three digits, all but the last marked with x. 2^63 has seven groups. */
    uint64_t scale = 1;
    while (id->n / scale >= 1000)
        scale *= 1000;
    int at = snprintf(out, SCF_TILE_PATH, "tile/%d/", id->level);
    for (; scale > 1; scale /= 1000)
        at += snprintf(out + at, SCF_TILE_PATH - (size_t)at, "x%03d/", (int)(id->n / scale % 1000));
    at += snprintf(out + at, SCF_TILE_PATH - (size_t)at, "%03d", (int)(id->n % 1000));
    if (id->width < SCF_TILE_WIDTH)
        snprintf(out + at, SCF_TILE_PATH - (size_t)at, ".p/%d", id->width);
}

/* Cuts `*rest` at the first `separator`; false when there is none. */
static bool take(struct scf_str *rest, char separator, struct scf_str *ret) {
    const char *at = rest->n == 0 ? NULL : memchr(rest->p, separator, rest->n);
    if (at == NULL)
        return false;
    size_t n = (size_t)(at - rest->p);
    *ret = (struct scf_str){rest->p, n};
    *rest = (struct scf_str){at + 1, rest->n - n - 1};
    return true;
}

static bool three_digits(struct scf_str text, uint64_t *ret) {
    if (text.n != 3)
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < 3; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.p[i] - '0');
    }
    *ret = value;
    return true;
}

static bool parse_number(struct scf_str text, uint64_t *ret) {
    uint64_t n = 0, group;
    struct scf_str piece;
    bool first = true;
    while (take(&text, '/', &piece)) {
        if (piece.n != 4 || piece.p[0] != 'x' ||
            !three_digits((struct scf_str){piece.p + 1, 3}, &group) || (first && group == 0) ||
            n > (uint64_t)INT64_MAX / 1000000)
            return false;
        n = n * 1000 + group;
        first = false;
    }
    if (!three_digits(text, &group))
        return false;
    *ret = n * 1000 + group;
    return true;
}

/* Cuts ".p/W" off the end; a full tile has none. */
static bool parse_width(struct scf_str *text, int *ret) {
    for (size_t i = 0; i + 3 <= text->n; i++) {
        if (memcmp(text->p + i, ".p/", 3) == 0) {
            uint64_t w;
            struct scf_str digits = {text->p + i + 3, text->n - i - 3};
            if (!scf_parse_u64(digits, SCF_TILE_WIDTH - 1, &w) || w == 0)
                return false;
            text->n = i;
            *ret = (int)w;
            return true;
        }
    }
    *ret = SCF_TILE_WIDTH;
    return true;
}

bool scf_tile_path_parse(struct scf_str path, struct scf_tile_id *ret) {
    struct scf_str level_text;
    uint64_t level, n;
    int width;
    if (!take(&path, '/', &level_text) || !scf_parse_u64(level_text, 63, &level) ||
        !parse_width(&path, &width) || !parse_number(path, &n))
        return false;
    *ret = (struct scf_tile_id){(int)level, n, width};
    return true;
}

bool scf_entries_path_parse(struct scf_str path, struct scf_tile_id *ret) {
    uint64_t n;
    int width;
    if (!parse_width(&path, &width) || !parse_number(path, &n) ||
        n > INT64_MAX / SCF_TILE_WIDTH - 1)
        return false;
    *ret = (struct scf_tile_id){0, n, width};
    return true;
}

int scf_tile_width(int level, uint64_t n, uint64_t size) {
    if (level < 0 || level >= SCF_TILE_LEVELS)
        return 0;
    uint64_t hashes = size >> (8 * level);
    if (n > hashes / SCF_TILE_WIDTH)
        return 0;
    uint64_t left = hashes - n * SCF_TILE_WIDTH;
    return left < SCF_TILE_WIDTH ? (int)left : SCF_TILE_WIDTH;
}

/* ---- proofs out of tiles ---- */

/* Where the 2^(level mod 8) hashes lie that a subtree is made of. */
struct place {
    int level;
    uint64_t n;
    int first, count;
};

static struct place place_of(const struct scf_subtree *s) {
    int up = s->level % 8;
    uint64_t first = s->index << up;
    return (struct place){s->level / 8, first / SCF_TILE_WIDTH, (int)(first % SCF_TILE_WIDTH),
                          1 << up};
}

static struct scf_tile *find(const struct scf_tile_set *set, int level, uint64_t n) {
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i].id.level == level && set->items[i].id.n == n)
            return &set->items[i];
    return NULL;
}

static void need(struct scf_tile_set *set, const struct place *p) {
    struct scf_tile *tile = find(set, p->level, p->n);
    if (tile == NULL) {
        tile = &set->items[set->count++];
        tile->id = (struct scf_tile_id){p->level, p->n, 0};
    }
    if (tile->id.width < p->first + p->count)
        tile->id.width = p->first + p->count;
}

struct scf_tile_set *scf_tiles_needed(struct scf_arena *arena, const struct scf_range *ranges,
                                      int n) {
    struct scf_subtree subtrees[SCF_PROOF_MAX];
    size_t total = 0;
    for (int i = 0; i < n; i++)
        total += (size_t)scf_merkle_split(ranges[i], subtrees);
    struct scf_tile_set *set = scf_alloc(arena, 1, sizeof *set);
    if (set == NULL || (set->items = scf_alloc(arena, total, sizeof *set->items)) == NULL)
        return NULL;
    for (int i = 0; i < n; i++) {
        int count = scf_merkle_split(ranges[i], subtrees);
        for (int j = 0; j < count; j++) {
            struct place p = place_of(&subtrees[j]);
            need(set, &p);
        }
    }
    return set;
}

bool scf_tiles_root(enum scf_hash_alg alg, const struct scf_tile_set *tiles, struct scf_range range,
                    struct scf_hash *ret) {
    struct scf_subtree subtrees[SCF_PROOF_MAX];
    struct scf_hash roots[SCF_PROOF_MAX];
    int n = scf_merkle_split(range, subtrees);
    if (n == 0) {
        *ret = scf_merkle_empty(alg);
        return true;
    }
    for (int i = 0; i < n; i++) {
        struct place p = place_of(&subtrees[i]);
        const struct scf_tile *tile = find(tiles, p.level, p.n);
        if (tile == NULL || tile->hashes == NULL || tile->id.width < p.first + p.count)
            return false;
        roots[i] = scf_merkle_root(alg, tile->hashes + p.first, (size_t)p.count);
    }
    *ret = scf_merkle_fold(alg, roots, n);
    return true;
}
