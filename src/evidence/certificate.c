/* Drawing the preservation certificate: rows of a label, Chinese with the English beneath, and a
 * value. Which rows there are follows what courts and preservation services ask for
 * (docs/evidence.md). Relies on codec/pdf. */
#include "certificate.h"

#include "scfd/base/clock.h"
#include "scfd/codec/pdf.h"

enum {
    LEFT = 5200,
    RIGHT = SCF_PAGE_WIDTH - 5200,
    TOP = 5200,
    BOTTOM = SCF_PAGE_HEIGHT - 5600,
    LABEL = 13500, /* width of the labels */
    VALUE_X = LEFT + LABEL + 800,
    VALUE = RIGHT - VALUE_X,
    QR = 9000,
    PAD = 350
};

static const struct scf_lettering title_type = {2200, SCF_TONE_ACCENT, SCF_ALIGN_START};
static const struct scf_lettering under_type = {1000, SCF_TONE_MUTED, SCF_ALIGN_START};
static const struct scf_lettering zh_type = {950, SCF_TONE_INK, SCF_ALIGN_START};
static const struct scf_lettering en_type = {720, SCF_TONE_MUTED, SCF_ALIGN_START};
static const struct scf_lettering value_type = {900, SCF_TONE_INK, SCF_ALIGN_START};
static const struct scf_lettering foot_type = {700, SCF_TONE_MUTED, SCF_ALIGN_START};

struct page {
    const struct scf_certificate *c;
    struct scf_arena *arena;
    struct scf_pdf *pdf;
    int y;
    bool failed;
};

/* ---- rows ---- */

static void row(struct page *p, const char *zh, const char *en, const char *value) {
    if (value == NULL) {
        p->failed = true;
        return;
    }
    int zh_height = scf_pdf_text_height(p->pdf, LABEL, zh_type, zh);
    int label = zh_height + scf_pdf_text_height(p->pdf, LABEL, en_type, en);
    int height = scf_pdf_text_height(p->pdf, VALUE, value_type, value);
    height = height > label ? height : label;
    if (p->y + height + 2 * PAD > BOTTOM) {
        scf_pdf_next_page(p->pdf);
        p->y = TOP;
    }
    scf_pdf_line(p->pdf, LEFT, p->y, RIGHT, p->y, 40, SCF_TONE_RULE);
    p->y += PAD;
    scf_pdf_text(p->pdf, LEFT, p->y, LABEL, zh_type, zh);
    scf_pdf_text(p->pdf, LEFT, p->y + zh_height, LABEL, en_type, en);
    scf_pdf_text(p->pdf, VALUE_X, p->y, VALUE, value_type, value);
    p->y += height + PAD;
}

static const char *time_text(struct page *p, int64_t us) {
    char text[SCF_TIME_TEXT];
    scf_time_format(us, text);
    return scf_strdup(p->arena, text);
}

static const char *hex_text(struct page *p, const struct scf_hash *hash) {
    char text[2 * SCF_HASH_LEN + 1];
    scf_hex(hash->b, SCF_HASH_LEN, text);
    return scf_strdup(p->arena, text);
}

/* A digest as people compare it, with its algorithm. */
static const char *digests(struct page *p) {
    struct scf_str body = p->c->record->body;
    struct scf_hash sha256 = scf_sha256(body.p, body.n), sm3 = scf_digest(SCF_SM3, body.p, body.n);
    return scf_asprintf(p->arena, "SHA-256 %s\nSM3 %s", hex_text(p, &sha256), hex_text(p, &sm3));
}

static const char *subject(struct page *p) {
    const struct scf_certificate *c = p->c;
    char node[SCF_ID_TEXT];
    scf_id_format("node", &c->record->chain_id, node);
    if (c->node_name == NULL)
        return scf_asprintf(p->arena, "平台 Platform\n%s", node);
    if (c->subject_name.n == 0)
        return scf_asprintf(p->arena, "%s\n%s", c->node_name, node);
    return scf_asprintf(p->arena, "%.*s（%.*s）\n%s\n%s", (int)c->subject_name.n, c->subject_name.p,
                        (int)c->subject_code.n, c->subject_code.p, c->node_name, node);
}

