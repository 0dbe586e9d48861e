/* The file of what was published. Relies on the file system's promise that a write of 128 aligned
 * bytes that was synced stays; not on a write being whole, for every slot has its digest.
 *
 * Layout: a head of 256 bytes, then one line of 256 bytes per chain, each of two slots of 128. A
 * slot is 96 bytes, big-endian numbers, and their SHA-256. Of the slots that hold their digest the
 * newer one counts. */
#include "scfd/chain/published.h"

#include <fcntl.h>
#include <sys/file.h>

enum { CONTENT = 96, SLOT = CONTENT + SCF_HASH_LEN, LINE = 2 * SLOT, CHAINS_MAX = 1 << 22 };

static const char MAGIC[16] = "scfd-published/1";

struct line {
    struct scf_publication item;
    int64_t at; /* of its line in the file */
    int slot;   /* that holds `item` */
};

struct scf_published {
    pthread_mutex_t lock; /* all below but fd, path, installation, and what has its own lock */
    int fd;
    char *path;
    struct scf_uuid installation;
    int64_t generation;
    int head_slot;
    struct line *lines; /* by chain id */
    size_t n, max;
    int64_t end; /* of the file */
    bool behind;

    pthread_mutex_t halt_lock; /* apart: `lock` is held for as long as the disk takes to sync */
    bool halted;
    char why[SCF_HALT_TEXT];
};

/* ---- slots ---- */

static void put_number(uint8_t *at, int64_t value) {
    for (int i = 0; i < 8; i++)
        at[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
}

static int64_t number_at(const uint8_t *at) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | at[i];
    return (int64_t)value;
}

static void close_slot(uint8_t slot[SLOT]) {
    struct scf_hash h = scf_sha256(slot, CONTENT);
    memcpy(slot + CONTENT, h.b, SCF_HASH_LEN);
}

static bool slot_is_whole(const uint8_t slot[SLOT]) {
    struct scf_hash h = scf_sha256(slot, CONTENT);
    return memcmp(slot + CONTENT, h.b, SCF_HASH_LEN) == 0;
}

static void write_item(const struct scf_publication *item, uint8_t slot[SLOT]) {
    memset(slot, 0, SLOT);
    memcpy(slot, item->chain_id.b, 16);
    put_number(slot + 16, item->generation);
    put_number(slot + 24, item->height);
    put_number(slot + 32, item->size);
    memcpy(slot + 40, item->block_hash.b, SCF_HASH_LEN);
    close_slot(slot);
}

static struct scf_publication item_at(const uint8_t slot[SLOT]) {
    struct scf_publication item = {.generation = number_at(slot + 16),
                                   .height = number_at(slot + 24),
                                   .size = number_at(slot + 32)};
    memcpy(item.chain_id.b, slot, 16);
    memcpy(item.block_hash.b, slot + 40, SCF_HASH_LEN);
    return item;
}

static void write_head(const struct scf_published *p, int64_t generation, uint8_t slot[SLOT]) {
    memset(slot, 0, SLOT);
    memcpy(slot, MAGIC, sizeof MAGIC);
    memcpy(slot + 16, p->installation.b, 16);
    put_number(slot + 32, generation);
    close_slot(slot);
}

static bool is_newer(const struct scf_publication *a, const struct scf_publication *b) {
    return a->generation != b->generation ? a->generation > b->generation : a->height > b->height;
}

/* ---- reading ---- */

static enum scf_code damaged(const struct scf_published *p, const char *what,
                             struct scf_error *err) {
    return scf_fail(err, SCF_E_INVALID_PARAMETER,
                    "%s %s. It is what is remembered of the blocks that were published: see "
                    "docs/restore.md before you remove it.",
                    p->path, what);
}

