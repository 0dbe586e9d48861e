/* VERIFY.txt: how to check a bundle with unzip, sha256sum, openssl and a POSIX shell, and nothing
 * else; in Chinese and English. A test runs every command of it as it stands.
 *
 * A shell can turn hex into bytes (printf knows octal), so that trees are hashed with openssl. The
 * chain's suite is named once, in `alg` and `signed`; the trees of anchors are of SHA-256, and
 * statements and cosignatures of Ed25519, whatever the chain is made of. */
#include "bundle.h"

#include "scfd/base/clock.h"

struct section {
    const char *en, *zh, *commands; /* four blanks before each line of these; @@ is filled in */
};

static const char opening[] =
    "How to check this bundle / 证据包验证说明\n"
    "\n"
    "Needed: unzip, sha256sum, openssl (3.0 or later) and a POSIX shell; no network. Enter the\n"
    "indented lines into one shell, in order: every line that begins with FAILED, and every error\n"
    "of a command, means that the bundle proves nothing. `scfd verify FILE` does the same and "
    "more.\n"
    "所需工具：unzip、sha256sum、openssl（3.0 及以上）和 POSIX shell，无需联网。请在同一 shell "
    "中依次\n"
    "输入缩进各行；凡出现 FAILED 或命令报错，即表示验证未通过。`scfd verify 文件` "
    "可一次完成全部检查。\n"
    "\n"
    "Keys and certificates in the bundle show only that it is consistent with itself. Compare\n"
    "keys/log.vkey and the fingerprint of keys/signer-chain.pem with those that the operator\n"
    "publishes, or that you kept from an earlier day.\n"
    "包内公钥与证书只能证明其自身一致。请将 keys/log.vkey 及 keys/signer-chain.pem "
    "的指纹与运营方公布的、\n"
    "或您早先留存的进行比对。\n";

static const struct section unpacking = {
    "Unpack, and define helpers", "解压，并定义辅助函数",
    "    unzip -q @@ -d bundle && cd bundle\n"
    "    same() { if [ \"$1\" = \"$2\" ]; then echo \"ok      $3\"; else echo \"FAILED  $3\"; "
    "return 1; fi; }\n"
    "    bytes() { h=$1; while [ -n \"$h\" ]; do t=${h#??}; "
    "printf \"\\\\$(printf %03o \"0x${h%\"$t\"}\")\"; h=$t; done; }\n"
    "    field() { v=; while read -r f r; do case $f in \"$1\") v=$r;; esac; done < \"$2\"; }\n"
    "    hash() { d=$({ printf \"$2\"; bytes \"$3\"; } | openssl dgst -\"$1\" -r); d=${d%% *}; }\n"
    "    fold() { while read -r side other; do case $side in left) hash \"$1\" '\\001' "
    "\"$other$d\";; right) hash \"$1\" '\\001' \"$d$other\";; esac; done < \"$2\"; }\n"
    "    root() { field root \"$1\"; same \"$(bytes \"$d\" | openssl base64)\" \"$v\" \"$2\"; }\n"
    "    key() { read -r k < \"keys/$1.vkey\"; name=${k%%+*}; k=${k#*+}; id=${k%%+*}; k=${k#*+}\n"
    "    p=$(openssl pkey -pubin -in \"keys/$1.pub.pem\" -outform DER | openssl base64 -A)\n"
    "    same \"$({ printf \"$2\"; printf %s \"${p#\"$3\"}\" | openssl base64 -d -A; } | "
    "openssl base64 -A)\" \"$k\" \"key of $1\"\n"
    "    d=$({ printf '%s\\n' \"$name\"; printf %s \"$k\" | openssl base64 -d -A; } | sha256sum)\n"
    "    same \"${d%????????????????????????????????????????????????????????  -}\" \"$id\" "
    "\"key id of $1\"; }\n"
    "    ed25519() { openssl pkeyutl -verify -pubin -inkey \"$1\" -rawin -in \"$2.txt\" "
    "-sigfile \"$2.sig\"; }\n"
    "    sm2() { openssl pkeyutl -verify -pubin -inkey \"$1\" -rawin -digest sm3 "
    "-pkeyopt distid:1234567812345678 -in \"$2.txt\" -sigfile \"$2.sig\"; }\n"
    "    listed() { while IFS= read -r line; do case $line in\n"
    "    *'DataObjectReference URI='*) f=${line#*URI=\\\"}; f=${f%%\\\"\\ MimeType*};;\n"
    "    *DigestValue*) v=${line#*DigestValue>}; v=${v%%<*}\n"
    "    same \"$(openssl dgst -sha256 -binary \"$f\" | openssl base64)\" \"$v\" "
    "\"listed: $f\";;\n"
    "    esac; done < \"$1\"; }\n"};

