"""Encrypted bodies, checked by another program: jwcrypto opens what konform sends, konform opens what jwcrypto answers.

    python3 check_jwe.py KONFORM            runs konform against a server made here
    python3 check_jwe.py --write FILE       makes the vectors that `cargo test` reads

Needs jwcrypto (pip install jwcrypto). Speaks to 127.0.0.1 alone; leaves nothing behind.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from jwcrypto import jwe, jwk

ALG = "RSA-OAEP-256"
PLAINTEXTS = ["{}", '{"userId":9999999999999999999}', '{"userName":"\uae40\ucf54\ub098 \U0001f600"}', "x" * 5000]


def seal(plaintext, key, enc):
    message = jwe.JWE(plaintext.encode(), json.dumps({"alg": ALG, "enc": enc}))
    message.add_recipient(key)
    return message.serialize(compact=True)


def unseal(message, key):
    opened = jwe.JWE(algs=[ALG, "A128GCM", "A256GCM"])
    opened.deserialize(message, key)
    return opened.payload.decode()


def write(path):
    vectors = []
    key = jwk.JWK.generate(kty="RSA", size=2048)
    pem = key.export_to_pem(private_key=True, password=None).decode()
    for enc in ["A128GCM", "A256GCM"]:
        for plaintext in PLAINTEXTS:
            vectors.append({"enc": enc, "plaintext": plaintext, "message": seal(plaintext, key, enc)})
    refused = []
    for alg, enc in [("RSA-OAEP", "A128GCM"), (ALG, "A192GCM"), (ALG, "A128CBC-HS256")]:
        message = jwe.JWE(b"{}", json.dumps({"alg": alg, "enc": enc}), algs=[alg, enc])
        message.add_recipient(key)
        refused.append({"why": f"{alg} {enc}", "message": message.serialize(compact=True)})
    zipped = jwe.JWE(b"{}", json.dumps({"alg": ALG, "enc": "A128GCM", "zip": "DEF"}))
    zipped.add_recipient(key)
    refused.append({"why": "compressed", "message": zipped.serialize(compact=True)})
    public = key.export_to_pem().decode()
    with open(path, "w", encoding="utf-8") as out:
        json.dump({"private": pem, "public": public, "opens": vectors, "refused": refused}, out, indent=1)
        out.write("\n")


class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_key = None
    client_key = None
    opened = 0
    members = 0
    lock = threading.Lock()

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if list(body) != ["encData"]:
            return self.answer(400, {"response": {"code": "plain", "description": "not encrypted"}}, None)
        if not self.headers["X-KM-Crypto-Key-Id"]:
            return self.answer(400, {"response": {"code": "key", "description": "no key id"}}, None)
        inner = json.loads(unseal(body["encData"], Server.server_key))
        with Server.lock:
            Server.opened += 1
            number = Server.opened
        success = {"response": {"code": "000_000", "description": "Success."}}
        if self.path.endswith("/terms/all"):
            entry = {"title": "t", "url": "u", "required": "MANDATORY", "order": "1", "isAgree": False}
            success["termsList"] = [dict(entry, tcId=1), dict(entry, tcId=2)]
        elif self.path.endswith("/registration"):
            assert inner["loginId"], inner
            with Server.lock:
                Server.members += 1
            success["userId"] = 10_000_000_000 + number
        enc = "A128GCM" if number % 2 else "A256GCM"
        self.answer(200, success, enc)

    def answer(self, status, body, enc):
        text = json.dumps(body)
        if enc:
            text = json.dumps({"encData": seal(text, Server.client_key, enc)})
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-KM-Correlation-Id", "261125120000-0000001")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def run(konform):
    with tempfile.TemporaryDirectory() as folder:
        keys = os.path.join(folder, "keys")
        subprocess.run([konform, "keygen", keys], check=True, stdout=subprocess.DEVNULL)

        def pem(name):
            with open(os.path.join(keys, name), "rb") as file:
                return file.read()

        Server.server_key = jwk.JWK.from_pem(pem("server-private.pem"))
        Server.client_key = jwk.JWK.from_pem(pem("client-public.pem"))
        server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        profile = os.path.join(folder, "profile.yaml")
        with open(profile, "w", encoding="utf-8") as out:
            out.write("konform: 1\nencryption:\n  key_id: checkedbyanotherprogram000000000\n")
            out.write(f"  server_key: file:{keys}/server-public.pem\n  client_key: file:{keys}/client-private.pem\n")
        target = f"http://127.0.0.1:{server.server_address[1]}/open-api"
        command = [konform, "run", "--target", target, "--profile", profile, "--encrypt", "always", "--out", "out"]
        command += ["--only", "user-registration::valid::*", "--quiet"]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        server.shutdown()
        if ran.returncode != 0:
            sys.exit(f"konform ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}")
        with open(os.path.join(folder, "out", "evidence.jsonl"), encoding="utf-8") as evidence:
            records = [json.loads(line)["record"] for line in evidence]
        answers = [r["opened"]["opened"] for r in records if isinstance(r.get("opened"), dict)]
        sent = sum(1 for r in records if r.get("sealed"))
        if Server.members < 5 or len(answers) != sent or {"A128GCM", "A256GCM"} - set(answers):
            sys.exit(f"{Server.members} members, {sent} requests, answers opened: {answers}")
        print(f"{sent} requests opened by jwcrypto, {len(answers)} of its answers opened by konform")


if __name__ == "__main__":
    if sys.argv[1] == "--write":
        write(sys.argv[2])
    else:
        run(os.path.abspath(sys.argv[1]))
