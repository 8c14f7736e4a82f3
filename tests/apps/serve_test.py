#!/usr/bin/env python3
"""bauta serve as programs and browsers meet it. Usage: serve_test.py PROGRAM [unittest options]

With chromium the page is also used in it; pictures of it, serve-light.png and serve-dark.png, stay in the working directory."""

import contextlib
import http.client
import json
import math
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

sys.dont_write_bytecode = True
import command_case  # noqa: E402
from browser import Browser, available  # noqa: E402
from command_case import CommandTest  # noqa: E402
from pictures import _chunk, read_png, read_samples, wavy, write_png, write_samples  # noqa: E402

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


class Pictures(Served):
    def picture(self, answer):
        self.assertEqual(answer[0], 200, answer[2][:300])
        self.assertEqual(answer[1]["Content-Type"], "image/png")
        self.assertEqual(answer[1]["Cache-Control"], "no-store")
        path = self.folder / f"answer-{time.monotonic_ns()}.png"
        path.write_bytes(answer[2])
        return path, json.loads(answer[1]["Bauta-Report"])

    def test_keyed_and_back(self):
        with self.server() as port:
            key = self.new_key(port)
            self.assertNotEqual(key, self.new_key(port))
            hidden, report = self.picture(self.ask(port, "POST", "/deid?mode=keyed&blocks=4", DEMO.read_bytes(),
                                                   {"Bauta-Key": key}))
            self.assertEqual(report["mode"], "keyed")
            self.assertEqual(report["picture"], {"width": 960, "height": 320})
            self.assertGreaterEqual(len(report["faces"]), 1)
            self.assertIn("4 blocks", report["visible"])
            self.assertNotEqual(read_png(hidden)[2], read_png(DEMO)[2])
            back, restored = self.picture(self.ask(port, "POST", "/reid", hidden.read_bytes(), {"Bauta-Key": key}))
            self.assertTrue(restored["exact"])
            self.assertEqual(read_png(back)[2], read_png(DEMO)[2])
            self.assert_refused(self.ask(port, "POST", "/reid", hidden.read_bytes()), 422, "key")
            self.assert_refused(self.ask(port, "POST", "/reid", hidden.read_bytes(), {"Bauta-Key": self.new_key(port)}), 422,
                                "another key")
        # And what the page saves is what the program takes.
        key_file = self.folder / "page.key"
        key_file.write_text(key + "\n")
        key_file.chmod(0o600)
        self.run_bauta("reid", hidden, "--key-file", key_file, "--out", "restored")
        self.assertEqual(read_png(self.folder / "restored" / hidden.name)[2], read_png(DEMO)[2])

    def test_open_one_way_and_one_grey(self):
        with self.server() as port:
            hidden, report = self.picture(self.ask(port, "POST", "/deid?mode=open", DEMO.read_bytes()))
            self.assertIn("10 blocks", report["visible"])
            back, restored = self.picture(self.ask(port, "POST", "/reid", hidden.read_bytes()))
            self.assertFalse(restored["exact"])
            clear = [face for face in report["faces"] if face["x"] < 320]
            self.assertEqual(len(clear), 1)
            for face in clear:
                box = tuple(face[name] for name in ("x", "y", "width", "height"))
                self.assertLess(self.difference(read_png(back), read_png(DEMO), box),
                                self.difference(read_png(hidden), read_png(DEMO), box) / 2)
            hidden, report = self.picture(self.ask(port, "POST", "/deid?mode=one-way&cover=fill", self.portrait().read_bytes()))
            self.assertIn("nothing of it stays visible", report["visible"])
            self.assert_refused(self.ask(port, "POST", "/reid", hidden.read_bytes()), 422, "one-way")

    def deep_portrait(self):
        """16 bits a sample, noise in the lower eight, and transparent but for a disc."""
        _, height, rows, _ = read_png(DEMO)
        noise = random.Random(1)

        def row(y):
            values = []
            for x in range(height):
                values += [sample * 257 ^ noise.randrange(256) for sample in rows[y][3 * x : 3 * x + 3]]
                values.append(65535 if math.hypot(x - 160, y - 130) < 90 else noise.randrange(65536))
            return b"".join(value.to_bytes(2, "big") for value in values)

        path = self.folder / "deep.png"
        write_samples(path, height, height, 16, 4, map(row, range(height)))
        return path

    def test_the_program_does_the_same(self):
        """Byte for byte, whatever the picture holds, where no key draws nonces."""
        plain, deep = self.portrait(), self.deep_portrait()
        asked = {"mode=one-way": ["--one-way"], "mode=one-way&blocks=6": ["--one-way", "--blocks", 6],
                 "mode=one-way&cover=fill": ["--one-way", "--cover", "fill"], "mode=open": []}
        answers = {}
        with self.server() as port:
            for query in asked:
                for photo in (plain, deep):
                    hidden, _ = self.picture(self.ask(port, "POST", f"/deid?{query}", photo.read_bytes()))
                    answers[query, photo] = hidden.read_bytes()
            restored = [self.picture(self.ask(port, "POST", "/reid", answers["mode=open", photo])) for photo in (plain, deep)]
            key = self.new_key(port)
            closed, _ = self.picture(self.ask(port, "POST", "/deid?mode=keyed", deep.read_bytes(), {"Bauta-Key": key}))
            opened, report = self.picture(self.ask(port, "POST", "/reid", closed.read_bytes(), {"Bauta-Key": key}))
        for number, (query, options) in enumerate(asked.items()):
            self.run_bauta("deid", plain, deep, *options, "--detector", "haar", "--out", f"masked{number}")
            for photo in (plain, deep):
                self.assertEqual((self.folder / f"masked{number}" / photo.name).read_bytes(), answers[query, photo], (query, photo))
        self.run_bauta("reid", f"masked{len(asked) - 1}", "--out", "restored")
        for (back, told), name in zip(restored, ("portrait.png", "deep.png")):
            self.assertEqual((self.folder / "restored" / name).read_bytes(), back.read_bytes())
            self.assertEqual("16" in " ".join(told["notes"]), name == "deep.png", told["notes"])
        # A keyed 16-bit picture comes back with 8 bits in the face, and all else as it was.
        self.assertTrue(report["exact"])
        before, after = read_samples(deep), read_samples(opened)
        self.assertEqual(before[:4], after[:4])
        self.assertEqual(len(report["faces"]), 1)
        x, y, width, height = (report["faces"][0][name] for name in ("x", "y", "width", "height"))
        for line, (first, second) in enumerate(zip(before[4], after[4])):
            for column in range(before[0]):
                pixels = [row[8 * column : 8 * column + 8] for row in (first, second)]
                if x <= column < x + width and y <= line < y + height:
                    # Libpng's 8 bits of 16, as a 16-bit sample again; the transparency is whole.
                    self.assertEqual(pixels[0][6:], pixels[1][6:])
                    self.assertEqual(pixels[1][0:6:2], pixels[1][1:6:2])
                else:
                    self.assertEqual(*pixels)

    def fine_models(self):
        """The default models, their De-ID network as if it had been taught 40 blocks, through which everybody is recognized."""
        folder = self.folder / "models"
        (folder / "face-128").mkdir(parents=True)
        (folder / "fetched").symlink_to(MODELS / "fetched")
        (folder / "face-128/reid.safetensors").symlink_to(MODELS / "face-128/reid.safetensors")
        network = (MODELS / "face-128/deid.safetensors").read_bytes()
        self.assertEqual(network.count(b'"mosaic_blocks":"10"'), 1)
        (folder / "face-128/deid.safetensors").write_bytes(network.replace(b'"mosaic_blocks":"10"', b'"mosaic_blocks":"40"'))
        return folder

    def facts(self, port):
        return json.loads(self.ask(port, "GET", "/facts")[2])

    @unittest.skipUnless(has_recognizer, "SKIP: no recognizer in models/fetched; run scripts/setup")
    def test_whether_faces_are_recognized_is_told(self):
        models, photo = self.fine_models(), self.portrait()
        open_mode, body = "/deid?mode=open", photo.read_bytes()
        with self.server(models=models) as port:
            self.assertIs(self.facts(port)["identity_check"], True)
            # Usual blocks: fewer, until nobody is recognized.
            hidden, report = self.picture(self.ask(port, "POST", open_mode, body))
            coarser = [face for face in report["faces"] if face["fallback"] == "coarser mosaic"]
            self.assertGreaterEqual(len(coarser), 1)
            self.assertEqual(sum("fewer blocks" in note for note in report["notes"]), len(coarser), report)
            for face in report["faces"]:
                self.assertFalse(face["recognized"])
                self.assertLessEqual(face["likeness"], 0.45)
            # Blocks that were asked for are written.
            for query in (open_mode + "&blocks=40", "/deid?mode=one-way&blocks=30"):
                _, report = self.picture(self.ask(port, "POST", query, body))
                recognized = [face for face in report["faces"] if face["recognized"]]
                self.assertGreaterEqual(len(recognized), 1)
                self.assertEqual(sum("through the blocks asked for" in note for note in report["notes"]), len(recognized))
                self.assertEqual({face["fallback"] for face in recognized}, {"none"})
            # Under a key all of a picture's faces get fewer, and come back.
            _, report = self.picture(self.ask(port, "POST", "/deid?mode=keyed&blocks=4", body,
                                              {"Bauta-Key": self.new_key(port)}))
            self.assertEqual({face["fallback"] for face in report["faces"]}, {"none"})
        environment = {**os.environ, "BAUTA_MODELS": str(models)}
        self.run_bauta("deid", photo, "--detector", "haar", "--out", "masked", code=1, env=environment)
        self.assertEqual((self.folder / "masked/portrait.png").read_bytes(), hidden.read_bytes())
        # Whoever names the model asks for its blocks.
        with self.server("--model", models / "face-128") as port:
            _, report = self.picture(self.ask(port, "POST", open_mode, body))
            self.assertTrue(any(face["recognized"] for face in report["faces"]))
        with self.server("--no-identity-check", models=models) as port:
            self.assertIs(self.facts(port)["identity_check"], False)
            _, report = self.picture(self.ask(port, "POST", open_mode, body))
            self.assertEqual({(face["likeness"], face["recognized"], face["fallback"]) for face in report["faces"]},
                             {(None, False, "none")})

    def test_without_a_recognizer_it_is_said(self):
        models = self.fine_models()
        (models / "fetched").unlink()
        lines = []
        with self.server(models=models, lines=lines) as port:
            self.assertIs(self.facts(port)["identity_check"], False)
            self.picture(self.ask(port, "POST", "/deid?mode=one-way", DEMO.read_bytes()))
        self.assertEqual(sum("no face recognizer looks" in line for line in lines), 1, lines)

    def test_what_is_wrong_with_a_picture_is_told(self):
        faceless = self.folder / "faceless.png"
        write_png(faceless, 90, 80, wavy)
        large = self.folder / "large.png"
        header = _chunk(b"IHDR", (1001).to_bytes(4) + (1000).to_bytes(4) + bytes([8, 2, 0, 0, 0]))
        large.write_bytes(b"\x89PNG\r\n\x1a\n" + header + _chunk(b"IDAT", b"") + _chunk(b"IEND", b""))
        with self.server() as port:
            deid = "/deid?mode=one-way"
            self.assert_refused(self.ask(port, "POST", deid, b""), 400, "no picture")
            self.assert_refused(self.ask(port, "POST", deid, b"hello" * 100), 422, "no PNG, JPEG or WebP")
            self.assert_refused(self.ask(port, "POST", deid, DEMO.read_bytes()[:5000]), 422)
            self.assert_refused(self.ask(port, "POST", deid, faceless.read_bytes()), 422, "no face")
            self.assert_refused(self.ask(port, "POST", deid, large.read_bytes()), 413, "1001 x 1000")
            self.assert_refused(self.ask(port, "POST", deid, b"x" * 4_100_000), 413, "MiB")
            self.assert_refused(self.ask(port, "POST", "/reid", faceless.read_bytes()), 422, "no regions")
            self.assert_refused(self.ask(port, "POST", "/key", b"x"), 413)
            self.assertEqual(self.ask(port, "POST", deid, DEMO.read_bytes())[0], 200)  # and it goes on

    def test_wrong_settings_and_keys(self):
        with self.server() as port:
            for query, word in (("", "mode"), ("?mode=secret", "mode"), ("?mode=one-way&blocks=0", "blocks"),
                                ("?mode=one-way&blocks=4x", "blocks"), ("?mode=one-way&cover=hat", "cover"),
                                ("?mode=keyed", "key")):
                self.assert_refused(self.ask(port, "POST", "/deid" + query, DEMO.read_bytes()), 400, word)
            key = self.new_key(port)
            for wrong in ("x", key[:-1] + ("0" if key[-1] != "0" else "1"), "k" * 1000):
                answer = self.ask(port, "POST", "/deid?mode=keyed", DEMO.read_bytes(), {"Bauta-Key": wrong})
                self.assert_refused(answer, 400, "key")
                self.assertNotIn(key[20:40], answer[2].decode())


