#!/usr/bin/env python3
"""Runs konform against a small server that checks who calls with other programs' code, for each scheme of src/tests/callers.

usage: check_auth.py PATH_OF_KONFORM

AWS signatures are computed anew by botocore, HTTP signatures are verified by http-message-signatures, OAuth tokens are given out by
oauthlib, the other schemes are read by Python's standard library. The run against the server must be green; the run against the same
server with its door open must end with exit code 1 and name every way of bending credentials.
"""
import base64
import hashlib
import hmac
import http.cookies
import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import urllib.parse

from types import SimpleNamespace

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from http_message_signatures.exceptions import HTTPMessageSignaturesException
from oauthlib.oauth2 import BackendApplicationServer, RequestValidator

# oauthlib asks for https, which a test on this machine does not have.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

CALLERS = pathlib.Path(__file__).resolve().parent.parent / "callers"
ACTORS = [("abcdefghijkl", "of-a-test-and-32-characters-long"), ("mnopqrstuvwx", "of-a-second-actor-32-characters-")]


def bearer(call):
    word, _, token = call.headers.get("Authorization", "").partition(" ")
    return word == "Bearer" and any(token == secret for _, secret in ACTORS)


def basic(call):
    word, _, text = call.headers.get("Authorization", "").partition(" ")
    try:
        given = base64.b64decode(text, validate=True).decode()
    except ValueError:
        return False
    return word == "Basic" and any(given == f"{name}:{secret}" for name, secret in ACTORS)


def api_key(call):
    return any(call.headers.get("X-Api-Key") == secret for _, secret in ACTORS)


def cookie(call):
    jar = http.cookies.SimpleCookie(call.headers.get("Cookie", ""))
    return "session" in jar and any(jar["session"].value == secret for _, secret in ACTORS)


def mac(call):
    match = re.fullmatch(r"MAC1:\d{17}:([A-Za-z0-9+/]{43}=)", call.headers.get("X-Mac", ""))
    # No header names the actor: the first one is it.
    code = base64.b64encode(hmac.new(ACTORS[0][1].encode(), call.body, hashlib.sha256).digest()).decode()
    return bool(match) and hmac.compare_digest(match.group(1), code)


def aws_sigv4(call):
    given = call.headers.get("Authorization", "")
    match = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/[^,]+, SignedHeaders=([^,]+), Signature=[0-9a-f]{64}", given)
    secret = dict(ACTORS).get(match.group(1)) if match else None
    if not secret:
        return False
    signed = match.group(2).split(";")
    headers = {name: value for name, value in call.headers.items() if name.lower() in signed}
    request = AWSRequest(method=call.command, url=f"http://{call.headers['Host']}{call.path}", data=call.body, headers=headers)
    request.context["timestamp"] = call.headers.get("X-Amz-Date", "")
    auth = SigV4Auth(Credentials(match.group(1), secret), "execute-api", "eu-west-1")
    canonical = auth.canonical_request(request)
    signature = auth.signature(auth.string_to_sign(request, canonical), request)
    return given.endswith(f"Signature={signature}") and given == (
        f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={match.group(2)}, Signature={signature}"
    )


def query_key(call):
    given = urllib.parse.parse_qs(call.path.partition("?")[2]).get("key", [""])
    return any(given == [secret] for _, secret in ACTORS)


class Keys(HTTPSignatureKeyResolver):
    def resolve_private_key(self, key_id):
        return dict(ACTORS)[key_id].encode()

    resolve_public_key = resolve_private_key


COVERED = ["@method", "@authority", "@path", "@query", "content-type", "content-digest"]


def http_signature(call):
    message = SimpleNamespace(method=call.command, url=f"http://{call.headers['Host']}{call.path}", headers=dict(call.headers))
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=Keys())
    try:
        (result,) = verifier.verify(message)
    except (HTTPMessageSignaturesException, KeyError, ValueError):
        return False
    # What the library leaves to its user: which parts must be covered, and the digest of the body.
    covered = [name.strip('"') for name in result.covered_components]
    digest = base64.b64encode(hashlib.sha256(call.body).digest()).decode()
    return set(COVERED) <= set(covered) and call.headers.get("Content-Digest") == f"sha-256=:{digest}:"


