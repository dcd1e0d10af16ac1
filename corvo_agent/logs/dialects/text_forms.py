"""The table of what programs write as text: one expression a form, with the parts of a line as named groups.

A form that is ``weak`` has so little to be told by that it counts only in a file most of whose lines have it, or
where an envelope tells the time. The others are told by a time and the place of a level. The last one takes any line
that begins with a time, or with a level and then a time; a level is looked for in its first words.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .severity import PLAIN_WORDS, Severity, of_word
from .time_forms import ANY_TIME, WEEKDAY

_LONGEST = 4096  # characters of a line in which its head is looked for
_NEAR = 100  # characters behind a time in which a level may stand
_WORDS = 5  # before it


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text taken apart: ``parts`` by the name of their field, without those that are empty."""

    parts: Mapping[str, str]
    severity: Severity | None
    form: str


@dataclass(frozen=True, slots=True)
class Lead:
    """The time that a line begins with: its text, where it ends, and whether a bracket stands before it."""

    ts: str
    end: int
    is_bracketed: bool


_TIME, _BRACKETED = "TIME", r"\[TIME"


@functools.cache
def _compiled(expression: str) -> re.Pattern[str]:
    """An expression of the table, ready to be matched: when it is first needed, for together they take a while."""
    return re.compile(expression.replace(_TIME, f"(?P<ts>{ANY_TIME})"), re.ASCII | re.DOTALL)


def find_lead(line: str) -> Lead | None:
    """The time that ``line`` begins with; found once, for all the forms that begin so."""
    match = _compiled(r"\[?TIME").match(line)
    return None if match is None else Lead(match["ts"], match.end(), match.start("ts") == 1)


@dataclass(frozen=True, slots=True)
class TextForm:
    """One form; ``first`` are the characters that such a line may begin with, "" for any.

    ``expression`` has ``TIME`` where a time stands; ``levels`` are words that only this form has for levels.
    ``month_first``: its ``ts`` is ``11/24/26 10:00:00``, which elsewhere could be of another order.
    """

    name: str
    expression: str
    first: str = ""
    weak: bool = False
    levels: Mapping[str, Severity] = field(default_factory=dict)
    month_first: bool = False
    #: The time that such lines begin with, with its bracket, as the expression has it; "" when they do not.
    lead: str = field(init=False)
    #: The expression of what comes behind that.
    rest: str = field(init=False)

    def __post_init__(self) -> None:
        lead = next((lead for lead in (_BRACKETED, _TIME) if self.expression.startswith(lead)), "")
        object.__setattr__(self, "lead", lead)
        object.__setattr__(self, "rest", self.expression.removeprefix(lead))

    def match(self, line: str, lead: Lead | None) -> re.Match[str] | None:
        """What the form's expression finds in ``line``, behind its ``lead`` if the form begins with a time."""
        if self.first and line[:1] not in self.first:
            return None
        if not self.lead:
            return _compiled(self.rest).match(line)
        if lead is None or lead.is_bracketed is (self.lead == _TIME):
            return None
        return _compiled(self.rest).match(line, lead.end)

    def read(self, line: str, lead: Lead | None) -> TextLine | None:
        """The parts of ``line``, which begins with ``lead``; None when it has another form."""
        match = self.match(line, lead)
        if match is None:
            return None
        parts = {name: text for name, text in match.groupdict().items() if text}
        severity = None
        if (word := parts.pop("level", None)) is not None:
            severity = self.levels.get(word) or of_word(word)
            if severity is None:
                return None
        if self.lead and lead is not None:
            parts["ts"] = lead.ts
        elif self.month_first and "ts" in parts:
            month, day, year, clock = re.split("[/ ]", parts["ts"])
            parts["ts"] = f"20{year}/{month}/{day} {clock}"
        parts["msg"] = line[match.end() :]
        return TextLine(parts, severity, self.name)


_DIGITS = "0123456789"
_REDIS = {".": Severity.DEBUG, "-": Severity.DEBUG, "*": Severity.INFO, "#": Severity.WARN}
_RICH = r"(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL) +"
RICH_AGAIN = "rich-again"
_POSTGRES = "DEBUG[1-5]?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC"

