import io

import pytest
from rich.markup import escape
from rich.table import Table

from pipelines.system.command_line import printable, say
from pipelines.system.terminal import Terminal

COMMANDS = "a\x1b[2Jb\x07c\u202ed\x9be"
SHOWN = "a\\x1b[2Jb\\x07c\\u202ed\\x9be"


def printed(*things, **how):
    file = io.StringIO()
    Terminal(file=file, width=100, **how).print(*things)
    return file.getvalue()


def test_no_name_commands_the_terminal_wherever_it_is_printed():
    table = Table(escape(COMMANDS), title=escape(COMMANDS))
    table.add_row(escape(COMMANDS))
    text = printed(table, escape(COMMANDS), f"[bold]{escape(COMMANDS)}[/bold]")
    assert text.count(SHOWN) == 5
    assert all(character.isprintable() or character == "\n" for character in text)


def test_a_tables_cells_stay_in_their_columns_when_they_are_escaped():
    table = Table("name", "boxes")
    table.add_row("a\x1b", "1")
    table.add_row("b", "2")
    lines = printed(table).splitlines()
    assert len({len(line) for line in lines if line}) == 1


def test_styles_and_colours_are_the_terminals_own():
    assert "\x1b[1m" in printed("[bold]a[/bold]", force_terminal=True)


@pytest.mark.parametrize("name", ["[/red]", "[bold]x", "a/b [b]<i>&", ":cat:", "\\", "[/b]\\"])
def test_names_with_markup_are_printed_as_they_are(name):
    table = Table("class")
    table.add_row(escape(name))
    assert name in printed(table)
    file = io.StringIO()
    Terminal(file=file).print_line(name)
    assert file.getvalue() == f"{name}\n"


def test_a_line_feed_in_a_name_begins_no_line(capsys):
    file = io.StringIO()
    Terminal(file=file).print_line("a\nnote: b")
    assert file.getvalue() == "a\\nnote: b\n"
    say("a\r\nb", "c")
    assert capsys.readouterr().out == "a\\r\\nb\nc\n"


@pytest.mark.parametrize("name", ["盒子", "Лев", "😀", "👨\u200d👩", "é", "a b", "किताब"])
def test_names_in_any_script_are_left_as_they_are(name):
    assert printable(name) == name