class Clients(RequestValidator):
    """Clients and their tokens, as oauthlib asks for them. A token is good for 60 calls, whatever its life: konform must ask anew."""

    def __init__(self):
        self.tokens = {}
        self.given = 0

    def authenticate_client(self, request, *_, **__):
        given = (request.client_id, request.client_secret)
        word, _, text = (request.headers.get("Authorization") or "").partition(" ")
        if word == "Basic":
            name, _, secret = base64.b64decode(text).decode().partition(":")
            given = (urllib.parse.unquote_plus(name), urllib.parse.unquote_plus(secret))
        request.client = SimpleNamespace(client_id=given[0])
        return given in ACTORS

    def validate_grant_type(self, client_id, grant_type, *_, **__):
        return grant_type == "client_credentials"

    def get_default_scopes(self, *_, **__):
        return ["notes"]

    def validate_scopes(self, client_id, scopes, *_, **__):
        return scopes == ["notes"]

    def save_bearer_token(self, token, *_, **__):
        self.tokens[token["access_token"]] = 60
        self.given += 1

    def validate_bearer_token(self, token, scopes, request):
        self.tokens[token] = self.tokens.get(token, 0) - 1
        return self.tokens[token] >= 0


def oauth(call):
    return call.oauth.verify_request(call.path, call.command, call.body.decode("latin-1"), dict(call.headers), ["notes"])[0]


CHECKS = {
    "bearer": bearer,
    "basic": basic,
    "api-key": api_key,
    "cookie": cookie,
    "hmac": mac,
    "aws-sigv4": aws_sigv4,
    "query-key": query_key,
    "http-signature": http_signature,
    "oauth2-client-credentials": oauth,
    "oauth2-in-body": oauth,
    "any": lambda call: bearer(call) or query_key(call) or basic(call),
    "all": lambda call: http_signature(call) and api_key(call),
    "any-of-all": lambda call: bearer(call) or (basic(call) and api_key(call)),
}


