"""
Reading the authors' checkpoints
================================

The authors of the paper released PyTorch files for three models and a Keras 2 file for AVDLN; those of PSP, CMBS and CACE-Net released theirs. AVE-Keras
reads all of them without PyTorch and without running code from the file. We may not redistribute them, so that this tutorial writes a file with
the same names and shapes first.
"""

# %%
# A file under the released names
# -------------------------------
# The official form of ``av_att`` is what the released code computes; the paper's text differs from it in places, and the same weights would
# compute something else there. ``export_weights`` gives the weights their PyTorch names.

import keras
import numpy as np

import zoo
from ave_keras import checkpoints

keras.utils.set_random_seed(0)
trained = zoo.load("av_att", protocol="official")
checkpoints.write("AV_att.pt", checkpoints.export_weights(trained))

# %%
# Look inside
# -----------
# Reading parses the file and maps its arrays. A pickle that calls anything but the constructors of tensors is refused.

file = checkpoints.read("AV_att.pt")
for name, array in list(file.arrays.items())[:8]:
    print(f"{name:28} {array.shape}")
print(len(file.arrays), "tensors")

# %%
# Load it
# -------
# ``zoo.load`` sees the released names and builds the official form. The predictions are those of the model that wrote the file, bit by bit.

model = zoo.load("av_att", weights="AV_att.pt")
rng = np.random.default_rng(0)
x = {
    "audio": rng.random((2, 10, 128), "float32"),
    "visual": rng.random((2, 10, 7, 7, 512), "float32"),
}
assert np.array_equal(model.predict(x, verbose=0), trained.predict(x, verbose=0))
print(model.name, "loaded;", model.predict(x, verbose=0).shape)

# %%
# Start from it
# -------------
# The released DMRN started from A+V-att: attention and both LSTMs are taken, fusion and classifier are new.

dmrn = zoo.load("dmrn_late", init_from="AV_att.pt")
taken = {layer.name: layer.get_weights() for layer in model.layers}
for layer in dmrn.layers:
    if layer.weights:
        trained_weights = taken.get(layer.name, [])
        same = [
            np.array_equal(*pair)
            for pair in zip(layer.get_weights(), trained_weights, strict=False)
        ]
        print(f"{layer.name:12}", "from A+V-att" if same and all(same) else "new")

# %%
# And back
# --------
# After training in Keras, ``ave-keras export-torch model.keras --like AV_att.pt --out new.pt`` writes a file that the released code loads. In
# Python:

checkpoints.write("new.pt", checkpoints.export_weights(model, like=file))
assert all(
    np.array_equal(a, file.arrays[n])
    for n, a in checkpoints.read("new.pt").arrays.items()
)
