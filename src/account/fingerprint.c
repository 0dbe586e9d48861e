/* Fingerprints of CR-7.1: what lenders may tell each other of an invoice or a receivable. They rest
 * on its own data alone, so that every node comes to the same one.
 *
 * Fields are joined by '|' in the order of the rule. Numbers lose their blanks and are in upper
 * case (scf_normalise), an amount is its minor units in decimal, a day is YYYY-MM-DD; what there is
 * none of is empty. Plain SHA-256: a number space that can be guessed would need a key shared by
 * the consortium (HMAC), which an installation of its own does not have. */
#include "scfd/account/account.h"

#include "scfd/base/clock.h"

static void add(struct scf_digest_stream *s, struct scf_str text) {
    scf_digest_update(s, text.p, text.n);
}

/* In pieces: what is a blank is decided within a piece, and no piece ends inside a character. */
static void add_normal(struct scf_digest_stream *s, struct scf_str text) {
    char piece[128] = {0};
    while (text.n > 0) {
        size_t n = text.n < sizeof piece ? text.n : sizeof piece;
        while (n < text.n && n > 1 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
            n--;
        add(s, (struct scf_str){piece, scf_normalise((struct scf_str){text.p, n}, piece)});
        text = (struct scf_str){text.p + n, text.n - n};
    }
}

static void add_separator(struct scf_digest_stream *s) {
    add(s, SCF_STR("|"));
}

static void add_day(struct scf_digest_stream *s, int32_t day) {
    char text[SCF_TIME_TEXT];
    scf_date_format(day, text);
    add(s, scf_str(text));
}

static void add_amount(struct scf_digest_stream *s, int64_t amount) {
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, amount);
    add(s, scf_str(text));
}

struct scf_hash scf_invoice_fingerprint(const struct scf_invoice_identity *invoice) {
    struct scf_digest_stream *s = scf_digest_begin(SCF_SHA256);
    add_normal(s, invoice->invoice_code);
    add_separator(s);
    add_normal(s, invoice->invoice_no);
    add_separator(s);
    add_day(s, invoice->issued_day);
    add_separator(s);
    add_amount(s, invoice->amount);
    add_separator(s);
    add_normal(s, invoice->seller);
    add_separator(s);
    add_normal(s, invoice->buyer);
    return scf_digest_final(s);
}

/* ---- receivables ---- */

static int by_text(const void *a, const void *b) {
    const struct scf_str *x = a, *y = b;
    int order = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);
    return order != 0 ? order : (x->n > y->n) - (x->n < y->n);
}

static struct scf_str *sorted(const struct scf_str *numbers, size_t n, struct scf_arena *arena) {
    struct scf_str *list = scf_alloc(arena, n, sizeof *list);
    for (size_t i = 0; list != NULL && i < n; i++) {
        char *text = scf_alloc(arena, numbers[i].n + 1, 1);
        if (text == NULL)
            return NULL;
        list[i] = (struct scf_str){text, scf_normalise(numbers[i], text)};
    }
    if (list != NULL && n > 0)
        qsort(list, n, sizeof *list, by_text);
    return list;
}

bool scf_receivable_fingerprint(const struct scf_receivable_identity *receivable,
                                struct scf_arena *arena, struct scf_hash *ret) {
    struct scf_str *numbers = sorted(receivable->invoice_nos, receivable->invoice_count, arena);
    if (numbers == NULL)
        return false;
    struct scf_digest_stream *s = scf_digest_begin(SCF_SHA256);
    add_normal(s, receivable->seller);
    add_separator(s);
    add_normal(s, receivable->buyer);
    add_separator(s);
    add_normal(s, receivable->contract_no);
    add_separator(s);
    for (size_t i = 0; i < receivable->invoice_count; i++) {
        add(s, i > 0 ? SCF_STR(",") : SCF_STR(""));
        add(s, numbers[i]);
    }
    add_separator(s);
    add_amount(s, receivable->amount);
    add_separator(s);
    if (receivable->has_due)
        add_day(s, receivable->due_day);
    *ret = scf_digest_final(s);
    return true;
}