static const struct section sums = {
    "The files have the digests that are listed (SHA-256 and SM3)",
    "各文件摘要与清单一致（SHA-256 与 SM3）",
    "    sha256sum -c SHA256SUMS\n"
    "    while read -r sum name; do d=$(openssl dgst -sm3 -r \"$name\"); "
    "same \"${d%% *}\" \"$sum\" \"SM3 of $name\"; done < SM3SUMS\n"};

static const struct section manifest = {"The manifest lists these files with these digests",
                                        "清单所列文件及摘要与实际一致",
                                        "    listed META-INF/ASiCManifest001.xml\n"};

static const struct section signature = {
    "The manifest is signed (CAdES) by the certificate in keys/signer-chain.pem",
    "清单由 keys/signer-chain.pem 所载证书签署（CAdES）",
    "    openssl x509 -in keys/signer-chain.pem -noout -subject -fingerprint -sha256\n"
    "    openssl cms -verify -cades -binary -inform DER -in META-INF/signature001.p7s "
    "-content META-INF/ASiCManifest001.xml -CAfile keys/signer-chain.pem -partial_chain "
    "-purpose any -attime @@ -out /dev/null\n"};

/* Whether there is a token, and its time, is not known when this text is signed. */
static const struct section stamp = {
    "Manifest and signature existed when a timestamp authority stamped them (RFC 3161), if there "
    "is\n"
    "   a token. Compare its time with the dates of the certificates, and these with the "
    "authority's",
    "如有时间戳令牌：时间戳机构证明清单与签名在所示时间已存在（RFC "
    "3161）；请核对其时间是否在证书有效期内",
    "    if [ -f META-INF/timestamp002.tst ]; then listed META-INF/ASiCManifest002.xml\n"
    "    openssl ts -verify -in META-INF/timestamp002.tst -token_in -data "
    "META-INF/ASiCManifest002.xml -CAfile META-INF/timestamp002.pem -no_check_time\n"
    "    openssl ts -reply -in META-INF/timestamp002.tst -token_in -text\n"
    "    openssl x509 -in META-INF/timestamp002.pem -noout -subject -dates -fingerprint -sha256; "
    "fi\n"};

/* What a public key begins with in DER, up to its bytes, is cut off; the type of the verifier key
 * is put before them (docs/evidence.md). For SM2 the 0x04 of the point goes with what is cut off.
 */
static const struct section keys[SCF_SUITES] = {
    [SCF_SUITE_SHA256_ED25519] =
        {"The chain is made of SHA-256 and Ed25519. The two forms of its key are the same key",
         "本链采用 SHA-256 与 Ed25519；链公钥的两种形式为同一公钥",
         "    alg=sha256; signed() { ed25519 keys/log.pub.pem \"$1\"; }\n"
         "    key log '\\001' MCowBQYDK2VwAyEA; origin=$name\n"},
    [SCF_SUITE_SM3_SM2] =
        {"The chain is made of SM3 (GB/T 32905) and SM2 (GB/T 32918). The two forms of its key "
         "are\n"
         "   the same key",
         "本链采用 SM3（GB/T 32905）与 SM2（GB/T 32918）；链公钥的两种形式为同一公钥",
         "    alg=sm3; signed() { sm2 keys/log.pub.pem \"$1\"; }\n"
         "    key log '\\377sm2-sm3\\004' MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAE; origin=$name\n"},
};

static const struct section record = {
    "The record is the one whose digest stands in the leaf", "记录原文的摘要即叶子所载摘要",
    "    d=$(openssl dgst -$alg -r evidence/body.json)\n"
    "    field body_$alg evidence/leaf.txt; same \"${d%% *}\" \"$v\" 'body'\n"};

static const struct section checkpoint = {
    "The chain's key signed the tree (checkpoint) and the block, which name the same tree",
    "链公钥签署了默克尔树（checkpoint）与区块，且二者一致",
    "    signed proofs/checkpoint\n"
    "    signed proofs/block\n"
    "    { read -r n; read -r size; read -r root; } < proofs/checkpoint.txt\n"
    "    same \"$n\" \"$origin\" 'origin'\n"
    "    field chain proofs/block.txt; same \"$v\" \"$origin\" 'block: chain'\n"
    "    field size proofs/block.txt; same \"$v\" \"$size\" 'block: size'\n"
    "    field root proofs/block.txt; same \"$v\" \"$root\" 'block: root'\n"
    "    field time proofs/block.txt; echo \"sealed at $v\"\n"};

static const struct section path = {
    "The leaf is in that tree (RFC 9162: each node is the digest of 0x01, left, right)",
    "叶子在该默克尔树中（RFC 9162：节点 = 摘要(0x01 ‖ 左 ‖ 右)）",
    "    d=$({ printf '\\000'; while IFS= read -r line; do printf '%s\\n' \"$line\"; done; } "
    "< evidence/leaf.txt | openssl dgst -$alg -r); leaf=${d%% *}\n"
    "    d=$leaf; fold $alg proofs/path.txt; root proofs/block.txt 'the leaf is in the tree'\n"};

