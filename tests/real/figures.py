"""The credit model once more, from docs/credit-model.md and the shipped template files, in Python's
exact integers: what scfd must answer. No code of scfd takes part."""
import json
import re
from collections import defaultdict
from datetime import date, datetime
from fractions import Fraction

from harness.server import ROOT

PPM = 1_000_000
HOUR_US = 3_600_000_000
GRADES = "ABCD"
POLICY = {
    "advance": 300_000,
    "truth": (250_000, 150_000, 250_000, 350_000),
    "lateness_h": 168,
    "qualification_base": 500_000,
    "history_full": 3,
    "history": (1_000_000, 900_000, 800_000),
}
DECIMAL = re.compile(r"-?(0|[1-9]\d*)(\.\d{1,9})?")


def ppm(text):
    """A decimal in millionths, rounded down; None for other text."""
    text = str(text)
    if not DECIMAL.fullmatch(text):
        return None
    exact = Fraction(text) * PPM
    return int(exact) if exact >= 0 else -int(-exact)


def ratio(part, whole):
    return part * PPM // whole if whole else 0


def blend(a, b, weight):
    return (a * weight + b * (PPM - weight)) // PPM


class Template:
    def __init__(self, code):
        self.definition = json.loads(
            (ROOT / "templates" / f"{code}.json").read_text(encoding="utf-8")
        )
        self.fields = self.definition["fields"]
        self.grading = self.definition["grading"]

    def judge(self, body, on_time):
        """Weights, what is missing, what is out of range, the watched values."""
        expected = present = 0
        missing, out_of_range, measures = [], [], {}
        for field in self.fields:
            weight = ppm(field.get("weight", "1"))
            expected += weight
            value = look_up(body, field["key"])
            if not has_type(field, value):
                missing.append(field["key"])
                continue
            present += weight
            if not in_range(field, value):
                out_of_range.append(field["key"])
            if ppm(field.get("fluctuation_threshold", "0")):
                measures[field["key"]] = ppm(value)
        return {
            "expected": expected,
            "present": present,
            "missing": missing,
            "out_of_range": out_of_range,
            "measures": measures,
            "range_ok": on_time and not out_of_range,
        }


def look_up(body, key):
    if key in body.get("fields", {}):
        return body["fields"][key]
    for part in key.split("."):
        if isinstance(body, list):
            body = body[int(part)] if int(part) < len(body) else None
        else:
            body = body.get(part) if isinstance(body, dict) else None
    return body


def has_type(field, value):
    kind = field["type"]
    if value is None:
        return False
    if kind in ("decimal", "integer"):
        units = ppm(value) if not isinstance(value, bool) else None
        return units is not None and (kind == "decimal" or units % PPM == 0)
    if kind == "boolean":
        return isinstance(value, bool)
    if not isinstance(value, str) or value == "":
        return False
    if kind in ("date", "datetime"):
        try:
            (date if kind == "date" else datetime).fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            return False
    return True


def in_range(field, value):
    if field["type"] == "enum":
        return value in field["enum"]
    if field["type"] not in ("decimal", "integer"):
        return True
    units = ppm(value)
    return ("min" not in field or units >= ppm(field["min"])) and (
        "max" not in field or units <= ppm(field["max"])
    )


class Series:
    """Each watched value against the mean of its field over the latest earlier month."""

    def __init__(self, template):
        self.thresholds = {
            f["key"]: ppm(f["fluctuation_threshold"])
            for f in template.fields
            if "fluctuation_threshold" in f
        }
        self.month, self.values, self.means = None, defaultdict(list), {}

    def add(self, day, measures):
        """(comparable, within the thresholds)"""
        month = (day.year, day.month)
        if self.month is not None and month > self.month:
            for key, values in self.values.items():
                self.means[key] = sum(values) // len(values)
            self.values.clear()
        self.month = max(self.month or month, month)
        compared = [
            abs(value - self.means[key]) * PPM
            <= max(abs(self.means[key]), 1) * self.thresholds[key]
            for key, value in measures.items()
            if key in self.means
        ]
        for key, value in measures.items():
            self.values[key].append(value)
        return bool(compared), bool(compared) and all(compared)