class Requests(Served):
    def test_who_may_ask(self):
        with self.server() as port:
            own = f"127.0.0.1:{port}"
            for host in (own, f"localhost:{port}", "localhost:9999", f"[::1]:{port}", f"LOCALHOST:{port}"):
                self.assertEqual(self.ask(port, "GET", "/", host=host)[0], 200, host)
            for host in ("evil.example", f"evil.example:{port}", f"localhost.evil.example:{port}", f"192.168.0.7:{port}",
                         f"{own}.evil.example", f"{own}@evil.example", "[::1", "localhost:", "localhost:x"):
                self.assert_refused(self.ask(port, "GET", "/", host=host), 403, "printed")
            for origin in ("http://evil.example", "null", f"https://{own}", f"http://localhost:{port}", f"http://127.0.0.1:{port + 1}"):
                for path in ("/key", "/deid?mode=one-way"):
                    self.assert_refused(self.ask(port, "POST", path, b"", {"Origin": origin}), 403, "another site")
            self.assertEqual(self.ask(port, "POST", "/key", b"", {"Origin": f"http://{own}"})[0], 200)
            for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)):
                self.assertEqual(self.ask(port, "POST", "/key", b"", {"Sec-Fetch-Site": site})[0], status, site)

    def test_what_may_be_asked(self):
        with self.server() as port:
            self.assert_refused(self.ask(port, "GET", "/etc/passwd"), 404)
            self.assert_refused(self.ask(port, "GET", "/../../etc/passwd"), 404)
            for method, path, allowed in (("GET", "/deid", "POST"), ("POST", "/", "GET"), ("PUT", "/reid", "POST"),
                                          ("DELETE", "/facts", "GET"), ("OPTIONS", "/deid", "POST"), ("PATCH", "/", "GET")):
                answer = self.ask(port, method, path, b"")
                self.assert_refused(answer, 405, allowed)
                self.assertEqual(answer[1]["Allow"], allowed)
                self.assertNotIn("Access-Control-Allow-Origin", answer[1])
            self.assertEqual(self.ask(port, "HEAD", "/")[0], 200)
            chunked = {"Transfer-Encoding": "chunked"}
            self.assert_refused(self.ask(port, "POST", "/deid?mode=one-way", iter([b"x" * 10]), chunked), 411)
            for headers in ({"Content-Encoding": "gzip"}, {"Content-Type": "multipart/form-data; boundary=x"}):
                self.assert_refused(self.ask(port, "POST", "/deid?mode=one-way", b"x" * 10, headers), 415)

    def test_the_page_may_fetch_nothing_from_elsewhere(self):
        with self.server() as port:
            first, second = (self.ask(port, "GET", "/") for _ in range(2))
            page = first[2].decode()
            policy = first[1]["Content-Security-Policy"]
            self.assertNotEqual(policy, second[1]["Content-Security-Policy"])
            for part in ("default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'"):
                self.assertIn(part, policy)
            self.assertNotIn("unsafe", policy)
            nonce = re.search("script-src 'nonce-([^']+)'", policy)[1]
            self.assertEqual(page.count(nonce), 2)
            self.assertNotIn("NONCE", page)
            self.assertEqual(re.findall(r"https?://(?!www\.w3\.org/2000/svg)[^\s\"']*", page), [])
            self.assertNotRegex(page, r"localStorage|sessionStorage|indexedDB|document\.cookie")
            for name, value in (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store")):
                self.assertEqual(first[1][name], value)

    def test_what_is_no_request_is_refused_too(self):
        with self.server() as port:
            for sent in (b"hello\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
                         b"GET / HTTP/1.1\r\n\r\n"):
                with socket.create_connection(("127.0.0.1", port)) as one:
                    one.settimeout(60)
                    one.sendall(sent)
                    answer = b"".join(iter(lambda: one.recv(4096), b""))
                self.assertRegex(answer, rb"^HTTP/1.1 4\d\d ")
                self.assertEqual(sorted(json.loads(answer.split(b"\r\n\r\n", 1)[1])), ["advice", "error"])

    def test_slow_and_silent_clients_keep_nobody_waiting(self):
        with self.server() as port:
            silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(8)]
            half = socket.create_connection(("127.0.0.1", port))
            half.sendall(f"POST /deid?mode=one-way HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc".encode())
            self.assertEqual(self.ask(port, "GET", "/facts")[0], 200)
            half.settimeout(60)
            self.assertIn(b"408", half.recv(100))
            for one in [*silent, half]:
                one.close()

    def test_many_at_a_time_are_told_to_wait(self):
        with self.server() as port:
            body = DEMO.read_bytes()
            # Five whose files are on their way hold all the places.
            held = []
            for _ in range(5):
                one = socket.create_connection(("127.0.0.1", port))
                one.sendall(f"POST /deid?mode=one-way HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[:100])
                held.append(one)
            until = time.monotonic() + 4
            answer = None
            while time.monotonic() < until and (answer is None or answer[0] != 503):
                answer = self.ask(port, "POST", "/deid?mode=one-way", b"")
            self.assert_refused(answer, 503, "try again")
            self.assertIn("Retry-After", answer[1])
            for one in held:
                one.sendall(body[100:])
            for one in held:
                one.settimeout(120)
                self.assertIn(b"200", one.recv(20))
                one.close()


class Program(Served):
    def test_it_stores_nothing(self):
        with self.server() as port:
            key = self.new_key(port)
            hidden = self.ask(port, "POST", "/deid?mode=keyed", DEMO.read_bytes(), {"Bauta-Key": key})[2]
            self.ask(port, "POST", "/reid", hidden, {"Bauta-Key": key})
            files = [os.readlink(f"/proc/{self.process.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{self.process.pid}/fd")]
            self.assertEqual([name for name in files if name.startswith("/") and not name.startswith(("/dev/", "/proc/"))
                              and not name.endswith(".safetensors")], [])
        self.assertEqual(self.files_under("."), [self.boxes.name])

    def test_it_ends_at_once_and_in_the_middle_of_work(self):
        for ending in (signal.SIGINT, signal.SIGTERM):
            with self.server() as port:
                asking = threading.Thread(target=lambda: self.ignoring(port))
                asking.start()
                time.sleep(0.2)
                begun = time.monotonic()
                self.process.send_signal(ending)
                self.process.wait(60)
                self.assertLess(time.monotonic() - begun, 30)
                asking.join()

    def ignoring(self, port):
        with contextlib.suppress(OSError, http.client.HTTPException):
            self.ask(port, "POST", "/deid?mode=open", DEMO.read_bytes())

    def test_a_port_in_use_and_other_addresses(self):
        with self.server() as port:
            _, lines = self.run_bauta("serve", "--port", port, *self.arguments, code=1)
            self.assertIn(f"127.0.0.1:{port}: cannot be listened to", lines[-1])
        _, lines = self.run_bauta("serve", "--port", 0, "--address", "192.0.2.1", *self.arguments, code=1)
        self.assertIn("192.0.2.1", lines[-1])
        self.run_bauta("serve", "--port", 70000, code=2)
        self.run_bauta("serve", "--model", self.folder / "none", *self.arguments, code=1)

    def test_another_address_is_warned_of(self):
        process = subprocess.Popen([command_case.program, "serve", "--port", "0", "--address", "0.0.0.0", *self.arguments],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            port = int(re.search(r":(\d+)/", process.stdout.readline())[1])
            self.assertEqual(self.ask(port, "GET", "/")[0], 200)
            self.assert_refused(self.ask(port, "GET", "/", host="evil.example"), 403)
            process.terminate()
            self.assertIn("in the clear", process.communicate(timeout=60)[1])
        finally:
            process.kill()
            process.communicate()


@unittest.skipUnless(available, "SKIP: no chromium to use the page in")
class Page(Served):
    def use_many_blocks(self, browser):
        """Blocks through which a face is recognized: the page says so of those that were chosen."""
        checks = browser.value("document.getElementById('identity-check').textContent")
        self.assertIn("sees each face" if has_recognizer else "No face recognizer", checks)
        choose = """(() => { const blocks = document.getElementById("blocks"); blocks.max = 40; blocks.value = %d;
            blocks.dispatchEvent(new Event("input")); })()"""
        if has_recognizer:
            browser.value(choose % 40)
            browser.wait("document.getElementById('notes').textContent.includes('recognized through the blocks asked for')")
            self.assertEqual(browser.value("document.querySelectorAll('#boxes rect.recognized').length"), 1)
        self.assertEqual(browser.value("document.querySelectorAll('#boxes text').length"), 0)
        # Several faces have the numbers that the notes call them by.
        browser.value(choose % 4)
        browser.choose_file("#file", DEMO)
        browser.wait("document.querySelectorAll('#boxes rect').length > 1")
        numbers = browser.value("[...document.querySelectorAll('#boxes text')].map((text) => text.textContent)")
        faces = browser.value("document.querySelectorAll('#boxes rect').length")
        self.assertEqual(numbers, [str(i + 1) for i in range(faces)])

    def test_a_browser_uses_it(self):
        portrait = self.portrait()
        faceless = self.folder / "faceless.png"
        write_png(faceless, 90, 80, wavy)
        with self.server() as port:
            browser = Browser(self.folder / "browser")
            self.addCleanup(browser.close)
            browser.open(f"http://127.0.0.1:{port}/")
            browser.wait("document.getElementById('key').value.startsWith('bauta-key-v1')")
            shown = "[...document.querySelectorAll('#original, #deid, #reid')].every((i) => !i.hidden && i.complete && i.naturalWidth)"

            # Keyed: three pictures, boxes, bit for bit.
            browser.choose_file("#file", portrait)
            browser.wait(f"{shown} && document.getElementById('said').textContent.includes('bit for bit')")
            self.assertEqual(browser.value("document.querySelectorAll('#boxes rect').length"), 1)
            same = """(async () => { const data = async (id) => { const image = document.getElementById(id);
                const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight), pen = canvas.getContext("2d");
                pen.drawImage(image, 0, 0); return pen.getImageData(0, 0, canvas.width, canvas.height).data.join(); };
              return (await data("original") === await data("reid")) && (await data("original") !== await data("deid")); })()"""
            self.assertTrue(browser.value(same))

            # The slider, by keys.
            cut = "getComputedStyle(document.getElementById('over')).clipPath"
            before = browser.value(cut)
            browser.value("document.getElementById('slider').focus()")
            for _ in range(5):
                browser.press("ArrowRight")
            self.assertEqual((before, browser.value(cut)), ("inset(0px 0px 0px 50%)", "inset(0px 0px 0px 55%)"))
            wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            self.assertTrue(browser.value(wide))
            for name in ("light", "dark"):
                picture = pathlib.Path(f"serve-{name}.png").resolve()
                browser.screenshot(picture, dark=name == "dark")
                self.assertGreater(picture.stat().st_size, 50_000)

            # One-way: nothing to restore; open: restored by the network. Dropped, this time.
            browser.value("document.querySelector('input[value=one-way]').click()")
            browser.wait("document.getElementById('no-reid').textContent.startsWith('One-way')")
            self.assertTrue(browser.value("document.getElementById('reid').hidden"))
            self.use_many_blocks(browser)
            browser.value("document.querySelector('input[value=open]').click()")
            browser.wait(f"{shown} && document.getElementById('said').textContent.includes('restored from')")
            dropped = """(async () => { const canvas = new OffscreenCanvas(90, 80); canvas.getContext("2d").fillRect(0, 0, 90, 80);
              const data = new DataTransfer(); data.items.add(new File([await canvas.convertToBlob()], "black.png"));
              document.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true})); })()"""
            browser.value(dropped)
            error = "document.getElementById('error')"
            browser.wait(f"!{error}.hidden")
            self.assertIn("black.png: no face was found", browser.value(f"{error}.textContent"))
            self.assertTrue(browser.value("document.getElementById('result').hidden"))
            self.assertEqual(browser.value(f"{error}.getAttribute('role')"), "alert")

            # Everything that can be worked has a name for those who do not see it.
            nameless = """[...document.querySelectorAll("input, button, select, a[href]")].filter((e) =>
              !(e.labels?.length || e.getAttribute("aria-label") || e.textContent.trim())).map((e) => e.id)"""
            self.assertEqual(browser.value(nameless), [])
            browser.call("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=1, mobile=True)
            self.assertTrue(browser.value(wide))

            elsewhere = [url for url in browser.requested() if not url.startswith((f"http://127.0.0.1:{port}/", "blob:", "data:", "about:"))]
            self.assertEqual(elsewhere, [])
            told = [text for text in browser.complaints() if "422" not in str(text)]  # the refusal above
            self.assertEqual(told, [])
            # Gone: the page says so.
            self.process.terminate()
            self.process.wait(30)
            browser.choose_file("#file", faceless)
            browser.wait(f"{error}.textContent.includes('does not answer')")


if __name__ == "__main__":
    command_case.main()
