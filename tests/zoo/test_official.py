"""The official protocol against PyTorch, and the released code's habits."""

import numpy as np
import pytest

import zoo
from ave_keras import checkpoints
from ave_keras.data import AVE
from tests import small

FORMS = ("av_att", "w_av_att", "dmrn_late")
STEPS = 20


def theirs(module, batches, target):
    """Losses of PyTorch's training as the released scripts do it."""
    import torch

    optimizer, loss = torch.optim.Adam(module.parameters(), lr=1e-3), torch.nn.MultiLabelSoftMarginLoss()
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 15000, 0.1)
    losses = []
    for x, y in batches:
        module.zero_grad()
        answer = module(*(torch.tensor(x[key]) for key in ("audio", "visual")))
        value = loss(target(answer), torch.tensor(target(y)))
        value.backward()
        optimizer.step()
        scheduler.step()
        losses.append(value.item())
    return losses


@pytest.mark.parametrize("entry", FORMS)
def test_twenty_steps_equal_those_of_pytorch(entry, tmp_path):
    import torch

    released = pytest.importorskip("tests.released")
    torch.manual_seed(0)
    module = released.Net(released.SMALL, **released.FORMS[entry])
    torch.save(module, tmp_path / "net.pt", _use_new_zipfile_serialization=False)
    model = small.load(entry, weights=tmp_path / "net.pt")
    batches = [small.batch(entry, 8, seed) for seed in range(STEPS)]
    ours = [float(model.train_on_batch(x, y, return_dict=True)["loss"]) for x, y in batches]
    expected = theirs(module, batches, lambda y: y["video"] if entry == "w_av_att" else y)
    # Asked for is 1e-4, and what Keras' own Adam does stays within that for two of the three.
    np.testing.assert_allclose(ours, expected, atol=1e-6)
    found, trained = checkpoints.export_weights(model), module.state_dict()
    for name in found:
        if "bias_ih" in name:
            other = name.replace("bias_ih", "bias_hh")
            np.testing.assert_allclose(found[name], (trained[name] + trained[other]).numpy(), atol=1e-5)
        elif "bias_hh" not in name:
            np.testing.assert_allclose(found[name], trained[name].numpy(), atol=1e-5, err_msg=name)


def test_order_and_batches():
    """Class-sorted as the split is, the last partial batch left out, the background clips behind the weak task's."""
    ave = AVE.synthetic(40, classes=2, segments=4, audio_dim=6, visual_shape=(2, 2, 4), background_videos=3)
    split = ave.split("train")
    for name in ("av_att", "w_av_att"):
        entry = zoo.entry(name, "official").with_recipe(batch_size=8)
        dataset = zoo.training.train_dataset(entry, ave)
        rows = np.concatenate([split, ave.background_rows]) if entry.task == "weak" else split
        for epoch in (0, 1):
            dataset.set_epoch(epoch)
            np.testing.assert_array_equal(dataset.rows, rows)
        assert len(dataset) == len(rows) // 8
        paper = zoo.training.train_dataset(zoo.entry(name).with_recipe(batch_size=8), ave)
        assert sorted(paper.rows) == sorted(split) and paper.rows.tolist() != split.tolist()


def test_schedule_and_epochs():
    recipe = zoo.entry("w_av_att", "official").recipe
    assert (recipe.epochs, zoo.entry("dmrn_late", "official").recipe.epochs) == (250, 300)
    rate = recipe.make_optimizer()._learning_rate
    assert [float(rate(step)) for step in (0, 14_999, 15_000, 29_999)] == pytest.approx([1e-3, 1e-3, 1e-4, 1e-4])
    assert list(zoo.training.validation_epochs(recipe))[:3] == [1, 6, 11]
    assert list(zoo.training.validation_epochs(zoo.entry("a").with_recipe(epochs=3).recipe)) == [1, 2, 3]


def test_the_paper_protocol_is_what_it_was():
    """A new option stands in the official overlay alone, so that figures measured before it still hold."""
    for name in zoo.list():
        assert "init" not in zoo.entry(name).model and zoo.entry(name).recipe.optimizer != "torch_adam"
