#!/usr/bin/env python3
"""Opens HTML reports in headless Chromium and says what a reader would trip over.

    check_report.py [--out FOLDER] REPORT.html ...
    check_report.py --self-test

Fails (exit status 1) on a console message of level warning or error, on a request for anything but the file itself and
the pictures inside it, and on a page that scrolls sideways. With --out it leaves screenshots of a desk (1280 px), a
phone (390 px) and the dark, and a PDF. --self-test checks that bad pages are found out.

Needs Chromium on the PATH (Debian: apt-get install chromium) and nothing beyond Python 3. Not part of CI.
"""

import argparse
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--remote-debugging-pipe",
]
SCREENS = [("desktop", 1280, 900, "light"), ("phone", 390, 844, "light"), ("dark", 1280, 900, "dark")]
PATIENCE = 60.0  # seconds for an answer


class Browser:
    """Chromium, spoken to over a pair of pipes: JSON messages, each ended by a zero byte."""

    def __init__(self, folder):
        program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        if program is None:
            sys.exit("no Chromium on the PATH")
        to_read, self.to = os.pipe()
        self.back, to_write = os.pipe()
        # The browser reads from descriptor 3 and writes to 4.
        script = f'exec "$@" 3<&{to_read} 4>&{to_write}'
        command = ["sh", "-c", script, "sh", program, *FLAGS, f"--user-data-dir={folder}", "about:blank"]
        self.process = subprocess.Popen(
            command, pass_fds=(to_read, to_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        os.set_blocking(self.back, False)
        self.count, self.rest, self.events = 0, b"", []

    def read(self):
        """The messages that have arrived."""
        try:
            piece = os.read(self.back, 1 << 20)
        except BlockingIOError:
            time.sleep(0.01)
            return []
        if not piece:
            sys.exit("Chromium has ended")
        *whole, self.rest = (self.rest + piece).split(b"\0")
        return [json.loads(text) for text in whole]

    def ask(self, method, session=None, **params):
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        text = json.dumps(message).encode() + b"\0"
        while text:
            text = text[os.write(self.to, text):]
        answer, end = None, time.monotonic() + PATIENCE
        while answer is None:
            if time.monotonic() > end:
                sys.exit(f"no answer to {method}")
            for message in self.read():
                if message.get("id") == self.count:
                    answer = message
                elif "method" in message:
                    self.events.append(message)
        if "error" in answer:
            sys.exit(f"{method}: {answer['error']}")
        return answer["result"]

    def wait(self, method):
        end = time.monotonic() + PATIENCE
        while not any(event["method"] == method for event in self.events):
            if time.monotonic() > end:
                sys.exit(f"{method} never came")
            self.events += [message for message in self.read() if "method" in message]

    def close(self):
        self.ask("Browser.close")
        self.process.wait(timeout=PATIENCE)


def found_in(event, address):
    """What is wrong with an event, or None."""
    method, params = event["method"], event["params"]
    if method == "Network.requestWillBeSent":
        url = params["request"]["url"]
        if url.split("#")[0] != address and not url.startswith("data:image/png;base64,"):
            return f"request: {url[:200]}"
    if method == "Log.entryAdded" and params["entry"]["level"] in ("warning", "error"):
        return f"console {params['entry']['level']}: {params['entry']['text']}"
    if method == "Runtime.consoleAPICalled" and params["type"] in ("warning", "error", "assert"):
        return f"console {params['type']}: {params['args']}"
    if method == "Runtime.exceptionThrown":
        return f"exception: {params['exceptionDetails']['text']}"
    if method == "Network.webSocketCreated":
        return f"socket: {params['url']}"
    return None


def check(browser, path, out):
    """Opens one report; returns a list of what is wrong with it."""
    address = path.resolve().as_uri()
    browser.events.clear()
    target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
    session = browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ("Page", "Runtime", "Log", "Network"):
        browser.ask(f"{domain}.enable", session)
    browser.ask("Page.navigate", session, url=address)
    browser.wait("Page.loadEventFired")
    wrong = []
    value = lambda code: browser.ask("Runtime.evaluate", session, expression=code)["result"].get("value")
    if value("document.body.children.length > 0 && document.title !== ''") is not True:
        wrong.append("the page is empty, or has no title")
    broken = value("[...document.images].filter(i => !i.complete || i.naturalWidth === 0).length")
    if broken != 0:
        wrong.append(f"{broken} pictures are not shown")
    for name, width, height, scheme in SCREENS:
        browser.ask("Emulation.setEmulatedMedia", session, features=[{"name": "prefers-color-scheme", "value": scheme}])
        browser.ask("Emulation.setDeviceMetricsOverride", session, width=width, height=height,
                    deviceScaleFactor=2 if name == "phone" else 1, mobile=name == "phone")
        wide = value("Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)")
        if wide is None or wide > width:
            wrong.append(f"{name}: {wide} px wide on a screen of {width} px")
        if out:
            shot = browser.ask("Page.captureScreenshot", session, captureBeyondViewport=True)
            (out / f"{path.stem}-{name}.png").write_bytes(base64.b64decode(shot["data"]))
    if out:
        pdf = browser.ask("Page.printToPDF", session, preferCSSPageSize=True, printBackground=False)
        (out / f"{path.stem}.pdf").write_bytes(base64.b64decode(pdf["data"]))
    # Whatever is late.
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        browser.events += [message for message in browser.read() if "method" in message]
    requests = [event for event in browser.events if event["method"] == "Network.requestWillBeSent"]
    if not requests:
        wrong.append("the browser did not even ask for the file: this check sees nothing")
    wrong += filter(None, (found_in(event, address) for event in browser.events))
    browser.ask("Target.closeTarget", targetId=target)
    return wrong


BAD = {
    "image": ("<img src='http://192.0.2.1/x.png'>", "request"),
    "policy": ("<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\"><img src='http://192.0.2.1/x'>",
               "console error"),
    "script": ("<script>console.warn('look')</script>", "console warning"),
    "throws": ("<script>nothing.at.all</script>", "exception"),
    "broken": ("<img src='data:image/png;base64,AAAA'>", "not shown"),
    "wide": ("<meta name=viewport content='width=device-width'><div style='width:600px'>x</div>",
             "px wide on a screen of 390"),
}


def self_test(browser, folder):
    """Each bad page must be found out; returns what was not."""
    missed = []
    for name, (body, expected) in {**BAD, "good": ("<meta name=viewport content='width=device-width'><p>fine</p>", None)}.items():
        path = folder / f"{name}.html"
        path.write_text(f"<!DOCTYPE html><title>{name}</title>{body}", encoding="utf-8")
        wrong = check(browser, path, None)
        if expected is None and wrong or expected and not any(expected in line for line in wrong):
            missed.append(f"{name}: expected {expected}, found {wrong}")
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, help="folder for screenshots and PDF")
    parser.add_argument("--self-test", action="store_true", help="check that bad pages are found out")
    parser.add_argument("reports", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    if not options.reports and not options.self_test:
        parser.error("no report given")
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
    failed = False
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(pathlib.Path(folder) / "profile")
        if options.self_test:
            missed = self_test(browser, pathlib.Path(folder))
            print("\n".join(missed) or "self-test: every bad page is found out")
            failed |= bool(missed)
        for path in options.reports:
            wrong = check(browser, path, options.out)
            print(f"{path}: " + ("; ".join(wrong) or "no console message, no request, not too wide"))
            failed |= bool(wrong)
        browser.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
