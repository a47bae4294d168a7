"""A model hub on loopback: it answers what `huggingface_hub` asks when it downloads a file."""

import contextlib
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """The hub.

    Attributes:
        models: `{"user/name": folder}`; every model has the one commit `COMMIT`, which "main" and "v1" name, too.
        cut: The names of files of which only the first half is sent.
        asked: The methods and paths of all requests.
        url: Its address.
    """

    def __init__(self, models):
        self.models, self.cut, self.asked = models, set(), []
        self.url = ""

    def find(self, path):
        """`(status, code of the error, file)` of a path."""
        parts = path.strip("/").split("/")
        if len(parts) != 5 or parts[2] != "resolve" or "/".join(parts[:2]) not in self.models:
            return 404, "RepoNotFound", None
        if parts[3] not in ("main", "v1", COMMIT):
            return 404, "RevisionNotFound", None
        file = self.models["/".join(parts[:2])] / parts[4]
        return (200, None, file) if file.is_file() else (404, "EntryNotFound", None)


@contextlib.contextmanager
def serve(models):
    """Yields a running `Hub`."""
    hub = Hub(models)

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.answer(body=False)

        def do_GET(self):
            self.answer(body=True)

        def answer(self, body):
            hub.asked.append(f"{self.command} {self.path}")
            status, code, file = hub.find(self.path)
            content = file.read_bytes() if file else b""
            self.send_response(status)
            if code:
                self.send_header("X-Error-Code", code)
            else:
                self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
                self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content[: len(content) // 2] if file and file.name in hub.cut else content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
