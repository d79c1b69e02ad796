"""A headless Chromium that a test can drive, spoken to over two pipes.

Chromium reads requests of its DevTools protocol from file 3 and writes answers and
events to file 4, as JSON that ends in a zero byte.
"""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PROGRAM = next(filter(None, map(shutil.which, NAMES)), None)
PATIENCE = 60.0
# Nothing but the page itself: no updates, no look-ups, no account of anybody.
SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


class Browser:
    """One tab; what its page complains of and asks the network for is kept."""

    def __init__(self, profile):
        to_browser, ours = os.pipe()
        self.answers, theirs = os.pipe()
        # Any numbers but 3 and 4, which the shell gives away one after the other.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 5) for end in (to_browser, theirs)]
        os.close(to_browser)
        os.close(theirs)
        run = f'exec "$@" 3<&{ends[0]} 4>&{ends[1]}'
        command = [PROGRAM, *SWITCHES, f"--user-data-dir={profile}", "about:blank"]
        self.process = subprocess.Popen(
            ["bash", "-c", run, "bash", *command],
            pass_fds=ends,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in ends:
            os.close(end)
        self.requests, self.count, self.unread = ours, 0, b""
        self.complaints, self.asked, self.loaded = [], [], 0
        self.session = None
        targets = self.ask("Target.getTargets")["targetInfos"]
        tab = next(one["targetId"] for one in targets if one["type"] == "page")
        found = self.ask("Target.attachToTarget", targetId=tab, flatten=True)
        self.session = found["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method, **parameters):
        """Send a request; returns its answer."""
        self.count += 1
        request = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.requests, json.dumps(request).encode() + b"\0")
        while (answer := self.hear()).get("id") != self.count:
            pass
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def hear(self):
        """The next message; events of interest are noted on the way."""
        end = time.monotonic() + PATIENCE
        while b"\0" not in self.unread:
            ready, _, _ = select.select([self.answers], [], [], end - time.monotonic())
            assert ready, "chromium does not answer"
            read = os.read(self.answers, 1 << 20)
            assert read, "chromium has ended"
            self.unread += read
        text, self.unread = self.unread.split(b"\0", 1)
        message = json.loads(text)
        match message.get("method"):
            case "Runtime.exceptionThrown" | "Log.entryAdded":
                self.complaints.append(message["params"])
            case "Network.requestWillBeSent":
                self.asked.append(message["params"]["request"]["url"])
            case "Page.loadEventFired":
                self.loaded += 1
        return message

    def open(self, address, *, width=1400, height=900, dark=False, sharpness=1):
        """Load a page in a window of this size."""
        self.complaints.clear()
        self.asked.clear()
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        size = {"width": width, "height": height, "deviceScaleFactor": sharpness}
        self.ask("Emulation.setDeviceMetricsOverride", mobile=False, **size)
        # Only a change of what stands before the # loads anew.
        self.ask("Page.navigate", url="about:blank")
        before = self.loaded
        self.ask("Page.navigate", url=address)
        while self.loaded == before:
            self.hear()
        # Sizes are observed a frame after they are known.
        self.settle()

    def settle(self):
        """Wait until what was changed is drawn."""
        frame = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
        for _ in range(2):
            self.run(frame)

    def run(self, expression):
        """The value of an expression in the page; promises are awaited."""
        found = self.ask(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def text(self, selector):
        """What an element shows, its white space as single spaces."""
        # Elements of a drawing have no innerText.
        one = f"document.querySelector({json.dumps(selector)})"
        found = self.run(f"{one}.innerText ?? {one}.textContent")
        return " ".join(found.split())

    def where(self, selector, across=0.5, down=0.5):
        """A point of an element in the window, after scrolling it into sight."""
        box = self.run(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)});"
            "one.scrollIntoView({ block: 'center' });"
            "const { x, y, width, height } = one.getBoundingClientRect();"
            "return [x, y, width, height]; })()"
        )
        return box[0] + across * box[2], box[1] + down * box[3]

    def mouse(self, kind, x, y, *, held=False):
        """Move, press or release the mouse."""
        parameters = {"x": x, "y": y, "buttons": int(held)}
        if kind != "mouseMoved":
            parameters |= {"button": "left", "clickCount": 1}
        self.ask("Input.dispatchMouseEvent", type=kind, **parameters)

    def click(self, selector):
        x, y = self.where(selector)
        self.mouse("mousePressed", x, y, held=True)
        self.mouse("mouseReleased", x, y)
        self.settle()

    def press(self, *keys):
        for key in keys:
            for kind in ("keyDown", "keyUp"):
                self.ask("Input.dispatchKeyEvent", type=kind, key=key)
        self.settle()

    def picture(self, path):
        """Save the whole page, also what is out of sight, as a PNG file."""
        found = self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(found["data"]))

    def close(self):
        """Chromium ends when nobody holds the other ends of its pipes."""
        os.close(self.requests)
        os.close(self.answers)
        try:
            self.process.wait(10.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
