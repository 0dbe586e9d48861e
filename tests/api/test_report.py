"""The report of an assessment: what PDF and HTML say is what the API says, the bytes stay the same,
and who may read it. The PDF is read with poppler, the QR code with zbar."""
import re
import subprocess
import xml.etree.ElementTree as ET
from decimal import ROUND_DOWN, Decimal

import pytest

from harness import bodies
from harness.parties import Chain, make_enterprise, make_node
from harness.server import Server

FORMATS = [("pdf", "zh"), ("pdf", "en"), ("html", "zh"), ("html", "en")]
HOSTILE = "<script>alert(1)</script>\"'&amp; ]]> \u202eexe.fdp"
LACKING = "a😀b"  # what the font of the PDF lacks


def assess(admin, chain, contract_ids, **members):
    body = {
        "borrower_id": chain.seller["id"],
        "contract_ids": contract_ids,
        "kind": "initial",
        "lender_ids": [chain.lender.id],
        **members,
    }
    shown = admin.post("/v1/credit-assessments", body, {"Prefer": "wait=50"}).json()
    assert shown["status"] == "succeeded", shown
    return shown


def tell_story(admin):
    """A borrower with events, invoices, a guarantee, an earlier assessment, and the one of which
    the report is drawn."""
    chain = Chain(admin)
    erp = chain.erp.client
    contract = chain.contract(title=f"{HOSTILE} {LACKING}")
    chain.contract_no = contract["contract_no"]
    chain.contract_id = erp.post("/v1/contracts", contract).json()["id"]
    for hours in (100, 50, 8, 4):
        event = chain.event(chain.contract_id, occurred_at=bodies.hours_ago(hours))
        assert erp.post("/v1/workflow-events", event).status == 201
    assert (
        erp.post("/v1/invoices", chain.invoice(contract_ids=[chain.contract_id])).status == 201
    )
    guarantee = chain.guarantee_by_number(
        contract["contract_no"], seller_uscc=chain.seller["uscc"]
    )
    assert chain.surety.client.post("/v1/guarantees", guarantee).status == 201
    ids = [chain.contract_id]
    chain.earlier = assess(admin, chain, ids, requested_amount="1234.56", currency="CNY")
    chain.shown = assess(admin, chain, ids, requested_amount="98765.43", currency="CNY")
    return chain


@pytest.fixture(scope="module")
def story(server):
    return tell_story(server.client())


def report(client, shown, headers=None, **query):
    return client.get(f"/v1/credit-assessments/{shown['id']}/report", headers, **query)


def drawn(client, shown, form, lang):
    answer = report(client, shown, format=form, lang=lang)
    assert answer.status == 200, answer
    return answer.body


