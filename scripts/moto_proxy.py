#!/usr/bin/env python3
"""Moto's server, made to say what it does not know.

Moto answers an operation that it lacks with an HTML page (404 or 500), which no AWS client can
read, and asked for a bucket's inventory configurations it lists the bucket's objects. Here such an
answer is a 501 in JSON.

Two things that AWS has and moto does not are put right, because a lab cannot be told from its
neighbour without them: the account's number is the lab's, and each EKS cluster has an OIDC
issuer of its own.

    python scripts/moto_proxy.py [--port 0] [--with-parent]

Prints the address on one line once it listens.
"""

import argparse
import json
import os
import secrets
import sys
import threading
from urllib.parse import parse_qs

os.environ.setdefault("MOTO_ACCOUNT_ID", "842676018087")
# Without these an AWS-managed policy cannot be attached to a role.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")

import moto.eks.models
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server
from werkzeug.wrappers import Response


class IssuerForEachCluster:
    """Stands for moto's one template: a new issuer each time that a cluster is made."""

    def format(self, region):
        return f"https://oidc.eks.{region}.amazonaws.com/id/{secrets.token_hex(16).upper()}"


def not_implemented(why):
    body = json.dumps({"__type": "UnknownOperationException", "message": f"moto lacks it: {why}"})
    return Response(body, status=501, content_type="application/json")


def create_app(service):
    app = create_backend_app(service)
    app.register_error_handler(NotImplementedError, not_implemented)
    # Only routing raises these; an AWS error is an ordinary answer in moto.
    app.register_error_handler(404, lambda error: not_implemented(error.description))
    app.register_error_handler(405, lambda error: not_implemented(error.description))
    return app


def lists_inventories(environ):
    """Whether it is S3's ListBucketInventoryConfigurations: GET /bucket?inventory, without an id."""
    asked = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    return environ["REQUEST_METHOD"] == "GET" and "inventory" in asked and "id" not in asked


class KnownServicesOnly(DomainDispatcherApplication):
    def __call__(self, environ, start_response):
        if lists_inventories(environ):
            answer = not_implemented("ListBucketInventoryConfigurations")
            return answer(environ, start_response)
        try:
            return super().__call__(environ, start_response)
        except Exception as error:  # raised before anything was sent: moto answers in one piece
            return not_implemented(repr(error))(environ, start_response)

    def get_application(self, environ):
        try:
            return super().get_application(environ)
        except Exception as error:  # moto fails in several ways on a service that it has not
            return not_implemented(f"no such service ({error})")


class Quiet(MotoRequestHandler):
    # Clients make thousands of calls: keep their connections.
    protocol_version = "HTTP/1.1"

    def log_request(self, *_):
        pass


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--port", type=int, default=0, help="0 takes a free one")
    arguments.add_argument("--with-parent", action="store_true", help="end when stdin is closed")
    chosen = arguments.parse_args()

    moto.eks.models.ISSUER_TEMPLATE = IssuerForEachCluster()
    application = KnownServicesOnly(create_app)
    server = make_server(
        "127.0.0.1", chosen.port, application, threaded=True, request_handler=Quiet
    )
    server.daemon_threads = True
    print(f"http://127.0.0.1:{server.server_port}", flush=True)

    if chosen.with_parent:
        def end_with_parent():
            sys.stdin.read()
            os._exit(0)

        threading.Thread(target=end_with_parent, daemon=True).start()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
