"""The data set of a run: opened, checked once, or made."""

from pathlib import Path

import yaml
from rich.progress import Progress

from ave_keras.data import AVE, layout
from ave_keras.data.synthetic import SyntheticAVE
from ave_keras.errors import AVEError
from benchmarks.results.files import lock

PROFILES = yaml.safe_load((Path(__file__).parent / "profiles.yaml").read_text())


def open_data(path, profile, results, skip_bad, console, check=True, entries=()):
    """The data set of a run: `(folder, {"title", "sha256", "bad_rows"})`.

    Without a path, the synthetic AVE of the profile, written once into the results. Features are read once and looked
    through for NaN and Inf before any cell starts; without `check`, which a look at what is done does not need, not.

    Raises:
        AVEError: the data set is broken; in `skip_bad` mode such rows are dropped instead, and named. Or it has not the
            features that `entries`, of the zoo, need.
    """
    if path is None:
        path = _synthetic(PROFILES[profile]["synthetic"], results, console)
    ave = AVE.from_directory(path, skip_bad=skip_bad)
    for split in layout.SPLITS:
        ave.split(split)  # Of which --skip-bad may have left nothing: that is told before any cell starts.
    _refuse_unfit(ave, path, entries)
    bad_rows = [int(row) for row in ave.bad_rows]
    with console.status(f"reading {ave.title}"):
        sha256 = ave.fingerprint()["sha256"]
        clean = results / "data" / f"{sha256[:16]}.checked"
        if check and not bad_rows and not clean.exists():
            _refuse_bad(ave, path)
            clean.parent.mkdir(parents=True, exist_ok=True)
            clean.touch()
    if bad_rows:
        console.print(f"[yellow]{len(bad_rows)} videos dropped for NaN or Inf: rows {bad_rows}[/yellow]")
    title = (
        ave.title
        if ave.is_reference
        else f"{ave.title}, {len(ave.annotations)} videos of {len(ave.class_names)} classes"
    )
    return Path(path), {"title": title, "sha256": sha256, "bad_rows": bad_rows}


def _refuse_unfit(ave, path, entries):
    """Cells of one entry fail all alike: better now than one by one."""
    shape = ave.input_shape("visual")
    attend = [entry.name for entry in entries if entry.model.get("attention")]
    if shape and len(shape) != 4 and attend:
        raise AVEError(
            f"these entries attend and need maps: {', '.join(attend)}",
            file=path,
            key="visual_feature.h5",
            expected="visual features (N, T, H, W, d)",
            found=f"(N, {', '.join(map(str, shape))})",
            fix="Extract maps, or choose others with --entries, such as a, v and av",
        )


def _refuse_bad(ave, path):
    bad = ave.check(range(len(ave.annotations) + ave.features.clips))
    if bad:
        row, file = bad[0]
        raise AVEError(
            "NaN or Inf in a feature",
            file=file,
            key="avadataset",
            expected="finite values",
            found=f"row {row}" + (f" and {len(bad) - 1} more" if len(bad) > 1 else ""),
            fix="Extract these rows again, or drop them with --skip-bad",
        )


def _synthetic(options, results, console):
    name = "_".join(f"{key}-{value}" for key, value in options.items())
    folder = results / "data" / "".join(c if c.isalnum() or c in "-_" else "x" for c in name.replace(", ", "x"))
    if (folder / layout.ANNOTATIONS).exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Of several processes one writes and the others wait; what a killed one left is written again.
    with lock(folder.with_suffix(".lock"), wait=True):
        if not (folder / layout.ANNOTATIONS).exists():
            options = {**options, "visual_shape": tuple(options["visual_shape"])}
            with Progress(console=console) as bar:
                task = bar.add_task("writing the synthetic AVE", total=options["videos"])
                SyntheticAVE(**options).write(folder, force=True, advance=lambda videos: bar.advance(task, videos))
    return folder
