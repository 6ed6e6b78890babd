#!/usr/bin/env python3
"""Reads a run's reports with programs that know nothing of konform: junitparser, tap.py, haralyzer, sarif-tools.

usage: check_formats.py PATH_OF_KONFORM

Each must count what results.json counts. Exits 1 on the first difference.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import haralyzer
import junitparser
import sarif.loader
import tap.parser

konform = pathlib.Path(sys.argv[1]).resolve()


def equal(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: {found}, results.json has {expected}")
    print(f"{what}: {found}")


with tempfile.TemporaryDirectory() as folder:
    def run(*args):
        done = subprocess.run([konform, *args], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode > 1:
            sys.exit(f"{args}: {done.returncode}\n{done.stderr}")
        return done.stdout

    faults = ["accept-above:loginId", "skip-enum:gender", "at:card-list:http:error"]
    only = ["user-registration::length::*", "user-registration::value::*", "card-list::length::*"]
    run("run", "--quiet", "--out", "run", *sum((["--fault", f] for f in faults), []), *sum((["--only", o] for o in only), []))
    results = json.loads(pathlib.Path(folder, "run/results.json").read_text(encoding="utf-8"))
    cases = results["cases"]
    failed = sum(c["outcome"] == "FAIL" and c["level"] == "MUST" for c in cases)
    warned = sum(c["outcome"] == "FAIL" and c["level"] == "SHOULD" for c in cases)
    unclear = sum(c["outcome"] in ("INCONCLUSIVE", "BLOCKED", "BROKEN") for c in cases)
    if not (failed and warned and unclear):
        sys.exit(f"the run has not every kind of outcome: {failed} {warned} {unclear}")
    paths = {}
    for name in ("junit", "tap", "har", "sarif"):
        paths[name] = str(pathlib.Path(folder, f"report.{name}"))
        run("report", "run", "--as", name, "--out", paths[name])

    tests = [case for suite in junitparser.JUnitXml.fromfile(paths["junit"]) for case in suite]
    equal("junitparser, test cases", len(tests), len(cases))
    kinds = [type(r).__name__ for case in tests for r in case.result]
    equal("junitparser, failures and errors", (kinds.count("Failure"), kinds.count("Error")), (failed, unclear))

    lines = [line for line in tap.parser.Parser().parse_file(paths["tap"]) if line.category == "test"]
    equal("tap.py, tests", len(lines), len(cases))
    equal("tap.py, not ok", sum(not line.ok and not line.todo for line in lines), failed + unclear)
    equal("tap.py, to do", sum(bool(line.todo) for line in lines), warned)

    har = haralyzer.HarParser(json.loads(pathlib.Path(paths["har"]).read_text(encoding="utf-8")))
    exchanges = sum('"record":{"kind":"exchange"' in line for line in pathlib.Path(folder, "run/evidence.jsonl").open(encoding="utf-8"))
    equal("haralyzer, entries", len(har.har_data["entries"]), exchanges)
    entry = haralyzer.HarEntry(har.har_data["entries"][0])
    equal("haralyzer, first status", entry.response.status, 200)

    report = sarif.loader.load_sarif_file(paths["sarif"])
    counts = report.get_report().get_issue_type_histogram_for_severity
    findings = results["summary"]["findings"]
    equal("sarif-tools, results", len(report.get_results()), len(findings))
    equal("sarif-tools, errors", sum(counts("error").values()), sum(f["level"] == "MUST" for f in findings))
