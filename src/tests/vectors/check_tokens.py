#!/usr/bin/env python3
"""Captures every request of a run and checks its token with Python's standard library.

usage: check_tokens.py PATH_OF_KONFORM

Every request must carry a token that verifies over the captured bytes, but for those of the token family and those that are
tampered with, which must not. Prints the counts; exits 1 on the first difference.
"""
import base64
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

KEY, ASP, ACCESS = "captured-by-another-program", "000000000000000", "0" * 40
TERMS = {"termsList": [{"tcId": 1, "title": "t", "url": "u", "required": "MANDATORY", "order": "1", "isAgree": False}]}
MEMBER = {"userId": 1}
captured = []


class Capture(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        captured.append((dict(self.headers.items()), body))
        answer = dict(TERMS if self.path.endswith("/terms/all") else MEMBER, response={"code": "000_000", "description": "Success."})
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-KM-Correlation-Id", "261122120000-0000001")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def verifies(headers, body):
    token = next((v for k, v in headers.items() if k.lower() == "x-km-tran-token"), "")
    match = re.fullmatch(r"KMV1:(\d{17}):([A-Za-z0-9+/]{43}=)", token)
    code = base64.b64encode(hmac.new(KEY.encode(), body, hashlib.sha256).digest()).decode()
    return bool(match) and hmac.compare_digest(match.group(2), code)


def forged(case):
    """True if the case's own request is signed wrongly; one that is merely old, sealed wrongly or written with blanks is not."""
    tampered = "::tamper::header." in case and not case.endswith("::earlier-time")
    return ("::token::" in case and not case.endswith("::body-with-blanks")) or tampered


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Capture)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        names = {"aspId": ASP, "accessKey": ACCESS, "secretKey": KEY}
        lines = ["konform: 1", "credentials:"] + [f"  {name}: env:CHECK_{name.upper()}" for name in names]
        pathlib.Path(folder, "profile.yaml").write_text("\n".join(lines) + "\n")
        env = dict(os.environ, **{f"CHECK_{name.upper()}": value for name, value in names.items()})
        target = f"http://127.0.0.1:{server.server_address[1]}"
        command = [program, "run", "--target", target, "--profile", "profile.yaml", "--out", "out", "--quiet"]
        # This server reads bodies by their Content-Length alone, so that lying ones are not for it.
        command += ["--only", "user-registration::*", "--only", "terms-all::*", "--skip", "*::hostile::*"]
        done = subprocess.run(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        # A server that takes everything breaks the contract: the run must say so, and must have come to its end.
        if done.returncode != 1:
            sys.exit(f"konform exited {done.returncode}\n{done.stdout}\n{done.stderr}")
        cases = {}
        for line in pathlib.Path(folder, "out", "evidence.jsonl").read_text(encoding="utf-8").splitlines():
            record = json.loads(line)["record"]
            if record["kind"] == "exchange":
                trace = dict(record["request_headers"]).get("X-KM-Correlation-Id")
                # A case signs its own request wrongly, not those that lead to it or undo it.
                own = record["case"].split("::")[0] == record["endpoint"]
                # The token that is sent again belongs to the request before.
                own = own and not (record["case"].endswith("::replayed") and record["step"] == 0)
                cases.setdefault(trace, record["case"] if own else "?")
                if KEY in line or ACCESS in line:
                    sys.exit(f"a secret stands in the evidence of {record['case']}")
    good = bad = 0
    for headers, body in captured:
        trace = next((v for k, v in headers.items() if k.lower() == "x-km-correlation-id"), None)
        case = cases.get(trace, "?")
        if verifies(headers, body):
            good += 1
            if forged(case):
                sys.exit(f"{case} carries a token that verifies")
        else:
            bad += 1
            if not forged(case):
                sys.exit(f"{case} carries a token that does not verify: {headers} {body!r}")
    print(f"{good} requests carry a token that verifies, {bad} that are forged do not")
    if good < 300 or bad < 12:
        sys.exit("too few requests were captured")


main()