def run(*command, given=None):
    done = subprocess.run(command, input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


def words_of_pdf(body):
    return run("pdftotext", "-layout", "-", "-", given=body).decode()


def words_of_html(body):
    root = ET.fromstring(body.decode())
    (style,) = root.iter("style")
    style.clear()
    return "\n".join(root.itertext())


def words(body, form):
    return words_of_pdf(body) if form == "pdf" else words_of_html(body)


def down(text):
    return Decimal(text).quantize(Decimal("0.01"), ROUND_DOWN)


def percent(text):
    return f"{down(Decimal(text) * 100)}%"


def money(text):
    return f"{Decimal(text):,}"


def figures(shown):
    """As the report must show them, computed from the API's answer."""
    yield from (money(shown[name]) for name in ("recommended_limit", "computed_limit"))
    yield money(shown["requested_amount"])
    ratings = shown["ratings"]
    for name in ("normativity", "accuracy"):
        yield percent(ratings[name]["score"])
    for name in ("workflow_delay_h", "invoice_delay_h", "weighted_delay_h"):
        yield f"{down(ratings['timeliness'][name])} h"
    for name in ("truth_coefficient", "execution_credibility"):
        yield percent(shown[name])
    checks = shown["authenticity"]
    yield f"{percent(checks['score'])} ({checks['checks_passed']}/{checks['checks_applicable']})"
    for factor in shown["factors"]:
        show = money if factor["unit"] == "money" else percent
        yield show(factor["value"])
        yield show(factor["contribution"])
    for contract in shown["contracts"]:
        yield from (money(contract[name]) for name in ("net_amount", "base", "guarantee"))
    yield shown["limit_expires_on"]
    yield shown["model"]["version"]
    yield shown["model"]["sha256"]
    yield shown["inputs"]["receipt_sha256"]
    yield shown["sha256"]
    for chain in shown["inputs"]["chains"]:
        yield chain["id"]


@pytest.mark.parametrize("form, lang", FORMATS)
def test_it_says_what_the_api_says(admin, story, form, lang):
    shown = admin.get(f"/v1/credit-assessments/{story.shown['id']}").json()
    said = words(drawn(admin, shown, form, lang), form)
    flat = re.sub(r"\s+", "", said)  # a table breaks what is long
    for figure in figures(shown):
        assert re.sub(r"\s+", "", figure) in flat, f"{figure} is not in:\n{said}"
    for reason in shown["reasons"]:
        assert re.sub(r"\s+", "", reason[f"text_{lang}"]) in flat, reason
    record = admin.get(f"/v1/records/{shown['id']}").json()
    for text in (record["chain"]["leaf_hash"], record["chain"]["id"], shown["id"]):
        assert text in flat, text
    assert money(story.earlier["recommended_limit"]) in said
    assert story.seller["name"] in said and story.seller["uscc"] in said
    assert story.contract_no in said
    terms = {
        "zh": ["授信评估报告", "规范度", "及时度", "准确度", "建议授信额度", "贷款人决定"],
        "en": ["Credit assessment report", "Normativity", "Timeliness", "Accuracy", "The lender"],
    }
    for term in terms[lang]:
        assert term in said, term


def test_both_forms_say_the_same(admin, story):
    for lang in ("zh", "en"):
        numbers = [
            sorted(re.findall(r"\d[\d,]*\.\d\d\b%?", words(drawn(admin, story.shown, f, lang), f)))
            for f in ("pdf", "html")
        ]
        assert numbers[0] and numbers[0] == numbers[1]


def test_the_qr_code_leads_to_the_proof(admin, server, story, tmp_path):
    body = drawn(admin, story.shown, "pdf", "zh")
    file = tmp_path / "report.pdf"
    file.write_bytes(body)
    run("pdftoppm", "-r", "150", "-png", file, tmp_path / "page")
    decoded = [
        subprocess.run(
            ["zbarimg", "--quiet", "--raw", page], capture_output=True, text=True, check=False
        ).stdout.strip()
        for page in sorted(tmp_path.glob("page*.png"))
    ]
    url = f"{server.url}/v1/records/{story.shown['id']}/proof"
    assert url in decoded
    links = re.findall(rb"/URI \((.*?)\)", body)
    assert links == [url.encode()]
    assert admin.get(f"/v1/records/{story.shown['id']}/proof", {"Prefer": "wait=50"}).status == 200


def test_html_is_one_sound_file_without_anything_that_runs(admin, story):
    for lang in ("zh", "en"):
        answer = report(admin, story.shown, format="html", lang=lang)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script" not in policy
        text = answer.body.decode()
        root = ET.fromstring(text)
        assert root.get("lang") == {"zh": "zh-CN", "en": "en"}[lang]
        for element in root.iter():
            tag = element.tag.split("}")[-1]
            assert tag not in ("script", "img", "link", "iframe", "object", "foreignObject"), tag
            assert not [name for name in element.attrib if name.lower().startswith("on")]
            if tag == "svg" and element.get("role"):
                assert element.get("aria-label")
            if tag == "th":
                assert element.get("scope") == "col"
        assert not re.search(r"url\(|@import", text)
        assert "\u202e" not in text and "&lt;script&gt;alert(1)&lt;/script&gt;" in text
        said = words_of_html(answer.body)
        assert HOSTILE.replace("\u202e", " ") in said and LACKING in said
        assert len(root.findall(".//table")) == text.count("<caption>") >= 4


def test_what_the_font_lacks_is_marked(admin, story, tmp_path):
    """By the printer's sign for a missing character; no other font is put in."""
    file = tmp_path / "report.pdf"
    file.write_bytes(drawn(admin, story.shown, "pdf", "zh"))
    assert "a〓b" in re.sub(r"\s", "", words_of_pdf(file.read_bytes()))
    fonts = run("pdffonts", file).decode().splitlines()[2:]
    assert fonts and all(re.match(r"[A-Z]{6}\+WenQuanYiMicroHei ", font) for font in fonts)


@pytest.mark.parametrize("form, lang", FORMATS)
def test_later_records_and_assessments_change_nothing(admin, story, form, lang):
    before = drawn(admin, story.shown, form, lang)
    other = drawn(admin, story.earlier, form, lang)
    assert other != before
    event = story.event(story.contract_id, occurred_at=bodies.hours_ago(300))
    assert story.erp.client.post("/v1/workflow-events", event).status == 201
    assess(admin, story, [story.contract_id])
    assess(admin, story, [story.contract_id], as_of=bodies.hours_ago(48))
    assert drawn(admin, story.shown, form, lang) == before
    assert drawn(admin, story.earlier, form, lang) == other


def test_a_tag_of_the_bytes(admin, story):
    answer = report(admin, story.shown, format="pdf", lang="en")
    assert {"Accept", "Accept-Language"} <= set(re.split(", *", answer.headers["Vary"]))
    tag = answer.headers["ETag"]
    again = report(admin, story.shown, {"If-None-Match": tag}, format="pdf", lang="en")
    assert again.status == 304 and not again.body
    assert report(admin, story.shown, {"If-None-Match": tag}, lang="zh").status == 200
    name = f"credit-report-{story.shown['id']}-en.pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'


@pytest.mark.parametrize(
    "headers, query, form, lang",
    [
        ({}, {}, "application/pdf", "en"),
        ({"Accept": "*/*"}, {}, "application/pdf", "en"),
        ({"Accept": "text/html,*/*;q=0.8"}, {}, "text/html", "en"),
        ({"Accept": "application/pdf", "Accept-Language": "zh-CN"}, {}, "application/pdf", "zh-CN"),
        ({"Accept": "text/html", "Accept-Language": "zh"}, {"format": "pdf", "lang": "en"},
         "application/pdf", "en"),
        ({"Accept": "application/pdf"}, {"format": "html", "lang": "zh"}, "text/html", "zh-CN"),
    ],
)
def test_form_and_language(admin, story, headers, query, form, lang):
    answer = report(admin, story.shown, headers, **query)
    assert answer.status == 200, answer
    assert answer.headers["Content-Type"].split(";")[0] == form
    assert answer.headers["Content-Language"] == lang


@pytest.mark.parametrize("query", [{"format": "doc"}, {"lang": "fr"}, {"surprise": "1"}])
def test_bad_wishes(admin, story, query):
    answer = report(admin, story.shown, **query)
    assert (answer.status, answer.json()["code"]) == (400, "invalid-parameter")


def test_who_may_read_it(admin, server, story):
    assert report(story.lender.client, story.shown).status == 200
    stranger = make_node(admin, "lender")
    for client in (stranger.client, story.surety.client):
        assert report(client, story.shown).status == 404
    assert report(server.anonymous(), story.shown).status == 401
    assert report(admin, {"id": "asm_01h455vb4pex5vsknk084sn02q"}).status == 404
    assert report(admin, {"id": "nonsense"}).status == 404


@pytest.mark.parametrize("form", ["pdf", "html"])
def test_the_history_has_what_its_reader_may_read(admin, form):
    """Of three assessments for three lenders each sees its own; borrower and administrators all."""
    chain = Chain(admin)
    contract = chain.erp.client.post("/v1/contracts", chain.contract()).json()["id"]
    event = chain.event(contract, occurred_at=bodies.hours_ago(2))
    assert chain.erp.client.post("/v1/workflow-events", event).status == 201
    others = [make_node(admin, "lender") for _ in range(2)]
    asked = {"1111.11": others[:1], "2222.22": others, "3333.33": [*others, chain.lender]}
    for amount, lenders in asked.items():
        wish = {"requested_amount": amount, "currency": "CNY"}
        wish["lender_ids"] = [lender.id for lender in lenders]
        asker = chain.erp.client if chain.lender in lenders else admin
        shown = assess(asker, chain, [contract], **wish)
        assert shown["recommended_limit"] == amount

    def history(client):
        return [a for a in asked if money(a) in words(drawn(client, shown, form, "en"), form)]

    assert history(admin) == history(chain.erp.client) == ["1111.11", "2222.22", "3333.33"]
    assert history(others[0].client) == ["1111.11", "2222.22", "3333.33"]
    assert history(others[1].client) == ["2222.22", "3333.33"]
    assert history(chain.lender.client) == ["3333.33"]
    tags = [report(n.client, shown, format=form).headers["ETag"] for n in (*others, chain.lender)]
    again = [report(n.client, shown, format=form).headers["ETag"] for n in (*others, chain.lender)]
    assert tags == again and len(set(tags)) == 3
    assert report(admin, shown, format=form).headers["ETag"] == tags[0]


def test_no_result_no_report(admin, server, story):
    """One that is queued: made by hand, so that no worker takes it."""
    node = make_node(admin, "erp", make_enterprise(admin)["id"])
    server.psql(
        "INSERT INTO scfd.credit_assessment (id, borrower_id, request, as_of, created_at,"
        " updated_at) VALUES ('01890000-0000-7000-8000-000000000001', gen_random_uuid(), '{}',"
        " '2026-01-01Z', '2026-01-01Z', '2026-01-01Z') ON CONFLICT DO NOTHING"
    )
    queued = {"id": "asm_" + type_id("01890000000070008000000000000001")}
    answer = report(admin, queued)
    assert (answer.status, answer.json()["code"]) == (409, "wrong-state"), answer
    assert report(node.client, queued).status == 404


def type_id(hexadecimal):
    """The suffix of a TypeID: 128 bits in 26 Crockford base32 digits."""
    number, digits = int(hexadecimal, 16), ""
    for _ in range(26):
        digits = "0123456789abcdefghjkmnpqrstvwxyz"[number & 31] + digits
        number >>= 5
    return digits


def test_a_borrower_with_nothing(admin, story):
    fresh = make_enterprise(admin, name="空" * 100)
    node = make_node(admin, "erp", fresh["id"])
    body = bodies.contract(fresh["ref"], story.buyer["ref"])
    contract = node.client.post("/v1/contracts", body).json()
    request = {"borrower_id": fresh["id"], "contract_ids": [contract["id"]], "kind": "initial"}
    shown = admin.post("/v1/credit-assessments", request, {"Prefer": "wait=50"}).json()
    assert Decimal(shown["recommended_limit"]) == 0
    for form, lang in FORMATS:
        said = words(drawn(admin, shown, form, lang), form)
        assert "CNY 0.00" in said
        assert {"zh": "没有可计算延迟的数据", "en": "No record in the window"}[lang] in said


def test_a_hundred_contracts_with_heads_and_numbers_on_every_page(admin, story):
    ids = []
    for i in range(100):
        body = story.contract(title=f"合同 {i} " + "长" * (i * 3 % 250), amount=f"{i + 1}00.00")
        answer = story.erp.client.post("/v1/contracts", body)
        assert answer.status == 201, answer
        ids.append((answer.json()["id"], body["contract_no"]))
    shown = assess(admin, story, [identifier for identifier, _ in ids])
    pages = words_of_pdf(drawn(admin, shown, "pdf", "en")).rstrip("\f").split("\f")
    assert len(pages) > 4
    for number, page in enumerate(pages, 1):
        assert f"{number} / {len(pages)}" in page
        assert "The lender decides" in page
    for identifier, contract_no in ids:
        (page,) = [p for p in pages if re.search(rf"(?m)^\s*{contract_no}\b", p)]
        assert "Net amount" in page, identifier


def test_every_process_draws_the_same_and_none_without_the_font(tmp_path):
    nothing = tmp_path / "fonts.conf"
    nothing.write_text('<?xml version="1.0"?><fontconfig></fontconfig>')
    with Server() as server:
        story = tell_story(server.client())
        bodies_drawn = {f: drawn(server.client(), story.shown, *f) for f in FORMATS}
        server.stop()
        server.env.update(TZ="Asia/Shanghai", LANG="zh_CN.UTF-8", LC_ALL="C.UTF-8")
        server.start()
        for form in reversed(FORMATS):
            assert drawn(server.client(), story.shown, *form) == bodies_drawn[form], form
        server.stop()
        server.env["FONTCONFIG_FILE"] = str(nothing)
        server.start()
        answer = report(server.client(), story.shown, {"Accept-Language": "zh"}, format="pdf")
        assert (answer.status, answer.json()["code"]) == (500, "font-missing")
        assert "WenQuanYi Micro Hei" in answer.json()["detail"]
        assert drawn(server.client(), story.shown, "html", "zh") == bodies_drawn["html", "zh"]


def test_findings_and_the_chain_of_limits(admin):
    """60 sets are invoiced, 40 accepted: the check that failed is told with its records."""
    from test_trade import Story

    trade = Story(admin)
    trade.accepted(trade.buyer, 40)
    invoice = trade.invoice(60)
    shown = assess(admin, trade.chain, [trade.id], requested_amount="10000.00", currency="CNY")
    steps = {step["step"]: step for step in shown["waterfall"]}
    assert steps["requested"]["binding"] and not steps["model"]["binding"]
    terms = {
        "zh": ["开票数量与验收数量一致", "硬性", "不适用", "最低值，决定额度", "模型额度"],
        "en": ["Quantity invoiced as accepted", "hard", "not applicable", "the lowest: it decides"],
    }
    for form, lang in FORMATS:
        flat = re.sub(r"\s+", "", words(drawn(admin, shown, form, lang), form))
        for text in terms[lang]:
            assert re.sub(r"\s+", "", text) in flat, text
        assert invoice in flat
        for step in steps.values():
            assert step["rule"] in flat
            for name in ("reported", "recomputed", "adjusted"):
                assert step[name] is None or money(step[name]) in flat, step


def test_the_borrowing_base(admin):
    """Of 70 sets invoiced 40 are accepted: what is out is told with its reason and sum."""
    from test_trade import Story

    trade = Story(admin)
    trade.accepted(trade.buyer, 40)
    trade.invoice(40)
    trade.invoice(30)
    shown = assess(admin, trade.chain, [trade.id], product="receivable")
    base = shown["borrowing_base"]
    out = {}
    for line in base["receivables"]:
        if line["reason"]:
            amount = Decimal(line["balance"]) - Decimal(line["eligible"])
            out[line["reason"]] = out.get(line["reason"], 0) + amount
    assert out
    for form, lang in FORMATS:
        said = words(drawn(admin, shown, form, lang), form)
        flat = re.sub(r"\s+", "", said)
        assert trade.chain.buyer["name"] in said  # the debtor
        for name in ("balance", "gross_eligible", "net_eligible", "base"):
            assert f"CNY {money(base[name])}" in said
        for reason, amount in out.items():
            assert f"{reason}:" in flat or f"{reason}：" in flat, reason
            assert money(str(amount)) in flat
