#!/usr/bin/env python3
"""Makes vectors.json: what another program says of tokens, lengths, numbers and dates. Standard library only."""
import base64
import datetime
import decimal
import hashlib
import hmac
import json
import pathlib


def token(key, message, time):
    code = hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()
    return f"KMV1:{time}:{base64.b64encode(code).decode()}"


def lengths(text):
    return {"text": text, "code_points": len(text), "utf16": len(text.encode("utf-16-le")) // 2, "bytes": len(text.encode())}


def is_date(text, pattern):
    formats = {"yyyyMMdd": "%Y%m%d", "yyyyMMddHHmmss": "%Y%m%d%H%M%S", "yyMMdd": "%y%m%d"}
    try:
        made = datetime.datetime.strptime(text, formats[pattern])
    except ValueError:
        return False
    return made.strftime(formats[pattern]) == text


messages = ["", "{}", '{"userId":1}', '{"userName":"홍길동","note":"😀\\"\\\\"}', " \t\r\n", "x" * 5000]
numbers = ["0", "-0", "1", "-1", "1.0e3", "1000", "999.9999", "9999999999999999999", "10000000000000000000", "1e19", "1E-5", "0.00001", "123456789012345678901234567890.5"]
dates = ["20240229", "20230229", "19000229", "20000229", "20231301", "20230001", "20230100", "20230132", "99991231", "2023010a"]
decimal.getcontext().prec = 60
vectors = {
    "tokens": [{"key": k, "message": m, "time": "20260102030405678", "token": token(k, m, "20260102030405678")} for k in ("unit-test-secret", "비밀", "k" * 100) for m in messages],
    "lengths": [lengths(t) for t in ("", "abc", "가나다", "😀🎉", "e\u0301", "👨\u200d👩\u200d👧", "ﷺ", "\U0010ffff")],
    "order": [{"a": a, "b": b, "cmp": (decimal.Decimal(a) > decimal.Decimal(b)) - (decimal.Decimal(a) < decimal.Decimal(b))} for a in numbers for b in numbers],
    "dates": [{"pattern": "yyyyMMdd", "text": d, "is": is_date(d, "yyyyMMdd")} for d in dates]
    + [{"pattern": "yyyyMMddHHmmss", "text": t, "is": is_date(t, "yyyyMMddHHmmss")} for t in ("20261122235959", "20261122240000", "20261122236000")]
    + [{"pattern": "yyMMdd", "text": t, "is": is_date(t, "yyMMdd")} for t in ("311231", "310231", "000229")],
}
path = pathlib.Path(__file__).with_name("vectors.json")
path.write_text(json.dumps(vectors, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
