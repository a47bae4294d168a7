"""Opens and checks the data set of a run, or generates a synthetic one."""

from pathlib import Path

import yaml
from rich.progress import Progress

from ave_keras.data import AVE, layout
from ave_keras.data.synthetic import SyntheticAVE
from ave_keras.errors import AVEError
from benchmarks.results.files import lock

PROFILES = yaml.safe_load((Path(__file__).parent / "profiles.yaml").read_text())


def open_data(path, profile, results, skip_bad, console, check=True, entries=()):
    """Opens the data set of a run and reports problems before any cell starts.

    Args:
        path: The folder of the data set; None for the profile's synthetic AVE, written once to the results folder.
        profile: The name of the profile.
        results: The results folder.
        skip_bad: Whether to drop videos with NaN or Inf instead of raising an error.
        console: The Rich console for progress and warnings.
        check: Whether to search all features for NaN and Inf, unless an earlier run has.
        entries: The `zoo.Entry`s that need the data.

    Returns:
        `(folder, {"title", "sha256", "bad_rows"})`.

    Raises:
        AVEError: The data set is invalid, or lacks features that `entries` need.
    """
    if path is None:
        path = _synthetic(PROFILES[profile]["synthetic"], results, console)
    ave = AVE.from_directory(path, skip_bad=skip_bad)
    for split in layout.SPLITS:
        ave.split(split)  # Raises an error if --skip-bad leaves the split empty.
    _refuse_flat_features(ave, path, entries)
    bad_rows = [int(row) for row in ave.bad_rows]
    with console.status(f"reading {ave.title}"):
        sha256 = ave.fingerprint()["sha256"]
        marker = results / "data" / f"{sha256[:16]}.checked"
        if check and not bad_rows and not marker.exists():
            _refuse_bad(ave, path)
            marker.parent.mkdir(parents=True, exist_ok=True)
            marker.touch()
    if bad_rows:
        console.print(f"[yellow]{len(bad_rows)} videos dropped for NaN or Inf: rows {bad_rows}[/yellow]")
    title = (
        ave.title
        if ave.is_reference
        else f"{ave.title}, {len(ave.annotations)} videos of {len(ave.class_names)} classes"
    )
    return Path(path), {"title": title, "sha256": sha256, "bad_rows": bad_rows}


def _refuse_flat_features(ave, path, entries):
    """Raises an error if entries with attention would run on features without maps."""
    shape = ave.input_shape("visual")
    with_attention = [entry.name for entry in entries if entry.model.get("attention")]
    if shape and len(shape) != 4 and with_attention:
        raise AVEError(
            f"these entries have attention and need maps: {', '.join(with_attention)}",
            file=path,
            key="visual_feature.h5",
            expected="visual features (N, T, H, W, d)",
            found=f"(N, {', '.join(map(str, shape))})",
            fix="Extract maps, or choose other entries with --entries, such as a, v and av",
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
    # One process writes and the others wait; partial files of a killed process are written again.
    with lock(folder.with_suffix(".lock"), wait=True):
        if not (folder / layout.ANNOTATIONS).exists():
            options = {**options, "visual_shape": tuple(options["visual_shape"])}
            with Progress(console=console) as bar:
                task = bar.add_task("writing the synthetic AVE", total=options["videos"])
                SyntheticAVE(**options).write(folder, force=True, advance=lambda videos: bar.advance(task, videos))
    return folder
