"""The error that bad input raises, and what other errors say."""


class AVEError(ValueError):
    """Bad input: what is wrong, where, and how to fix it.

    The message reads `<what> (<file>, key '<key>'): expected …, found …. <fix>`, without the parts that are None.

    Args:
        what: The problem, in a few words.
        file: The file with the problem.
        key: The HDF5 key, YAML key, column or argument.
        expected: The expected value.
        found: The actual value.
        fix: How to fix it, one imperative sentence.
    """

    def __init__(self, what, *, file=None, key=None, expected=None, found=None, fix=None):
        place = ", ".join(filter(None, [str(file) if file is not None else None, f"key '{key}'" if key else None]))
        details = ", ".join(
            f"{name} {value}" for name, value in (("expected", expected), ("found", found)) if value is not None
        )
        message = f"{what} ({place})" if place else what
        if details:
            message += f": {details}"
        super().__init__(f"{message}. {fix}" if fix else f"{message}.")
        self.file, self.key, self.expected, self.found, self.fix = file, key, expected, found, fix

    def __reduce__(self):
        """Pickles the finished message: formatting it again would add another full stop."""
        return _restored, (type(self), str(self), self.__dict__)


def _restored(kind, message, attributes):
    error = kind.__new__(kind, message)
    error.__dict__.update(attributes)
    return error


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or the name of its class if it has none."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
