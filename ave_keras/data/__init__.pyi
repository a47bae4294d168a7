from .annotations import Annotation as Annotation
from .annotations import read_annotations as read_annotations
from .annotations import write_annotations as write_annotations
from .ave import AVE as AVE
from .dataset import AVEDataset as AVEDataset
from .dataset import EpochOrder as EpochOrder
from .pair_batches import PairDataset as PairDataset
from .pair_batches import pair_dataset as pair_dataset
