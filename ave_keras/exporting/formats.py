"""The formats: what each needs, and how a file of it is run.

Keras writes all four from TensorFlow; from PyTorch or JAX it writes some of them, for some models, with further
packages. So it is TensorFlow that converts, whatever backend a model was trained on.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from ave_keras.errors import AVEError
from ave_keras.runtime.packages import require

# The module and the extra.
TENSORFLOW = "tensorflow"


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        name: on the command line.
        keras: in `keras.Model.export`.
        suffix: of the file; empty where it is a folder.
        needs: modules that write it, TensorFlow aside.
        runtime: the module that runs it.
        extra: of ave-keras, that brings these modules.
        open: `open(path)` gives `f({input: array}) -> {output: array}`.
        unroll: whether its runtime has no loops, so that an LSTM becomes T steps.
        beside: suffix of a second file under the same name.
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
        """What installs everything."""
        return f'pip install "ave-keras[{",".join(dict.fromkeys((TENSORFLOW, self.extra)))}]"'

    def check_installed(self) -> None:
        """Refuses to begin where a module that writes it is missing.

        Raises:
            AVEError: which, and what installs it.
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
        # TensorFlow says that this interpreter is to move to ai-edge-litert, which is the same and a further 22 MB.
        warnings.simplefilter("ignore", UserWarning)
        runner = tensorflow.lite.Interpreter(str(path)).get_signature_runner()
    return lambda x: runner(**x)


def _open_openvino(path):
    # Where a CPU has bfloat16, OpenVINO computes in it unless told otherwise.
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