FORMS: tuple[TextForm, ...] = (
    TextForm("klog", r"(?P<level>[IWEFD])TIME +(?P<pid>\d+) (?P<caller>[^\]\s]+:\d+)\] ?", "IWEFD"),
    TextForm("loguru", r"TIME \| (?P<level>[A-Z]+) *\| (?P<caller>\S+) - ", _DIGITS),
    TextForm("zap-console", r"TIME\t(?P<level>\w+)\t(?:(?P<logger>[^\t:]+)\t)?(?P<caller>[^\t ]+:\d+)\t", _DIGITS),
    TextForm("python-dashes", r"TIME - (?P<logger>\S+) - (?P<level>[A-Z]+) - ", _DIGITS),
    TextForm(
        "spring-boot",
        r"TIME +(?P<level>[A-Z]+) (?P<pid>\d+) --- (?:\[(?P<app>[^\]]*)\] )?\[ *(?P<thread>[^\]]*)\]"
        r"(?: \[(?P<trace_id>[^\]]*)\])? (?P<logger>\S+) *: ",
        _DIGITS,
    ),
    TextForm("logback", r"TIME \[(?P<thread>[^\]]*)\] (?P<level>[A-Z]+) +(?P<logger>\S+) --? ", _DIGITS),
    TextForm("log4j", r"TIME (?P<level>[A-Z]+) +\[(?P<thread>[^\]]*)\] (?P<logger>\S+)(?: -|:) ", _DIGITS),
    TextForm("nginx", r"TIME \[(?P<level>[a-z]+)\] (?P<pid>\d+)#(?P<thread>\d+): (?:\*(?P<connection>\d+) )?", _DIGITS),
    TextForm(
        "apache",
        r"\[TIME\] \[(?:(?P<logger>\w+):)?(?P<level>[a-z]+\d?)\] (?:\[pid (?P<pid>\d+)(?::tid (?P<thread>\d+))?\] )?"
        r"(?:\[client (?P<client>[^\]]+)\] )?",
        "[",
    ),
    TextForm("celery", r"\[TIME: (?P<level>[A-Z]+)/(?P<process>[^\]]+)\] ", "["),
    TextForm("gunicorn", r"\[TIME\] \[(?P<pid>\d+)\] \[(?P<level>[A-Za-z]+)\] ", "["),
    TextForm("airflow", r"\[TIME\] \{(?P<caller>[^}]+)\} (?P<level>[A-Z]+) - ", "["),
    TextForm("monolog", r"\[TIME\] (?P<logger>[\w-]+)\.(?P<level>[A-Z]+): ", "["),
    TextForm("spdlog", r"\[TIME\] \[(?P<logger>[^\]]+)\] \[(?P<level>[a-z]+)\] ", "["),
    TextForm(
        "envoy",
        r"\[TIME\]\[(?P<thread>\d+)\]\[(?P<level>[a-z]+)\]\[(?P<logger>[^\]]+)\] (?:\[(?P<caller>[^\]]+)\] )?",
        "[",
    ),
    TextForm("env_logger", r"\[TIME (?P<level>[A-Z]+) +(?P<logger>[\w:]+)\] ", "["),
    TextForm("ruby", r"[DIWEFUA], \[TIME #(?P<pid>\d+)\] +(?P<level>[A-Z]+) -- (?P<logger>[^:]*): ", "DIWEFUA"),
    TextForm("tornado", r"\[(?P<level>[DIWEC]) TIME (?P<caller>[^\]]+)\] ", "["),
    TextForm(
        "postgres",
        r"TIME (?:\[(?P<pid>\d+)\](?:: \[[\d-]+\])? )?(?P<context>[^\s:]{1,100} )?(?P<level>" + _POSTGRES + "): {1,2}",
        _DIGITS,
        levels={"LOG": Severity.INFO},
    ),
    TextForm("redis", r"(?P<pid>\d+):(?P<role>[XCSM]) TIME (?P<level>[.*#-]) ", _DIGITS, levels=_REDIS),
    TextForm(
        "mysql",
        r"TIME (?P<thread>\d+) \[(?P<level>[A-Za-z]+)\] (?:\[(?P<code>MY-\d+)\] \[(?P<logger>\w+)\] )?",
        _DIGITS,
        levels={"Note": Severity.INFO},
    ),
    TextForm("tomcat", r"TIME (?P<level>[A-Z]+) \[(?P<thread>[^\]]*)\] (?P<logger>\S+) ", _DIGITS),
    TextForm("oslo", r"TIME (?P<pid>\d+) (?P<level>[A-Z]+) (?P<logger>[\w.]+) (?:\[(?P<request>[^\]]*)\] )?", _DIGITS),
    TextForm("cassandra", r"(?P<level>[A-Z]+) +\[(?P<thread>[^\]]*)\] TIME (?P<caller>\S+) - ", "TDIWEF"),
    TextForm("logcat", r"TIME +(?P<pid>\d+) +(?P<thread>\d+) (?P<level>[VDIWEFA]) (?P<logger>[^:]+?) *: ", _DIGITS),
    TextForm("telegraf", r"TIME (?P<level>[TDIWE])! (?:\[(?P<logger>[^\]]+)\] )?", _DIGITS),
    TextForm("capnslog", r"TIME (?P<level>[TDINWEC]) \| (?P<logger>\w+): ", _DIGITS),
    TextForm("mongodb", r"TIME (?P<level>[DIWEF])\d? (?P<logger>[A-Z]+) +\[(?P<thread>[^\]]*)\] ", _DIGITS),
    TextForm("tensorflow", r"TIME: (?P<level>[IWEF]) (?P<caller>\S+:\d+)\] ", _DIGITS),
    TextForm(
        "ray", r"\[TIME (?P<level>[DIWEFC]) (?P<pid>\d+) (?P<thread>\d+)\] (?:\(\S+\) )?(?P<caller>\S+:\d+): ", "["
    ),
    TextForm("locust", r"\[TIME\] (?P<host>[^\s/\]]+)/(?P<level>[A-Z]+)/(?P<logger>[^:\s]+): ", "["),
    TextForm("nats", r"\[(?P<pid>\d+)\] TIME \[(?P<level>[A-Z]{3})\] ", "["),
    TextForm("logrus", r"(?P<level>TRAC|DEBU|INFO|WARN|ERRO|FATA|PANI)\[TIME\] ", "TDIWEFP"),
    TextForm(
        "cockroach",
        r"(?P<level>[IWEF])TIME +(?P<thread>\d+) (?P<caller>\S+:\d+) +(?:\S )?\[(?P<tags>[^\]]*)\] +(?:\d+ +)?",
        "IWEF",
    ),
    TextForm(
        "rich",
        r"\[(?:(?P<ts>\d\d/\d\d/\d\d \d\d:\d\d:\d\d)|\d\d:\d\d:\d\d)\] " + _RICH,
        "[",
        month_first=True,
    ),
    TextForm("nest", r"\[Nest\] (?P<pid>\d+) +- TIME +(?P<level>[A-Z]+) (?:\[(?P<logger>[^\]]*)\] )?", "["),
    TextForm("prefect", r"\d\d:\d\d:\d\d\.\d{3} \| (?P<level>[A-Z]+) *\| (?P<logger>\S+) - ", _DIGITS),
    TextForm("tracing", r"TIME(?<=Z) +(?P<level>TRACE|DEBUG|INFO|WARN|ERROR) (?P<logger>\w+(?:::\w+)*): ", _DIGITS),
    TextForm("access", r"(?P<client>\S{1,100}) \S{1,100} (?P<user>\S{1,100}) \[TIME\] (?=\")"),
    TextForm("elixir", r"\d\d:\d\d:\d\d\.\d{3} \[(?P<level>[a-z]+)\] +", _DIGITS),
    TextForm(
        "logback-short",
        r"\d\d:\d\d:\d\d[.,]\d{3} \[(?P<thread>[^\]]*)\] (?P<level>[A-Z]+) +(?P<logger>\S+) --? ",
        _DIGITS,
    ),
    TextForm(
        "wildfly", r"\d\d:\d\d:\d\d,\d{3} (?P<level>[A-Z]+) +\[(?P<logger>[^\]]*)\] \((?P<thread>[^)]*)\) ", _DIGITS
    ),
    # Where the time is that of the line before, Rich leaves it out: counted in its files alone.
    TextForm(RICH_AGAIN, r" {10,40}" + _RICH, " ", weak=True),
    TextForm("uvicorn", r"(?P<level>TRACE|DEBUG|INFO|WARNING|ERROR|CRITICAL): +", "TDIWEC", weak=True),
    TextForm("python-basic", r"(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL):(?P<logger>[\w.-]+):", "DIWEC", weak=True),
    TextForm(
        "dotnet-console",
        r"(?P<level>trce|dbug|info|warn|fail|crit): (?P<logger>[^\[\s]+\[\d+\])\s*",
        "tdiwfc",
        weak=True,
    ),
    TextForm(
        "logrus-terminal", r"(?P<level>TRAC|DEBU|INFO|WARN|ERRO|FATA|PANI)\[(?P<elapsed>\d+)\] ", "TDIWEFP", weak=True
    ),
    TextForm("bare", r"\[?(?P<level>[A-Z]{3,9}|[A-Z][a-z]{3,8}(?=\]))(?:\]:?|:| -)? +", "[TDIWEFCPAN", weak=True),
)

