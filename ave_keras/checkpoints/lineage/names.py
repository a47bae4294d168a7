"""Maps the sublayers of our layers to the names of the released tensors.

Every function takes a layer of ours and the released name or prefix, and returns a list of weights.
"""

from ave_keras.checkpoints.lineage.weights import Packed, plain
from ave_keras.checkpoints.names import ATTENTION, FUSION


def dense(layer, name):
    """A linear layer."""
    weights = [plain(layer.kernel, f"{name}.weight")]
    return [*weights, plain(layer.bias, f"{name}.bias")] if layer.use_bias else weights


def convolution(layer, name):
    """A one-dimensional convolution of width 1, which is a dense layer of ours."""
    shape = (*layer.kernel.shape[::-1], 1)
    return [Packed((layer.kernel,), (f"{name}.weight",), shape)]


def normalization(layer, name):
    """A layer normalization."""
    return [plain(layer.gamma, f"{name}.weight"), plain(layer.beta, f"{name}.bias")]


def bilstm(layer, name):
    """A bidirectional LSTM; PyTorch adds two biases."""
    weights = []
    for suffix, lstm in (("", layer.forward_layer), ("_reverse", layer.backward_layer)):
        weights.append(plain(lstm.cell.kernel, f"{name}.weight_ih_l0{suffix}"))
        weights.append(plain(lstm.cell.recurrent_kernel, f"{name}.weight_hh_l0{suffix}"))
        weights.append(plain(lstm.cell.bias, f"{name}.bias_ih_l0{suffix}", f"{name}.bias_hh_l0{suffix}"))
    return weights


def heads_attention(layer, name):
    """A multi-head attention: query, key and value are one matrix of three times the width."""
    parts = (layer.query_dense, layer.key_dense, layer.value_dense)
    width = layer.num_heads * layer.key_dim
    return [
        Packed(tuple(part.kernel for part in parts), (f"{name}.in_proj_weight",), (3 * width, width)),
        Packed(tuple(part.bias for part in parts), (f"{name}.in_proj_bias",), (3 * width,), inputs=0),
        Packed((layer.output_dense.kernel,), (f"{name}.out_proj.weight",), (width, width), inputs=2),
        plain(layer.output_dense.bias, f"{name}.out_proj.bias"),
    ]


def guided_attention(layer, name):
    """An audio-guided attention; `name` is a prefix that ends with a dot, or empty."""
    weights = [w for ours, theirs in ATTENTION.items() for w in dense(getattr(layer, ours), f"{name}{theirs}")]
    return [*weights, plain(layer.score_kernel, f"{name}affine_h.weight")]


def mixing(layer, name):
    """The block of DMRN; `name` is a prefix, see `guided_attention`."""
    return [w for ours, theirs in FUSION.items() for w in dense(getattr(layer, ours)[0], f"{name}{theirs}")]


def propagation(layer, name):
    """A positive sample propagation; the weak form lacks two layers."""
    parts = {"visual_first": "v_L1", "visual_second": "v_L2", "visual_output": "v_fc"}
    parts |= {"audio_first": "a_L1", "audio_second": "a_L2", "audio_output": "a_fc"}
    weights = [
        w for ours, x in parts.items() if hasattr(layer, ours) for w in dense(getattr(layer, ours), f"{name}.{x}")
    ]
    return [*weights, *normalization(layer.norm, f"{name}.layer_norm")]


def spatial_channel_attention(layer, name):
    """A spatial-channel attention."""
    parts = {
        "affine_video_1": layer.visual_projection,
        "affine_audio_1": layer.audio_projection,
        "affine_bottleneck": layer.bottleneck,
        "affine_v_c_att": layer.channel_gate,
        "affine_video_2": layer.pooling.visual_projection,
        "affine_audio_2": layer.pooling.guide_projection,
        "affine_v_s_att": layer.pooling.score,
    }
    return [weight for theirs, part in parts.items() for weight in dense(part, f"{name}.{theirs}")]


def background_pooling(layer, name):
    """The pooling that CMBS suppresses background with."""
    parts = {"affine_video_ave": layer.guide_projection, "affine_video_3": layer.visual_projection}
    parts["ave_v_att"] = layer.score
    return [weight for theirs, part in parts.items() for weight in dense(part, f"{name}.{theirs}")]


def cell_attention(layer, name, suffix=""):
    """An attention between cells."""
    parts = {"video_query": layer.query, "video_key": layer.key, "video_value": layer.value}
    return [weight for theirs, part in parts.items() for weight in dense(part, f"{name}.{theirs}{suffix}")]


def second_cell_attention(layer, name):
    """The attention between cells in the branch that guides the sound."""
    return cell_attention(layer, name, "2")


def audio_guidance(layer, name):
    """The audio side of CACE-Net."""
    own, cross = layer.self_attention, layer.cross_attention
    parts = {"v_query": cross.query, "vaudio_key": cross.key, "vaudio_value": cross.value}
    parts |= {"audio_query": own.query, "audio_key": own.key, "audio_value": own.value}
    weights = [weight for theirs, part in parts.items() for weight in dense(part, f"{name}.{theirs}")]
    return [*weights, *normalization(layer.norm, f"{name}.a_norm")]


def encoder(layer, name):
    """An encoder; its template, which PyTorch registers too, is not used."""
    weights = []
    for block, (attention, forward) in enumerate(zip(layer.attentions, layer.feed_forwards, strict=True)):
        prefix = f"{name}.encoder.layers.{block}"
        weights += _block(attention, forward, f"{prefix}.self_attn", prefix)
    return [*weights, *dense(layer.affine, f"{name}.affine_matrix")]


def decoder(layer, name):
    """A decoder; its template and its self-attention are not used."""
    prefix = f"{name}.decoder.layers.0"
    weights = _block(layer.attention, layer.feed_forward, f"{prefix}.multihead_attn", prefix)
    return [*weights, *dense(layer.affine, f"{name}.affine_matrix")]


def interaction(layer, name):
    """An interaction."""
    step = layer.attention
    return [*heads_attention(step.attention, f"{name}.video_multihead"), *normalization(step.norm, f"{name}.norm1")]


def contrastive(layer, name):
    """The encoder of queries and keys; the switch has no released name."""
    return dense(layer.encoder, name)


def _block(attention, forward, attention_name, prefix):
    return [
        *heads_attention(attention.attention, attention_name),
        *dense(forward.hidden, f"{prefix}.linear1"),
        *dense(forward.output_dense, f"{prefix}.linear2"),
        *normalization(attention.norm, f"{prefix}.norm1"),
        *normalization(forward.norm, f"{prefix}.norm2"),
    ]
