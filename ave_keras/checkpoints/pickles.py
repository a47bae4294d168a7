"""A pickle reader that cannot run code: it builds plain values and passes every name to its caller.

Python's unpickler, even a restricted one, is not used: it allocates as much memory as a file requests, and it supports
more instructions than weights need. `pickletools` splits the file into instructions without executing them.
"""

import pickletools

CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
LITERALS = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    *("UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
}
EMPTY = {"EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_TUPLE": tuple, "EMPTY_SET": set}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
IGNORED = {"PROTO", "FRAME", "STOP"}
# No tuples: Python hashes them recursively, and a deeply nested tuple would crash it.
KEYS = (str, int, float, bytes, type(None))


class PickleMachine:
    """Pickle's stack machine, for plain values.

    Args:
        allowlist: The object that resolves names, calls and references to storages, with the methods `name(text)`,
            `call(function, arguments)`, `build(value, state)` and `persistent(identifier)`.
    """

    def __init__(self, allowlist):
        self.allowlist = allowlist
        self.stack, self.marks, self.memo = [], [], {}

    def run(self, file):
        """Reads the next pickle in `file`, and leaves the position of `file` after it.

        Raises:
            ValueError, LookupError, TypeError: The file is truncated or damaged.
            AVEError: The allowlist refuses a type or call.
        """
        for opcode, argument, _ in pickletools.genops(file):
            self._step(opcode.name, argument)
        (value,) = self.stack
        if self.marks:
            raise ValueError("a mark is not closed")
        return value

    def _step(self, opcode, argument):
        if opcode in LITERALS:
            self.stack.append(argument)
        elif opcode in CONSTANTS:
            self.stack.append(CONSTANTS[opcode])
        elif opcode in EMPTY:
            self.stack.append(EMPTY[opcode]())
        elif opcode in TUPLES:
            self.stack.append(tuple(self._take(TUPLES[opcode])))
        elif opcode in ("BINGET", "LONG_BINGET", "GET"):
            self.stack.append(self.memo[argument])
        elif opcode in ("BINPUT", "LONG_BINPUT", "PUT"):
            self.memo[argument] = self.stack[-1]
        elif opcode not in IGNORED:
            step = getattr(self, f"_{opcode.lower()}", None)
            if step is None:
                raise ValueError(f"the instruction {opcode} is not allowed")
            step(argument)

    def _take(self, count=None):
        """Pops the last `count` values, or all values since the last mark."""
        if count is None:
            values, self.stack = self.stack, self.marks.pop()
            return values
        if count > len(self.stack):
            raise ValueError("a value is missing")
        values = self.stack[-count:]
        del self.stack[-count:]
        return values

    def _mark(self, _):
        self.marks.append(self.stack)
        self.stack = []

    def _pop(self, _):
        self._take(1)

    def _pop_mark(self, _):
        self._take()

    def _memoize(self, _):
        self.memo[len(self.memo)] = self.stack[-1]

    def _tuple(self, _):
        values = self._take()
        self.stack.append(tuple(values))

    def _list(self, _):
        values = self._take()
        self.stack.append(values)

    def _dict(self, _):
        values = self._take()
        self.stack.append({})
        self._fill(values)

    def _append(self, _):
        (value,) = self._take(1)
        self._target(list).append(value)

    def _appends(self, _):
        values = self._take()
        self._target(list).extend(values)

    def _additems(self, _):
        values = self._take()
        self._target(set).update(map(checked_key, values))

    def _setitem(self, _):
        self._fill(self._take(2))

    def _setitems(self, _):
        self._fill(self._take())

    def _fill(self, values):
        target = self._target(dict)
        target.update((checked_key(key), value) for key, value in zip(values[::2], values[1::2], strict=True))

    def _target(self, kind):
        if not isinstance(self.stack[-1], kind):
            raise TypeError(f"no {kind.__name__} to put a value into")
        return self.stack[-1]

    def _global(self, argument):
        module, _, name = argument.partition(" ")
        self.stack.append(self.allowlist.name(f"{module}.{name}"))

    def _stack_global(self, _):
        self.stack.append(self.allowlist.name("{}.{}".format(*(checked_text(part) for part in self._take(2)))))

    def _inst(self, argument):
        arguments = self._take()
        self._global(argument)
        self._call(*self._take(1), tuple(arguments))

    def _obj(self, _):
        function, *arguments = self._take()
        self._call(function, tuple(arguments))

    def _reduce(self, _):
        self._call(*self._take(2))

    def _newobj(self, _):
        self._call(*self._take(2))

    def _call(self, function, arguments):
        self.stack.append(self.allowlist.call(function, arguments))

    def _build(self, _):
        value, state = self._take(2)
        self.stack.append(self.allowlist.build(value, state))

    def _binpersid(self, _):
        (identifier,) = self._take(1)
        self.stack.append(self.allowlist.persistent(identifier))


def checked_key(key):
    """Returns `key` if its type is allowed; raises `TypeError` otherwise."""
    if not isinstance(key, KEYS):
        raise TypeError(f"a key of type {type(key).__name__}")
    return key


def checked_text(value):
    """Returns `value` if it is a string; raises `TypeError` otherwise."""
    if not isinstance(value, str):
        raise TypeError(f"a name of type {type(value).__name__}")
    return value
