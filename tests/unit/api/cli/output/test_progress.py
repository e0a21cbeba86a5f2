"""Where nobody sees a bar, a long command says now and then how far it is, and a short one nothing."""

import pytest

from api.cli.output.progress import SECONDS_BETWEEN_LINES, ProgressLines, progress_bar


@pytest.fixture
def now():
    return [0.0]


def test_a_long_command_says_a_line_now_and_then_of_whichever_task_it_is_at(now, capsys):
    with ProgressLines(clock=lambda: now[0]) as progress:
        plan, task = progress.add_task("planning", total=None), progress.add_task("deciding", total=5_000)
        progress.advance(plan, 40)
        now[0] += SECONDS_BETWEEN_LINES
        progress.advance(plan, 1_160)
        progress.update(task, completed=7)
        now[0] += SECONDS_BETWEEN_LINES
        progress.update(task, completed=2_500, total=4_999)
    assert capsys.readouterr().err == "planning: 1,200\ndeciding: 2,500 of 4,999\n"


def test_a_short_command_says_nothing(now, capsys):
    with ProgressLines(clock=lambda: now[0]) as progress:
        task = progress.add_task("deciding", total=2)
        progress.advance(task)
        now[0] += SECONDS_BETWEEN_LINES - 1
        progress.advance(task)
    assert capsys.readouterr() == ("", "")


def test_a_pipe_gets_lines_and_no_bar():
    assert isinstance(progress_bar(), ProgressLines)
