"""The export formats: which packages they need, and how to run their files.

Keras writes all four with TensorFlow; with PyTorch or JAX it writes only some of them, for some models. TensorFlow
therefore converts every model, whatever backend it was trained with.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from ave_keras.errors import AVEError
from ave_keras.runtime.packages import require

# Name of the module and of the extra.
TENSORFLOW = "tensorflow"


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        name: Name on the command line.
        keras: Name in `keras.Model.export`.
        suffix: Suffix of the file; empty for a folder.
        needs: Modules that write it, besides TensorFlow.
        runtime: Module that runs it.
        extra: Extra of ave-keras that installs these modules.
        open: a function `open(path)` that returns `f({input: array}) -> {output: array}`.
        unroll: Whether to unroll LSTMs into T steps, for runtimes without loops.
        beside: Suffix of a second file with the same name.
    """

    name: str
    keras: str
    suffix: str
    needs: tuple
    runtime: str
    extra: str
    open: Callable
    unroll: bool = False
    beside: str = ""

    @property
    def runs_here(self) -> bool:
        """Whether the runtime is installed."""
        return find_spec(self.runtime) is not None

    @property
    def install(self) -> str:
        """The command that installs everything."""
        return f'pip install "ave-keras[{",".join(dict.fromkeys((TENSORFLOW, self.extra)))}]"'

    def check_installed(self) -> None:
        """Checks that the modules that write it are installed.

        Raises:
            AVEError: a module is missing.
        """
        missing = [module for module in (TENSORFLOW, *self.needs) if not find_spec(module)]
        if missing:
            raise AVEError(f"writing {self.name} needs {' and '.join(missing)}, not installed here", fix=self.install)


def _open_onnx(path):
    runtime = require("onnxruntime", "export")
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return lambda x: dict(zip(names, session.run(names, x), strict=True))


def _open_saved_model(path):
    tensorflow = require(TENSORFLOW, TENSORFLOW)
    loaded = tensorflow.saved_model.load(str(path))

    def run(x):
        found = loaded.signatures["serving_default"](**{key: tensorflow.constant(value) for key, value in x.items()})
        return {key: value.numpy() for key, value in found.items()}

    return run


def _open_litert(path):
    tensorflow = require(TENSORFLOW, TENSORFLOW)
    with warnings.catch_warnings():
        # TensorFlow announces the move of this interpreter to ai-edge-litert, another 22 MB with the same code.
        warnings.simplefilter("ignore", UserWarning)
        runner = tensorflow.lite.Interpreter(str(path)).get_signature_runner()
    return lambda x: runner(**x)


def _open_openvino(path):
    # OpenVINO computes in bfloat16 by default on CPUs that support it.
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = require("openvino", "openvino").Core().compile_model(str(path), "CPU", exact)

    def run(x):
        found = compiled(x)
        return {name: found[output] for output in compiled.outputs for name in output.get_names()}

    return run


FORMATS = {
    form.name: form
    for form in (
        Format("onnx", "onnx", ".onnx", ("tf2onnx", "onnx"), "onnxruntime", "export", _open_onnx),
        Format("saved_model", "tf_saved_model", "", (), TENSORFLOW, TENSORFLOW, _open_saved_model),
        Format("litert", "litert", ".tflite", (), TENSORFLOW, TENSORFLOW, _open_litert, unroll=True),
        Format(
            "openvino", "openvino", ".xml", ("openvino",), "openvino", "openvino", _open_openvino, True, beside=".bin"
        ),
    )
}
