"""What the tests of bauta serve share: a server of their own."""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import subprocess

import command_case
from command_case import CommandTest
from pictures import read_png, write_png

MODELS = pathlib.Path(__file__).resolve().parents[2] / "models"
# A portrait in the public domain, three times: original, de-identified, restored. The page finds faces in all three.
DEMO = MODELS / "face-128/demo.png"
has_recognizer = (MODELS / "fetched/sface.safetensors").exists()


class Served(CommandTest):
    arguments = ["--detector", "haar", "--max-megapixels", "1"]

    @contextlib.contextmanager
    def server(self, *arguments, lines=None, models=None):
        """Its port; ends it, and sees that it ends well."""
        command = [command_case.program, "serve", "--port", "0", "--json", *self.arguments, *map(str, arguments)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.folder,
                                   env={**os.environ, "BAUTA_MODELS": str(models)} if models else None)
        try:
            line = process.stdout.readline()
            if not line:
                raise AssertionError(process.stderr.read())
            self.address = json.loads(line)
            self.assertEqual(self.address["url"], f"http://127.0.0.1:{self.address['port']}/")
            self.process = process
            yield self.address["port"]
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=60)
            self.assertEqual((process.returncode, out), (0, ""), err)
            if lines is not None:
                lines.extend(err.splitlines())
        finally:
            process.kill()
            process.communicate()

    def ask(self, port, method, path, body=None, headers=None, host=None):
        """(status, headers, body)"""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        headers = dict(headers or {})
        headers.setdefault("Host", host or f"127.0.0.1:{port}")
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    def assert_refused(self, answer, status, *words):
        self.assertEqual(answer[0], status, answer)
        told = json.loads(answer[2])
        self.assertEqual(sorted(told), ["advice", "error"])
        self.assertTrue(told["error"] and told["advice"])
        for word in words:
            self.assertIn(word, told["error"] + "; " + told["advice"])

    def new_key(self, port):
        answer = json.loads(self.ask(port, "POST", "/key", b"")[2])
        self.assertRegex(answer["key"], r"^bauta-key-v1 [0-9a-f]{64} [0-9a-f]{8}$")
        self.assertRegex(answer["fingerprint"], r"^[0-9a-f]{4}(-[0-9a-f]{4}){3}$")
        return answer["key"]

    def portrait(self):
        """The original alone."""
        path = self.folder / "portrait.png"
        _, height, rows, _ = read_png(DEMO)
        write_png(path, height, height, lambda x, y: tuple(rows[y][3 * x : 3 * x + 3]))
        return path
