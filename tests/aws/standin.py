#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Stands for EC2, the instance metadata service (IMDSv2) and a container's credentials, on one local port.

usage: standin.py --listen ADDRESS:PORT --state DIRECTORY [--answers DIRECTORY]

What it does is said by files in the state directory, which are read again for each request:

  case/ACTION       "NAME [delay=S] [drop] [then=OTHER:NAME]": which answer EC2 gives to ACTION; "default" if there is no file.
                    then: answering it makes NAME the answer to another action
  variables         lines KEY=VALUE: what stands for {{KEY}} in answers, beside the request's own parameters
  credentials.json  [{"key", "secret", "token"}]: whose signatures hold
  region            the region that signatures have to name
  imds.json         {PATH below /latest/: text}; a missing path is 404
  imds-mode         "ok", "no-token" (401 for every token), "drop"
  container.json    {"authorization": TEXT or null, "body": {...}}: what GET /container gives

Answers to ACTION are files ACTION/NAME.xml, or ACTION/NAME.STATUS.xml with another status than 200. With a NextToken in the
request, its letters and digits come in: ACTION/NAME.TOKEN.xml. It appends a line of JSON for each request to DIRECTORY/log, and
makes DIRECTORY/ready once it listens. Every request to EC2 has to bear a signature (Signature Version 4) that botocore's own
implementation makes of it, too.
"""
import argparse
import datetime
import hashlib
import http.server
import json
import os
import re
import sys
import threading
import time
import urllib.parse

try:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError:
    print("standin.py: needs python3-botocore", file=sys.stderr)
    sys.exit(77)

FORM = "application/x-www-form-urlencoded"
TOKENS = {}  # of the metadata service: when each ends
LOCK = threading.Lock()


class State:
    def __init__(self, directory, answers):
        self.directory = directory
        self.answers = answers

    def text(self, name, otherwise=""):
        try:
            with open(os.path.join(self.directory, name), encoding="utf-8") as file:
                return file.read().strip()
        except FileNotFoundError:
            return otherwise

    def json(self, name, otherwise):
        text = self.text(name)
        return json.loads(text) if text else otherwise

    def variables(self):
        lines = self.text("variables").splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def case(self, action):
        words = self.text(os.path.join("case", action), "default").split() or ["default"]
        options = dict((word + "=").split("=")[:2] for word in words[1:])
        return words[0], options

    def answer(self, action, name, next_token):
        """The status and the text of an answer; None if there is none."""
        if next_token:
            name += "." + re.sub(r"[^A-Za-z0-9]", "", next_token)
        directory = os.path.join(self.answers, action)
        for file in sorted(os.listdir(directory)) if os.path.isdir(directory) else []:
            found = re.fullmatch(re.escape(name) + r"(?:\.(\d{3}))?\.xml", file)
            if found:
                with open(os.path.join(directory, file), encoding="utf-8") as opened:
                    return int(found[1] or 200), opened.read()
        return None

    def log(self, **entry):
        with LOCK, open(os.path.join(self.directory, "log"), "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def split_authorization(text):
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, *"
        r"SignedHeaders=([a-z0-9;-]+), *Signature=([0-9a-f]{64})",
        text,
    )
    return found.groups() if found else None


def judge_signature(state, headers, url, body):
    """What is wrong with a request's signature; None if nothing is."""
    parts = split_authorization(headers.get("Authorization", ""))
    if not parts:
        return "no signature"
    key, day, region, service, names, signature = parts
    stamp = headers.get("X-Amz-Date", "")
    known = [c for c in state.json("credentials.json", []) if c["key"] == key]
    signed = names.split(";")
    if not known:
        return "unknown access key"
    if (region, service) != (state.text("region"), "ec2"):
        return f"signed for {service} in {region}"
    if not re.fullmatch(r"\d{8}T\d{6}Z", stamp) or stamp[:8] != day:
        return "no time"
    then = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    if abs(datetime.datetime.now(datetime.timezone.utc) - then) > datetime.timedelta(minutes=15):
        return "a time of another day"
    if headers.get("X-Amz-Security-Token") != (known[0].get("token") or None):
        return "another session token"
    for name in headers.keys():
        must = name.lower() in ("host", "content-type") or name.lower().startswith("x-amz-")
        if must and name.lower() not in signed:
            return f"{name} is not signed"
    request = AWSRequest(method="POST", url=url, data=body)
    for name in signed:
        if headers.get(name) is None:
            return f"{name} is signed, and not there"
        request.headers[name] = headers[name]
    hashed = headers.get("X-Amz-Content-SHA256")
    if hashed and hashed != hashlib.sha256(body).hexdigest():
        return "the hash of another body"
    request.context["timestamp"] = stamp
    auth = SigV4Auth(Credentials(key, known[0]["secret"], known[0].get("token")), service, region)
    text = auth.string_to_sign(request, auth.canonical_request(request))
    return None if auth.signature(text, request) == signature else "the signature is another"


