"""Exit codes, the errors that carry them, and the group of commands that turns every ending into one of them."""

from __future__ import annotations

import enum
import errno
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any

import click

from placement.report.text import clean

if TYPE_CHECKING:
    from placement.program import Status


class ExitCode(enum.IntEnum):
    """How a command ended. Stopped by a signal, it ends with 128 and the signal's number: 130 for Ctrl-C, 143 for SIGTERM."""

    OK = 0
    VIOLATIONS = 1
    BAD_INPUT = 2
    INFEASIBLE = 3
    NO_PLAN = 4
    INTERNAL = 70
    INTERRUPTED = 130
    BROKEN_PIPE = 141


def ending(status: Status, found: bool, interrupted: int | None) -> int:
    """How a search ended: by a signal, with something found, with proof that there is nothing, or without either."""
    from placement.program import Status

    if interrupted is not None:
        return interrupted
    if found:
        return ExitCode.OK
    return ExitCode.INFEASIBLE if status is Status.INFEASIBLE else ExitCode.NO_PLAN


class BadInput(click.ClickException):
    """Something given is wrong; the message ends in the remedy. What it quotes of files cannot move the cursor."""

    exit_code = ExitCode.BAD_INPUT

    def format_message(self) -> str:
        return "\n".join(clean(line) for line in self.message.split("\n"))


class InternalError(click.ClickException):
    """A bug of this program."""

    exit_code = ExitCode.INTERNAL

    def format_message(self) -> str:
        return f"internal error, please report it: {self.message}"


NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""A write failed because the place to write to is full; no fault of this program."""

NO_PLACE = (
    errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR, errno.ELOOP, errno.EACCES, errno.EPERM, errno.EROFS,
)  # fmt: skip
"""A name that was given means nothing that can be read or written: too long, a folder in place of a file, not allowed."""


class Commands(click.Group):
    """Commands whose every ending has its exit code; an error that nobody expected is an internal one."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except (KeyboardInterrupt, click.Abort):
            raise click.exceptions.Exit(ExitCode.INTERRUPTED) from None
        except OSError as error:
            if error.errno in NO_ROOM:
                _silence_stdout()
                raise BadInput(f"cannot write: {error.strerror}; free some room, or write elsewhere") from None
            if error.errno in NO_PLACE and error.filename is not None:
                raise BadInput(f"cannot use {os.fsdecode(error.filename)}: {error.strerror}; name another file") from None
            if error.errno != errno.EPIPE:
                raise _internal(error) from error
            _silence_stdout()
            raise click.exceptions.Exit(ExitCode.BROKEN_PIPE) from None
        except Exception as error:
            from placement.files.errors import InputErrors

            if isinstance(error, InputErrors):
                raise BadInput(str(error)) from None
            raise _internal(error) from error


def _internal(error: Exception) -> InternalError:
    traceback.print_exception(error, file=sys.stderr)
    return InternalError(f"{type(error).__name__}: {error}")


def _silence_stdout() -> None:
    """Stdout takes no more: what is still buffered must not raise again when Python exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
