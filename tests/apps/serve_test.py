#!/usr/bin/env python3
"""bauta serve as programs and browsers meet it. Usage: serve_test.py PROGRAM [unittest options]

With chromium the page is also used in it; pictures of it, serve-light.png and serve-dark.png, stay in the working directory."""

import contextlib
import http.client
import json
import os
import pathlib
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
from pictures import wavy, write_png  # noqa: E402
from serve_case import DEMO, Served, has_recognizer  # noqa: E402


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
            begun = time.monotonic()
            with socket.create_connection(("127.0.0.1", port), timeout=60) as bare:
                bare.sendall(f"POST /key HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
                answer = b"".join(iter(lambda: bare.recv(4096), b""))
            self.assertIn(b" 200 ", answer.split(b"\r\n")[0])
            self.assertIn(b"bauta-key-v1 ", answer)
            self.assertLess(time.monotonic() - begun, 4)  # nobody waits for a body
            for method, path, word in (("POST", "/deid?mode=one-way&bloks=3", "bloks"), ("POST", "/deid?mode=one-way&mode=open", "mode"),
                                       ("POST", "/reid?mode=open", "mode"), ("POST", "/key?kind=private", "kind"),
                                       ("GET", "/facts?x", "x"), ("GET", "/?lang=sv", "lang")):
                self.assert_refused(self.ask(port, method, path, b"x" if method == "POST" else None), 400, f"parameter {word}")
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
