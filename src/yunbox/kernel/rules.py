"""Rules that texts must keep: one place for a parameter's letters and length, whoever asks - a protocol or a command.

The codes are those by which the vendor's APIs name such faults: the parameter, and what is wrong with it.
"""

import re
from dataclasses import dataclass

from yunbox.kernel.errors import InvalidArgument


@dataclass(frozen=True)
class Text:
    """A text of ``least`` to ``most`` characters, of certain letters where ``letters`` is a pattern for one of them."""

    most: int
    least: int = 0
    letters: str = ""

    def check(self, name: str, value: str) -> str:
        """Return the value of a parameter. Raises InvalidArgument with the vendor's code."""
        if not self.least <= len(value) <= self.most:
            raise InvalidArgument(
                f'The parameter - "{name}" beyond the length limit: it has {self.least} to {self.most} characters.',
                code=f"InvalidParameter.{name}.Length",
            )
        if self.letters and not re.fullmatch(f"(?:{self.letters})*", value):
            raise InvalidArgument(
                f'The parameter - "{name}" contains invalid chars.', code=f"InvalidParameter.{name}.InvalidChars"
            )
        return value


@dataclass(frozen=True)
class Number:
    """A whole number within bounds."""

    least: int
    most: int

    def check(self, name: str, value: int) -> int:
        """Return the value of a parameter. Raises InvalidArgument with the vendor's code."""
        if not self.least <= value <= self.most:
            raise InvalidArgument(
                f'The parameter - "{name}" is not between {self.least} and {self.most}.',
                code=f"InvalidParameter.{name}",
            )
        return value


@dataclass(frozen=True)
class Choice:
    """One of some words."""

    words: tuple[str, ...]

    def check(self, name: str, value: str) -> str:
        """Return the value of a parameter. Raises InvalidArgument with the vendor's code."""
        if value not in self.words:
            raise InvalidArgument(
                f'The parameter - "{name}" is not one of {", ".join(self.words)}.', code=f"InvalidParameter.{name}"
            )
        return value


@dataclass(frozen=True)
class Form:
    """A text that a pattern fits as a whole."""

    pattern: str
    most: int

    def check(self, name: str, value: str) -> str:
        """Return the value of a parameter. Raises InvalidArgument with the vendor's code."""
        if len(value) > self.most or not re.fullmatch(self.pattern, value):
            raise InvalidArgument(
                f'The parameter - "{name}" is not in the right form.', code=f"InvalidParameter.{name}.Format"
            )
        return value


Rule = Text | Number | Choice | Form
