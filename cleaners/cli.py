"""The command `copydesk`.

Everything except the arguments is imported only when needed, so that `--help` and wrong arguments are
answered at once.
"""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from cleaners import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from cleaners.balance import Balance
    from cleaners.edits import Change
    from cleaners.pipeline import Cleaned
    from cleaners.records import Record
    from cleaners.rules import RuleBook
    from cleaners.run import Done
    from cleaners.settings import Settings
    from cleaners.write import Kind

EXIT_FAULT, EXIT_USAGE, EXIT_STOPPED = 1, 2, 130
STOPPED = "stopped. Nothing was published; an earlier result is as it was. The same command goes on where this one stopped."
_FORMATS = ("files", "markdown", "jsonl", "jsonl.zst", "parquet")  # those of `cleaners.write`, which is not imported for --help


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: those of the process if not given.

    Returns:
        The exit status: 0 if all is well, 1 if the result is not as it should be, 2 if the request
        cannot be carried out as it stands, 130 if Ctrl-C or SIGTERM stopped it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:  # whoever started us closed it, and the next file that is opened would take its place
            setattr(sys, name, Path(os.devnull).open("w" if number else "r", encoding="utf-8"))  # noqa: SIM115  it stays open
    options = parsed(_parser(), arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # file names with odd bytes, and locales with few letters
    try:
        return _do(options)
    except ValueError as error:  # InputError, RuleError, DamagedError: each says in a sentence what is wrong
        from cleaners.write import DamagedError

        return _fail(str(error), EXIT_FAULT if isinstance(error, DamagedError) else EXIT_USAGE)
    except BrokenPipeError:  # the reader of our output, `head` for one, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # what is to be read cannot be
        return _fail(str(error), EXIT_FAULT)
    except KeyboardInterrupt:
        return _fail("stopped.", EXIT_STOPPED)


def parsed(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """The arguments; if there are too many, a shell may have made files of a pattern."""
    options, more = parser.parse_known_args(arguments)
    if more:
        is_pattern = hasattr(options, "input") and not more[0].startswith("-")
        hint = " (a pattern must stand in quotes: 'in/*.html')" if is_pattern else ""
        parser.error(f"unrecognized arguments: {' '.join(more[:3])}{' …' if len(more) > 3 else ''}{hint}")
    return options


def _do(options: argparse.Namespace) -> int:
    status = int(options.do(options))
    sys.stdout.flush()  # here its failure can be reported, at the end of the process it could not
    return status


def _fail(message: str, status: int) -> int:
    print(f"copydesk: {message}", file=sys.stderr)
    return status


def _refuse(message: str) -> int:
    return _fail(message, EXIT_USAGE)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="copydesk",
        description="Clean raw article dumps, and record every change, so that it can be explained and undone.",
    )
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    parser.set_defaults(do=lambda options: _version() if options.version else _help(parser))

    def command(name: str, do: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=about, description=f"{about[0].upper()}{about[1:]}.")
        sub.set_defaults(do=do)
        return sub

    add_clean(command("clean", _clean, "clean a folder of dumps; what has not changed since the last run is skipped"))

    explain = command("explain", _explain, "show what would be cut from a file, and why; nothing is written")
    explain.add_argument("file", metavar="FILE", help="a file, or one of the documents in it, by number or name: dump.jsonl#12")
    _add_cut(explain)
    _add_fields(explain)
    _add_rules(explain)

    verify = command("verify", _verify, "check that an output folder is complete and that every edit can be undone")
    verify.add_argument("output", type=Path, metavar="OUT", help="a folder that `copydesk clean` wrote")
    _add_rules(verify)

    undo = command("undo", _undo, "print the text that a document had before it was cleaned")
    undo.add_argument("output", type=Path, metavar="OUT", help="a folder that `copydesk clean` wrote")
    undo.add_argument("id", metavar="ID", help="the id of the document: its path below IN, and for a record #NUMBER or #NAME")

    rules = command("rules", lambda _options: _help(rules), "list the rules, show one, or test them")
    actions = rules.add_subparsers(metavar="ACTION")
    listing = actions.add_parser("list", help="list every rule with its reason")
    listing.set_defaults(do=_rules_list)
    show = actions.add_parser("show", help="show one rule with everything that it matches")
    show.add_argument("id", metavar="RULE", help="the id of the rule, such as comments.closed")
    show.set_defaults(do=_rules_show)
    test = actions.add_parser("test", help="run the examples of every rule")
    test.set_defaults(do=_rules_test)
    for sub in (listing, show, test):
        _add_rules(sub)
    return parser


def add_clean(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `copydesk clean`, which `python -m flows.clean` takes, too."""
    parser.add_argument(
        "input",
        metavar="IN",
        help="a folder, a file, a pattern such as 'in/**/*.html', an address (s3://…), or - for standard input",
    )
    parser.add_argument(
        "output",
        metavar="OUT",
        help="the folder to write; an earlier result in it is updated",
    )
    parser.add_argument(
        "--format",
        choices=_FORMATS,
        help="files: JSON Lines, and the clean texts as files; markdown: the same with headings marked; the others: the same "
        "records without text files (default: files if every input file is one document, otherwise jsonl)",
    )
    parser.add_argument("--workers", type=int, metavar="N", help="number of processes (default: one per core)")
    parser.add_argument(
        "--timeout",
        type=float,
        default=60.0,
        metavar="S",
        help="seconds after which a document goes to quarantine (default: 60)",
    )
    parser.add_argument("--memory", type=int, default=2048, metavar="MB", help="megabytes that a process may use (default: 2048)")
    parser.add_argument("--force", action="store_true", help="clean everything again, even what has not changed")
    parser.add_argument(
        "--checksum",
        action="store_true",
        help="read every file to see whether it has changed, even if its size and time are the same",
    )
    parser.add_argument("--keep-removed", action="store_true", help="keep the records of files that are gone from IN")
    parser.add_argument(
        "--warn-cut",
        type=float,
        default=0.2,
        metavar="SHARE",
        help="warn if the share that is cut of a source (the first folder below IN) grows by more than this "
        "over earlier runs (default: 0.2; 1: never)",
    )
    _add_cut(parser)
    _add_fields(parser)
    _add_rules(parser)


def _add_fields(parser: argparse.ArgumentParser) -> None:
    for kind in ("text", "HTML"):
        parser.add_argument(
            f"--{kind.lower()}-field",
            metavar="NAME",
            help=f"the field of JSON, CSV or Parquet that holds the {kind} (default: found automatically)",
        )


def _add_rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rules",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a file with rules of your own, used with the built-in ones; may be repeated",
    )


def _add_cut(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cut",
        choices=("off", "cautious", "balanced", "eager"),
        default="cautious",
        help="how much the line model may cut of what the rules leave (default: cautious)",
    )


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help(sys.stderr)
    return EXIT_USAGE


def _version() -> int:
    print(f"copydesk {__version__}")
    return 0


def _book(options: argparse.Namespace) -> "RuleBook":
    from cleaners import rules

    return rules.load(tuple(options.rules))


def settings(options: argparse.Namespace) -> "Settings":
    """What the arguments of `add_clean` ask for.

    Raises:
        InputError: no process is to do it.
    """
    from cleaners.read import Fields
    from cleaners.settings import InputError, Settings, output_folder

    if options.workers is not None and options.workers < 1:
        raise InputError(f"--workers is {options.workers}, but at least one is needed.")
    return Settings(
        options.input,
        output_folder(options.output),
        options.format,
        tuple(options.rules),
        timeout=options.timeout,
        memory=options.memory,
        fields=Fields(options.text_field or None, options.html_field or None),
        force=options.force,
        checksum=options.checksum,
        keep_removed=options.keep_removed,
        cut=options.cut,
        warn_cut=options.warn_cut,
    )


def _clean(options: argparse.Namespace) -> int:
    import signal

    from cleaners.balance import cut_more
    from cleaners.run import clean_folder
    from cleaners.settings import OutputError
    from cleaners.signals import handled
    from cleaners.workers import WorkerError

    try:
        # It tidies up, whoever stops it: an operator, a service manager or Ctrl-C.
        with handled(signal.default_int_handler, signal.SIGTERM), _progress() as tick:
            balance = clean_folder(settings(options), workers=options.workers, tick=tick)
    except OutputError as error:
        return _fail(str(error), EXIT_FAULT)
    except (WorkerError, OSError) as error:
        return _fail(f"the run broke off: {error}", EXIT_FAULT)
    except KeyboardInterrupt:
        return _fail(STOPPED, EXIT_STOPPED)
    print(outcome(balance, options.output))
    if balance.cut_more:
        print(f"copydesk: warning: {cut_more(balance)}", file=sys.stderr)
    return 0


def outcome(balance: "Balance", output: str) -> str:
    """All that a run says when it is done: the table, where the result is, and what there was to do."""
    return "\n".join(filter(None, (f"{summary(balance)}\n", _written(balance, output), work(balance))))


def _written(balance: "Balance", output: str) -> str:
    """Where the result of a run is, in a sentence."""
    places = ["documents/ and ledger/"]
    places += ["the texts in text/"] if Path(output, "text").is_dir() else []
    places += ["what was cut and why in report.html"]
    for name, folder in (("dropped", "dropped/"), ("quarantined", "quarantine/")):
        if count := balance.documents[name]:
            places.append(f"why {_count(count, 'document')} {'was' if count == 1 else 'were'} {name} in {folder}")
    return f"Written to {output}: {', '.join(places)}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


@contextmanager
def _progress() -> "Iterator[Callable[[Done], object]]":
    """A progress bar on a terminal, and none anywhere else."""
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    files = (BarColumn(), MofNCompleteColumn(), TextColumn("files"), TimeRemainingColumn())
    columns = (TextColumn("cleaning"), TextColumn("{task.fields[documents]:,} documents"), *files)
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("cleaning", total=None, documents=0)
        yield lambda done: bar.update(task, completed=done.files, total=done.all_files, documents=done.documents)


def work(balance: "Balance") -> str:
    """What a run had to do, in a sentence; empty if it cleaned everything for the first time."""
    files = balance.work
    again, skipped, moved, removed, kept, resumed = (
        files[name] for name in ("again", "unchanged", "moved", "removed", "kept", "resumed")
    )
    if not again + skipped + moved + removed + kept + resumed:
        return ""
    cleaned = f"{_count(files['new'], 'new file')} and {_count(files['changed'], 'changed file')} cleaned"
    cleaned += f", {_count(again, 'file')} cleaned again for another reason" if again else ""
    cleaned += f" ({resumed:,} by a run that was broken off)" if resumed else ""
    sentence = f"Since the last run: {cleaned}, {_count(skipped, 'unchanged file')} skipped"
    sentence += f", the records of {_count(moved, 'renamed file')} moved" if moved else ""
    sentence += f", {_count(removed, 'removed file')} taken out" if removed else ""
    return sentence + (f", {_count(kept, 'removed file')} kept" if kept else "") + "."


def summary(balance: "Balance") -> str:
    """The balance of a run as a table: documents, and characters cut by family of rules."""
    from collections import Counter

    documents, chars = balance.documents, balance.chars
    lines = [f"{'documents in':<24}{documents['in']:>14,}"]
    lines += [f"  {name:<22}{documents[name]:>14,}" for name in ("published", "dropped", "quarantined")]
    lines += [f"{'characters in':<24}{chars['base']:>14,}", f"  {'cut':<22}{chars['removed']:>14,}"]
    families: Counter[str] = Counter()
    for rule, cut in balance.rule_chars.items():
        families[rule.partition(".")[0]] += cut
    lines += [f"    {family:<20}{cut:>14,}" for family, cut in sorted(families.items(), key=lambda item: (-item[1], item[0]))]
    lines += [f"  {'put in instead':<22}{chars['added']:>14,}", f"{'characters out':<24}{chars['text']:>14,}"]
    return "\n".join(lines)


def _explain(options: argparse.Namespace) -> int:
    from cleaners import desk, pipeline, read

    book = _book(options)
    path, record = _named(options.file)
    if not path.is_file():
        if path.exists():
            return _refuse(f"{path} is {'a folder' if path.is_dir() else 'no regular file'}: give one file.")
        return _refuse(f"There is no file {path}.")
    [found] = read.find(path)
    documents = read.documents(found, read.Fields(options.text_field or None, options.html_field or None))
    if record:
        documents = (one for one in documents if one.id == f"{found.id}#{record}")
    chosen = [*islice(documents, 1 if record else 2)]
    if not chosen:
        return _refuse(f"There is no document {record} in {path}." if record else f"{path} holds no document.")
    came, *more = chosen
    if more:
        return _refuse(f"{path} holds many documents: say which, as in '{path}{came.id.removeprefix(found.id)}'.")
    ready = desk.draft(came)
    if isinstance(ready, desk.LeftOut):
        reason = ready.record["error"]["message"] if ready.kind == "quarantine" else ready.record["note"]
        return _refuse(f"{path} cannot be cleaned: {reason}")
    try:
        cleaned = pipeline.clean(ready.doc, book, None if options.cut == "off" or ready.extraction else options.cut)
    except RuntimeError as error:  # a rule takes too long, or the steps upset each other: it would go to quarantine
        return _refuse(f"{path} cannot be cleaned: {error}")
    _print_cleaned(cleaned, ready.source, book)
    return 0


def _named(name: str) -> tuple[Path, str]:
    """The file that is named, and the record after it: "dump.zip#a.jsonl#12".  The name of a file may hold a "#", too."""
    marks = [at for at, sign in enumerate(name) if sign == "#"]
    at = next((at for at in (len(name), *reversed(marks)) if Path(name[:at]).is_file()), len(name))
    return Path(name[:at]), name[at + 1 :]


def _print_cleaned(cleaned: "Cleaned", source: "Record", book: "RuleBook") -> None:
    """What became of a document: the text with its edits, and below it what was found and why something was cut."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True, markup=False)
    with console.capture() as said:  # a console ends the process with an error if its reader, such as `head`, has seen enough
        _print_marked(console, cleaned.base, cleaned.changes)
        console.print()
        console.print(f"title     {cleaned.title or 'none found'}", style="bold")
        console.print(f"encoding  {source['encoding']} ({source['evidence']})")
        removed = sum(len(change.old) for change in cleaned.changes)
        console.print(f"cut       {removed:,} of {len(cleaned.base):,} characters, in {_count(len(cleaned.changes), 'edit')}")
        for rule in dict.fromkeys(rule for change in cleaned.changes for rule in change.rules):
            console.print(f"  {rule}  {book.rules[rule].why}", style="cyan")
    print(said.get(), end="")


def _print_marked(console: "Console", base: str, changes: "list[Change]") -> None:
    """The base text with its edits: what is cut struck out in red, what replaces it in green, then the rules.

    Without colour, [-old-], {+new+} and <rule> say the same.
    """
    colour = console.is_terminal and not console.no_color
    at = 0
    for change in changes:
        console.out(base[at : change.start], end="", highlight=False)
        at = change.end
        if change.rules == ("encoding.newline",):  # another kind of line end, which the marks would not show
            console.out(change.new, end="", highlight=False)
            continue
        old = change.old.replace("\r\n", "\n").replace("\r", "\n")
        for text, style, left, right in ((old, "red strike", "[-", "-]"), (change.new, "green", "{+", "+}")):
            # Line ends stay outside the marks, so that a cut line looks like a line.
            body = text.rstrip("\n")
            if body:
                console.out(body if colour else f"{left}{body}{right}", style=style, end="", highlight=False)
        if change.old.strip() or change.new.strip():
            console.out(f" <{', '.join(change.rules)}>", style="cyan", end="", highlight=False)
        console.out(old[len(old.rstrip("\n")) :], end="", highlight=False)
    console.out(base[at:], highlight=False)


def _verify(options: argparse.Namespace) -> int:
    from cleaners.verify import verify
    from cleaners.write import Output

    book = _book(options)
    if not options.output.is_dir():
        return _refuse(f"There is no folder {options.output}.")
    shown = 20
    count = 0
    for count, fault in enumerate(verify(options.output, book), start=1):
        if count <= shown:
            print(f"{fault.where}: {fault.message}")
    if count:
        print(_count(count, "fault") + (f", the first {shown} of them above" if count > shown else ""))
        return EXIT_FAULT
    documents = sum(1 for _ in Output(options.output).read("documents"))
    print(f"all laws hold for {_count(documents, 'document')}")
    return 0


def _undo(options: argparse.Namespace) -> int:
    from itertools import zip_longest

    from cleaners import records
    from cleaners.edits import EditError, undo
    from cleaners.write import Output

    if not options.output.is_dir():
        return _refuse(f"There is no folder {options.output}.")
    output = Output(options.output)
    first = None
    for record, ledger in zip_longest(output.read("documents"), output.read("ledger")):
        first = first or (record and record["id"])
        if record is None or record["id"] != options.id:
            continue
        if ledger is None or ledger["id"] != options.id:
            return _fail(f"the edits of {options.id} do not stand where they should in {options.output / 'ledger'}.", EXIT_FAULT)
        try:
            base = undo(record["text"], records.changes_of(ledger))
            is_base = records.sha256(base) == ledger["base_sha256"]
        except (EditError, KeyError, TypeError, AttributeError):  # `copydesk verify` says more
            is_base = False
        if not is_base:
            return _fail(
                f"the record of {options.id} was changed: what its edits lead back to is not what was cleaned.", EXIT_FAULT
            )
        sys.stdout.buffer.write(base.encode("utf-8", "surrogatepass"))
        sys.stdout.buffer.flush()
        return 0
    left_out: tuple[Kind, ...] = ("dropped", "quarantine")
    for kind in left_out:
        if any(record["id"] == options.id for record in output.read(kind)):
            return _refuse(f"{options.id} was not published (see {kind}/ for the reason), so there is nothing to undo.")
    hint = f" An id there is, for example, {first!r}." if first else " Nothing that copydesk published is there."
    return _refuse(f"There is no document {options.id!r} in {options.output}.{hint}")


def _rules_list(options: argparse.Namespace) -> int:
    book = _book(options)
    width = max(map(len, book.rules))
    for rule in book:
        print(f"{rule.id:<{width}}  {rule.why}")
    return 0


def _rules_show(options: argparse.Namespace) -> int:
    from dataclasses import fields

    book = _book(options)
    rule = book.rules.get(options.id)
    if rule is None:
        from difflib import get_close_matches

        close = get_close_matches(options.id, book.rules, n=1)
        return _refuse(
            f"There is no rule {options.id!r}" + (f"; is it {close[0]!r}?" if close else "; see `copydesk rules list`.")
        )
    for field in fields(rule):
        value = getattr(rule, field.name)
        if isinstance(value, tuple):
            print(f"{field.name}:" + "".join(f"\n    {str(item).replace(chr(10), chr(10) + '    ')}" for item in value))
        else:
            print(f"{field.name}: {value}")
    return 0


def _rules_test(options: argparse.Namespace) -> int:
    from cleaners.rules.examples import faults

    book = _book(options)
    found = list(faults(book))
    if found:
        print(*found, sep="\n")
        print(f"not what their rules say: {_count(len(found), 'example')}")
        return EXIT_FAULT
    examples = sum(len(rule.miss) + len(rule.hit) for rule in book)
    print(f"{examples:,} examples of {len(book.rules)} rules hold")
    return 0