static const char *identity(struct page *p) {
    if (p->c->node_name == NULL)
        return "平台自身记录 The platform's own record";
    return scf_asprintf(p->arena,
                        "运营方登记节点并颁发接口密钥 Node registered by the operator, API key\n%s",
                        time_text(p, p->c->node_since_us));
}

static const char *data(struct page *p) {
    const struct scf_record *r = p->c->record;
    return scf_asprintf(p->arena, "%.*s\n%s · JSON · %zu bytes", (int)r->external_id.n,
                        r->external_id.p, scf_record_kind_name(r->kind), r->body.n);
}

/* The earliest proof of a timestamp authority, which are sorted by time. */
static const char *trusted_time(struct page *p) {
    for (size_t i = 0; i < p->c->anchor_count; i++) {
        const struct scf_certificate_anchor *a = &p->c->anchors[i];
        if (strcmp(a->kind, "rfc3161") == 0)
            return scf_asprintf(p->arena, "%s（RFC 3161，%s%s%s）", time_text(p, a->proven_us),
                                a->target, a->reference ? "，" : "",
                                a->reference ? a->reference : "");
    }
    return "尚无 None yet";
}

static const char *anchors(struct page *p) {
    struct scf_buf text;
    scf_buf_init(&text, 64 << 10);
    for (size_t i = 0; i < p->c->anchor_count; i++) {
        const struct scf_certificate_anchor *a = &p->c->anchors[i];
        scf_buf_printf(&text, "%s%s (%s, %s) %s %s", i > 0 ? "\n" : "", a->target, a->kind,
                       a->state, time_text(p, a->proven_us), a->reference ? a->reference : "");
    }
    const char *copy = p->c->anchor_count == 0 ? "尚无 None yet"
                       : text.overflow         ? NULL
                                               : scf_strndup(p->arena, text.data, text.len);
    scf_buf_free(&text);
    return copy;
}

static const char *merkle_path(struct page *p) {
    const struct scf_bundle_facts *f = p->c->facts;
    struct scf_buf text;
    scf_buf_init(&text, 64 << 10);
    scf_buf_printf(&text, "叶子 leaf %" PRId64 " / %" PRId64, f->record.leaf_index, f->block.size);
    for (size_t i = 0; i < f->path_count; i++)
        scf_buf_printf(&text, "\n%s", hex_text(p, &f->path[i]));
    const char *copy = text.overflow ? NULL : scf_strndup(p->arena, text.data, text.len);
    scf_buf_free(&text);
    return copy;
}

/* ---- the page ---- */

static const char *number(struct page *p) {
    char hex[2 * 10 + 1];
    scf_hex(p->c->facts->record.leaf_hash.b, 10, hex);
    return scf_asprintf(p->arena, "BQ-%s", hex);
}

static void put_head(struct page *p) {
    scf_pdf_text(p->pdf, LEFT, p->y, RIGHT - LEFT - QR, title_type, "电子数据保全证书");
    scf_pdf_text(p->pdf, LEFT, p->y + 3200, RIGHT - LEFT - QR, under_type,
                 "Certificate of preservation of electronic data");
}

/* Leads to the bundle, which is what can be verified; the paper only says where it is. */
static void put_qr(struct page *p, const char *url) {
    struct scf_figure figure;
    scf_fig_init(&figure, p->arena, QR, QR);
    scf_fig_qr(&figure, 0, 0, QR, url);
    p->failed |= figure.failed;
    scf_pdf_figure(p->pdf, RIGHT - QR, TOP - 1000, &figure);
    scf_pdf_link(p->pdf, RIGHT - QR, TOP - 1000, QR, QR, url);
}

static void put_data_rows(struct page *p, const char *id) {
    const struct scf_record *r = p->c->record;
    row(p, "证书编号", "Certificate no.", number(p));
    row(p, "记录编号", "Record id", id);
    row(p, "保全主体", "Preservation subject", subject(p));
    row(p, "实名方式与时间", "Identification: method and time", identity(p));
    row(p, "数据名称、类型与大小", "Name, type and size of the data", data(p));
    row(p, "数据摘要", "Digests of the data", digests(p));
    if (r->has_happened)
        row(p, "事件时间", "Time of the event (as sent)", time_text(p, r->happened_us));
    row(p, "上传时间", "Time received", time_text(p, r->received_us));
    row(p, "可信时间", "Trusted timestamp", trusted_time(p));
}