def error_body(code, message):
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
        "<RequestID>4f8ec0c1-1f4b-4b0c-9d5e-000000000003</RequestID></Response>"
    )


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state = None

    def log_message(self, *_):
        pass

    def send(self, status, text, kind="text/xml;charset=UTF-8"):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def drop(self):
        self.close_connection = True

    # --- the metadata service

    def do_PUT(self):
        state = self.state
        seconds = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
        mode = state.text("imds-mode", "ok")
        good = self.path == "/latest/api/token" and re.fullmatch(r"[1-9]\d{0,4}", seconds) and int(seconds) <= 21600
        state.log(service="imds", method="PUT", path=self.path, good=bool(good))
        if mode == "drop":
            self.drop()
        elif not good:
            self.send(400, "", "text/plain")
        else:
            token = hashlib.sha256(os.urandom(16)).hexdigest()
            TOKENS[token] = time.monotonic() + int(seconds)
            self.send(200, token, "text/plain")

    def do_GET(self):
        state = self.state
        if self.path == "/container":
            self.give_container()
            return
        mode = state.text("imds-mode", "ok")
        token = self.headers.get("X-aws-ec2-metadata-token", "")
        good = TOKENS.get(token, 0) > time.monotonic() and mode != "no-token"
        found = state.json("imds.json", {}).get(self.path[len("/latest/") :]) if self.path.startswith("/latest/") else None
        kind = "good" if good else "bad" if token else "none"  # one of before a restart is bad
        state.log(service="imds", method="GET", path=self.path, token=kind, found=found is not None)
        if mode == "drop":
            self.drop()
        elif not good:
            self.send(401, "<html><body>401 - Unauthorized</body></html>", "text/html")
        elif found is None:
            self.send(404, "<html><body>404 - Not Found</body></html>", "text/html")
        else:
            self.send(200, found if isinstance(found, str) else json.dumps(found), "text/plain")

    def give_container(self):
        container = self.state.json("container.json", None)
        good = container is not None and self.headers.get("Authorization") == container.get("authorization")
        self.state.log(service="container", good=good)
        self.send(200 if good else 401, json.dumps(container["body"]) if good else "", "application/json")

    # --- EC2

    def do_POST(self):
        state = self.state
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        parameters = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
        action = parameters.get("Action", "")
        wrong = judge_signature(state, self.headers, f"http://{self.headers.get('Host')}{self.path}", body)
        if not wrong and (self.path != "/" or parameters.get("Version") != "2016-11-15"):
            wrong = "another path or version"
        if not wrong and not self.headers.get("Content-Type", "").startswith(FORM):
            wrong = "not a form"
        name, options = state.case(action)
        parts = split_authorization(self.headers.get("Authorization", ""))
        state.log(service="ec2", action=action, parameters=parameters, key=parts and parts[0], wrong=wrong, case=name)
        if wrong:
            self.send(401, error_body("AuthFailure", "AWS was not able to validate the provided access credentials"))
            return
        time.sleep(float(options.get("delay", 0)))
        if "drop" in options:
            self.drop()
            return
        answer = state.answer(action, name, parameters.get("NextToken", ""))
        if answer is None:
            self.send(400, error_body("InvalidAction", f"standin.py has no answer {name} to {action}"))
            return
        if "then" in options:
            other, other_name = options["then"].split(":")
            with open(os.path.join(state.directory, "case", other), "w", encoding="utf-8") as file:
                file.write(other_name)
        values = {**parameters, **state.variables()}
        self.send(answer[0], re.sub(r"\{\{([A-Za-z0-9._-]+)\}\}", lambda m: values.get(m[1], ""), answer[1]))


def main():
    parser = argparse.ArgumentParser(description="Stands for EC2 and IMDSv2.")
    parser.add_argument("--listen", required=True)
    parser.add_argument("--state", required=True)
    parser.add_argument("--answers", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "answers"))
    options = parser.parse_args()
    address, port = options.listen.rsplit(":", 1)
    Handler.state = State(options.state, options.answers)
    http.server.ThreadingHTTPServer.daemon_threads = True
    http.server.ThreadingHTTPServer.handle_error = lambda *_: None  # whoever asked has gone away
    server = http.server.ThreadingHTTPServer((address, int(port)), Handler)
    with open(os.path.join(options.state, "ready"), "w", encoding="utf-8"):
        pass
    server.serve_forever()


main()
