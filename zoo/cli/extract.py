"""`ave-keras extract`: videos to a data set."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ave_keras.errors import AVEError
from ave_keras.runtime.cluster import check_options
from ave_keras.runtime.packages import require
from zoo.cli.options import EncoderOption, encoder_options
from zoo.cli.terminal import console, progress

if TYPE_CHECKING:
    from ave_keras.features.extraction.ray_executor import RayExecutor


def extract(
    videos: Annotated[list[Path], typer.Argument(help="Video files, folders of them, or folders of pictures.")],
    annotations: Annotated[
        Path, typer.Option(help="Annotations.txt, or a CSV with columns video,class,start,end and perhaps split.")
    ],
    out: Annotated[Path, typer.Option(help="Folder to write, in the official layout.")],
    background: Annotated[
        list[Path] | None,
        typer.Option(help="Videos without an event, for the weak task; files or folders, repeatable."),
    ] = None,
    audio_encoder: Annotated[str, typer.Option(help="vggish, or module:attribute of your own.")] = "vggish",
    visual_encoder: Annotated[str, typer.Option(help="vgg19, c3d, or module:attribute of your own.")] = "vgg19",
    audio_weights: Annotated[str | None, typer.Option(help="A file of its weights, or random.")] = None,
    visual_weights: Annotated[str | None, typer.Option(help="A file of its weights, or random, or imagenet.")] = None,
    audio_option: EncoderOption = None,
    visual_option: EncoderOption = None,
    segments: Annotated[int | None, typer.Option(help="Seconds of each video. [their length, if it is one]")] = None,
    title: Annotated[str | None, typer.Option(help="What tables call the data set. [the folder's name]")] = None,
    dtype: Annotated[str, typer.Option(help="float32, or float16.")] = "float32",
    silent: Annotated[bool, typer.Option("--silent", help="Take silence where a video has no sound.")] = False,
    decoder: Annotated[str, typer.Option(help="Of the sound: pyav, or tfio for wav and flac.")] = "pyav",
    executor: Annotated[str, typer.Option(help="local: processes of this machine; ray: a Ray cluster.")] = "local",
    workers: Annotated[int | None, typer.Option(help="local: processes; 0 encodes in this one. [1]")] = None,
    address: Annotated[
        str | None, typer.Option(help="ray: HOST:PORT. [RAY_ADDRESS, this machine's cluster, or a new one]")
    ] = None,
    gpus_per_worker: Annotated[
        float | None, typer.Option(help="ray: GPUs of an encoder, such as 0.25. [0: one encoder per node, on CPUs]")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a data set that is already there.")] = False,
) -> None:
    """Turn videos into features: the official layout, and extraction.json, which says how they were made.

    The same command after an interruption goes on where it was. Videos that cannot be read are listed at the end, and
    the status is then 1. Needs PyAV: `pip install "ave-keras[video]"`. On Ray, CPUs decode and encoders take GPUs;
    videos and weights lie at the same path on all nodes, and a node that dies costs no video.

    Examples:

    ave-keras extract clips --annotations Annotations.txt --out OWN --audio-weights vggish-10086976.pth

    ave-keras extract clips --annotations events.csv --out TRY --audio-weights random --visual-weights random

    ave-keras extract clips --annotations events.csv --out OWN --executor ray --gpus-per-worker 0.25
    """
    from ave_keras.features.extraction.pipeline import extract as run

    if dtype not in ("float32", "float16"):
        raise AVEError("no such type", key="--dtype", expected="float32 or float16", found=repr(dtype))
    if segments is not None and segments < 1:
        raise AVEError("no such number", key="--segments", expected="1 or more", found=segments)
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
            title=title,
            dtype=dtype,
            silent=silent,
            decoder=decoder,
            workers=1 if workers is None else max(0, workers),
            executor=place,
            force=force,
            start=lambda total: bars.update(task, total=total),
            advance=lambda path, failure: bars.advance(task),
        )
    clips = f" and {made.clips} background clips" if made.clips else ""
    print(f"{made.folder}: {made.rows} rows{clips} of {made.segments} segments, {made.computed} videos encoded now")
    if made.unused:
        print(f"{len(made.unused)} names in {annotations} have no video here, the first of them {made.unused[0]}")
    console.print(f"next: ave-keras data info {made.folder}", soft_wrap=True)
    if made.failures:
        print(f"not in it, {len(made.failures)}:")
        for reason in made.failures.values():
            print(f"  {reason}")
        raise typer.Exit(1)


def choose_executor(name: str, workers: int | None, address: str | None, gpus: float | None) -> "RayExecutor | None":
    """The `RayExecutor` of these options, None where they are not given; None for this machine.

    Raises:
        AVEError: no such executor, an option of the other one, no such number, or Ray is not installed.
    """
    check_options(name, {"--workers": workers}, {"--address": address, "--gpus-per-worker": gpus})
    if name == "local":
        return None
    require("ray", "ray")
    from ave_keras.features.extraction.ray_executor import RayExecutor

    return RayExecutor(address, gpus or 0)