static const char *suite_text(enum scf_suite suite) {
    return suite == SCF_SUITE_SM3_SM2 ? "sm3-sm2: SM3 (GB/T 32905), SM2 (GB/T 32918)"
                                      : "sha256-ed25519: SHA-256, Ed25519 (RFC 8032)";
}

static void put_chain_rows(struct page *p) {
    const struct scf_bundle_facts *f = p->c->facts;
    struct scf_hash block = scf_block_hash(&f->block, f->alg);
    row(p, "链名称与算法", "Chain and its algorithms",
        scf_asprintf(p->arena, "%.*s\n%s", (int)f->block.origin.n, f->block.origin.p,
                     suite_text(f->record.suite)));
    row(p, "交易标识（叶子哈希）", "Transaction id (leaf hash)", hex_text(p, &f->record.leaf_hash));
    row(p, "区块高度与时间", "Block height and time",
        scf_asprintf(p->arena, "%" PRId64 " · %s", f->block.height,
                     time_text(p, f->block.time_us)));
    row(p, "区块哈希", "Block hash", hex_text(p, &block));
    row(p, "默克尔路径", "Merkle path", merkle_path(p));
    row(p, "锚定", "Anchors", anchors(p));
}

static void put_issuer_rows(struct page *p, const char *url) {
    row(p, "采集节点与软件", "Collecting node and software",
        scf_asprintf(p->arena, "%s · scfd " SCFD_VERSION, p->c->issuer));
    row(p, "签名证书序列号", "Serial number of the signing certificate", p->c->signer_serial);
    row(p, "司法、公证节点", "Judicial and notary nodes",
        p->c->judges != NULL ? p->c->judges : "尚无 None yet");
    row(p, "存储与保管期限", "Storage and retention",
        "保存于平台数据库，依法删除前长期保存；删除后链上叶子仍在。\n"
        "Kept in the platform's database until it must be erased by law; its leaf stays.");
    row(p, "验证地址", "Verification", url);
    row(p, "出具方", "Issuer", p->c->issuer);
    row(p, "状态", "Status", "有效 Valid");
    scf_pdf_line(p->pdf, LEFT, p->y, RIGHT, p->y, 40, SCF_TONE_RULE);
}

static const char foot[] = "本证书载明系统所存事实，签名、证明与锚定见证据包（."
                           "asice），可离线验证；证书本身不替代证据包。 This page "
                           "states what the system holds. Signature, proofs and anchors are in the "
                           "evidence bundle (.asice), "
                           "which is verified offline; the page does not replace it.";

static void put_all(struct page *p, const char *id) {
    const char *url = scf_asprintf(p->arena, "%s/v1/records/%s/evidence", p->c->base_url, id);
    p->y = TOP;
    put_head(p);
    if (url != NULL)
        put_qr(p, url);
    p->y = TOP + QR;
    put_data_rows(p, id);
    put_chain_rows(p);
    put_issuer_rows(p, url);
    scf_pdf_text(p->pdf, LEFT, SCF_PAGE_HEIGHT - 4800, RIGHT - LEFT, foot_type, foot);
}

enum scf_code scf_certificate_draw(const struct scf_certificate *c, struct scf_arena *arena,
                                   struct scf_buf *out, struct scf_error *err) {
    char id[SCF_ID_TEXT];
    struct page p = {.c = c, .arena = arena};
    scf_id_format(scf_record_kind_prefix(c->record->kind), &c->record->id, id);
    const struct scf_pdf_options options = {.title = "电子数据保全证书 Preservation certificate",
                                            .subject = id,
                                            .created_us = c->facts->block.time_us};
    enum scf_code code = scf_pdf_begin(&options, out, &p.pdf, err);
    if (code != SCF_OK)
        return code;
    put_all(&p, id);
    code = scf_pdf_end(p.pdf, err);
    return code == SCF_OK && p.failed ? scf_fail_memory(err) : code;
}
