"""`ave-keras extract`: turn videos into a data set."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ave_keras.errors import AVEError
from ave_keras.runtime.cluster import check_options
from ave_keras.runtime.packages import require
from zoo.cli.options import DownmixOption, EncoderOption, encoder_options
from zoo.cli.terminal import console, progress

if TYPE_CHECKING:
    from ave_keras.features.extraction.ray_executor import RayExecutor


def extract(
    videos: Annotated[list[Path], typer.Argument(help="Video files, folders of them, or folders of pictures.")],
    out: Annotated[Path, typer.Option(help="Output folder, in the official layout.")],
    annotations: Annotated[
        Path | None,
        typer.Option(
            help="Annotations.txt, or a CSV or tab-separated file with the columns video, class, start, end (seconds) "
            "and optionally split. [default: Annotations.txt in the folder of videos, as in AVE_Dataset]"
        ),
    ] = None,
    background: Annotated[
        list[Path] | None,
        typer.Option(help="Videos without an event for the weak task, as files or folders; repeatable."),
    ] = None,
    audio_encoder: Annotated[
        str, typer.Option(help="vggish, yamnet, logmel, which needs no weights, or your own as module:attribute.")
    ] = "vggish",
    visual_encoder: Annotated[
        str,
        typer.Option(
            help="vgg19, c3d, efficientnet_lite0, patches, which needs no weights, applications:NAME for a network of "
            "keras.applications, hub:PRESET for one of keras-hub, or your own as module:attribute."
        ),
    ] = "vgg19",
    audio_weights: Annotated[str | None, typer.Option(help="Weights file of the audio encoder, or random.")] = None,
    visual_weights: Annotated[
        str | None, typer.Option(help="Weights file of the visual encoder, or random, or imagenet.")
    ] = None,
    audio_option: EncoderOption = None,
    visual_option: EncoderOption = None,
    segments: Annotated[
        int | None, typer.Option(help="Seconds per video. [default: the videos' length, if all agree]")
    ] = None,
    overlap: Annotated[
        float, typer.Option(help="Part of a second that an event must fill to cover it; for times such as 1.4.")
    ] = 0.5,
    title: Annotated[
        str | None, typer.Option(help="Name of the data set in tables. [default: the folder's name]")
    ] = None,
    dtype: Annotated[str, typer.Option(help="Type of the stored features: float32 or float16.")] = "float32",
    silent: Annotated[bool, typer.Option("--silent", help="Use silence for videos without sound.")] = False,
    decoder: Annotated[str, typer.Option(help="Sound decoder: pyav, or tfio for wav and flac.")] = "pyav",
    downmix: DownmixOption = "mean",
    executor: Annotated[
        str, typer.Option(help="Where to run: local, on this machine; or ray, on a Ray cluster.")
    ] = "local",
    workers: Annotated[
        int | None, typer.Option(help="Worker processes (local); 0 encodes in the main process. [default: 1]")
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            help="HOST:PORT of the cluster (ray). [default: RAY_ADDRESS, this machine's cluster, or a new one]"
        ),
    ] = None,
    gpus_per_worker: Annotated[
        float | None,
        typer.Option(help="GPUs per encoder, such as 0.25 (ray). [default: 0, one encoder per node on CPUs]"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing data set.")] = False,
) -> None:
    """Turn videos into features in the official layout, with extraction.json, which records how they were made.

    After an interruption, the same command resumes. Unreadable videos are listed at the end, and the exit code is 1.
    Needs PyAV: `pip install "ave-keras[video]"`. On Ray, CPUs decode and GPUs encode; videos and weights must be at the
    same path on all nodes, and the videos of a node that dies are processed again.

    Examples:

    ave-keras extract AVE_Dataset --out AVE_NEW --audio-weights vggish-10086976.pth

    ave-keras extract clips --annotations Annotations.txt --out OWN --audio-weights vggish-10086976.pth

    ave-keras extract clips --annotations events.csv --out TRY --audio-weights random --visual-weights random

    ave-keras extract clips --annotations events.csv --out OWN --executor ray --gpus-per-worker 0.25
    """
    from ave_keras.features.extraction.pipeline import extract as run

    if dtype not in ("float32", "float16"):
        raise AVEError("invalid type", key="--dtype", expected="float32 or float16", found=repr(dtype))
    if segments is not None and segments < 1:
        raise AVEError("invalid number", key="--segments", expected="1 or more", found=segments)
    place = choose_executor(executor, workers, address, gpus_per_worker)
    with progress() as bars:
        task = bars.add_task("videos", total=None)
        made = run(
            videos,
            annotations,
            out,
            background=background or (),
            audio=(audio_encoder, encoder_options(audio_weights, audio_option)),
            visual=(visual_encoder, encoder_options(visual_weights, visual_option)),
            segments=segments,
            overlap=overlap,
            title=title,
            dtype=dtype,
            silent=silent,
            decoder=decoder,
            downmix=downmix,
            workers=1 if workers is None else max(0, workers),
            executor=place,
            force=force,
            start=lambda total: bars.update(task, total=total),
            advance=lambda path, failure: bars.advance(task),
        )
    clips = f" and {made.clips} background clips" if made.clips else ""
    print(f"{made.folder}: {made.rows} rows{clips} of {made.segments} segments, {made.computed} videos encoded now")
    if made.unused:
        print(f"videos missing: {len(made.unused)}, starting with {made.unused[0]}; extraction.json lists them")
    console.print(f"next: ave-keras data info {made.folder}", soft_wrap=True)
    if made.failures:
        print(f"left out, {len(made.failures)}:")
        for reason in made.failures.values():
            print(f"  {reason}")
        raise typer.Exit(1)


def choose_executor(name: str, workers: int | None, address: str | None, gpus: float | None) -> "RayExecutor | None":
    """The `RayExecutor` for these options, where None is an option not given; None for local execution.

    Raises:
        AVEError: An unknown executor, an option of the other one, an invalid number, or Ray is not installed.
    """
    check_options(name, {"--workers": workers}, {"--address": address, "--gpus-per-worker": gpus})
    if name == "local":
        return None
    require("ray", "ray")
    from ave_keras.features.extraction.ray_executor import RayExecutor

    return RayExecutor(address, gpus or 0)
