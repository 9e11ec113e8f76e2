"""One row for each case, and the table of them."""

from dataclasses import dataclass, field


@dataclass
class Row:
    case: str
    sent: str
    """Answers to honest clients in each phase, by the name of the client: {"ticket": {"quiet": Phase, "fault": Phase, "after": Phase}}."""
    phases: dict
    quiet_mib: float
    peak_mib: float
    bound_mib: float
    """In quiet, where it was measured meanwhile the most, and afterwards."""
    descriptors: tuple
    left: str
    faults: list = field(default_factory=list)

    def lines(self):
        process = [
            f"{self.quiet_mib:.0f}", f"{self.peak_mib:.0f} (< {self.bound_mib:.0f})", " → ".join(map(str, self.descriptors)),
            self.left, "held" if not self.faults else "BROKEN"]
        start = [self.case, self.sent]
        for client, phases in self.phases.items():
            quiet, fault, after = (phases[phase] for phase in ("quiet", "fault", "after"))
            yield [
                *start, client, answers(fault.answers), milliseconds(quiet.p99), milliseconds(fault.p99), ratio(fault.p99, quiet.p99),
                milliseconds(after.p99), *process]
            start, process = [""] * 2, [""] * 5


HEADINGS = ["case", "what was sent", "honest clients", "their answers meanwhile", "p99 quiet", "p99 meanwhile", "ratio", "p99 after",
            "MiB quiet", "MiB at most", "descriptors", "left on disk", ""]


def answers(counted):
    return ", ".join(f"{count} {name}" for name, count in sorted(counted.items(), key=lambda item: (not item[0].startswith("ok"), -item[1]))) or "none"


def milliseconds(value):
    return "–" if value != value else f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"


def ratio(one, other):
    return "–" if one != one or other != other else f"{one / other:.1f}"


def table(rows):
    lines = [HEADINGS, ["---"] * len(HEADINGS), *(line for row in rows for line in row.lines())]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
