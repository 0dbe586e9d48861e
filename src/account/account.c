/* What a change does to the balances of a limit account. */
#include "scfd/account/account.h"

#include "scfd/base/money.h"

const char *const scf_entry_type_names[] = {"initial", "increment", "take_back", "hold",
                                            "release", "expire",    "use",       "repay",
                                            "freeze",  "unfreeze",  NULL};

int64_t scf_account_undrawn(const struct scf_account *a) {
    /* each is at most SCF_MONEY_MAX, so that the sum fits */
    int64_t taken = a->held + a->used;
    return a->granted > taken ? a->granted - taken : 0;
}

int64_t scf_account_available(const struct scf_account *a) {
    return a->frozen ? 0 : scf_account_undrawn(a);
}

/* ---- refusing ---- */

static const char *text_of(int64_t amount, const char *currency, char out[SCF_MONEY_TEXT]) {
    int scale = scf_currency_scale(scf_str(currency));
    scf_money_format(amount, scale < 0 ? 0 : scale, out);
    return out;
}

static enum scf_code refuse(const struct scf_account *a, const struct scf_account_change *change,
                            struct scf_arena *arena, struct scf_error *err) {
    char amount[SCF_MONEY_TEXT], available[SCF_MONEY_TEXT], granted[SCF_MONEY_TEXT];
    char held[SCF_MONEY_TEXT], used[SCF_MONEY_TEXT];
    text_of(change->amount, a->currency, amount);
    text_of(scf_account_available(a), a->currency, available);
    scf_fail(err, SCF_E_LIMIT_EXCEEDED, "%s %s is above what the limit account has: %s%s.",
             scf_entry_type_names[change->type], amount, available, a->frozen ? " (frozen)" : "");
    if (err != NULL)
        err->members_json = scf_asprintf(
            arena,
            "{\"amount\":\"%s\",\"available\":\"%s\",\"granted\":\"%s\",\"held\":\"%s\","
            "\"used\":\"%s\",\"currency\":\"%s\",\"frozen\":%s}",
            amount, available, text_of(a->granted, a->currency, granted),
            text_of(a->held, a->currency, held), text_of(a->used, a->currency, used), a->currency,
            a->frozen ? "true" : "false");
    return SCF_E_LIMIT_EXCEEDED;
}

/* ---- applying ---- */

static bool in_range(int64_t balance) {
    return balance >= 0 && balance <= SCF_MONEY_MAX;
}

/* Grants grow freely, and shrink by no more than what is neither held nor used. */
static bool grant(struct scf_account *a, int64_t difference) {
    if (difference < 0 && -difference > scf_account_undrawn(a))
        return false;
    a->granted += difference;
    return in_range(a->granted);
}

static bool use(struct scf_account *a, int64_t amount, int64_t from_hold) {
    if (from_hold < 0 || from_hold > amount || from_hold > a->held)
        return false;
    if (amount - from_hold > scf_account_available(a))
        return false;
    a->held -= from_hold;
    a->used += amount;
    return in_range(a->used);
}

static bool apply(struct scf_account *a, const struct scf_account_change *c) {
    switch (c->type) {
    case SCF_ENTRY_INITIAL:
        a->initial += c->amount;
        return in_range(a->initial) && grant(a, c->amount);
    case SCF_ENTRY_INCREMENT:
        a->increments += c->amount;
        return c->amount >= 0 && grant(a, c->amount);
    case SCF_ENTRY_TAKE_BACK:
        a->increments -= c->amount;
        return c->amount >= 0 && in_range(a->increments) && grant(a, -c->amount);
    case SCF_ENTRY_HOLD:
        if (c->amount < 0 || c->amount > scf_account_available(a))
            return false;
        a->held += c->amount;
        return true;
    case SCF_ENTRY_RELEASE:
    case SCF_ENTRY_EXPIRE:
        a->held -= c->amount;
        return c->amount >= 0 && in_range(a->held);
    case SCF_ENTRY_USE:
        return c->amount >= 0 && !a->stopped && use(a, c->amount, c->from_hold);
    case SCF_ENTRY_REPAY:
        a->used -= c->amount;
        return in_range(a->used);
    case SCF_ENTRY_FREEZE:
    case SCF_ENTRY_UNFREEZE:
        a->frozen = c->type == SCF_ENTRY_FREEZE;
        return true;
    }
    return false;
}

enum scf_code scf_account_apply(struct scf_account *a, const struct scf_account_change *change,
                                struct scf_arena *arena, struct scf_error *err) {
    struct scf_account after = *a;
    bool sane = change->amount >= -SCF_MONEY_MAX && change->amount <= SCF_MONEY_MAX;
    if (!sane || !apply(&after, change))
        return refuse(a, change, arena, err);
    after.entries++;
    *a = after;
    return SCF_OK;
}