def grade_up(value, bounds):
    return GRADES[sum(value < ppm(bound) for bound in bounds)]


def grade_down(value, hours):
    return GRADES[sum(value > int(bound) * HOUR_US for bound in hours)]


class Borrower:
    """Sums over one vendor's records, and what follows from them."""

    def __init__(self, event_template, invoice_template):
        self.templates = {"event": event_template, "invoice": invoice_template}
        self.series = Series(event_template)
        self.present = self.expected = self.in_range = self.events = self.compared = self.within = 0
        self.delays = {"event": [], "invoice": []}
        self.months, self.applicable, self.passed = set(), 0, 0

    def add(self, kind, body, day, delay_us, applicable, passed):
        """Takes an accepted record; returns the judgement of its template."""
        judged = self.templates[kind].judge(body, delay_us >= 0)
        self.expected += judged["expected"]
        self.present += judged["present"]
        self.delays[kind].append(max(0, delay_us))
        self.months.add((day.year, day.month))
        self.applicable += applicable
        self.passed += passed
        if kind == "event":
            comparable, within = self.series.add(day, judged["measures"])
            self.events += 1
            self.in_range += judged["range_ok"]
            self.compared += comparable
            self.within += within
        return judged

    def ratings(self):
        grading = self.templates["event"].grading
        n = ratio(self.present, self.expected)
        means = {k: sum(v) // len(v) for k, v in self.delays.items() if v}
        if len(means) == 2:
            delay = blend(
                means["event"], means["invoice"], ppm(grading["delay_weights"]["workflow"])
            )
        else:
            delay = next(iter(means.values()))
        in_range, within = ratio(self.in_range, self.events), ratio(self.within, self.compared)
        accuracy = (
            blend(in_range, within, ppm(grading["accuracy_weights"]["range"]))
            if self.compared
            else in_range
        )
        grades = (
            grade_up(n, grading["normativity"]),
            grade_down(delay, grading["timeliness_hours"]),
            grade_up(accuracy, grading["accuracy"]) if self.events else "D",
        )
        lateness = POLICY["lateness_h"] * HOUR_US
        scores = dict(zip(GRADES, map(ppm, grading["scores"])))
        weights = [
            ppm(grading["rating_weights"][k]) for k in ("normativity", "timeliness", "accuracy")
        ]
        credibility = (
            0 if "D" in grades else sum(w * scores[g] for w, g in zip(weights, grades)) // PPM
        )
        return {
            "normativity": n,
            "delay_us": delay,
            "workflow_us": means.get("event"),
            "invoice_us": means.get("invoice"),
            "in_range": in_range,
            "within": within if self.compared else None,
            "timeliness": ratio(max(0, lateness - delay), lateness),
            "accuracy": accuracy,
            "grades": grades,
            "overall": max(grades),
            "credibility": credibility,
        }

    def limit(self, contracts):
        """Minor units for contracts given as amount, signed (day), first_event (day or None),
        invoiced (minor units or None); no guarantee, no licence, nothing financed."""
        rated = self.ratings()
        applicable, passed = self.applicable, self.passed
        for contract in contracts:
            if contract["invoiced"] is not None:
                applicable += 2
                passed += 1 + (contract["invoiced"] <= contract["amount"])
            if contract["first_event"] is not None:
                applicable += 1
                passed += contract["first_event"] >= contract["signed"]
        values = (
            rated["normativity"],
            rated["timeliness"],
            rated["accuracy"],
            ratio(passed, applicable),
        )
        truth = sum(w * v for w, v in zip(POLICY["truth"], values)) // PPM
        months = len(self.months)
        history = POLICY["history"][0 if months >= POLICY["history_full"] else 1 if months else 2]
        return sum(
            contract["amount"]
            * POLICY["advance"]
            * truth
            * POLICY["qualification_base"]
            * history
            // PPM**4
            for contract in contracts
        )
