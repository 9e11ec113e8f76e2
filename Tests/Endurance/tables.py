"""The tables at the end."""

import statistics
from collections import Counter

from watch import WARM_SECONDS, column, growth, slope

MEBIBYTE = 1 << 20


def table(head, rows):
    rows = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[index]) for row in rows) for index in range(len(head))]

    def line(row):
        return "  ".join(cell.rjust(width) if index else cell.ljust(width) for index, (cell, width) in enumerate(zip(row, widths))).rstrip()

    head, *lines = map(line, rows)
    return "\n".join([head, "-" * len(head), *lines]) + "\n"


def answers(counts):
    """Requests by kind, with how often each was answered how."""
    kinds = {}
    for (kind, told), count in counts.answers.items():
        kinds.setdefault(kind, Counter())[told] += count
    width = max(map(len, kinds))
    lines = (
        f"{kind.ljust(width)}  {told.total():>7}  " + ", ".join(f"{name} × {count}" for name, count in told.most_common())
        for kind, told in sorted(kinds.items()))
    return "\n".join(lines) + "\n"


def processes(watch):
    """First, median and last while the load went on, and where it goes; and the most requests that a sample met in flight."""
    rows = []
    for name, samples in watch.loaded().items():
        cells = [name, f"{(samples[-1][0] - samples[0][0]) / 60:.0f} min"]
        for index, unit, digits in ((1, MEBIBYTE, 1), (2, 1, 0), (3, 1, 0)):
            values = [value / unit for _, value in column(samples, index)]
            cells += [" / ".join(f"{value:.{digits}f}" for value in (values[0], statistics.median(values), values[-1]))]
            cells += [hourly(samples, index, unit)]
        grown = growth(samples)
        in_flight = max(row[4] or 0 for row in samples)
        rows.append([*cells, "–" if grown is None else f"{grown:+.1%}", f"{in_flight:.0f}"])
    return table(
        ["process", "time", "MiB first/median/last", "per h", "descriptors", "per h", "threads", "per h", "growth", "in flight"], rows)


def hourly(samples, index, unit):
    """What the fitted line through the second half makes of an hour; of a short life it would say nothing."""
    if samples[-1][0] - samples[0][0] < WARM_SECONDS:
        return "–"
    return f"{slope(column(samples[len(samples) // 2:], index))[0] / unit * 3600:+.1f}"


def quiet(watch):
    """Who lives to the end, when nobody has asked for a while."""
    rows = [
        [name, f"{samples[-1][1] / MEBIBYTE:.1f}", *samples[-1][2:4], "–" if samples[-1][4] is None else f"{samples[-1][4]:.0f}"]
        for name, samples in sorted(watch.rows.items()) if samples[-1][0] > (watch.load_ended or 0)]
    return table(["when all is quiet", "MiB", "descriptors", "threads", "in flight"], rows)