# WebLogic begins with four number signs.
_HEAD = rf"(?:####)?[\[(<]?(?:(?!{WEEKDAY})(?P<level>[A-Za-z]{{3,13}}|[DIWEF])[\])>:,|]*[ \t]+[\[(]?)?TIME[\])>]?"
_WORD = re.compile(
    r"[\[(<|{*]\s*(?P<bracketed>[A-Za-z]{1,13}(?:\d|[+-]\d+)?)\s*[\])>|}*]|(?P<bare>[A-Z]{3,13}(?:[+-]\d+)?)(?=[\s:;,\]|/-]|$)"
    r"|(?P<lower>[a-z]{3,13})(?=[:\t ]|$)|[:;,](?=[A-Z])|\S+",
    re.ASCII,
)
_SEPARATORS = " \t:;|-]>,"


def read_timed(line: str) -> TextLine | None:
    """A line that begins with a time; the level is among its first words, if it has one."""
    head = _compiled(_HEAD).match(line[:_LONGEST])
    if head is None:
        return None
    parts = {"ts": head["ts"]}
    rest = line[head.end() :]
    if head["level"] is not None:
        severity = of_word(head["level"])
        if severity is None:
            return None
        parts["msg"] = rest.lstrip(_SEPARATORS)
        return TextLine(parts, severity, "level-first")
    if rest[:1].isalnum():  # the end of a longer word, and no time
        return None
    for count, match in enumerate(_WORD.finditer(rest[:_NEAR])):
        word = match["bracketed"] or match["bare"] or (match["lower"] if count == 0 else None)
        severity = _level_of(word)
        if severity is not None:
            context = rest[: match.start()].strip(_SEPARATORS)
            if context:
                parts["context"] = context
            # A sentence may begin with such a word, too: it stays in the message.
            is_sentence = match["lower"] is not None and rest[match.end() : match.end() + 1] == " "
            parts["msg"] = rest[match.start() if is_sentence else match.end() :].lstrip(_SEPARATORS)
            return TextLine(parts, severity, "timed")
        if count == _WORDS:
            break
    parts["msg"] = rest.lstrip(_SEPARATORS)
    return TextLine(parts, None, "timed")