class Notes(http.server.BaseHTTPRequestHandler):
    """The two calls of src/tests/callers, written from their files."""

    protocol_version = "HTTP/1.1"
    check = staticmethod(lambda call: True)
    oauth = None
    notes = {}
    lock = threading.Lock()

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, status, code):
        self.answer(status, {"error": {"code": code, "message": code.replace("-", " ")}})

    def do_POST(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/v1/token":
            headers, body, status = self.oauth.create_token_response(self.path, "POST", self.body.decode(), dict(self.headers))
            return self.answer(status, json.loads(body))
        if not self.check():
            return self.refuse(401, "unknown-caller")
        try:
            text = json.loads(self.body)["text"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return self.refuse(400, "bad-body")
        if self.path.partition("?")[0] != "/v1/notes" or not isinstance(text, str) or not 1 <= len(text) <= 40:
            return self.refuse(400, "bad-text")
        with self.lock:
            self.notes[len(self.notes) + 1] = text
            return self.answer(201, {"id": len(self.notes)})

    def do_GET(self):
        self.body = b""
        if not self.check():
            return self.refuse(401, "unknown-caller")
        path, _, query = self.path.partition("?")
        note = re.fullmatch(r"/v1/notes/([0-9]+)", path)
        size = urllib.parse.parse_qs(query, keep_blank_values=True).get("size", ["1"])
        if not note or not all(re.fullmatch("[0-9]+", s) and 1 <= int(s) <= 100 for s in size):
            return self.refuse(400, "bad-query")
        if not 1 <= int(note.group(1)) <= 9999999999:
            return self.refuse(400, "bad-id")
        text = self.notes.get(int(note.group(1)))
        if text is None:
            return self.answer(404, {"error": {"code": "no-note", "message": "there is no such note"}})
        return self.answer(200, {"text": text})

    def log_message(self, *_):
        pass


def run(program, scheme, check):
    handler = type("Own", (Notes,), {"check": check, "notes": {}, "oauth": BackendApplicationServer(Clients())})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        contract = pathlib.Path(folder, "callers")
        contract.mkdir()
        api = (CALLERS / "api.yaml.in").read_text().replace("{id: caller, @auth@", "{id: caller, " + scheme["auth"])
        more = "".join(f"  - {item}\n" for item in scheme.get("more", []))
        more += f"default_auth: {scheme['default']}\n" if "default" in scheme else ""
        headers = "".join(f"  - {item}\n" for item in scheme["headers"])
        contract.joinpath("api.yaml").write_text(api.replace("@more@\n", more).replace("@headers@\n", headers))
        for name in ["note-add.yaml", "note-get.yaml"]:
            contract.joinpath(name).write_text((CALLERS / name).read_text())
        lines = ["konform: 1", "credentials: {name: env:NAME_1, secret: env:SECRET_1}"]
        lines += ["second_credentials: {name: env:NAME_2, secret: env:SECRET_2}"]
        pathlib.Path(folder, "profile.yaml").write_text("\n".join(lines) + "\n")
        env = dict(os.environ)
        for at, (name, secret) in enumerate(ACTORS, 1):
            env.update({f"NAME_{at}": name, f"SECRET_{at}": secret})
        target = f"http://127.0.0.1:{server.server_address[1]}"
        command = [program, "run", "--contract", "callers", "--target", target, "--profile", "profile.yaml", "--out", "out", "--quiet"]
        # This server reads bodies by their Content-Length alone, so that lying ones are not for it.
        command += ["--skip", "*::hostile::*"]
        done = subprocess.run(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if any(secret in done.stdout + done.stderr for _, secret in ACTORS):
            sys.exit(f"{scheme['name']}: a secret stands on the screen")
        bent = set()
        for line in pathlib.Path(folder, "out", "evidence.jsonl").read_text(encoding="utf-8").splitlines():
            record = json.loads(line)["record"]
            if record["kind"] == "case" and record["verdict"]["outcome"] == "FAIL":
                bent.add(record["verdict"]["id"])
            if any(secret in line for _, secret in ACTORS):
                sys.exit(f"{scheme['name']}: a secret stands in the evidence: {line[:400]}")
        server.shutdown()
        given = handler.oauth.request_validator.given
        if "oauth2" in scheme["name"] and check is oauth and not 2 <= given < 20:
            sys.exit(f"{scheme['name']}: {given} tokens were given out where some must run out in the run\n{done.stdout}")
        # The cases of bent credentials that must be refused.
        chosen = ["--only", "*::token::*", "--only", "*::tamper::*"]
        listed = subprocess.run([program, "list", "--contract", "callers", *chosen], cwd=folder, capture_output=True, text=True, check=True)
        refused = {line.split()[1] for line in listed.stdout.splitlines() if line.startswith("refuse")}
        return done, bent, refused


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    for scheme in json.loads((CALLERS / "schemes.json").read_text()):
        check = CHECKS[scheme["name"]]
        done, _, _ = run(program, scheme, check)
        if done.returncode != 0:
            sys.exit(f"{scheme['name']}: konform exited {done.returncode}\n{done.stdout}\n{done.stderr}")
        green = re.search(r"(\d+) cases: (\d+) passed", done.stdout)
        done, bent, refused = run(program, scheme, lambda call: True)
        own = {case for case in bent if "::token::" in case or "::tamper::" in case}
        if done.returncode != 1 or own != refused or len(own) < 5:
            missed = sorted(refused - own)
            sys.exit(f"{scheme['name']}: with an open door konform exited {done.returncode}, without {missed}\n{done.stdout}\n{done.stderr}")
        print(f"{scheme['name']}: {green.group(0) if green else 'green'}; with an open door all {len(own)} cases of bent credentials fail")


main()