/* After a restore the tree may be of the same chain under another origin: its last part stays. */
static const struct section cosigned = {
    "Witnesses cosigned a tree of this chain that holds the leaf; compare their keys with theirs",
    "见证者联署了本链含该叶子的默克尔树；请与其公布的公钥比对",
    "    signed proofs/cosigned/checkpoint\n"
    "    { read -r n; read -r s; read -r r; } < proofs/cosigned/checkpoint.txt\n"
    "    same \"${n##*/}\" \"${origin##*/}\" 'cosigned: chain'\n"
    "    d=$leaf; fold $alg proofs/cosigned/path.txt\n"
    "    same \"$(bytes \"$d\" | openssl base64)\" \"$r\" 'the leaf is in the cosigned tree'\n"
    "    for w in proofs/cosigned/*.pub.pem; do w=${w%.pub.pem}; ed25519 \"$w.pub.pem\" \"$w\"\n"
    "    { read -r v; read -r t; read -r a; read -r b; read -r c; } < \"$w.txt\"\n"
    "    same \"$v $a $b $c\" \"cosignature/v1 $n $s $r\" \"$w: $t\"; done\n"};

static const struct section anchors = {
    "Each anchor: the leaf is in the anchored block, and that block in the tree of the statement,\n"
    "   which is of SHA-256 and signed with Ed25519, whatever the chain is made of",
    "各锚定：叶子在被锚定区块中，区块在声明的默克尔树中；声明一律采用 SHA-256 与 Ed25519",
    "    key anchors '\\001' MCowBQYDK2VwAyEA\n"
    "    for a in proofs/anchors/*; do ed25519 keys/anchors.pub.pem \"$a/statement\"\n"
    "    signed \"$a/block\"; field chain \"$a/block.txt\"\n"
    "    same \"${v##*/}\" \"${origin##*/}\" \"$a: the block is of this chain\"\n"
    "    d=$leaf; fold $alg \"$a/leaf-path.txt\"; root \"$a/block.txt\" \"$a: the leaf is in the "
    "block\"\n"
    "    b=$(openssl dgst -$alg -r \"$a/block.txt\"); hash sha256 '\\000' \"${b%% *}\"\n"
    "    fold sha256 \"$a/path.txt\"; root \"$a/statement.txt\" \"$a: the block is in the "
    "statement\"; done\n"};

static const char anchored[] = "    openssl ts -verify -in proofs/anchors/%s/proof.tst -token_in "
                               "-data proofs/anchors/%s/statement.txt "
                               "-CAfile proofs/anchors/%s/tsa-chain.pem -attime %" PRId64 "\n";

static void put_section(struct scf_buf *out, int *number, const struct section *s,
                        const char *value) {
    scf_buf_printf(out, "\n%d. %s\n   %s\n\n", (*number)++, s->en, s->zh);
    for (const char *p = s->commands; *p != '\0';) {
        bool blank = strncmp(p, "@@", 2) == 0;
        if (blank)
            scf_buf_puts(out, value);
        else
            scf_buf_putc(out, *p);
        p += blank ? 2 : 1;
    }
}

/* One second after the moment, so that a certificate that begins in the same second is valid. */
static void put_at(struct scf_buf *out, int *number, const struct section *s, int64_t us) {
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, us / SCF_US_PER_SECOND + 1);
    put_section(out, number, s, text);
}

/* Timestamps are checked with openssl; where a public chain stands is for its own tools. */
static void put_anchors(struct scf_buf *out, int *number, const struct scf_instructions *i) {
    if (i->anchor_count == 0)
        return;
    put_section(out, number, &anchors, "");
    for (size_t k = 0; k < i->anchor_count; k++) {
        const char *name = i->anchors[k].name;
        if (i->anchors[k].kind == SCF_ANCHOR_RFC3161 && i->anchors[k].trust.n > 0)
            scf_buf_printf(out, anchored, name, name, name,
                           i->proven_us[k] / SCF_US_PER_SECOND + 1);
    }
}

void scf_instructions_write(const struct scf_instructions *i, struct scf_buf *out) {
    const struct section *const rest[] = {&stamp, &keys[i->suite], &record, &checkpoint, &path};
    int number = 1;
    scf_buf_puts(out, opening);
    put_section(out, &number, &unpacking, i->file_name);
    put_section(out, &number, &sums, "");
    put_section(out, &number, &manifest, "");
    put_at(out, &number, &signature, i->signed_us);
    for (size_t k = 0; k < SCF_COUNT(rest); k++)
        put_section(out, &number, rest[k], "");
    if (i->cosigned)
        put_section(out, &number, &cosigned, "");
    put_anchors(out, &number, i);
}