def _level_of(word: str | None) -> Severity | None:
    """The severity of a word among others, where single letters and everyday words are none."""
    if word is None or (len(word) > 1 and word.lower() in EVERYDAY):
        return None
    if len(word) == 1:
        return of_word(word) if word in "DIWEF" else None
    return of_word(word) if word in PLAIN_WORDS or word[-1].isdigit() else None


#: Words that are levels where nothing else can stand, and elsewhere mostly none.
EVERYDAY = frozenset({"all", "ok", "http", "system", "config", "default", "display", "note", "success", "log", "fine"})


@dataclass(frozen=True, slots=True)
class LevelPlace:
    """Where the level stands in a line, and the parts of its form before it: name, start and end, in order.

    ``time`` is where the time stands when it comes behind the level, else empty.
    """

    start: int
    end: int
    groups: tuple[tuple[str, int, int], ...]
    time: tuple[int, int] = (0, 0)


def level_place(line: str, name: str) -> LevelPlace | None:
    """Where the level stands in a line of the form ``name``; None when it has none."""
    form = next((form for form in FORMS if form.name == name), None)
    match = None
    lead = find_lead(line)
    if form is not None:
        match = form.match(line, lead)
    elif name == "timed":
        head = _compiled(_HEAD).match(line)
        word = _WORD.match(line, head.end() + (line[head.end() : head.end() + 1] == " ")) if head is not None else None
        group = None if word is None else "bracketed" if word["bracketed"] else "bare" if word["bare"] else None
        if head is None or word is None or group is None or _level_of(word[group]) is None:
            return None
        return LevelPlace(*word.span(group), (("ts", *head.span("ts")),))
    if match is None or match.groupdict().get("level") is None:
        return None
    start, end = match.span("level")
    spans = sorted((match.span(group), group) for group, text in match.groupdict().items() if text and group != "level")
    before = tuple((group, *span) for span, group in spans if span[1] <= start)
    if form is not None and form.lead and lead is not None:
        before = (("ts", lead.end - len(lead.ts), lead.end), *before)
    behind = next((span for span, group in spans if group == "ts" and span[0] >= end), (0, 0))
    return LevelPlace(start, end, before, behind)
