"""A clock for a program, which is set while the program runs."""

import glob
import time


class Clock:
    """The clock that a program sees; libfaketime reads its offset from a file."""

    def __init__(self, folder, name="service"):
        self.file = folder / f"{name}.clock"
        self.offset = 0
        self.set(0)
        [library] = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        # What waits and what times out goes by another clock, which nobody sets.
        self.variables = {
            "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def set(self, offset):
        made = self.file.with_suffix(".next")
        made.write_text(f"{offset:+d}\n")
        made.rename(self.file)
        self.offset = offset

    def pass_by(self, seconds):
        self.set(self.offset + seconds)

    def now(self):
        return time.time() + self.offset