static bool all_zero(const uint8_t *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

static enum scf_code read_head(struct scf_published *p, const uint8_t head[LINE],
                               struct scf_error *err) {
    int newest = -1;
    for (int i = 0; i < 2; i++) {
        const uint8_t *slot = head + i * SLOT;
        if (!slot_is_whole(slot) || memcmp(slot, MAGIC, sizeof MAGIC) != 0)
            continue;
        if (memcmp(slot + 16, p->installation.b, 16) != 0)
            return damaged(p, "belongs to another installation than the database", err);
        if (newest < 0 || number_at(slot + 32) > p->generation) {
            newest = i;
            p->generation = number_at(slot + 32);
        }
    }
    p->head_slot = newest;
    return newest >= 0 ? SCF_OK : damaged(p, "is damaged, or no file of this server's", err);
}

static bool grow(struct scf_published *p) {
    if (p->n < p->max)
        return true;
    size_t max = p->max == 0 ? 64 : 2 * p->max;
    struct line *lines = max > CHAINS_MAX ? NULL : realloc(p->lines, max * sizeof *lines);
    if (lines == NULL)
        return false;
    p->lines = lines;
    p->max = max;
    return true;
}

/* A line that was being added when the power went has no sound slot and never had a second one. */
static enum scf_code read_line(struct scf_published *p, const uint8_t bytes[LINE], int64_t at,
                               struct scf_error *err) {
    struct line line = {.at = at, .slot = -1};
    for (int i = 0; i < 2; i++) {
        if (!slot_is_whole(bytes + i * SLOT))
            continue;
        struct scf_publication item = item_at(bytes + i * SLOT);
        if (line.slot < 0 || is_newer(&item, &line.item)) {
            line.item = item;
            line.slot = i;
        }
    }
    if (line.slot < 0)
        return all_zero(bytes + SLOT, SLOT) ? SCF_OK : damaged(p, "is damaged", err);
    if (!grow(p))
        return scf_fail_memory(err);
    p->lines[p->n++] = line;
    return SCF_OK;
}

static int by_chain(const void *a, const void *b) {
    const struct line *x = a, *y = b;
    return scf_uuid_compare(&x->item.chain_id, &y->item.chain_id);
}

static enum scf_code load(struct scf_published *p, struct scf_error *err) {
    uint8_t bytes[LINE];
    int copy = dup(p->fd);
    FILE *f = copy < 0 ? NULL : fdopen(copy, "r");
    if (f == NULL)
        return damaged(p, "cannot be read", err);
    enum scf_code code = fread(bytes, 1, LINE, f) == LINE ? read_head(p, bytes, err)
                                                          : damaged(p, "is cut short", err);
    p->end = LINE;
    while (code == SCF_OK && fread(bytes, 1, LINE, f) == LINE) {
        code = read_line(p, bytes, p->end, err);
        p->end += LINE;
    }
    if (code == SCF_OK && ferror(f))
        code = damaged(p, "cannot be read", err);
    fclose(f);
    if (p->n > 0)
        qsort(p->lines, p->n, sizeof *p->lines, by_chain);
    return code;
}

/* ---- writing ---- */

static bool write_at(const struct scf_published *p, const void *bytes, size_t n, int64_t at) {
    return pwrite(p->fd, bytes, n, at) == (ssize_t)n;
}

static enum scf_code not_written(const struct scf_published *p, struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL,
                    "What was published cannot be written down in %s: %s. Nothing is sealed "
                    "until it can.",
                    p->path, strerror(errno));
}

/* Into the slot that does not count, so that the other one stays sound meanwhile. */
static bool write_line(const struct scf_published *p, struct line *line) {
    uint8_t slot[SLOT];
    int other = 1 - line->slot;
    write_item(&line->item, slot);
    if (!write_at(p, slot, SLOT, line->at + other * SLOT))
        return false;
    line->slot = other;
    return true;
}

static bool add_line(struct scf_published *p, size_t at, const struct scf_publication *item) {
    uint8_t bytes[LINE] = {0};
    if (!grow(p)) {
        errno = ENOMEM;
        return false;
    }
    write_item(item, bytes);
    if (!write_at(p, bytes, LINE, p->end))
        return false;
    memmove(&p->lines[at + 1], &p->lines[at], (p->n - at) * sizeof *p->lines);
    p->lines[at] = (struct line){*item, p->end, 0};
    p->n++;
    p->end += LINE;
    return true;
}

