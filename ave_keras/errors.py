"""The one error that user input raises."""


class AVEError(ValueError):
    """Bad input, told so that the reader can mend it.

    The message reads `<what> (<file>, key '<key>'): expected …, found …. <fix>`; parts that are not given are left out.

    Args:
        what: what is wrong, in a few words.
        file: the file that holds it.
        key: the HDF5 key, YAML key, column or argument inside the file.
        expected: what should stand there.
        found: what stands there.
        fix: the way out, a sentence.
    """

    def __init__(self, what, *, file=None, key=None, expected=None, found=None, fix=None):
        place = ", ".join(filter(None, [str(file) if file is not None else None, f"key '{key}'" if key else None]))
        facts = ", ".join(
            f"{name} {value}" for name, value in (("expected", expected), ("found", found)) if value is not None
        )
        message = f"{what} ({place})" if place else what
        if facts:
            message += f": {facts}"
        super().__init__(f"{message}. {fix}" if fix else f"{message}.")
        self.file, self.key, self.expected, self.found, self.fix = file, key, expected, found, fix

    def __reduce__(self):
        """Pickled as it reads: made again from its message, it would get another full stop."""
        return _restored, (type(self), str(self), self.__dict__)


def _restored(kind, message, facts):
    error = kind.__new__(kind, message)
    error.__dict__.update(facts)
    return error
