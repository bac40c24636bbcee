"""The `sera` program: its verbs, its exit codes, and how errors are shown."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from sera_command import main as program
from sera_command.errors import EXIT_CODES, BadInputError, ExitCode, exit_code, explain

SERA = Path(sys.executable).with_name("sera")


def sera(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (SERA, *words), env={**os.environ, **environ}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("verb", program.VERBS)
def test_every_verb_of_the_table_loads_and_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main([verb, "--help"]) == ExitCode.DONE
    assert capsys.readouterr().out.startswith(f"Usage: sera {verb} ")


def sections(help_text: str) -> dict[str, list[str]]:
    """Return the words and summaries that help shows, by the title above them."""
    output: dict[str, list[str]] = {}
    for line in help_text.splitlines():
        if line.endswith(":") and not line.startswith(" "):
            output[line[:-1]] = []
        elif line.startswith("  ") and output:
            output[[*output][-1]].append(line.strip())
    return output


def test_help_lists_every_verb_once_below_the_title_of_its_folder() -> None:
    output = sections(sera("--help", COLUMNS="80").stdout)
    assert [*output][1:] == [*program.SECTIONS.values()]
    for section, title in program.SECTIONS.items():
        verbs = [name for name, verb in program.VERBS.items() if verb.section == section]
        listed = [line.partition(" ")[0] for line in output[title]]
        assert listed[: len(verbs)] == verbs
        assert verbs != []
    assert {verb.section for verb in program.VERBS.values()} == set(program.SECTIONS)


def test_help_shows_every_summary_whole_on_a_narrow_terminal() -> None:
    width = max(map(len, program.VERBS))
    output = {line for lines in sections(sera("--help", COLUMNS="80").stdout).values() for line in lines}
    assert output >= {f"{name:{width}}  {verb.summary}" for name, verb in program.VERBS.items()}


def help_texts() -> list[str]:
    """Return every sentence of help: of verbs, of their commands, and of what these take."""
    texts = [verb.summary for verb in program.VERBS.values()]
    for name in program.VERBS:
        loaded = program.load(name)
        for command in (loaded, *getattr(loaded, "commands", {}).values()):
            texts += [command.help or "", *(getattr(param, "help", None) or "" for param in command.params)]
    return texts


def test_help_says_what_a_command_does_in_plain_words() -> None:
    unplain = re.compile(
        r"^(Say|Tell|Give|Have|Let|Look at|Bring)\b|\b(nobody|somebody|anew)\b|\bhow \w+ stands?\b"
    )
    assert [text for text in help_texts() if unplain.search(text)] == []


def packages_loaded_by(*words: str) -> set[str]:
    loaded = subprocess.run(
        (sys.executable, "-X", "importtime", "-m", "sera_command", *words),
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in loaded.stderr.splitlines()}


def test_help_starts_at_once_since_it_loads_no_verb() -> None:
    packages = packages_loaded_by("--help")
    assert "sera_command" in packages
    assert not packages & {
        "numpy",
        "scipy",
        "pint",
        "influxdb_client",
        "sera_analysis",
        "sera_gateway",
        "sera_store",
    }


@pytest.mark.parametrize("verb", ["readings", "deadletters", "completeness", "export"])
def test_a_verb_that_reads_the_store_loads_neither_units_nor_statistics(verb: str) -> None:
    packages = packages_loaded_by(verb, "--help")
    assert "sera_store" in packages
    assert not packages & {"scipy", "pint", "pandas", "pyarrow", "influxdb_client"}


def test_an_unknown_verb_is_a_usage_error_on_stderr() -> None:
    refused = sera("water-the-roses")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "No such command 'water-the-roses'" in refused.stderr


@pytest.fixture
def failing_verb(monkeypatch: pytest.MonkeyPatch) -> None:
    """A verb `fail` that raises the error which its argument names."""
    app = typer.Typer()

    @app.command()
    def fail(kind: str) -> None:
        raise {
            "input": BadInputError("garden.toml, line 3: no such garden"),
            "port": OSError(errno.EADDRINUSE, "Address already in use"),
            "bug": ZeroDivisionError("division by zero"),
            "no": typer.Exit(ExitCode.CHECK_FAILED),
            "stop": KeyboardInterrupt(),
        }[kind]

    module = type(sys)("failing_verb")
    module.app = app  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "failing_verb", module)
    monkeypatch.setitem(program.VERBS, "fail", program.Verb("failing_verb", "Fail."))


@pytest.mark.usefixtures("failing_verb")
@pytest.mark.parametrize(("kind", "code"), [("input", 3), ("port", 4), ("bug", 70), ("no", 1), ("stop", 130)])
def test_each_kind_of_error_has_its_exit_code(kind: str, code: int) -> None:
    assert program.main(["fail", kind]) == code


@pytest.mark.usefixtures("failing_verb")
def test_an_error_is_one_line_without_a_traceback_unless_it_is_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SERA_TRACEBACK", raising=False)
    program.main(["fail", "input"])
    assert capsys.readouterr() == ("", "sera: garden.toml, line 3: no such garden\n")
    monkeypatch.setenv("SERA_TRACEBACK", "1")
    program.main(["fail", "input"])
    assert "Traceback" in capsys.readouterr().err


def test_a_fault_of_ours_asks_for_a_report() -> None:
    assert "SERA_TRACEBACK=1" in explain(ZeroDivisionError("division by zero"))


@pytest.mark.parametrize("name", EXIT_CODES)
def test_every_class_in_the_table_of_exit_codes_exists(name: str) -> None:
    module, _, kind = name.rpartition(".")
    assert issubclass(getattr(__import__(module, fromlist=[kind]), kind), BaseException)


def test_a_subclass_has_the_code_of_its_nearest_base() -> None:
    assert exit_code(ConnectionRefusedError()) is ExitCode.PART_MISSING
    assert exit_code(OSError(errno.ENOSPC, "full")) is ExitCode.CANNOT_WRITE
    assert exit_code(OSError(errno.EIO, "broken")) is ExitCode.INTERNAL


def test_a_library_that_is_not_there_is_named_with_the_way_to_it_and_a_module_of_ours_is_a_fault() -> None:
    error = ModuleNotFoundError("No module named 'apprise.plugins'", name="apprise.plugins")
    assert exit_code(error) is ExitCode.PART_MISSING
    assert "apprise is not in this environment" in explain(error)
    assert "make environment" in explain(error)
    own_error = ModuleNotFoundError("No module named 'sera_store.gone'", name="sera_store.gone")
    assert exit_code(own_error) is ExitCode.INTERNAL
    assert "This is a fault of Sera" in explain(own_error)