/* The first line whose chain is not below `id`. */
static size_t lower_bound(const struct scf_published *p, const struct scf_uuid *id) {
    size_t low = 0, high = p->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (scf_uuid_compare(&p->lines[middle].item.chain_id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct line *find(const struct scf_published *p, const struct scf_uuid *id) {
    size_t at = lower_bound(p, id);
    bool found = at < p->n && scf_uuid_eq(&p->lines[at].item.chain_id, id);
    return found ? &p->lines[at] : NULL;
}

static bool put_one(struct scf_published *p, const struct scf_publication *item) {
    struct line *line = find(p, &item->chain_id);
    if (line == NULL)
        return add_line(p, lower_bound(p, &item->chain_id), item);
    if (!is_newer(item, &line->item))
        return true;
    line->item = *item;
    return write_line(p, line);
}

/* After a failure nobody knows which pages reached the disk (fsync forgets what it could not
 * write): everything is written anew. */
static bool write_all(struct scf_published *p) {
    for (size_t i = 0; i < p->n; i++)
        if (!write_line(p, &p->lines[i]))
            return false;
    return true;
}

enum scf_code scf_published_put(struct scf_published *p, const struct scf_publication *items,
                                size_t n, struct scf_error *err) {
    enum scf_code code = SCF_OK;
    pthread_mutex_lock(&p->lock);
    bool good = !p->behind || write_all(p);
    for (size_t i = 0; good && i < n; i++)
        good = put_one(p, &items[i]);
    good = good && fdatasync(p->fd) == 0;
    if (!good)
        code = not_written(p, err);
    p->behind = !good;
    pthread_mutex_unlock(&p->lock);
    return code;
}

enum scf_code scf_published_begin(struct scf_published *p, int64_t generation,
                                  struct scf_error *err) {
    uint8_t slot[SLOT];
    enum scf_code code = SCF_OK;
    pthread_mutex_lock(&p->lock);
    if (generation > p->generation) {
        int other = 1 - p->head_slot;
        write_head(p, generation, slot);
        if (write_at(p, slot, SLOT, other * SLOT) && fdatasync(p->fd) == 0) {
            p->head_slot = other;
            p->generation = generation;
        } else {
            code = not_written(p, err);
        }
    }
    pthread_mutex_unlock(&p->lock);
    return code;
}

/* ---- opening ---- */

static bool sync_directory_of(const char *path) {
    char directory[PATH_MAX];
    snprintf(directory, sizeof directory, "%s", path);
    char *slash = strrchr(directory, '/');
    if (slash == NULL)
        snprintf(directory, sizeof directory, ".");
    else
        slash[slash == directory] = '\0'; /* the root keeps its slash */
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return synced;
}

/* The file appears under its name with a whole head or not at all. */
static enum scf_code make_file(const struct scf_published *p, struct scf_error *err) {
    char temporary[PATH_MAX];
    uint8_t head[LINE] = {0};
    int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", p->path);
    int fd = n < 0 || (size_t)n >= sizeof temporary ? -1 : mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "%s cannot be made: %s.", p->path,
                        strerror(errno));
    write_head(p, 1, head);
    bool made =
        pwrite(fd, head, LINE, 0) == LINE && fsync(fd) == 0 && link(temporary, p->path) == 0;
    int why = errno;
    close(fd);
    unlink(temporary);
    if (made && sync_directory_of(p->path))
        return SCF_OK;
    return scf_fail(err, SCF_E_INVALID_PARAMETER, "%s cannot be made: %s.", p->path, strerror(why));
}

static enum scf_code open_file(struct scf_published *p, bool create, bool *ret_made,
                               struct scf_error *err) {
    *ret_made = false;
    p->fd = open(p->path, O_RDWR | O_CLOEXEC);
    if (p->fd < 0 && errno == ENOENT) {
        if (!create)
            return scf_fail(err, SCF_E_NOT_FOUND, "There is no file %s.", p->path);
        enum scf_code code = make_file(p, err);
        if (code != SCF_OK)
            return code;
        *ret_made = true;
        p->fd = open(p->path, O_RDWR | O_CLOEXEC);
    }
    if (p->fd < 0)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "%s cannot be opened: %s.", p->path,
                        strerror(errno));
    if (flock(p->fd, LOCK_EX | LOCK_NB) != 0)
        return scf_fail(err, SCF_E_INVALID_PARAMETER,
                        "%s is used by another process: every instance needs its own.", p->path);
    return SCF_OK;
}

enum scf_code scf_published_open(const char *path, const struct scf_uuid *installation, bool create,
                                 struct scf_published **ret, bool *ret_made,
                                 struct scf_error *err) {
    struct scf_published *p = calloc(1, sizeof *p);
    SCF_ASSERT(p != NULL);
    p->fd = -1;
    p->path = strdup(path);
    SCF_ASSERT(p->path != NULL);
    p->installation = *installation;
    pthread_mutex_init(&p->lock, NULL);
    pthread_mutex_init(&p->halt_lock, NULL);
    enum scf_code code = open_file(p, create, ret_made, err);
    if (code == SCF_OK)
        code = load(p, err);
    if (code != SCF_OK) {
        scf_published_close(p);
        return code;
    }
    *ret = p;
    return SCF_OK;
}

void scf_published_close(struct scf_published *p) {
    if (p == NULL)
        return;
    if (p->fd >= 0)
        close(p->fd);
    pthread_mutex_destroy(&p->halt_lock);
    pthread_mutex_destroy(&p->lock);
    free(p->lines);
    free(p->path);
    free(p);
}

/* ---- asking ---- */

bool scf_published_find(struct scf_published *p, const struct scf_uuid *chain_id,
                        struct scf_publication *ret) {
    pthread_mutex_lock(&p->lock);
    const struct line *line = find(p, chain_id);
    if (line != NULL)
        *ret = line->item;
    pthread_mutex_unlock(&p->lock);
    return line != NULL;
}

bool scf_published_list(struct scf_published *p, struct scf_arena *arena,
                        struct scf_publication **ret, size_t *ret_n) {
    pthread_mutex_lock(&p->lock);
    struct scf_publication *items = scf_alloc(arena, p->n, sizeof *items);
    for (size_t i = 0; items != NULL && i < p->n; i++)
        items[i] = p->lines[i].item;
    *ret = items;
    *ret_n = p->n;
    pthread_mutex_unlock(&p->lock);
    return items != NULL;
}

bool scf_published_behind(struct scf_published *p) {
    pthread_mutex_lock(&p->lock);
    bool behind = p->behind;
    pthread_mutex_unlock(&p->lock);
    return behind;
}

int64_t scf_published_generation(struct scf_published *p) {
    pthread_mutex_lock(&p->lock);
    int64_t generation = p->generation;
    pthread_mutex_unlock(&p->lock);
    return generation;
}

/* ---- halting ---- */

bool scf_published_halt(struct scf_published *p, const char *why) {
    pthread_mutex_lock(&p->halt_lock);
    bool changed = p->halted != (why != NULL);
    p->halted = why != NULL;
    snprintf(p->why, sizeof p->why, "%s", why == NULL ? "" : why);
    pthread_mutex_unlock(&p->halt_lock);
    return changed;
}

bool scf_published_halted(struct scf_published *p, char ret_why[SCF_HALT_TEXT]) {
    if (p == NULL)
        return false;
    pthread_mutex_lock(&p->halt_lock);
    bool halted = p->halted;
    memcpy(ret_why, p->why, SCF_HALT_TEXT);
    pthread_mutex_unlock(&p->halt_lock);
    return halted;
}
