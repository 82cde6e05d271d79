"""What a command shows of its result: text, JSON or a path; and the page in a browser."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial, wraps
from pathlib import Path
from typing import Any, NamedTuple

import click

from trifit.cli.options import Option
from trifit.errors import InputError
from trifit.progress import Progress

STDERR = 2

output_option = partial(click.option, cls=Option, heading="Output")


class Display(NamedTuple):
    """How a result is shown.

    Attributes
    ----------
    json : bool
        As one JSON document on stdout.
    quiet : bool
        As the path of its page.
    browser : bool
        And in a browser.
    """

    json: bool
    quiet: bool
    browser: bool

    def progress(self) -> AbstractContextManager[Progress]:
        """What is told of a computation while it runs, on stderr; nothing where quiet."""
        if self.quiet:
            return nullcontext(lambda stage, share: None)
        from trifit.cli.bar import progress_bar

        return progress_bar()

    def refuse(self, option: str) -> None:
        """Refuse an option with which there is no result to show."""
        if self.json or self.quiet or self.browser:
            raise InputError(f"{option} makes no page; leave out --json, --quiet and --open")

    def say(self, line: str) -> None:
        """A line for readers."""
        if not (self.json or self.quiet):
            click.echo(line)

    def show(
        self, page: Path, text: Callable[[], None], document: Callable[[], dict[str, Any]]
    ) -> None:
        """Show a result whose page is written.

        Parameters
        ----------
        page : Path
        text : callable
            Prints the result for readers.
        document : callable
            The result as plain data that is JSON.
        """
        if self.json:
            import msgspec

            whole = msgspec.json.encode({"report": str(page), **document()})
            click.echo(msgspec.json.format(whole, indent=1))
        elif self.quiet:
            click.echo(page)
        else:
            text()
            click.echo(f"\nReport: {page}")
        if self.browser:
            open_page(page)


def displayed(command: Callable[..., None]) -> Callable[..., None]:
    """Add ``--json``, ``--quiet`` and ``--open`` to a command that takes a ``display``."""

    @output_option("--json", is_flag=True, help="Print the numbers as one JSON document.")
    @output_option("--quiet", is_flag=True, help="Print only the path of the page.")
    @output_option("--open", "browser", is_flag=True, help="Open the page in the browser.")
    @wraps(command)
    def with_display(*arguments: Any, json: bool, quiet: bool, browser: bool, **rest: Any) -> None:
        if json and quiet:
            raise InputError("--json and --quiet exclude each other; give one of them")
        command(*arguments, display=Display(json, quiet, browser), **rest)

    return with_display


class Told(NamedTuple):
    """How the records of one type are shown.

    Attributes
    ----------
    name : str
        What one is called, see :class:`trifit.results.kept.Kept`.
    text : callable
        Prints a record for readers.
    document : callable
        A record as plain data that is JSON.
    """

    name: str
    text: Callable[[Any], None]
    document: Callable[[Any], dict[str, Any]]

    def show(self, record: Any, folder: Path, display: Display) -> None:
        """Show a record whose page is in the folder.

        Parameters
        ----------
        record : StudyRecord, Check or AtlasRecord
        folder : Path
        display : Display
        """
        display.show(
            folder / "index.html", partial(self.text, record), partial(self.document, record)
        )

    def draw_again(self, folder: Path, display: Display) -> bool:
        """Draw the page of a folder's record anew and show it, if there is such a record."""
        from trifit.results import kept

        of_kind: kept.Kept[Any] = getattr(kept, self.name.upper())
        file = of_kind.file(folder)
        if not file.exists():
            return False
        record = of_kind.read(folder)
        with drawn_from(file):
            of_kind.draw(folder, record)
        self.show(record, folder, display)
        return True


@contextmanager
def drawn_from(file: Path) -> Iterator[None]:
    """A block that draws what a file says, which somebody may have changed.

    Raises
    ------
    InputError
        If its numbers do not belong together.
    """
    try:
        yield
    except InputError:
        raise
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError) as error:
        raise InputError(
            f"{str(file)!r}: its numbers do not belong together "
            f"({type(error).__name__}: {' '.join(str(error).split())[:120]}); is it as trifit "
            "wrote it?"
        ) from error


def open_page(page: Path) -> None:
    """Open a page in the browser; where there is none, say so.

    Another process does it, whose stdout is our stderr: what browsers print is no part of a result.
    """
    import subprocess

    call = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"
    command = [sys.executable, "-c", call, page.absolute().as_uri()]
    if subprocess.run(command, stdout=STDERR, check=False).returncode:
        click.echo(f"trifit: no browser found to open {page}", err=True)
