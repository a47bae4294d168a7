"""
Running a model without Keras
=============================

For a phone, a server in another language, or a machine where nothing may be installed: export a model to ONNX and run it in
onnxruntime. SavedModel, LiteRT and OpenVINO go the same way.
"""

# %%
# Export
# ------
# The file is run in its runtime at once and compared with Keras. If an output differs by more than 1e-4, nothing is written.

import numpy as np
import onnxruntime

import zoo
from ave_keras.exporting import export

model = zoo.load("av_att", num_classes=5, visual_shape=(7, 7, 16))
exported = export(model, "av_att.onnx", overwrite=True)
print(f"{exported.path}: largest difference from Keras {exported.difference:.1e}")

# %%
# Run
# ---
# From here on there is no Keras: an ONNX session takes arrays with the names of the inputs. The batch size is free.

session = onnxruntime.InferenceSession("av_att.onnx")
for value in [*session.get_inputs(), *session.get_outputs()]:
    print(value.name, value.shape)

rng = np.random.default_rng(0)
x = {
    "audio": rng.random((3, 10, 128), "float32"),
    "visual": rng.random((3, 10, 7, 7, 16), "float32"),
}
(segments,) = session.run(None, x)
print(
    "probabilities",
    segments.shape,
    "class of each second of the first video:",
    segments[0].argmax(-1),
)

# %%
# The same in Keras:

print(
    f"largest difference: {np.abs(segments - model.predict(x, verbose=0)).max():.1e}"
)
