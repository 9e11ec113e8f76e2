"""What each server answered to each case, next to what S3 answers."""

from dataclasses import dataclass

from differences import DIFFERENCES


@dataclass(frozen=True)
class Row:
    expected: str
    answers: dict


class Report:
    def __init__(self):
        self.rows = {}

    def check(self, case, server, answer, expected):
        """Holds that the server answers as S3 does, or exactly as the list of differences says."""
        answer, known = str(answer), DIFFERENCES.get(case, {}).get(server)
        self.rows.setdefault(case, Row(expected, {})).answers[server] = answer
        if known is None:
            assert answer == expected, f"{server}, {case}: answered {answer}, not {expected}"
        else:
            assert known.answer != expected, f"{server}, {case}: what is listed is no difference"
            assert answer == known.answer, (
                f"{server}, {case}: answered {answer}; the list of differences says {known.answer}. "
                + ("It does as S3 now: take the entry out." if answer == expected else ""))

    def not_seen(self):
        """What the list of differences has and no test asked for."""
        return [
            f"{case}: {server}" for case, servers in DIFFERENCES.items() for server in servers
            if server not in self.rows.get(case, Row("", {})).answers
        ]

    def text(self):
        """Cases down, servers across; a star marks a listed difference, and the reasons follow."""
        servers = sorted({server for row in self.rows.values() for server in row.answers}, key=["local", "ceph", "seaweedfs"].index)
        table = [["case", "S3", *servers]]
        for case, row in self.rows.items():
            table.append([case, row.expected, *(self.cell(case, row, server) for server in servers)])
        widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in table]
        lines.insert(1, "  ".join("-" * width for width in widths))
        reasons = [
            f"* {case}, {server}: {known.why}" for case, servers in DIFFERENCES.items() for server, known in servers.items()
            if server in self.rows.get(case, Row("", {})).answers
        ]
        same = sum(answer == row.expected for row in self.rows.values() for answer in row.answers.values())
        total = sum(len(row.answers) for row in self.rows.values())
        return "\n".join([*lines, "", f"{total} answers, {same} as S3 gives them, {total - same} otherwise:", *reasons, ""])

    @staticmethod
    def cell(case, row, server):
        answer = row.answers.get(server)
        if answer is None:
            return "-"
        return "same" if answer == row.expected else f"{answer}*"
