/* What one record says about its contract: read from the record's columns and from its body, or
 * from the digest of the body that is kept with the fact (digest.c): both give the same fact, so
 * that a past view can be derived again from the chains alone. Pure. */
#ifndef SCFD_TRADE_FACT_H
#define SCFD_TRADE_FACT_H

#include "scfd/chain/record.h"
#include "scfd/codec/body.h"
#include "scfd/trade/trade.h"

enum {
    SCF_FACT_QUANTITY_PLACES = 6, /* of quantities and prices, as intake's field tables have them */
    SCF_FACT_PRICE_PLACES = 8
};

/* What an event is about, in the order in which goods pass through it. */
enum scf_phase {
    SCF_PHASE_OTHER,
    SCF_PHASE_ORDER,
    SCF_PHASE_PRODUCTION,
    SCF_PHASE_DISPATCH,
    SCF_PHASE_RECEIPT,
    SCF_PHASE_ACCEPTANCE,
    SCF_PHASE_RECONCILED,
    SCF_PHASE_PAID,
    SCF_PHASE_RETURNED,
    SCF_PHASE_DISPUTED,
    SCF_PHASE_RESOLVED
};
/* Steps by which a buyer takes goods over, weakest first; 0: none of them. The same goods may pass
 * several of them, so only the strongest one that was reported counts. */
enum { SCF_TAKING_RANKS = 7 };

/* Goods of a line. Keys are digests of normalised texts; nil: the text is absent. */
struct scf_fact_line {
    struct scf_uuid code_key, name_key;
    struct scf_str unit;
    bool has_quantity, has_price, has_amount, has_tax;
    int64_t quantity; /* 10^-6 units; negative on red invoices */
    int64_t price;    /* 10^-8 currency units, without tax on invoices */
    int64_t amount;   /* minor units, without tax on invoices */
    int64_t rate_ppm, tax;
};

struct scf_fact_shipment {
    bool present;                           /* there is a shipment, or a transport paper is named */
    struct scf_uuid waybill;                /* digest of its number; nil: none named */
    const char *mode;                       /* "road" …; "" */
    int64_t distance_m, weight_g, vehicles; /* 0: not said */
};

struct scf_fact {
    /* columns */
    struct scf_uuid contract_key, chain_id, record_id, revises_id, object_key;
    int64_t leaf_index;
    enum scf_record_kind kind;
    int64_t received_us;
    bool has_happened;
    int64_t happened_us;
    struct scf_uuid seller_id, buyer_id; /* of an event: of its contract, as far as it names it */
    bool has_amount;
    int64_t amount;
    char currency[4];
    struct scf_hash body_sha256;
    struct scf_uuid operator_id; /* nil: nobody */
    int node_kind;               /* −1: the platform */
    bool too_many;               /* stands for more facts than a contract may have */

    /* members; of an unreadable fact (`readable` false) nothing below is set */
    bool readable;
    bool has_day;
    int32_t day; /* as the sender wrote it: issued, signed, occurred */
    const struct scf_fact_line *lines;
    size_t line_count;

    /* events */
    const char *step; /* "" */
    enum scf_phase phase;
    int taking; /* rank, 0 … SCF_TAKING_RANKS − 1 */
    struct scf_uuid actor_id, counterparty_id;
    const char *milestone; /* NULL: names none */
    bool has_completion;
    int64_t completion_ppm;
    bool declares_error;
    const struct scf_uuid *invoice_refs; /* digests of invoice numbers */
    size_t invoice_ref_count;
    struct scf_fact_shipment shipment;
    bool has_payment;
    struct scf_uuid payer_id, payer_account, payee_account; /* digests of account numbers; nil */

    /* invoices */
    bool reduces;                             /* a red letter or a credit note */
    struct scf_uuid number_key, original_key; /* digests of invoice numbers; original nil: none */
    bool has_due;
    int32_t due_day;
    bool voided, fully_red, not_found; /* as the tax authority says */
    bool tax_state_known;              /* any of its answers, good or bad */
    bool financed;                     /* pledged, factored, sold, securitised */
    bool booked;
    int64_t paid;
    struct scf_uuid buyer_account, seller_account;
    const struct scf_uuid *event_ids; /* records of the events it bills */
    size_t event_count;
};

/* The members of `body` (a valid one, or its digest; NULL: erased) into `fact`, whose columns are
 * set. Lists in `arena`; texts are views into `body`. False: the arena is full. */
bool scf_fact_read(struct scf_arena *arena, const cJSON *body,
                   struct scf_fact *fact) SCF_MUST_CHECK;

/* Copies the texts that are views into the body, which may then go. False: the arena is full. */
bool scf_fact_own(struct scf_arena *arena, struct scf_fact *fact) SCF_MUST_CHECK;

/* Only the lines of a list: items of events, lines of invoices and contracts. `scale` is the
 * currency's. False: the arena is full. */
bool scf_fact_lines(struct scf_arena *arena, const cJSON *list, int scale,
                    struct scf_fact *fact) SCF_MUST_CHECK;

/* The digest of a body as JSON text: exactly the members that scf_fact_read looks at, account
 * numbers as digests of themselves. Appended to `out`. */
void scf_fact_digest(enum scf_record_kind kind, const cJSON *body, struct scf_buf *out);

/* What tells events apart: the first 16 bytes of SHA-256 of event_id, else of external_id. */
struct scf_uuid scf_fact_event_key(const cJSON *body);
/* First 16 bytes of SHA-256 of a normalised text; nil for "" and NULL. Equal texts but for blanks
 * and the case of ASCII letters have equal keys. */
struct scf_uuid scf_fact_text_key(const char *text);

/* Keys as digests of bodies write them, "sha256:" and 32 hex digits: account numbers always, names
 * of goods when they are long. The functions below read texts of either form. */
enum { SCF_KEY_AS_TEXT = 48 };
void scf_fact_key_text(const struct scf_uuid *key, char out[SCF_KEY_AS_TEXT]);
struct scf_uuid scf_fact_account_key(const char *text); /* nil for "" and NULL */
struct scf_uuid scf_fact_goods_key(const char *name);   /* likewise */

#endif
